"""Runs the array API standard's suite on the wheel, and on NumPy beside it; prints what passed, file by file.

usage: array_api.py SUITE SKIPS RESULTS [--numpy] [PYTEST-OPTION]…

SKIPS lists tests that cannot pass, with their reasons: they are run as expected failures.
"""

import os
import subprocess
import sys
import xml.etree.ElementTree as xml
from collections import Counter, defaultdict
from pathlib import Path

VERSION = "2025.12"
OUTCOMES = ("passed", "failed", "xfailed", "skipped")


def outcome(case):
    """What became of a test, and why."""
    for kind in ("failure", "error"):
        found = case.find(kind)
        if found is not None:
            return "failed", found.get("message") or ""
    skipped = case.find("skipped")
    if skipped is None:
        return "passed", ""
    kind = "xfailed" if skipped.get("type") == "pytest.xfail" else "skipped"
    return kind, skipped.get("message") or ""


def counted(module, suite, results, options):
    """Counts of outcomes by test file, and the tests that failed, for a module."""
    report = results / f"{module}.xml"
    report.unlink(missing_ok=True)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--tb=short", "--disable-deadline"]
    command += [f"--junitxml={report}", *options]
    environment = {**os.environ, "ARRAY_API_TESTS_MODULE": module, "ARRAY_API_TESTS_VERSION": VERSION}
    with (results / f"{module}.txt").open("w", encoding="utf-8") as output:
        subprocess.run([*command, "array_api_tests"], cwd=suite, env=environment, stdout=output, stderr=subprocess.STDOUT)
    if not report.exists():
        sys.exit(f"the suite did not run on {module}: see {output.name}")
    counts, failed = defaultdict(Counter), []
    for case in xml.parse(report).getroot().iter("testcase"):
        file = case.get("classname", "").split(".")[1]
        kind, message = outcome(case)
        counts[file][kind] += 1
        if kind == "failed":
            failed.append((f"{case.get('classname')}::{case.get('name')}", message.split("\n")[0]))
    return counts, failed


def expected(path):
    """The tests in the list of skips; each group of them stands under a reason."""
    names, reason = [], None
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            reason = line
        elif not line.strip():
            reason = None
        else:
            if reason is None:
                sys.exit(f"{path}: '{line}' has no reason above it")
            names.append(line)
    return names


def main(suite, skips, results, *options):
    """Does what the usage says."""
    suite, skips, results = Path(suite), Path(skips), Path(results)
    results.mkdir(parents=True, exist_ok=True)
    given = [option for option in options if option != "--numpy"]
    print(f"{len(expected(skips))} tests are expected to fail: {skips.name} says why")
    ours = counted("tnp", suite, results, [*given, f"--xfails-file={skips}"])
    columns = {"tnp": ours}
    if "--numpy" in options:
        empty = results / "none.txt"
        empty.write_text("", encoding="utf-8")
        columns["numpy"] = counted("numpy", suite, results, [*given, f"--xfails-file={empty}"])
    head = "".join(f"{name + ' ' + kind:>16}" for name in columns for kind in OUTCOMES)
    print(f"{'':<44}{head}")
    files = sorted({file for counts, _ in columns.values() for file in counts})
    for file in files:
        print(f"{file:<44}" + "".join(f"{counts[file][kind]:>16}" for counts, _ in columns.values() for kind in OUTCOMES))
    sums = "".join(f"{sum(part[kind] for part in counts.values()):>16}" for counts, _ in columns.values() for kind in OUTCOMES)
    print(f"{'all':<44}{sums}")
    for name, message in ours[1]:
        print(f"FAILED {name}: {message[:200]}")
    if ours[1]:
        sys.exit(f"{len(ours[1])} tests failed; {results / 'tnp.txt'} has it all")


if __name__ == "__main__":
    main(*sys.argv[1:])
