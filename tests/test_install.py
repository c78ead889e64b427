"""install.py: what the WebUI has is never moved, and a failure keeps nobody from starting."""

import runpy
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
    assert command[-2:] == ["opencv-python-headless<5", "imageio-ffmpeg"]
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


def test_a_failing_pip_is_said_with_what_to_do(install, monkeypatch, capsys):
    without(monkeypatch, "tqdm")

    def run(command, check):
        raise subprocess.CalledProcessError(1, command)

    monkeypatch.setattr(subprocess, "run", run)
    install["main"]()
    assert "yourself" in capsys.readouterr().err
