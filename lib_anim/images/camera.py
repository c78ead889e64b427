"""Camera moves: numbers in, a warp out. Pure geometry; no pixels.

Angles are degrees, counter-clockwise positive on screen. The formulas and signs are Deforum's, because people's settings
are tuned to them; pixel conventions are those of `warp.py`.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from lib_anim.images.frame import Matrix, Vectors, bands
from lib_anim.images.warp import Warp

Depth = NDArray[np.float32]  # (H, W), scene units; larger is further
Vector = NDArray[np.float64]  # (3,) of a shift, (2,) of a scale
Values = NDArray[np.float64]  # (n,)

NEAREST = 0.01  # scene units; nothing may come closer to the camera than this


def move_2d(
    size: tuple[int, int],
    *,
    angle_deg: float = 0.0,
    zoom: float = 1.0,
    translate_px: tuple[float, float] = (0.0, 0.0),
    centre: tuple[float, float] = (0.5, 0.5),
    border: str = "replicate",
    sampling: str = "bicubic",
) -> Warp:
    """Return the warp that shifts, then turns and scales about `centre` (fractions of the size).

    The shift is turned and scaled too: the forward matrix is R(angle, zoom about centre) · T(translate_px). Positive shifts go
    right and down.
    """
    turn = rotation_about((size[0] * centre[0], size[1] * centre[1]), angle_deg, zoom)
    shift = np.array([[1.0, 0.0, translate_px[0]], [0.0, 1.0, translate_px[1]], [0.0, 0.0, 1.0]])
    dst_from_src = turn @ shift
    return Warp(size, matrix=_snap(np.linalg.inv(dst_from_src)), border=border, sampling=sampling)


def rotation_about(centre_px: tuple[float, float], angle_deg: float, zoom: float = 1.0) -> Matrix:
    """Return the forward matrix (3, 3) that turns counter-clockwise on screen and scales about a point."""
    cos, sin = zoom * np.cos(np.radians(angle_deg)), zoom * np.sin(np.radians(angle_deg))
    x, y = centre_px
    return np.array([[cos, sin, (1 - cos) * x - sin * y], [-sin, cos, sin * x + (1 - cos) * y], [0.0, 0.0, 1.0]])


def perspective_flip(
    size: tuple[int, int],
    *,
    theta_deg: float = 0.0,
    phi_deg: float = 0.0,
    gamma_deg: float = 0.0,
    view_angle_deg: float = 53.0,
    border: str = "replicate",
    sampling: str = "bicubic",
) -> Warp:
    """Return the warp of the picture as a plane in space, rolled by theta, panned by gamma, tilted by phi about its centre.

    The eye is at diagonal / (2 sin(view_angle / 2)), so no angles means no change. R = Rx(phi)·Ry(gamma)·Rz(theta)
    acts on (x, y up, 0); a point then projects to eye·(x, y) / (eye - z).
    """
    width, height = size
    eye = np.hypot(width, height) / (2.0 * np.sin(np.radians(view_angle_deg) / 2.0))
    turn = rotation(phi_deg, gamma_deg, theta_deg)
    flip_y = np.diag([1.0, -1.0, 1.0])
    plane = np.array([[eye, 0, 0], [0, eye, 0], [0, 0, 0]]) @ turn  # (x, y) of the projection, before the division
    plane[2] = -turn[2]
    projection = np.column_stack([plane[:, 0], plane[:, 1], (0.0, 0.0, eye)])
    centre = np.array([[1.0, 0.0, width / 2], [0.0, 1.0, height / 2], [0.0, 0.0, 1.0]])
    dst_from_src = centre @ flip_y @ projection @ flip_y @ np.linalg.inv(centre)
    src_from_dst = np.linalg.inv(dst_from_src)
    return Warp(size, matrix=_snap(src_from_dst / src_from_dst[2, 2]), border=border, sampling=sampling)


def move_3d(
    size: tuple[int, int],
    *,
    translate: tuple[float, float, float] = (0.0, 0.0, 0.0),
    rotate_deg: tuple[float, float, float] = (0.0, 0.0, 0.0),
    fov_deg: float = 70.0,
    aspect: float = 1.0,
    depth: Depth | float | None = None,
    border: str = "border",
    sampling: str = "bicubic",
) -> Warp:
    """Return the warp of a step of a camera in space, as Deforum defines it.

    The picture spans x and y from -1 to 1 at distance z = `depth`: that of every pixel, of a plane, or 1.
    A point X = (x, y, z), a row vector, moves to X' = X·R + T with R = Rx·Ry·Rz and T = (-x, y, -z) / 200 of `translate`. With
    s = cot(fov/2) the picture is read at p - (s/aspect·(x'/z' - x/z), s·(y'/z' - y/z)). Positive x moves the picture left,
    y down, z inwards; positive rotations look up, look right, and turn the picture counter-clockwise.

    The map is a matrix where the scene is a plane and nothing turns out of the picture's plane; otherwise it is dense. A step
    that would bring part of the scene nearer than NEAREST, or behind the camera, is cut at NEAREST.
    """
    turn, step = rotation(*rotate_deg), shift(np.array(translate))
    lens = 1.0 / np.tan(np.radians(fov_deg) / 2.0)
    scale = np.array([lens / aspect, lens])
    depth = 1.0 if depth is None else depth
    if isinstance(depth, float) and np.allclose(turn[:2, 2], 0.0, atol=1e-12):
        matrix = _flat_affine(size, turn, step, scale, depth)
        return Warp(size, matrix=_snap(matrix), border=border, sampling=sampling)
    return Warp(size, grid=_scene_grid(size, turn, step, scale, depth), border=border, sampling=sampling)


def widened(depth: Depth, step: Callable[..., Warp]) -> Depth:
    """Return the distances of a scene, (H, W), after a step that is to be undone, `step(depth=…)`.

    Those of near things are widened by how much more the nearest move than the farthest, and by a pixel, since positions are
    interpolated: so a near object is not cut at the edge that leads, and a rim of what is behind it comes along.
    """
    nearest, farthest = (step(depth=np.full_like(depth, distance)) for distance in (depth.min(), depth.max()))
    reach = 1 + int(np.ceil(np.abs(nearest.positions - farthest.positions).max()))
    return cv2.erode(depth, np.ones((2 * reach + 1, 2 * reach + 1), np.uint8))


def nearest_distances(tilt_deg: Values, pan_deg: Values, translate_z: Values | float, nearest: float = 1.0) -> Values:
    """Return the distance of the nearest point to the camera after each of n steps, (n,) in scene units; `nearest` is that
    before. It does not depend on the roll.
    """
    tilt, pan = np.radians(tilt_deg), np.radians(pan_deg)
    # the third column of `rotation`
    x, y, z = np.sin(pan), -np.sin(tilt) * np.cos(pan), np.cos(tilt) * np.cos(pan)
    distances: Values = nearest * z - np.abs(x) - np.abs(y) - np.asarray(translate_z) / 200.0
    return distances


def equivalent_translation_z(zoom: float, fov_deg: float = 70.0) -> float:
    """Return the `translation_z` whose flat 3D step scales the picture as a 2D `zoom` does."""
    u = (1.0 - 1.0 / zoom) * np.tan(np.radians(fov_deg) / 2.0)
    return float(200.0 * u / (1.0 + u))


def relief(size: tuple[int, int], *, hill: bool) -> Depth:
    """Return the distances (H, W) of a scene: of a hill from 1 in the middle to 2 at the sides, else from 2 to 1."""
    x, y = (np.linspace(-1.0, 1.0, count, dtype=np.float32) for count in size)
    radius = np.minimum(np.hypot(x[None, :], y[:, None]), np.float32(1.0))
    rise = radius * radius * (np.float32(3.0) - np.float32(2.0) * radius)
    distance: Depth = np.float32(1.0) + rise if hill else np.float32(2.0) - rise
    return distance


def shift(translate: Vector) -> Vector:
    """Return the shift of points (3,), in scene units, by a step of the camera of `translate` (3,) in camera units."""
    moved: Vector = translate * np.array([-1.0, 1.0, -1.0]) / 200.0
    return moved


def rotation(x_deg: float, y_deg: float, z_deg: float) -> Matrix:
    """Return Rx·Ry·Rz (3, 3), right-handed, for row vectors."""
    turn: Matrix = rotations(np.array([[x_deg, y_deg, z_deg]]))[0]
    return turn


def rotations(angles_deg: Values) -> Values:
    """Return the `rotation` of each row (x, y, z): (n, 3) -> (n, 3, 3)."""
    none, one = np.zeros(len(angles_deg)), np.ones(len(angles_deg))
    (cx, cy, cz), (sx, sy, sz) = np.cos(np.radians(angles_deg.T)), np.sin(np.radians(angles_deg.T))
    about_x = np.array([[one, none, none], [none, cx, -sx], [none, sx, cx]])
    about_y = np.array([[cy, none, sy], [none, one, none], [-sy, none, cy]])
    about_z = np.array([[cz, -sz, none], [sz, cz, none], [none, none, one]])
    turns: Values = np.moveaxis(about_x, 2, 0) @ np.moveaxis(about_y, 2, 0) @ np.moveaxis(about_z, 2, 0)
    return turns


def _norm_from_px(size: tuple[int, int]) -> Matrix:
    """Return the matrix from pixels to -1..1, where -1 is the first pixel's centre and 1 the last one's."""
    width, height = size
    return np.array([[2.0 / (width - 1), 0, -1.0], [0, 2.0 / (height - 1), -1.0], [0, 0, 1.0]])


def _flat_affine(size: tuple[int, int], turn: Matrix, shift: Vector, scale: Vector, depth: float) -> Matrix:
    """Return the map of a plane at distance `depth`."""
    distance = max(depth * turn[2, 2] + shift[2], NEAREST)
    moved = np.eye(3)
    moved[:2, :2] = turn[:2, :2].T / distance
    moved[:2, 2] = (depth * turn[2, :2] + shift[:2]) / distance
    half_px = np.diag([scale[0] * size[0] / 2.0, scale[1] * size[1] / 2.0, 0.0])
    return np.eye(3) - half_px @ (moved - np.diag([1.0 / depth, 1.0 / depth, 1.0])) @ _norm_from_px(size)


def _scene_grid(size: tuple[int, int], turn: Matrix, shift: Vector, scale: Vector, depth: Depth | float) -> Vectors:
    """Return the dense map (H, W, 2)."""
    width, height = size
    x = np.linspace(-1.0, 1.0, width, dtype=np.float32)[None, :]
    y = np.linspace(-1.0, 1.0, height, dtype=np.float32)[:, None]
    z = np.broadcast_to(np.asarray(depth, np.float32), (height, width))
    columns, steps = turn.T.astype(np.float32), shift.astype(np.float32)
    steps[2] += _lift(x, y, z, columns[2], steps[2])
    reach = (scale * size / 2.0).astype(np.float32)
    pixels = _pixel_numbers(width), _pixel_numbers(height).T
    grid = np.empty((height, width, 2), np.float32)
    for band in bands(z.shape):
        inverse_z = np.float32(1.0) / z[band]
        moved_z = _turned(x, y[band], z[band], columns[2], steps[2])
        np.divide(np.float32(1.0), moved_z, out=moved_z)
        for axis, old in enumerate((x, y)):
            rows = band if axis else slice(None)
            moved = _turned(x, y[band], z[band], columns[axis] * reach[axis], steps[axis] * reach[axis]) * moved_z
            shifted = inverse_z * (old[rows] * reach[axis])
            shifted -= moved
            np.add(shifted, pixels[axis][rows], out=grid[band][..., axis])
    return grid


def _turned(x: Vectors, y: Vectors, z: Depth, column: NDArray[np.float32], step: np.float32) -> NDArray[np.float32]:
    """Return one coordinate of points after a step, for a column of its rotation. Products with zero are left out."""
    moved: NDArray[np.float32] = x * column[0] + step
    if column[1]:
        moved = moved + y * column[1]
    if column[2]:
        moved = moved + z * column[2]
    return moved


def _lift(x: Vectors, y: Vectors, z: Depth, column: NDArray[np.float32], step: np.float32) -> np.float32:
    """Return by how much the nearest point of a scene is too near after a step."""
    if column[2] > 0.0 and z.min() * column[2] - abs(column[0]) - abs(column[1]) + step >= NEAREST:
        return np.float32(0.0)
    nearest = min(_turned(x, y[band], z[band], column, step).min() for band in bands(z.shape))
    return np.float32(max(NEAREST - nearest, 0.0))


def _pixel_numbers(count: int) -> NDArray[np.float32]:
    return np.arange(count, dtype=np.float32)[None, :]


def _snap(matrix: Matrix) -> Matrix:
    """Round entries within 1e-12 of a whole number, so that a move of zero is exactly the identity."""
    near = np.rint(matrix)
    return np.where(np.abs(matrix - near) < 1e-12, near, matrix)
