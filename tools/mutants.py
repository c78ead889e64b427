"""Mutation testing: which small changes of the code does no test notice?

    make mutants OF=lib_anim/language          or: python -m tools.mutants lib_anim/language
    make mutants OF=lib_anim/images/warp.py

mutmut changes one thing after another in a copy of the checkout (build/mutants) and runs, for each change, the tests that
call the changed function, the quickest first, until one fails. Only the tests that mirror the file are taken:
tests/plan/test_loop.py for lib_anim/plan/loop.py, and all of tests/plan for a file that no test file has the name of. At
the end stand a line for each file, and build/mutants/survivors.txt with each change that no test noticed.

A change that hangs the tests is noticed too, but so is one that ran while the machine did something else: where `hung` is
high, run the file again.
"""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

WORK = Path("build/mutants")
SURVIVORS = Path("survivors.txt")
COPIED = ("lib_anim", "tests", "settings_defaults", "localizations", "javascript")
NOTICED = ("killed", "timeout", "segfault", "suspicious")  # a change that hangs or crashes the tests is noticed too
SECTION = "[tool.mutmut]\n"
MOST_BYTES = 8 * 2**30  # of address space for each process: a change can make a loop that fills the memory


def files_of(target: Path) -> list[Path]:
    """The files to change: one, or all of a folder."""
    return [target] if target.suffix else sorted(target.rglob("[!_]*.py"))


def tests_of(file: Path) -> Path:
    """The tests that mirror a file, or else all of its folder's."""
    folder = Path("tests", *file.parts[1:-1])
    mirror = folder / f"test_{file.name}"
    return mirror if mirror.exists() else folder


def prepare(file: Path) -> None:
    """Copy the checkout to WORK, with mutmut's settings for `file`."""
    shutil.rmtree(WORK, ignore_errors=True)
    for folder in COPIED:
        shutil.copytree(folder, WORK / folder, ignore=shutil.ignore_patterns("__pycache__"))
    chosen = f"only_mutate = {[str(file)]}\npytest_add_cli_args_test_selection = {[str(tests_of(file))]}\n"
    settings = Path("pyproject.toml").read_text(encoding="utf-8").replace(SECTION, SECTION + chosen)
    (WORK / "pyproject.toml").write_text(settings, encoding="utf-8")


def mutmut(*arguments: str, check: bool = True, stdout: int | None = None) -> subprocess.CompletedProcess[str]:
    """Run mutmut in WORK, with the copy of lib_anim that is there and one thread for each process."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": ""}
    command = [sys.executable, "-m", "mutmut", *arguments]
    return subprocess.run(command, cwd=WORK, env=environment, text=True, check=check, stdout=stdout)


def outcomes_of(file: Path) -> dict[str, str]:
    """Change `file` and run its tests; what became of each mutant. A file without functions has none."""
    prepare(file)
    ran = mutmut("run", "--max-children", os.environ.get("MUTANTS_AT_ONCE", "1"), check=False)
    lines = mutmut("results", "--all", "true", stdout=subprocess.PIPE).stdout.splitlines()
    found = dict(line.strip().split(": ") for line in lines if ": " in line)
    if found and ran.returncode:
        sys.exit(f"{file}: the tests fail without a change")
    return found


def unnoticed(found: dict[str, str]) -> str:
    """The changes that no test noticed, as patches."""
    changes = (mutmut("show", name, stdout=subprocess.PIPE).stdout for name in found if found[name] not in NOTICED)
    return "\n".join(changes)


def line(file: str, counts: Counter[str]) -> str:
    """What became of the mutants of a file, as a line of the table."""
    killed, total = sum(counts[outcome] for outcome in NOTICED), counts.total()
    few = (counts["timeout"], counts["survived"], counts["no tests"])
    return f"{file:40} {total:7} {killed:7} {few[0]:5} {few[1]:9} {few[2]:9} {killed / (total or 1):6.1%}"


def main() -> None:
    """Change one file after the other, and report."""
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    most = MOST_BYTES if hard == resource.RLIM_INFINITY else min(MOST_BYTES, hard)
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    counts: dict[str, Counter[str]] = {}
    survivors = ""
    for file in files_of(Path(sys.argv[1])):
        if found := outcomes_of(file):
            counts[str(file)] = Counter(found.values())
            survivors += unnoticed(found)
    (WORK / SURVIVORS).write_text(survivors, encoding="utf-8")
    print(f"{'':40} mutants  killed  hung  survived  untested  share")
    for file_name, of_file in [*counts.items(), ("all", sum(counts.values(), Counter()))]:
        print(line(file_name, of_file))
    print(f"the changes that no test noticed: {WORK / SURVIVORS}")


if __name__ == "__main__":
    main()
