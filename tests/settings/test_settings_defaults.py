"""Every animation that comes with the project renders, small, and has nothing to be remarked on."""

import json
from pathlib import Path

import numpy as np
import pytest

from lib_anim.engines.base import Capabilities, Sampled
from lib_anim.engines.preview import Passthrough
from lib_anim.features.open import make_shot
from lib_anim.media.pose_files import read_track
from lib_anim.plan.plan import make_plan
from lib_anim.settings import settings as settings_file
from lib_anim.shot.reel import Reel, render
from lib_anim.shot.steps import Tools

FILES = sorted((Path(__file__).parents[2] / "settings_defaults").glob("*.json"))
TRACKS = sorted((Path(__file__).parents[2] / "settings_defaults" / "poses").glob("*.json"))
TOOLS = Tools(Capabilities(words=frozenset({"controlnet", "soft_mask"}), controls=("pose",)))


class Guided(Passthrough):
    """Paints what guides it, where something does."""

    def paint(self, request):
        return Sampled(request.controls[0].image, request.seed) if request.controls else super().paint(request)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_it_renders(path):
    raw = json.loads(path.read_text(encoding="utf-8"))
    small = {key: raw[key] // 4 for key in ("W", "H")}
    shot = make_shot(make_plan(settings_file.load(path, small)), TOOLS)
    frames = [rendered.frame for rendered in render(Reel(shot), Guided())]
    assert shot.notes == ()
    assert len(frames) == shot.plan.settings["max_frames"]
    assert np.abs(frames[0].astype(int) - frames[len(frames) // 3]).mean() > 2  # it moves


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_it_is_named_after_its_file_and_says_its_version(path):
    raw = json.loads(path.read_text(encoding="utf-8"))
    assert raw["batch_name"] == path.stem
    assert raw["anim_version"]


@pytest.mark.parametrize("path", TRACKS, ids=lambda path: path.stem)
def test_a_pose_track_walks_from_side_to_side_by_ten_key_poses(path):
    """One person, whose limbs keep their length and whose feet lead in turn."""
    track, size = read_track(str(path)), (894, 512)
    bodies = np.array([track.at(frame, size)[0] for frame in track.frames])
    assert len(bodies) == 10
    limbs = np.array([(9, 10), (8, 9), (12, 13), (11, 12), (2, 3), (3, 4), (5, 6), (6, 7), (1, 8), (1, 0)])
    lengths = np.linalg.norm(bodies[:, limbs[:, 0]] - bodies[:, limbs[:, 1]], axis=2)
    assert np.ptp(lengths, axis=0).max() < 4
    assert (np.diff(bodies[:, 1, 0]) > 40).all()
    leads = np.sign(bodies[::2, 10, 0] - bodies[::2, 13, 0])
    assert leads.tolist() == [1, -1, 1, -1, 1]
    assert np.nanmin(bodies) > 0
    assert np.nanmax(bodies[..., 0]) < size[0]


def test_there_are_some():
    assert len(FILES) >= 4
