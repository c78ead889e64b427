"""Cameras aimed at a point, against rotation matrices that are written out here."""

import numpy as np
import pytest

from lib_anim.images.camera import move_3d, rotation
from lib_anim.images.camera_pose import (
    CameraPose,
    aimed_turn,
    angles,
    camera_errors,
    cameras_of,
    from_first,
    leaps_of,
    other_axes,
    steps_of,
)

RNG = np.random.default_rng(5)


def about(axis, degrees):
    """The matrix that turns column vectors about an axis, right-handed."""
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    i, j = {"x": (1, 2), "y": (2, 0), "z": (0, 1)}[axis]
    turn = np.eye(3)
    turn[i, i] = turn[j, j] = c
    turn[i, j], turn[j, i] = -s, s
    return turn


@pytest.mark.parametrize("degrees", [(0, 0, 0), (10, 20, 30), (-5, 80, 170), (100, -89, 3), (1e-6, 0, 0)])
def test_angles_are_those_of_the_turn(degrees):
    # a row vector's product X·Rx·Ry·Rz is (Rzᵀ·Ryᵀ·Rxᵀ)·Xᵀ of columns
    expected = (about("z", degrees[2]).T @ about("y", degrees[1]).T @ about("x", degrees[0]).T).T
    assert rotation(*degrees) == pytest.approx(expected, abs=1e-12)
    assert rotation(*angles(rotation(*degrees))) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("roll", [0.0, 7.0, -160.0])
@pytest.mark.parametrize("number", range(6))
def test_after_an_aimed_step_the_point_is_seen_at_its_place(number, roll):
    point, place = RNG.uniform((-0.6, -0.6, 0.5), (0.6, 0.6, 3.0)), np.array([*RNG.uniform(-0.5, 0.5, 2), 1.0])
    translate = RNG.uniform(-30, 30, 3)
    turn = aimed_turn(point, place, translate, roll)
    assert turn @ turn.T == pytest.approx(np.eye(3), abs=1e-12)
    assert np.linalg.det(turn) == pytest.approx(1.0)
    seen = CameraPose.at_rest().after(translate, turn)(point)
    assert seen / seen[2] == pytest.approx(place, abs=1e-12)
    if not roll:  # the turn is the smallest: the picture does not roll about the direction of the point
        axis = np.cross(point, seen - np.array([-1, 1, -1]) * translate / 200)
        assert (axis @ turn) == pytest.approx(axis, abs=1e-12)


@pytest.mark.parametrize(
    ("point", "translate"),
    [
        ((0, 0, 1), (0, 0, 199)),  # in front of it, but too near
        ((0, 0, 1), (0, 0, 250)),  # through it
        ((0, 0, 0.1), (60, 0, 0)),  # the step is longer than the way to it, and goes sideways
        ((0, 0, -1), (0, 0, 0)),
    ],
)
def test_there_is_no_turn_through_a_point_or_to_one_behind(point, translate):
    assert aimed_turn(np.array(point, float), np.array([0.0, 0.0, 1.0]), np.array(translate, float)) is None


def test_an_orbit_is_a_circle():
    degrees, radius, n = 6.0, 1.5, 60  # once round in 60 steps
    step = np.radians(degrees)
    chord = (
        200 * radius * np.array([np.sin(step), 0.0, np.cos(step) - 1])
    )  # in the axes after the turn  # in the axes after the turn
    pose, point, middle = CameraPose.at_rest(), np.array([0.0, 0.0, radius]), np.array([0.0, 0.0, 1.0])
    for k in range(1, n + 1):
        pose = pose.after(chord, aimed_turn(pose(point), middle, chord))
        assert pose(point) == pytest.approx((0, 0, radius), abs=1e-12)
        where = -pose.shift @ pose.turn.T  # of the camera in the scene
        angle = np.radians(degrees * k)
        assert where == pytest.approx((radius * np.sin(angle), 0, radius - radius * np.cos(angle)), abs=1e-12)
    assert pose.turn == pytest.approx(np.eye(3), abs=1e-12)


def test_a_pose_is_where_the_picture_goes():
    """What a pose says of a point on the flat scene is what `move_3d` does with its pixel, at a view angle of 90 degrees."""
    size, translate, rotate = (101, 101), (6.0, -4.0, 8.0), (1.5, -2.0, 3.0)
    warp = move_3d(size, translate=translate, rotate_deg=rotate, fov_deg=90.0)
    x, y = 62, 47  # a pixel of the moved picture
    old = np.array([x / 50 - 1, y / 50 - 1, 1.0])
    new = CameraPose.at_rest().after(np.array(translate), rotation(*rotate))(old)
    shift = (new[:2] / new[2] - old[:2]) * 101 / 2
    assert warp.positions[y, x] == pytest.approx(np.array([x, y]) - shift, abs=1e-4)


# -- steps and cameras --------------------------------------------------------------------------------------------

N = 300
LOPSIDED = RNG.normal(0.0, 20.0, (N, 3)), RNG.normal(0.0, 40.0, (N, 3))  # all axes at once


def test_cameras_are_where_the_steps_lead_written_out():
    translate, rotate = (
        np.array(rows, float) for rows in ([(9, 9, 9), (3, -2, 5), (1, 4, 2)], [(9, 9, 9), (4, 20, -7), (50, 0, 9)])
    )
    pose, expected = CameraPose.at_rest(), []
    for step, degrees in zip(translate[1:], rotate[1:], strict=True):
        pose = pose.after(step, rotation(*degrees))
        expected.append((pose.turn, -pose.turn @ pose.shift))
    made = cameras_of(translate, rotate)
    assert np.array_equal(made[0], np.eye(4))
    for camera, (turn, place) in zip(made[1:], expected, strict=True):
        assert camera[:3, :3] == pytest.approx(turn, abs=1e-14)
        assert camera[:3, 3] == pytest.approx(place, abs=1e-14)


@pytest.mark.parametrize(
    "special", [(0, 0, 0), (10, 90, 20), (-30, -90, 50), (3, 89.9999999, 20), (180, 0, 0), (170, 95, -170)]
)
def test_the_steps_of_cameras_are_those_that_made_them(special):
    translate, rotate = LOPSIDED[0].copy(), LOPSIDED[1].copy()
    rotate[7] = special
    elsewhere = cameras_of(*(RNG.normal(0.0, 90.0, (2, 3)) for _ in range(2)))[1]  # the axes of another program's world
    expected = cameras_of(translate, rotate)
    found = steps_of(elsewhere @ expected)
    assert cameras_of(*found) == pytest.approx(expected, abs=1e-11)
    assert from_first(elsewhere @ expected) == pytest.approx(expected, abs=1e-11)
    assert found[0][1:] == pytest.approx(translate[1:], abs=1e-9)


def test_one_leap_leads_to_each_camera():
    cameras = cameras_of(RNG.normal(size=(5, 3)), RNG.normal(size=(5, 3)))
    for translate, rotate, camera in zip(*leaps_of(cameras), cameras, strict=True):
        two = cameras_of(np.stack([np.zeros(3), translate]), np.stack([np.zeros(3), rotate]))
        assert two[1] == pytest.approx(camera, abs=1e-12)


def test_the_other_axes_are_up_and_to_the_viewer():
    camera = cameras_of(*LOPSIDED)[5]
    x, y, z = camera[:3, :3].T
    turned = other_axes(camera[None])[0]
    assert turned[:3, :3] == pytest.approx(np.stack([x, -y, -z], axis=1))
    assert turned[:3, 3] == pytest.approx(camera[:3, 3])


@pytest.mark.parametrize("degrees", [0.0, 1e-6, 0.3, 90.0, 179.0])
def test_errors_are_scene_units_and_radians(degrees):
    turned = np.eye(4)[None].copy()
    turned[0, :3, :3], turned[0, :3, 3] = about("x", degrees), (3.0, 0.0, 4.0)
    assert camera_errors(turned, np.eye(4)[None]) == pytest.approx(5.0 + np.radians(degrees), abs=1e-12)
