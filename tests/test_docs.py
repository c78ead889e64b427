"""The pages tell the truth: examples run, commands parse, links lead somewhere, tables are fresh, the tutorial works."""

import contextlib
import io
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from importlib.util import find_spec

import pytest

from lib_anim.__main__ import GROUPS
from lib_anim.cli import console
from lib_anim.cli.parser import build_parser
from lib_anim.language.functions import FUNCTIONS, SIGNALS
from lib_anim.settings import settings
from lib_anim.settings.table import FIELDS
from tools import docs

pytestmark = pytest.mark.once

ROOT = docs.ROOT
TEXTS = {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in docs.pages()}
TUTORIAL = TEXTS["docs/add-a-feature.md"]
TUTORIAL_KEY = "vignette_schedule"  # the setting that the tutorial adds
_FENCE = re.compile(r"^```\w*\n.*?^```$", re.DOTALL | re.MULTILINE)


def fenced(page, language):
    """(block, the text block right below it or None) for each fenced block of a language."""
    pattern = rf"^```{language}\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?"
    return [match.groups() for match in re.finditer(pattern, TEXTS[page], re.DOTALL | re.MULTILINE)]


PROGRAMS = [(page, *one) for page in TEXTS if page != "docs/add-a-feature.md" for one in fenced(page, "python")]
LINES = [
    (page, line)
    for page in TEXTS
    for block, _ in fenced(page, "sh")
    for line in block.replace("\\\n", " ").splitlines()
    if line.startswith("anim ")
]
OBJECTS = [(page, block) for page in TEXTS for block, _ in fenced(page, "json")]


# -- generated parts ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", TEXTS)
def test_generated_parts_are_fresh(page):
    assert docs.generated(TEXTS[page]) == TEXTS[page], "run `make docs`"


def test_every_part_stands_in_some_page():
    assert set(docs.PARTS) == {name for text in TEXTS.values() for name in re.findall(r"<!-- generated: ([\w-]+) -->", text)}


@pytest.mark.parametrize(
    ("cells", "line"),
    [
        (["a|b", "c"], "| a\\|b | c |"),
        (["two\nlines", ""], "| two lines |  |"),
        ([docs.words("<lora:x> in `<code>`"), docs.codes(["a", "b"])], "| &lt;lora:x> in `<code>` | `a`, `b` |"),
    ],
)
def test_cells_break_no_table(cells, line):
    assert docs.table(["x", "y"], [cells]).splitlines() == ["| x | y |", "|---|---|", line]


ON, ABOVE = {"on": "a"}, {"above": ["b", 0.0]}


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ({"all": []}, ""),
        ({"any": []}, "never"),
        (ON, "`a` is on"),
        ({"is": ["animation_mode", "2D"]}, "`animation_mode` is `2D`"),
        ({"any": [{"is": ["mode", "2D"]}, {"is": ["mode", "3D"]}]}, "`mode` is `2D` or `3D`"),
        ({"any": [{"is": ["mode", "2D"]}, {"is": ["noise", "3D"]}]}, "`mode` is `2D` or `noise` is `3D`"),
        ({"heard": True}, "a formula hears the sound"),
        ({"any": [ON, ABOVE]}, "`a` is on or `b` is above `0`"),
        ({"all": [{"all": []}, {"any": [ON, ABOVE]}, ON]}, "(`a` is on or `b` is above `0`) and `a` is on"),
    ],
)
def test_conditions_of_settings_are_said_in_words(data, text):
    assert docs.condition(data) == text


def test_every_setting_is_listed_with_its_label_and_help():
    listed = TEXTS["docs/settings.md"].partition("## All settings")[2]
    for key, field in FIELDS.items():
        [row] = re.findall(rf"^\| `{re.sub('^cn_[0-9]_', 'cn_N_', key)}` \|.*$", listed, re.MULTILINE)
        assert field.label in row or key.startswith("cn_")
        assert field.help.replace("|", "\\|").replace("<", "&lt;") in row


@pytest.mark.parametrize("name", [*FUNCTIONS, *SIGNALS])
def test_every_function_is_listed(name):
    function = {**FUNCTIONS, **SIGNALS}[name]
    [row] = [line for line in TEXTS["docs/formulas.md"].splitlines() if line.startswith("| ") and f"`{function.usage}`" in line]
    assert function.summary in row


def test_every_command_and_option_is_listed():
    commands, text = build_parser(GROUPS)._subparsers._group_actions[0].choices, TEXTS["docs/commands.md"]
    for name, parser in commands.items():
        assert f"| `anim {name}" in text
        options = re.findall(r"--[a-z-]+", parser.format_help())
        chapter = text.partition(f"### anim {name}\n")[2].partition("\n### ")[0]
        assert {option for option in options if f"`{option}" not in chapter} == {"--help"}, name


def test_every_exit_status_is_listed():
    for status in (console.DONE, console.FAILED, console.BAD_INPUT, console.INTERRUPTED, console.TERMINATED):
        assert f"\n| {status} | " in TEXTS["docs/commands.md"]


# -- what people copy ---------------------------------------------------------------------------------------------


def test_the_front_page_is_short():
    assert len(TEXTS["README.md"].splitlines()) <= 150


@pytest.mark.parametrize(("page", "program", "output"), PROGRAMS, ids=[page for page, *_ in PROGRAMS])
def test_programs_run_and_print_what_stands_below(page, program, output, monkeypatch):
    monkeypatch.chdir(ROOT)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(program, page, "exec"), {"__name__": "example"})
    assert printed.getvalue()
    assert output in (None, printed.getvalue())


@pytest.mark.parametrize(("page", "line"), LINES)
def test_commands_parse(page, line):
    options = build_parser(GROUPS).parse_args(shlex.split(line, comments=True)[1:])
    assert {key for key, _ in options.changes} <= {*FIELDS, TUTORIAL_KEY}


@pytest.mark.parametrize(("page", "text"), OBJECTS)
def test_settings_files_have_no_fault(page, text):
    found = settings.parse(json.loads(text))
    assert (found.unknown, found.notes) == ({}, ())


@pytest.mark.parametrize("page", TEXTS)
def test_what_is_named_is_there(page):
    """Files, targets of make, parts of the benchmarks."""
    for path in re.findall(
        r"`((?:lib_anim|tests|tools|benchmarks|docs|javascript|localizations|settings_defaults)/[\w./]*)`", TEXTS[page]
    ):
        assert (ROOT / path).exists() or path in TUTORIAL_FILES, path
    for target in re.findall(r"(?:`|^)make (\w+)", TEXTS[page], re.MULTILINE):
        assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE), target
    for part in re.findall(r"python -m benchmarks ([a-z]\w*)", TEXTS[page]):
        assert find_spec(f"benchmarks.{part}"), part


def anchors(page):
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", _FENCE.sub("", TEXTS[page]), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", TEXTS)
def test_links_lead_somewhere(page):
    for link in re.findall(r"\]\(((?!https?:)[^)]+)\)", TEXTS[page]):
        path, _, anchor = link.partition("#")
        target = (ROOT / page).parent / path if path else ROOT / page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target.resolve().relative_to(ROOT.resolve()).as_posix()), link


def test_every_page_is_reached_from_the_front_page():
    linked = set(re.findall(r"\]\(([\w/-]+\.md)", TEXTS["README.md"]))
    assert set(TEXTS) - {"README.md"} <= linked


# -- the tutorial -------------------------------------------------------------------------------------------------

TUTORIAL_FILES = [block.partition("\n")[0][2:] for block, _ in fenced("docs/add-a-feature.md", "python")]
TUTORIAL_EDITS = [block.partition("\n") for block, _ in fenced("docs/add-a-feature.md", "diff")]


def edited(text, diff):
    """A text with a diff applied, whose context stands there exactly once."""
    lines = [(line[:1] or " ", line[1:]) for line in diff.splitlines()]
    old, new = ("\n".join(text for sign, text in lines if sign != without) for without in "+-")
    assert text.count(old) == 1, old
    return text.replace(old, new)


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """A copy of the project in which the tutorial was followed."""
    copy = tmp_path_factory.mktemp("project")
    for name in ("lib_anim", "tests", "settings_defaults"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__", "*.safetensors"))
    shutil.copy(ROOT / "pyproject.toml", copy)
    for path, (block, _) in zip(TUTORIAL_FILES, fenced("docs/add-a-feature.md", "python"), strict=True):
        (copy / path).write_text(block.partition("\n")[2], encoding="utf-8")
    for first, _, diff in TUTORIAL_EDITS:
        path = copy / first.removeprefix("--- ")
        path.write_text(edited(path.read_text(encoding="utf-8"), diff), encoding="utf-8")
    return copy


def output_in(copy, *command):
    """What a Python module prints when it is run in the copy."""
    env = {**os.environ, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run([sys.executable, "-m", *command], cwd=copy, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_tutorials_own_tests_pass(copy):
    only = "vignette or every_feature_has_a_row"  # without conftest.py, which imports torch
    printed = output_in(copy, "pytest", "tests/features/test_features.py", "--noconftest", "-p", "no:cacheprovider", "-k", only)
    assert "3 passed" in printed


def test_the_tutorials_feature_is_at_its_place(copy):
    [command] = [line for page, line in LINES if page == "docs/add-a-feature.md" and line.startswith("anim explain")]
    lines = output_in(copy, "lib_anim", *shlex.split(command)[1:]).splitlines()
    names = [line.split()[1] for line in lines if line.startswith("finish")]
    assert names[-1] == "vignette"
    assert output_in(copy, "lib_anim", "check", "settings_defaults/orbit.json", "--set", f"{TUTORIAL_KEY}=0.4")


def test_the_tutorials_feature_is_absent_when_off(copy):
    assert "vignette" not in output_in(copy, "lib_anim", "explain", "settings_defaults/orbit.json")
