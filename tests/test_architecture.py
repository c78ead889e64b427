"""The house keeps its shape: imports go one way, and nothing happens at import."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import lib_anim

pytestmark = pytest.mark.once

ROOT = Path(lib_anim.__file__).parent

# from the ground up: a room imports from itself and from the rooms before it
ROOMS = (
    *(
        "version",
        "messages",
        "errors",
        "extras",
        "files",
        "resources",
        "language",
        "images",
        "models",
        "settings",
        "media",
        "engines",
        "plan",
    ),
    *("shot", "features", "runs", "jobs", "api", "page", "cli", "hosts", "__main__"),
)
APART = {("cli", "page")}  # and these two know nothing of each other
KNOW_OPENCV = {"images", "media", "models"}
HEAVY = {"torch", "diffusers", "transformers", "peft", "scipy", "matplotlib", "gradio", "onnxruntime"}
FOREIGN = {"modules", "modules_forge", "backend", "launch"}


def name_of(path):
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


FILES = {name_of(path): path for path in sorted(ROOT.rglob("*.py"))}


def imports(path, *, top_only=False):
    """The modules that a file imports; with `top_only` those of its module body alone, outside functions and TYPE_CHECKING."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in tree.body if top_only else ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names if node.module.startswith("lib_anim"))


def ours(path):
    """The files of ours that a file imports."""
    for module in imports(path):
        name = module.removeprefix("lib_anim").lstrip(".")
        if module.startswith("lib_anim") and name:
            yield from (known for known in (name, f"{name}.__init__") if known in FILES)


def room(name):
    return name.partition(".")[0]


@pytest.mark.parametrize("name", [name for name in FILES if name != "__init__"])
def test_rooms_import_from_those_before_them(name):
    here = ROOMS.index(room(name))
    rooms = {room(other) for other in ours(FILES[name])}
    wrong = {other for other in rooms if ROOMS.index(other) > here or (room(name), other) in APART}
    assert wrong == set()


def test_no_two_files_import_each_other():
    """Kahn: files that import nothing go, until none is left."""
    left = {name: set(ours(path)) - {name} for name, path in FILES.items()}
    while free := {name for name, others in left.items() if not others & left.keys()}:
        left = {name: others for name, others in left.items() if name not in free}
    assert left == {}


@pytest.mark.parametrize("name", [name for name in FILES if room(name) not in KNOW_OPENCV])
def test_pixels_are_touched_in_few_rooms(name):
    assert "cv2" not in imports(FILES[name])


@pytest.mark.parametrize("name", FILES)
def test_heavy_modules_are_imported_by_the_functions_that_use_them(name):
    top = {module.partition(".")[0] for module in imports(FILES[name], top_only=True)}
    assert not top & HEAVY


@pytest.mark.parametrize("name", FILES)
def test_no_webui_in_the_core(name):
    everything = {module.partition(".")[0] for module in imports(FILES[name])}
    assert not everything & FOREIGN


def test_the_loop_names_no_feature():
    from lib_anim.features import FEATURES

    text = (ROOT / "shot" / "reel.py").read_text(encoding="utf-8")
    for feature in FEATURES:
        assert feature.__name__.rpartition(".")[2] not in text.replace("SampleRequest", "")
    tree = ast.parse(text)
    reel = next(node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == "Reel")
    assert reel.end_lineno - reel.lineno < 90  # one screen


def test_importing_everything_is_quiet_and_light():
    """No output, no file, no heavy module, no network: importing is not doing."""
    program = (
        "import socket, sys\n"
        "def no(*a, **k): raise AssertionError('network')\n"
        "socket.socket.connect = no\n"
        f"import {', '.join('lib_anim.' + name for name in FILES if not name.endswith('__init__') and name != '__main__')}\n"
        f"print(sorted({HEAVY!r} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error::DeprecationWarning:lib_anim", "-c", program], capture_output=True, text=True, check=True
    )
    assert (done.stdout, done.stderr) == ("[]\n", "")


def test_no_file_is_a_hall():
    long = {name: path.read_text(encoding="utf-8").count("\n") for name, path in FILES.items()}
    assert {name: lines for name, lines in long.items() if lines > 320 and name != "settings.table"} == {}  # a table is a table


def test_no_function_is_longer_than_a_screen():
    functions = (
        (f"{name}.{node.name}", node.end_lineno - node.lineno + 1)
        for name, path in FILES.items()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef)
    )
    assert {name: lines for name, lines in functions if lines > 45} == {}
