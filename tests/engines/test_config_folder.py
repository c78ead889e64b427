"""Temporary folders of configuration files: gone after use, and those of killed processes gone at the next one."""

import os
import tempfile
import time

import pytest

from lib_anim.engines.diffusers.config_folder import config_folder

LEFT = [
    ("anim_killed", "unet/config.json", 7200, True),
    ("anim_killed", "vocab.txt", 7200, True),
    ("anim_in_use", "unet/config.json", 60, False),
    ("anim_of_a_person", "film.mp4", 7200, False),
    ("animals", "config.json", 7200, False),
]


@pytest.mark.parametrize(("name", "file", "age_s", "goes"), LEFT)
def test_what_is_deleted(tmp_path, monkeypatch, name, file, age_s, goes):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    path = tmp_path / name / file
    path.parent.mkdir(parents=True)
    path.touch()
    os.utime(tmp_path / name, (time.time() - age_s,) * 2)
    with config_folder() as made:
        assert made.parent == tmp_path
        assert list(made.iterdir()) == []
    assert not made.exists()
    assert (tmp_path / name).exists() is not goes
