"""The movements around a point, as paths in space, and the dolly zoom: what their formulas add up to."""

import numpy as np
import pytest

from lib_anim.features.common.camera_path import moves
from lib_anim.features.common.camera_steps import camera_steps
from lib_anim.images.camera import rotation
from lib_anim.page import presets
from lib_anim.page.essentials import to_settings
from lib_anim.plan.plan import make_plan
from lib_anim.settings import settings as settings_file
from lib_anim.shot.steps import Tools


def plan(movement, speed=1.0, seconds=20.0):
    written = to_settings({"movement": movement, "speed": speed, "length": seconds, "scenes": "a", "shape": "square"})
    return make_plan(settings_file.parse({"anim_version": "test", **written, "seed": 1}))


def path(movement, speed=1.0, seconds=20.0):
    """Where the camera is at every frame: (n, 3) in scene units, x right, y down, z in; and where it looks, (n, 3)."""
    made = plan(movement, speed, seconds)
    steps, turn, shift = camera_steps(made), np.eye(3), np.zeros(3)
    places, looks = [np.zeros(3)], [np.array([0.0, 0.0, 1.0])]
    for index in range(1, made.timeline.n_frames):
        (x, y, z), degrees = steps.at(index)
        turn, shift = turn @ rotation(*degrees), shift @ rotation(*degrees) + np.array([-x, y, -z]) / 200
        places.append(-shift @ turn.T)
        looks.append(turn[:, 2])
    return np.array(places), np.array(looks)


def test_a_circle_to_the_beat_is_the_same_circle():
    preset = presets.PRESETS["circle"]
    for key, formula in presets.motion(preset, 1.0, 512, "hard").items():
        if key in preset.formulas:
            assert "beat_phase" in str(formula)
    assert "beat_phase" not in str(presets.motion(presets.PRESETS["dolly_zoom"], 1.0, 512, "hard"))


MIDDLE = np.array([0.0, 0.0, 1.0])


@pytest.mark.parametrize("speed", [0.5, 1.0, 2.0])
def test_a_circle_goes_round_at_one_distance_in_so_many_frames(speed):
    places, _ = path("circle", speed, seconds=(240 / speed + 1) / 12)
    assert np.linalg.norm(places - MIDDLE, axis=1) == pytest.approx(np.ones(len(places)), abs=1e-4)
    assert places[-1] == pytest.approx(places[0], abs=2e-3)
    assert places[len(places) // 2] == pytest.approx((0, 0, 2), abs=0.03)  # behind it


@pytest.mark.parametrize("movement", ["circle", "figure_eight", "crane"])
def test_around_a_point_the_camera_looks_at_it(movement):
    places, looks = path(movement)
    towards = (MIDDLE - places) / np.linalg.norm(MIDDLE - places, axis=1, keepdims=True)
    assert (towards * looks).sum(axis=1) == pytest.approx(np.ones(len(places)), abs=1e-9)


def test_an_eight_crosses_itself_and_comes_back():
    places, _ = path("figure_eight", seconds=61 / 12)
    assert places[60] == pytest.approx(places[0], abs=0.03)
    assert places[30][:2] == pytest.approx(places[0][:2], abs=0.05)  # where it crosses
    assert np.ptp(places[:, 0]) > 0.4
    up_at_the_sides = np.sign(places[8:52, 1]) == np.sign(places[8:52, 0] * np.cos(2 * np.pi * np.arange(8, 52) / 60))
    assert up_at_the_sides.mean() > 0.75 or (~up_at_the_sides).mean() > 0.75


def test_a_crane_rises_and_sinks_and_looks_down_from_above():
    places, looks = path("crane", seconds=61 / 12)
    assert places[30, 1] < -0.3  # y is down
    assert looks[30, 1] > 0.25
    assert abs(places[60, 1]) < 0.05


@pytest.mark.parametrize("speed", [0.5, 1.0, 2.0])
def test_a_dolly_zoom_keeps_the_size_of_the_middle(speed):
    made = plan("dolly_zoom", speed, seconds=5)
    move, total, sides = moves(made.settings, made, Tools()), 1.0, []
    width, height = made.size
    for index in range(1, 40):
        positions = move(index).positions
        total *= 8 / (positions[height // 2, width // 2 + 4, 0] - positions[height // 2, width // 2 - 4, 0])
        sides.append(positions[height // 2, width - 40, 0] - (width - 40))
        assert total == pytest.approx(1.0, abs=0.03), index
    assert max(np.abs(sides)) > 0.5  # pixels
    assert np.ptp(made.numbers["fov_schedule"]) > 8


def test_a_street_passes_at_the_sides_and_a_dashcam_shakes():
    for movement in ("street", "dashcam"):
        made = plan(movement, seconds=3)
        height, width = made.size[1], made.size[0]
        positions = moves(made.settings, made, Tools())(7).positions
        across = np.diff(positions[height // 2, :, 0])
        assert across[width - 30 : width - 5].mean() < across[width // 2 - 10 : width // 2 + 10].mean() - 0.01
    assert made.in_use("shake_speed")


@pytest.mark.parametrize(("depth", "flat"), [(False, {"dolly_zoom", "street", "dashcam"}), (True, None)])
def test_movements_in_space_have_depth_where_it_is_known_and_else_where_they_bring_their_own(depth, flat):
    written = {name: presets.motion(preset, 1.0, 512, depth=depth) for name, preset in presets.PRESETS.items()}
    in_space = {name for name, preset in presets.PRESETS.items() if preset.mode == "3D"}
    assert {name for name, one in written.items() if one["use_depth_warping"]} == (in_space if flat is None else flat)
    assert {one["depth_shape"] for name, one in written.items() if name not in ("dolly_zoom", "street", "dashcam")} == {"flat"}
