"""Executes the guide's notebook, and makes the book's chapter of it.

usage: notebook.py NOTEBOOK CHAPTER [--check]

Without --check the outputs are stored in the notebook, and the chapter and its pictures are written beside it. With --check nothing is
written: an exception fails, and so do stored outputs that are not what comes out now (numbers to two digits; cells tagged "timing" may
print what they like), and a chapter that is not that of the stored notebook.
"""

import base64
import copy
import math
import re
import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient

NOTE = "<!-- Made of docs/guide.ipynb by `cargo xtask notebook`. -->"
NUMBER = re.compile(r"(?<![\w.])[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?(?!\w)")
# A picture larger than this does not belong into a repository.
LARGEST = 60_000


def executed(notebook):
    """The notebook with fresh outputs; an exception in a cell is one here."""
    fresh = copy.deepcopy(notebook)
    NotebookClient(fresh, timeout=600, kernel_name="python3").execute()
    for cell in fresh.cells:
        cell.metadata.pop("execution", None)
        for output in getattr(cell, "outputs", []):
            # Beside a picture its description says only where in memory it was.
            if "image/png" in output.get("data", {}):
                output.data = {"image/png": output.data["image/png"]}
    return fresh


def texts(cell):
    """What a cell prints and shows, as text."""
    for output in cell.outputs:
        if output.output_type == "stream":
            yield output.text
        elif "text/plain" in output.get("data", {}):
            yield output.data["text/plain"]


def pictures(cell):
    """The pictures a cell shows, as bytes."""
    for output in cell.outputs:
        if "image/png" in output.get("data", {}):
            yield base64.b64decode(output.data["image/png"])


def same(stored, fresh):
    """Whether two outputs say the same, numbers to two digits."""
    if NUMBER.sub("#", stored).split() != NUMBER.sub("#", fresh).split():
        return False
    pairs = zip(NUMBER.findall(stored), NUMBER.findall(fresh))
    return all(math.isclose(float(one), float(other), rel_tol=1e-2, abs_tol=1e-6) for one, other in pairs)


def chapter(notebook, images):
    """The chapter's text, and its pictures by file name."""
    parts, files = [NOTE], {}
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            parts.append(cell.source)
            continue
        parts.append(f"```python\n{cell.source}\n```")
        printed = "".join(text if text.endswith("\n") else text + "\n" for text in texts(cell)).rstrip()
        if printed:
            parts.append("\n".join(line.rstrip() for line in f"```text\n{printed}\n```".splitlines()))
        title = re.search(r'plt\.title\("(.*?)"\)', cell.source)
        for picture in pictures(cell):
            name = f"figure-{len(files) + 1}.png"
            files[name] = picture
            parts.append(f"![{title.group(1) if title else 'figure'}]({images}/{name})")
    return "\n\n".join(parts) + "\n", files


def problems(stored, fresh, page):
    """What --check has to complain about."""
    for cell, now in zip(stored.cells, fresh.cells):
        if cell.cell_type != "code" or "timing" in cell.metadata.get("tags", []):
            continue
        if not same("".join(texts(cell)), "".join(texts(now))):
            yield f"{cell.id}: stored is\n{''.join(texts(cell))}\nnow it is\n{''.join(texts(now))}"
        if len(list(pictures(cell))) != len(list(pictures(now))):
            yield f"{cell.id}: another number of pictures"
    text, files = chapter(stored, page.stem)
    if not page.exists() or page.read_text(encoding="utf-8") != text:
        yield f"{page} is not made of the stored notebook"
    folder = page.with_suffix("")
    for name, picture in files.items():
        if not (folder / name).exists() or (folder / name).read_bytes() != picture:
            yield f"{folder / name} is not the notebook's picture"


def main(notebook, page, check=None):
    """Does what the usage says."""
    notebook, page = Path(notebook), Path(page)
    stored = nbformat.read(notebook, 4)
    fresh = executed(stored)
    count = sum(cell.cell_type == "code" for cell in stored.cells)
    if check:
        found = list(problems(stored, fresh, page))
        if found:
            sys.exit("\n".join(found) + "\nrun `cargo xtask notebook`")
        print(f"{notebook}: {count} cells run and say what is stored")
        return
    text, files = chapter(fresh, page.stem)
    large = [name for name, picture in files.items() if len(picture) > LARGEST]
    if large:
        sys.exit(f"pictures over {LARGEST} bytes: {', '.join(large)}")
    nbformat.write(fresh, notebook)
    page.write_text(text, encoding="utf-8")
    folder = page.with_suffix("")
    folder.mkdir(exist_ok=True)
    for old in folder.glob("*.png"):
        old.unlink()
    for name, picture in files.items():
        (folder / name).write_bytes(picture)
    print(f"{notebook}: {count} cells, {len(files)} pictures stored; {page} written")


if __name__ == "__main__":
    main(*sys.argv[1:])
