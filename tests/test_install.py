"""install.py: what the WebUI has is never moved, and a failure keeps nobody from starting."""

import runpy
import shlex
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

INSTALL = Path(__file__).parent.parent / "install.py"


@pytest.fixture
def install(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["launch.py"])
    monkeypatch.delenv("COMMANDLINE_ARGS", raising=False)
    return runpy.run_path(str(INSTALL))


@pytest.fixture
def calls(install, monkeypatch):
    """Every pip call with the constraints it was given."""
    made = []

    def run(command, check):
        made.append((command, Path(command[command.index("--constraint") + 1]).read_text(encoding="utf-8")))

    monkeypatch.setattr(subprocess, "run", run)
    return made


def without(monkeypatch, *names):
    """As if these modules were not installed."""
    found = install_find_spec = __import__("importlib.util").util.find_spec

    def find_spec(name, *rest):
        return None if name in names else found(name, *rest)

    monkeypatch.setattr("importlib.util.find_spec", find_spec)
    return install_find_spec


def test_with_everything_there_pip_is_not_called(install, calls):
    install["main"]()
    assert calls == []


def test_what_is_missing_comes_in_one_call_that_moves_nothing(install, calls, monkeypatch):
    without(monkeypatch, "imageio_ffmpeg", "cv2")
    install["main"]()
    ((command, constraints),) = calls
    assert command[:4] == [sys.executable, "-m", "pip", "install"]
    assert command[-2:] == ["opencv-python-headless>=4.8,<5", "imageio-ffmpeg>=0.4.9,<1"]
    assert "--only-binary=:all:" in command
    for package in ("numpy", "pillow"):
        assert f"{package}=={metadata.version(package)}\n".lower() in constraints.lower()


def test_the_list_of_constraints_is_removed_again(install, calls, monkeypatch):
    without(monkeypatch, "tqdm")
    install["main"]()
    command, _ = calls[0]
    assert not Path(command[command.index("--constraint") + 1]).exists()


def test_any_cv2_will_do(install):
    """The wheels opencv-python and opencv-python-headless overwrite each other, so the module is what counts."""
    assert "cv2" in install["NEEDED"]
    assert "opencv" not in " ".join(install["missing"]())


@pytest.mark.parametrize("place", ["argv", "environment"])
def test_the_webui_can_forbid_it(install, calls, monkeypatch, place):
    without(monkeypatch, "tqdm")
    if place == "argv":
        monkeypatch.setattr(sys, "argv", ["launch.py", "--skip-install"])
    else:
        monkeypatch.setenv("COMMANDLINE_ARGS", "--medvram --skip-install")
    install["main"]()
    assert calls == []


def test_a_failing_pip_is_said_with_a_command_that_works(install, monkeypatch, capsys):
    without(monkeypatch, "tqdm")

    def run(command, check):
        raise subprocess.CalledProcessError(1, command)

    monkeypatch.setattr(subprocess, "run", run)
    install["main"]()
    said = capsys.readouterr().err
    assert "anim: tqdm>=4.60,<5 could not be installed: pip ended with status 1" in said
    advice = said.partition("run: ")[2].strip()
    assert shlex.split(advice) == [sys.executable, "-m", "pip", "install", "--only-binary=:all:", "tqdm>=4.60,<5"]
    assert ".txt" not in advice  # the list of constraints is gone by then


# a folder in site-packages, its METADATA
DAMAGED = [
    ("~umpy-1.0.dist-info", "Name: ~umpy\nVersion: 1.0\n"),
    ("odd-unknown.dist-info", "Name: odd\nVersion: unknown\n"),
    ("local-1.0+cu121.dist-info", "Name: local\nVersion: 1.0+cu121\n"),
    ("none-1.0.dist-info", "Version: 1.0\n"),
    ("bare-1.0.dist-info", None),
    ("junk-1.0.dist-info", "\x00\xff junk"),
    ("lines-1.0.dist-info", "Name: a\n b\nVersion: 1\n --index-url http://x\n"),
]


def test_what_a_broken_installation_left_behind_keeps_nothing_from_being_installed(install, tmp_path, monkeypatch):
    for folder, described in DAMAGED:
        (tmp_path / folder).mkdir()
        if described is not None:
            (tmp_path / folder / "METADATA").write_text(described, encoding="latin-1")
    monkeypatch.syspath_prepend(str(tmp_path))
    lines = install["constraints"]()
    assert f"pillow=={metadata.version('pillow')}" in lines.lower()
    (tmp_path / "constraints.txt").write_text(lines, encoding="utf-8")
    command = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--no-index",
        "--constraint",
        "constraints.txt",
        "there-is-no-such-package",
    ]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "No matching distribution found for there-is-no-such-package" in done.stderr  # and no word about the constraints
    assert "nvalid" not in done.stderr
