"""The folder of trials: deleted at the end, and after a kill at the next start."""

import subprocess
import sys
import tempfile

import pytest

from lib_anim.jobs.trials import TrialFolder

KILLED = """
import os, signal, tempfile
from lib_anim.jobs.trials import TrialFolder
tempfile.tempdir = {folder!r}
made = TrialFolder().path
(made / "frames").mkdir()
print(made.name, flush=True)
os._exit(9)
"""


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_what_a_killed_process_left_is_deleted_at_the_next_start(temporary):
    program = [sys.executable, "-c", KILLED.format(folder=str(temporary))]
    left = temporary / subprocess.run(program, capture_output=True, text=True, check=False).stdout.strip()
    assert (left / "frames").is_dir()
    folder = TrialFolder()
    assert [path.name for path in temporary.iterdir()] == [folder.path.name]
    folder.close()
    assert list(temporary.iterdir()) == []


def test_folders_that_are_in_use_or_not_ours_stay(temporary):
    (temporary / "anim-of-somebody").mkdir()
    (temporary / "other").mkdir()
    (temporary / "other" / ".lock").touch()
    (temporary / "anim-link").symlink_to(temporary / "other")
    first, second = TrialFolder(), TrialFolder()
    assert {path.name for path in temporary.iterdir()} == {
        "anim-of-somebody",
        "other",
        "anim-link",
        first.path.name,
        second.path.name,
    }
