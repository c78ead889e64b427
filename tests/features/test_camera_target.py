"""The camera stays turned to a point: what is there stays where it is in the picture."""

import cv2
import numpy as np
import pytest

from lib_anim.engines.preview import Passthrough
from lib_anim.errors import SettingsError
from lib_anim.features.common.camera_path import moves
from lib_anim.features.common.camera_steps import camera_steps
from lib_anim.images.camera import rotation
from lib_anim.images.frame import write_png
from lib_anim.plan.plan import make_plan
from lib_anim.settings.table import FIELDS
from lib_anim.shot.reel import Reel, render
from lib_anim.shot.steps import Tools
from tests.helpers import problems_of, settings, shot

AIMED = {"animation_mode": "3D", "camera_target": True, "translation_z": "0:(0)", "max_frames": 40, "W": 160, "H": 120}


def plan(**changes):
    return make_plan(settings(**{**AIMED, **changes}))


def seen(made, target, depth=None):
    """Where a point of the scene is seen at every frame, by the steps of the film: (n_frames, 3)."""
    steps, points = camera_steps(made, depth), [np.asarray(target(0), float)]
    turn, shift = np.eye(3), np.zeros(3)
    for index in range(1, made.timeline.n_frames):
        (x, y, z), degrees = steps.at(index)
        turn, shift = turn @ rotation(*degrees), shift @ rotation(*degrees) + np.array([-x, y, -z]) / 200
        points.append(np.asarray(target(index), float) @ turn + shift)
    return np.array(points)


MOVES = {
    "sideways": {"translation_x": "0:(5)"},
    "up and in": {"translation_y": "0:(3)", "translation_z": "0:(2)"},
    "a figure eight": {"translation_x": "0:(6*cos(t/6))", "translation_y": "0:(4*cos(t/3))"},
    "rolling": {"translation_x": "0:(5)", "rotation_3d_z": "0:(2)"},
    "far": {"translation_x": "0:(5)", "camera_target_z": "0:(1.8)"},
    "beside": {"translation_x": "0:(5)", "camera_target_x": "0:(0.4)", "camera_target_y": "0:(-0.3)"},
}


@pytest.mark.parametrize("changes", MOVES.values(), ids=MOVES)
def test_the_point_keeps_its_place(changes):
    made = plan(**changes)
    point = [made.numbers[f"camera_target_{axis}"][0] for axis in "xyz"]
    point[2] = point[2] or 1.0
    where = seen(made, lambda index: point)
    assert where[:, :2] / where[:, 2:] == pytest.approx(np.tile(where[:1, :2] / where[0, 2], (40, 1)), abs=1e-9)


def test_a_point_that_moves_is_followed():
    made = plan(camera_target_x="0:(0), 39:(0.8)", camera_target_z="0:(1), 39:(2)")
    where = seen(made, lambda index: (0.8 * index / 39, 0.0, 1 + index / 39))
    assert np.abs(where[:, :2]).max() < 1e-9
    assert where[-1, 2] == pytest.approx(np.hypot(0.8, 2.0))  # it only turns
    steps = camera_steps(made)
    assert steps.rotate[1:, 1].sum() == pytest.approx(np.degrees(np.arctan2(0.8, 2.0)), abs=1e-6)  # to the right is positive


def test_in_the_picture_it_stays_too():
    """A white spot on black, in the middle, with the camera going sideways."""
    film = shot(**{**AIMED, "W": 161, "H": 121, "translation_x": "0:(2)", "fov_schedule": "0:(90)", "sampling_mode": "bicubic"})
    move = moves(film.plan.settings, film.plan, Tools())
    spot = np.zeros((film.plan.size[1], film.plan.size[0]), np.float32)
    cv2.circle(spot, (80, 60), 4, 1.0, -1, cv2.LINE_AA)
    picture, free = spot, shot(**{**AIMED, "camera_target": False, "translation_x": "0:(2)"})
    for index in range(1, 12):
        picture = move(index)(picture)
    y, x = (float((picture * axis).sum() / picture.sum()) for axis in np.indices(picture.shape))
    assert (x, y) == (pytest.approx(80, abs=0.6), pytest.approx(60, abs=0.6))
    assert moves(free.plan.settings, free.plan, Tools())(1).matrix[0, 2] > 1.0  # without a target it goes by


def test_the_distance_is_that_of_the_depth_picture_there(tmp_path):
    nearness = np.full((120, 160, 3), 255, np.uint8)
    nearness[:, 80:] = 0
    write_png(tmp_path / "depth.png", nearness)
    changes = {**AIMED, "use_depth_warping": True, "translation_x": "0:(4)"}
    pans = []
    for x, z in (("-0.5", "0"), ("-0.5", "1"), ("0.5", "0"), ("0.5", "2")):
        made = make_plan(settings(**changes, camera_target_x=x, camera_target_z=z, depth_map=str(tmp_path / "depth.png")))
        pans.append(camera_steps(made, (2 - nearness[..., 0] / 255).astype(np.float32)).rotate)
    assert np.array_equal(pans[0], pans[1])
    assert np.array_equal(pans[2], pans[3])
    assert abs(pans[0][1, 1]) > 1.5 * abs(pans[2][1, 1])


def test_filmed_backwards_it_is_the_same_way():
    changes = {"translation_x": "0:(5)", "max_frames": 8}
    forward, back = plan(**changes), plan(reverse=True, **changes)
    assert np.array_equal(camera_steps(forward).rotate, camera_steps(back).rotate)


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        (
            {"camera_target_z": "0:(-1)"},
            "camera_target_z, frame 0: the target is behind the camera; keep camera_target_z above 0, and let it not move",
        ),
        ({"camera_target_z": "0:(1), 20:(-1)"}, "camera_target_z, frame 11: the target is behind the camera"),
        (
            {"translation_z": "0:(10)"},
            "camera_target, frame 20: the camera would pass through its target; move less towards it, or put it farther away",
        ),
    ],
)
def test_what_cannot_be_looked_at_is_said_with_its_frame(changes, line):
    with pytest.raises(SettingsError) as caught:
        shot(**{**AIMED, **changes})
    (told,) = problems_of(caught)
    assert line in told


def test_off_is_absent_and_on_the_turns_of_the_file_do_nothing():
    free, aimed = plan(camera_target=False, rotation_3d_y="0:(1)"), plan(rotation_3d_y="0:(1)")
    assert [free.in_use(key) for key in ("rotation_3d_y", "rotation_3d_z", "camera_target_z")] == [True, True, False]
    assert [aimed.in_use(key) for key in ("rotation_3d_y", "rotation_3d_z", "camera_target_z")] == [False, True, True]
    assert not camera_steps(aimed).rotate.any()
    assert FIELDS["camera_target"].default is False
    does = dict(shot(**AIMED).features)["camera_3d"].does
    assert "turned to its target" in does
    list(render(Reel(shot(**{**AIMED, "max_frames": 3})), Passthrough()))


# -- the lens -------------------------------------------------------------------------------------------------------------

DOLLY = {"animation_mode": "3D", "fov_zooms": True, "translation_z": "0:(4)", "W": 201, "H": 121, "max_frames": 12}
KEEPS = "0:(360/pi*arctan(0.6+t*(1/0.98-1)))"  # tan(fov/2) grows by 1/d - 1 a frame; d = 1 - 4/200 is the distance after it


def scale(warp, size):
    """How much larger the middle of the picture gets by a warp, over 20 pixels."""
    x, y = size[0] // 2, size[1] // 2
    return 20 / (warp.positions[y, x + 10, 0] - warp.positions[y, x - 10, 0])


def test_a_dolly_zoom_keeps_the_size_of_the_flat_scene_and_moves_what_is_behind(tmp_path):
    made = make_plan(settings(**DOLLY, fov_schedule=KEEPS))
    move = moves(made.settings, made, Tools())
    for index in range(1, 12):
        assert move(index).positions[20, 30] == pytest.approx((30, 20), abs=0.05)  # Deforum counts W and W - 1
    black = np.zeros((120, 200, 3), np.uint8)
    black[0, 0] = 255
    write_png(tmp_path / "far.png", black)
    far = make_plan(settings(**DOLLY, fov_schedule=KEEPS, use_depth_warping=True, depth_map=str(tmp_path / "far.png")))
    assert scale(moves(far.settings, far, Tools())(1), far.size) < 0.985  # twice as far: it shrinks


@pytest.mark.parametrize(("on", "expected"), [(False, 1.0), (True, np.tan(np.radians(35)) / np.tan(np.radians(30)))])
def test_a_change_of_the_view_angle_scales_only_where_the_lens_zooms(on, expected):
    changes = {**DOLLY, "fov_zooms": on, "translation_z": "0:(0)", "fov_schedule": "0:(70), 1:(60)"}
    made = make_plan(settings(**changes))
    move = moves(made.settings, made, Tools())
    assert scale(move(1), made.size) == pytest.approx(expected, rel=1e-4)
    assert move(2).is_identity
    assert scale(move(0), made.size) == pytest.approx(1 / expected, rel=1e-4)  # round, from the last frame


# -- the shape of the scene -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("shape", "more"), [("flat", "nowhere"), ("hill", "middle"), ("hallway", "sides")])
def test_going_in_moves_what_is_near_the_most(shape, more):
    made = make_plan(
        settings(animation_mode="3D", depth_shape=shape, translation_z="0:(8)", fov_schedule="0:(90)", W=200, H=200)
    )
    positions = moves(made.settings, made, Tools())(1).positions
    scales = {}
    for place, x in (("middle", 100), ("sides", 190)):
        scales[place] = 10 / (positions[100, x + 5, 0] - positions[100, x - 5, 0])
    ratio = scales["middle"] / scales["sides"]
    assert ratio == pytest.approx(1.0, abs=1e-4) if more == "nowhere" else (ratio > 1.01) == (more == "middle")


def test_a_depth_picture_goes_before_the_shape(tmp_path):
    white = np.full((48, 64, 3), 255, np.uint8)
    white[0, 0] = 0
    write_png(tmp_path / "near.png", white)
    changes = {"animation_mode": "3D", "translation_z": "0:(8)", "depth_map": str(tmp_path / "near.png")}
    flat, shaped = (make_plan(settings(**changes, depth_shape=shape)) for shape in ("flat", "hallway"))
    one, other = (moves(made.settings, made, Tools())(1).positions for made in (flat, shaped))
    assert np.array_equal(one, other)
    for shape, words in (("hill", "scene like a hill"), ("flat", "flat scene")):
        assert words in dict(shot(animation_mode="3D", depth_shape=shape).features)["camera_3d"].does
