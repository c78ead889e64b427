"""Child processes: their answers, and that none outlives its limit or its parent."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time

import pytest

from lib_anim.models.child import ChildError, call

CHILD = "tests.models.endless"


@pytest.fixture
def asked(tmp_path):
    """Makes the argument of a child."""
    return lambda does: json.dumps({"file": str(tmp_path / "number"), "does": does})


def is_gone(number: int, within_s: float = 20.0) -> bool:
    end = time.monotonic() + within_s
    with contextlib.suppress(ProcessLookupError):
        while time.monotonic() < end:
            os.kill(number, 0)
            time.sleep(0.05)
        return False
    return True


def number_in(path, within_s: float = 20.0) -> int:
    end = time.monotonic() + within_s
    while not (path.exists() and path.read_text()):
        assert time.monotonic() < end
        time.sleep(0.05)
    return int(path.read_text())


def test_the_last_line_is_the_answer(asked):
    assert call(CHILD, asked("п"), 60)["said"] == "п"


def test_modules_of_the_current_folder_are_not_taken(asked, tmp_path, monkeypatch):
    (tmp_path / "json.py").write_text("raise SystemExit(7)")
    monkeypatch.chdir(tmp_path)
    assert call(CHILD, asked("x"), 60)["modules"] != str(tmp_path)


@pytest.mark.parametrize(
    ("does", "limit_s", "words"),
    [("wait", 3.0, "it did not end within 3 seconds"), ("crash", 60.0, "the process that tried it ended with status ")],
)
def test_a_child_without_an_answer(asked, tmp_path, does, limit_s, words):
    with pytest.raises(ChildError, match=words):
        call(CHILD, asked(does), limit_s)
    assert is_gone(number_in(tmp_path / "number"))


@pytest.mark.skipif(sys.platform == "win32", reason="sends signals")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_no_child_outlives_its_parent(asked, tmp_path, number):
    program = "import sys; from lib_anim.models.child import call; call(sys.argv[1], sys.argv[2], 600)"
    with subprocess.Popen([sys.executable, "-c", program, CHILD, asked("wait")], stderr=subprocess.DEVNULL) as parent:
        child = number_in(tmp_path / "number")
        parent.send_signal(number)
        parent.wait(20)
    assert is_gone(child)
