"""Every animation that comes with the project renders, small, and has nothing to be remarked on."""

import json
from pathlib import Path

import numpy as np
import pytest

from lib_anim.engines.preview import Passthrough
from lib_anim.features.open import make_shot
from lib_anim.plan.plan import make_plan
from lib_anim.settings import settings as settings_file
from lib_anim.shot.reel import Reel, render

FILES = sorted((Path(__file__).parents[2] / "settings_defaults").glob("*.json"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_it_renders(path):
    shot = make_shot(make_plan(settings_file.load(path, {"W": 64, "H": 64})))
    frames = [rendered.frame for rendered in render(Reel(shot), Passthrough())]
    assert shot.notes == ()
    assert len(frames) == shot.plan.settings["max_frames"]
    assert np.abs(frames[0].astype(int) - frames[len(frames) // 3]).mean() > 2  # it moves


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_it_is_named_after_its_file_and_says_its_version(path):
    raw = json.loads(path.read_text(encoding="utf-8"))
    assert raw["batch_name"] == path.stem
    assert raw["anim_version"]


def test_there_are_some():
    assert len(FILES) >= 4
