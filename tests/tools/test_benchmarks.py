"""Nothing runs the benchmarks but people, so that what they import is looked for here."""

from importlib import import_module
from pathlib import Path

import pytest

import benchmarks

FOLDER = Path(benchmarks.__file__).parent
MODULES = [".".join(("benchmarks", *path.relative_to(FOLDER).with_suffix("").parts)) for path in FOLDER.rglob("[!_]*.py")]


@pytest.mark.parametrize("name", sorted(MODULES))
def test_every_benchmark_finds_what_it_measures(name):
    import_module(name)
