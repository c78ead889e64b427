"""The house keeps its shape: imports go one way, and nothing happens at import."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import lib_anim

ROOT = Path(lib_anim.__file__).parent

# from the ground up; a file imports only from its own floor's files to its left, or from floors below
FLOORS = [
    ["__init__", "errors", "extras"],
    [
        *("functions", "expr", "schedule", "prompts", "closing", "seeds", "samplers"),
        *("fetch", "fields", "mask_expr", "values", "legacy", "settings", "parseq"),
    ],
    ["frame", "warp", "camera", "noise", "detail", "color", "looks", "flow", "raft", "measure", "steady", "masks"],
    ["video", "films", "embedded", "sound"],
    ["signals", "keyframes", "plan"],
    ["engines.__init__", "engines.base"],
    ["shot"],
    [
        *("features.effectless", "features.missing", "features.rearranging", "features.scenes", "features.resizing"),
        *("features.input_video", "features.masking", "features.optical_flow", "features.two_passes"),
        *("features.*", "features.moving", "features.loop", "features.__init__"),
    ],
    ["render"],
    ["addresses", "control", "output", "ahead", "run"],
    ["engines.prompt_syntax", "engines.spacing", "engines.families"],
    ["engines.webui_job", "engines.webui_turns"],
    ["engines.schedulers", "engines.conditioning", "engines.networks", "engines.checkpoint"],
    ["engines.preview", "engines.diffusers", "engines.webui", "engines.webui_api"],
    ["plot", "report"],
    [
        *("ui.__init__", "ui.presets", "ui.scenes", "ui.styles", "ui.questions", "ui.essentials"),
        *("ui.pictures", "ui.recordings", "ui.sounds", "ui.videos", "ui.uploads"),
        *(
            "ui.curves",
            "ui.cautions",
            "ui.excerpts",
            "ui.form",
            "ui.painters",
            "ui.runs",
            "ui.models",
            "ui.folders",
            "ui.access",
            "ui.host_options",
        ),
    ],
    ["ui.orders", "ui.job", "ui.jobs", "ui.desk", "ui.routes", "ui.page", "ui.server"],
    ["cli.console", "cli.status", "cli.opening", "cli.looking", "cli.filming", "cli.serving", "cli.__init__", "__main__"],
    ["ui.run_now", "ui.webui_host"],
]
HEAVY = {"torch", "diffusers", "transformers", "peft", "scipy", "matplotlib", "gradio", "onnxruntime"}
FOREIGN = {"modules", "modules_forge", "backend", "launch"}


def name_of(path):
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


def place(name):
    for floor, names in enumerate(FLOORS):
        for order, pattern in enumerate(names):
            if name == pattern or (pattern.endswith(".*") and name.startswith(pattern[:-1]) and name not in names):
                return floor, order
    raise AssertionError(f"{name} has no floor")


FILES = {name_of(path): path for path in sorted(ROOT.rglob("*.py"))}


def imports(path, *, top_only):
    """The modules a file imports; with `top_only` those of its module body alone, outside functions and TYPE_CHECKING."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    nodes = tree.body if top_only else ast.walk(tree)
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names if node.module.startswith("lib_anim"))


def ours(path):
    for module in imports(path, top_only=False):
        name = module.removeprefix("lib_anim").lstrip(".")
        if module.startswith("lib_anim") and name:
            known = name if name in FILES else f"{name}.__init__"
            if known in FILES:
                yield known


@pytest.mark.parametrize("name", FILES)
def test_imports_go_one_way(name):
    for other in ours(FILES[name]):
        if name != other:
            assert place(other) < place(name) or (
                place(other)[0] == place(name)[0] and "features." in name and "__init__" in name
            ), f"{name} imports {other}"


@pytest.mark.parametrize("name", FILES)
def test_heavy_modules_are_imported_by_the_functions_that_use_them(name):
    top = {module.partition(".")[0] for module in imports(FILES[name], top_only=True)}
    assert not top & HEAVY


@pytest.mark.parametrize("name", FILES)
def test_no_webui_in_the_core(name):
    everything = {module.partition(".")[0] for module in imports(FILES[name], top_only=False)}
    assert not everything & FOREIGN


def test_the_loop_names_no_feature():
    from lib_anim.features import FEATURES

    text = (ROOT / "render.py").read_text(encoding="utf-8")
    for feature in FEATURES:
        assert feature.__name__.rpartition(".")[2] not in text.replace("SampleRequest", "")
    tree = ast.parse(text)
    reel = next(node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == "Reel")
    assert reel.end_lineno - reel.lineno < 66  # one screen


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
    assert {name: lines for name, lines in long.items() if lines > 320 and name != "fields"} == {}  # the table is a table
