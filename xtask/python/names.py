"""Writes which names of xtask/data/api_matrix.csv the Python module has, for the coverage page.

usage: names.py FILE [--check]
"""

import csv
import functools
import sys
from pathlib import Path

import tnp

MATRIX = Path(__file__).parents[1] / "data/api_matrix.csv"


def part(thing, name):
    """An attribute, or for `name()` what calling it gives."""
    return getattr(thing, name[:-2])() if name.endswith("()") else getattr(thing, name)


def has(name):
    """Whether the module, or the array class of it, has a name."""
    try:
        functools.reduce(part, name.split("."), tnp)
    except AttributeError:
        return False
    return True


def main(path, check=None):
    """Does what the usage says."""
    with MATRIX.open(encoding="utf-8", newline="") as lines:
        names = [row["name"] for row in csv.DictReader(lines)]
    text = "".join(name + "\n" for name in names if has(name))
    if not check:
        Path(path).write_text(text, encoding="utf-8")
    elif Path(path).read_text(encoding="utf-8") != text:
        known = set(Path(path).read_text(encoding="utf-8").split())
        sys.exit(f"{path}: {' '.join(sorted(known ^ set(text.split())))} changed; run `cargo xtask stubs`")
    print(f"{text.count(chr(10))} of {len(names)} names in Python")


if __name__ == "__main__":
    main(*sys.argv[1:])
