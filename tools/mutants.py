"""Mutation testing: which small changes of the code does no test notice?

    make mutants OF=lib_anim/language          or: python -m tools.mutants lib_anim/language
    make mutants OF=lib_anim/images/warp.py

mutmut changes one thing after another in a copy of the checkout (build/mutants) and runs, for each change, the tests that
call the changed function, the quickest first, until one fails. Only the tests of the file's own room are taken. At the
end stand a line for each file, and build/mutants/survivors.txt with each change that no test noticed.
"""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
from collections import Counter, defaultdict
from pathlib import Path

WORK = Path("build/mutants")
COPIED = ("lib_anim", "tests", "settings_defaults", "localizations", "javascript")
TESTS = {"shot": ("tests/shot", "tests/features")}  # of other rooms: the folder of the same name
NOTICED = ("killed", "timeout", "segfault", "suspicious")  # a change that hangs or crashes the tests is noticed too
SECTION = "[tool.mutmut]\n"
MOST_BYTES = 8 * 2**30  # of address space for each process: a change can make a loop that fills the memory


def prepare(target: str) -> None:
    """Copy the checkout to WORK, with mutmut's settings for `target`: a folder or a file below lib_anim."""
    shutil.rmtree(WORK, ignore_errors=True)
    for folder in COPIED:
        shutil.copytree(folder, WORK / folder, ignore=shutil.ignore_patterns("__pycache__"))
    room = Path(target).parts[1]
    pattern = target if target.endswith(".py") else f"{target.rstrip('/')}/*"
    chosen = f"only_mutate = {[pattern]}\npytest_add_cli_args_test_selection = {[*TESTS.get(room, (f'tests/{room}',))]}\n"
    settings = Path("pyproject.toml").read_text(encoding="utf-8").replace(SECTION, SECTION + chosen)
    (WORK / "pyproject.toml").write_text(settings, encoding="utf-8")


def mutmut(*arguments: str, **options: object) -> subprocess.CompletedProcess[str]:
    """Run mutmut in WORK, with the copy of lib_anim that is there and one thread for each process."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": ""}
    command = [sys.executable, "-m", "mutmut", *arguments]
    return subprocess.run(command, cwd=WORK, env=environment, text=True, check=True, **options)


def outcomes() -> dict[str, str]:
    """What became of each mutant."""
    lines = mutmut("results", "--all", "true", stdout=subprocess.PIPE).stdout.splitlines()
    return dict(line.strip().split(": ") for line in lines if ": " in line)


def report(found: dict[str, str]) -> None:
    """Print a line for each file, and write what survived to a file."""
    files: dict[str, Counter[str]] = defaultdict(Counter)
    for name, outcome in found.items():
        files[name.rpartition(".")[0]][outcome] += 1
    print(f"{'':40} mutants  killed  survived  untested  share")
    for file, counts in [*sorted(files.items()), ("all", sum(files.values(), Counter()))]:
        killed = sum(counts[outcome] for outcome in NOTICED)
        share = killed / counts.total()
        print(f"{file:40} {counts.total():7} {killed:7} {counts['survived']:9} {counts['no tests']:9} {share:6.1%}")
    changes = (mutmut("show", name, stdout=subprocess.PIPE).stdout for name in found if found[name] not in NOTICED)
    (WORK / "survivors.txt").write_text("\n".join(changes), encoding="utf-8")
    print(f"the changes that no test noticed: {WORK / 'survivors.txt'}")


def main() -> None:
    """Prepare, run, report."""
    resource.setrlimit(resource.RLIMIT_AS, (MOST_BYTES, MOST_BYTES))
    prepare(sys.argv[1])
    mutmut("run", "--max-children", os.environ.get("MUTANTS_AT_ONCE", "1"))
    report(outcomes())


if __name__ == "__main__":
    main()
