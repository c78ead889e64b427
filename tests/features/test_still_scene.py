"""Still scene: every frame is the start picture as the camera sees it from there."""

import numpy as np
import pytest

from lib_anim.engines.base import Capabilities
from lib_anim.engines.preview import Passthrough
from lib_anim.errors import SettingsError
from lib_anim.features.camera import still_scene
from lib_anim.images.test_card import test_card as card
from lib_anim.shot.reel import Reel, render
from lib_anim.shot.steps import Tools
from tests.helpers import Painter, noisy, shot

PICTURE = card((64, 48))
HALVES = np.where(np.arange(64) < 32, 1.0, 0.0).astype(np.float32)[None].repeat(48, axis=0)  # white, so near, at the left
STILL = {
    "animation_mode": "3D",
    "use_init": True,
    "init_image": "card",
    "still_scene": True,
    "depth_map": "halves",
    "strength": 1,
    "strength_schedule": "0:(1)",
    "translation_x": "0:(6)",
    "translation_z": "0:(0)",
    "sampling_mode": "bilinear",
}


def tools(*words):
    return Tools(Capabilities(words=frozenset(words)), picture=lambda _: PICTURE, grey=lambda _: HALVES)


def filmed(part=None, engine=None, **changes):
    made = shot(tools(), part=part, **{**STILL, **changes})
    return {one.index: one.frame for one in render(Reel(made), engine or Passthrough())}


def refuses(request):
    raise AssertionError("a picture that stands is not painted")


def test_nothing_is_painted_and_the_first_frame_is_the_picture_itself():
    frames = filmed(engine=Painter(refuses))
    assert np.array_equal(frames[0], PICTURE)
    assert all(not np.array_equal(frames[n], frames[n - 1]) for n in range(1, 6))


def test_a_camera_that_comes_back_shows_the_picture_again():
    """Which no film of frames made of frames does: what was covered is gone there."""
    there_and_back = "0:(6), 2:(6), 3:(-6), 5:(-6)"
    frames = filmed(translation_x=f"{there_and_back}, 1:(6)", max_frames=6, rotation_3d_y="0:(1), 2:(1), 3:(-1)")
    assert np.array_equal(filmed(translation_x="0:(6), 1:(6), 2:(-6)", max_frames=3)[2], PICTURE)
    assert np.abs(frames[4].astype(int) - PICTURE).max() < np.abs(frames[2].astype(int) - PICTURE).max()


@pytest.mark.parametrize("part", [(2, 5), (5, 6)])
def test_a_part_is_as_it_is_in_the_whole(part):
    whole, frames = filmed(), filmed(part)
    assert list(frames) == list(range(*part))
    assert all(np.array_equal(frames[n], whole[n]) for n in frames)


def test_a_film_made_backwards_has_the_same_frames():
    whole, frames = filmed(), filmed(reverse=True)
    assert all(np.array_equal(frames[n], whole[n]) for n in range(6))


def test_near_things_move_more_than_far_ones():
    made = shot(tools(), **{**STILL, "max_frames": 4})
    canvas = dict(made.features)["still_scene"].start[0](made.plan[3])
    way = (canvas.path.positions[..., 0] - np.arange(64))[24]
    assert way[4] == pytest.approx(2 * way[60], rel=0.1)  # half as far away
    assert (np.diff(way) <= 1e-3).all()  # between the two it is bent, and nothing is torn
    assert not canvas.path.torn


def test_where_nothing_sees_distances_the_picture_moves_as_a_plane(monkeypatch):
    monkeypatch.setattr(still_scene, "can_run_small", lambda: False)
    made = shot(tools(), **{**STILL, "depth_map": "", "translation_x": "0:(0)", "translation_z": "0:(9)"})
    assert any("moves as a plane" in note for note in made.notes)
    canvas = dict(made.features)["still_scene"].start[0](made.plan[3])
    assert canvas.path.matrix is not None


def test_painted_pictures_are_not_fed_back():
    painter = Painter(noisy)
    list(render(Reel(shot(tools(), **{**STILL, "strength_schedule": "0:(0.5)"})), painter))
    stands = filmed()
    assert len(painter.requests) == 5
    assert all(request.denoise == 0.5 for request in painter.requests)
    assert all(np.array_equal(request.init, stands[request.index]) for request in painter.requests)


def test_what_the_camera_may_not_do_is_told_by_its_frame():
    with pytest.raises(SettingsError, match="rotation_3d_y, frame 3: the camera would turn away"):
        shot(tools(), **{**STILL, "rotation_3d_y": "0:(0), 2:(0), 3:(80)"})
    made = shot(tools(), **{**STILL, "translation_z": "0:(50)"})
    assert any("translation_z, frame 4: the camera would pass through the scene" in note for note in made.notes)


@pytest.mark.parametrize("changes", [{"animation_mode": "2D"}, {"use_init": False}])
def test_it_needs_a_picture_and_a_camera_in_space(changes):
    assert "still_scene" not in dict(shot(tools(), **{**STILL, **changes}).features)


def test_depth_is_written_beside_the_frames():
    made = shot(tools(), **STILL, save_depth_maps=True)
    frames = list(render(Reel(made), Painter(noisy)))
    assert all(one.notes["depth"].shape == (48, 64) for one in frames)
    assert frames[0].notes["depth"][0, 0] == 1.0


def test_without_the_switch_a_film_begins_from_its_start_picture_and_feeds_frames_back():
    features = dict(shot(tools(), **{**STILL, "still_scene": False}).features)
    assert {"start_picture", "camera_3d"} <= features.keys()
    assert "still_scene" not in features
