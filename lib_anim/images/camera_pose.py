"""Poses of a camera in space: what its steps add up to, and the turns that keep it aimed at a point. Float64; no pixels.

Points are row vectors, x to the right, y down, z away from the camera, in scene units. A pose maps a point of the scene, which
is what the camera saw at its first frame, to the same point as seen by the camera.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lib_anim.images.camera import NEAREST, Vector, rotation, shift
from lib_anim.images.frame import Matrix


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
    x, z = np.arctan2(-turn[1, 2], turn[2, 2]), np.arctan2(-turn[0, 1], turn[0, 0])
    degrees = np.degrees([x, np.arcsin(np.clip(turn[0, 2], -1.0, 1.0)), z])
    return float(degrees[0]), float(degrees[1]), float(degrees[2])


def _smallest_turn(start: Vector, end: Vector) -> Matrix:
    """Return the turn (3, 3), for row vectors, by the smallest angle that brings one direction to another (Rodrigues)."""
    a, b = start / np.linalg.norm(start), end / np.linalg.norm(end)
    axis, cos = np.cross(a, b), float(a @ b)
    cross = np.array([[0.0, axis[2], -axis[1]], [-axis[2], 0.0, axis[0]], [axis[1], -axis[0], 0.0]])
    turn: Matrix = np.eye(3) + cross + cross @ cross / max(1.0 + cos, 1e-12)
    return turn
