"""Poses of a camera in space: what its steps add up to, and the turns that keep it aimed at a point. Float64; no pixels.

Points are row vectors, x to the right, y down, z away from the camera, in scene units. A pose maps a point of the scene, which
is what the camera saw at its first frame, to the same point as seen by the camera.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from lib_anim.images.camera import NEAREST, Vector, rotation, rotations, shift
from lib_anim.images.frame import Matrix

Steps = NDArray[np.float64]  # (n, 3), one for each frame: camera units along the axes, or degrees about them
Cameras = NDArray[np.float64]  # (n, 4, 4), c2w: from the camera's axes, for columns, to those of the scene
Errors = NDArray[np.float64]  # (n,)

_UNITS = np.array([1.0, -1.0, 1.0]) / 200.0  # scene units, on the camera's axes, of a step of (1, 1, 1) camera units
_OTHER_AXES = np.diag([1.0, -1.0, -1.0, 1.0])


@dataclass(frozen=True, eq=False)
class CameraPose:
    """The map X -> X·turn + shift, with `turn` (3, 3) and `shift` (3,)."""

    turn: Matrix
    shift: Vector

    @classmethod
    def at_rest(cls) -> CameraPose:
        """Return the pose of the first frame."""
        return cls(np.eye(3), np.zeros(3))

    def __call__(self, point: Vector) -> Vector:
        """Return the place of a point of the scene as seen by the camera."""
        seen: Vector = point @ self.turn + self.shift
        return seen

    def after(self, translate: Vector, turn: Matrix) -> CameraPose:
        """Return the pose after a step, as `move_3d` makes it: a turn, then a shift by `translate` in camera units."""
        return CameraPose(self.turn @ turn, self.shift @ turn + shift(translate))


def aimed_turn(point: Vector, place: Vector, translate: Vector, roll_deg: float = 0.0) -> Matrix | None:
    """Return the turn (3, 3) of a step after which a point is seen at the same place of the picture; None if there is none.

    `point` is seen by the camera before the step, and `place` is the direction (x/z, y/z, 1) of the place. The step turns
    by R and shifts by T, so point·R + T = m·place with m > 0, where |point·R| = |point| gives m; it must be at least NEAREST,
    the distance after the step. R is the smallest turn that does it, then a roll about the axis of the lens.
    """
    step, unit = shift(translate), place / np.linalg.norm(place)
    along = float(unit @ step)
    under_root = along**2 - float(step @ step) + float(point @ point)
    distance = along + np.sqrt(max(under_root, 0.0))  # from the camera to the point, after the step
    if under_root < 0.0 or distance * unit[2] < NEAREST or point[2] <= 0.0:
        return None
    roll = rotation(0.0, 0.0, roll_deg)
    turn: Matrix = _smallest_turn(point, (distance * unit - step) @ roll.T) @ roll
    return turn


def angles(turn: Matrix) -> tuple[float, float, float]:
    """Return the degrees (x, y, z) whose `rotation` is `turn`: Rx·Ry·Rz, y from -90 to 90."""
    x, y = np.arctan2(-turn[1, 2], turn[2, 2]), np.arctan2(turn[0, 2], np.hypot(turn[0, 0], turn[0, 1]))
    sin_z, cos_z, _ = np.cos(x) * turn[1] + np.sin(x) * turn[2]  # of Rxᵀ·turn; near a y of 90, x is any, and z goes by it
    degrees = np.degrees([x, y, np.arctan2(sin_z, cos_z)])
    return float(degrees[0]), float(degrees[1]), float(degrees[2])


def cameras_of(translate: Steps, rotate: Steps) -> Cameras:
    """Return the cameras of a film's steps, on the axes of frame 0. The step into frame 0 is not made."""
    turns = turns_of(rotate)
    cameras = np.tile(np.eye(4), (len(turns), 1, 1))
    cameras[:, :3, :3], cameras[:, :3, 3] = turns, places_of(translate, turns)
    return cameras


def turns_of(rotate: Steps) -> NDArray[np.float64]:
    """Return how the cameras are turned, (n, 3, 3), after steps that turn by `rotate`."""
    turns = np.tile(np.eye(3), (len(rotate), 1, 1))
    for index, turn in enumerate(rotations(rotate[1:]), 1):
        np.matmul(turns[index - 1], turn, out=turns[index])
    return turns


def places_of(translate: Steps, turns: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return where the cameras are, (n, 3) in scene units: a step turns first, and goes along the axes after the turn."""
    ways = np.einsum("nij,nj->ni", turns, translate * _UNITS)
    ways[0] = 0.0
    places: NDArray[np.float64] = np.cumsum(ways, axis=0)
    return places


def steps_of(cameras: Cameras) -> tuple[Steps, Steps]:
    """Return the translations and the rotations of which `cameras_of` makes these cameras, or those from their first one on."""
    turns = cameras[:, :3, :3]
    rotate = np.zeros((len(cameras), 3))
    rotate[1:] = [angles(before.T @ after) for before, after in pairwise(turns)]
    return translations_of(cameras[:, :3, 3], turns), rotate


def leaps_of(cameras: Cameras) -> tuple[Steps, Steps]:
    """Return the translation and the rotation of the one step that leads from frame 0 to each of these cameras."""
    turns = cameras[:, :3, :3]
    translate: Steps = np.einsum("nji,nj->ni", turns, cameras[:, :3, 3]) / _UNITS
    return translate, np.array([angles(turn) for turn in turns])


def translations_of(places: NDArray[np.float64], turns: NDArray[np.float64]) -> Steps:
    """Return the translations by which cameras that are turned like this come to `places`."""
    ways = np.diff(places, axis=0, prepend=places[:1])
    translate: Steps = np.einsum("nji,nj->ni", turns, ways) / _UNITS
    return translate


def from_first(cameras: Cameras) -> Cameras:
    """Return cameras on the axes of the first one."""
    relative: Cameras = np.linalg.inv(cameras[0]) @ cameras
    return relative


def other_axes(cameras: Cameras) -> Cameras:
    """Return cameras whose axes are x right, y up, z to the viewer (Blender, OpenGL) for x right, y down, z away (OpenCV),
    and the other way round."""
    flipped: Cameras = cameras @ _OTHER_AXES
    return flipped


def turn_errors(turns: NDArray[np.float64], expected: NDArray[np.float64]) -> Errors:
    """Return the angles in radians, (n,), between cameras turned like this and like that."""
    chords = np.linalg.norm(turns - expected, axis=(1, 2)) / np.sqrt(8.0)  # of a turn by a: sin(a/2)·sqrt(8)
    errors: Errors = 2.0 * np.arcsin(np.clip(chords, 0.0, 1.0))
    return errors


def camera_errors(cameras: Cameras, expected: Cameras) -> Errors:
    """Return how far cameras are from those expected, (n,): scene units between them, plus radians between their directions,
    which is at least what a point at distance 1 ahead is displaced by."""
    apart: Errors = np.linalg.norm(cameras[:, :3, 3] - expected[:, :3, 3], axis=1)
    return apart + turn_errors(cameras[:, :3, :3], expected[:, :3, :3])


def _smallest_turn(start: Vector, end: Vector) -> Matrix:
    """Return the turn (3, 3), for row vectors, by the smallest angle that brings one direction to another (Rodrigues)."""
    a, b = start / np.linalg.norm(start), end / np.linalg.norm(end)
    axis, cos = np.cross(a, b), float(a @ b)
    cross = np.array([[0.0, axis[2], -axis[1]], [-axis[2], 0.0, axis[0]], [axis[1], -axis[0], 0.0]])
    turn: Matrix = np.eye(3) + cross + cross @ cross / max(1.0 + cos, 1e-12)
    return turn
