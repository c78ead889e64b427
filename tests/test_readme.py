"""The README tells the truth: its example runs, its lists are whole, its files exist."""

import contextlib
import io
import re
from pathlib import Path

import pytest

from lib_anim.__main__ import GROUPS
from lib_anim.cli.parser import build_parser
from lib_anim.language.functions import FUNCTIONS, SIGNALS

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_example_runs(monkeypatch):
    monkeypatch.chdir(ROOT)
    program = re.search(r"```python\n(.*?)```", TEXT, re.DOTALL).group(1)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(program, "README.md", "exec"), {})
    assert printed.getvalue().splitlines()[-1] == "11 False (512, 512, 3)"


@pytest.mark.parametrize("name", [*FUNCTIONS, *SIGNALS])
def test_every_function_is_listed(name):
    function = {**FUNCTIONS, **SIGNALS}[name]
    assert f"`{function.usage}`" in TEXT
    assert f"| {function.summary} |" in TEXT


def test_every_command_and_option_is_listed():
    commands = build_parser(GROUPS)._subparsers._group_actions[0].choices
    for name in commands:
        assert f"`anim {name} " in TEXT
    for option in ("--engine", "--model", "--out", "--set", "--frames", "--resume", "--device", "--lora", "--low-vram"):
        assert option in TEXT
        assert option in commands["run"].format_help()


def test_every_file_named_is_there():
    for path in re.findall(r"\]\(((?!http)[^)]+)\)|`((?:lib_anim|tests|settings_defaults)/[\w./]+\.\w+)`", TEXT):
        name = path[0] or path[1]
        assert (ROOT / name).exists(), name
