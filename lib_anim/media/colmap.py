"""Models of COLMAP as text: images.txt has the camera of each picture, cameras.txt beside it the lenses.

A line of images.txt is IMAGE_ID QW QX QY QZ TX TY TZ CAMERA_ID NAME, and maps the world to the camera; the line after it has
points. Pictures are in order of their names. Axes are OpenCV's.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lib_anim.files import MB, read_file

Values = NDArray[np.float64]

_LARGEST = 16 * MB
_ONE_FOCAL = ("SIMPLE_PINHOLE", "SIMPLE_RADIAL", "RADIAL")  # f, cx, cy
_FIELDS = 10  # of a picture's line; those of points come by threes


def read_images(text: str, file: Path) -> tuple[Values, Values | None, tuple[int, int] | None] | None:
    """Return the cameras (n, 4, 4) of an images.txt, their intrinsics (n, 4) and size; None if it is none. Raises FieldError if
    its cameras.txt cannot be read."""
    rows = sorted((row for row in _rows(text) if len(row) == _FIELDS), key=lambda row: row[-1])
    try:
        numbers = np.array([[float(value) for value in row[1:8]] for row in rows])
    except ValueError:
        return None
    if not rows:
        return None
    cameras = np.tile(np.eye(4), (len(rows), 1, 1))
    cameras[:, :3, :3], cameras[:, :3, 3] = _turns(numbers[:, :4]), numbers[:, 4:]
    c2w = np.asarray(np.linalg.inv(cameras), np.float64)
    lenses = _lenses(file.with_name("cameras.txt"))
    known = [lenses[row[8]] for row in rows if row[8] in lenses]
    if len(known) < len(rows):
        return c2w, None, None
    return c2w, np.array([lens[2:] for lens in known]), (round(known[0][0]), round(known[0][1]))


def _rows(text: str) -> list[list[str]]:
    return [line.split() for line in text.splitlines() if line.strip() and not line.startswith("#")]


def _turns(quaternions: Values) -> Values:
    """Return the rotations (n, 3, 3) of quaternions w, x, y, z."""
    w, x, y, z = (quaternions / np.maximum(np.linalg.norm(quaternions, axis=1, keepdims=True), 1e-12)).T
    rows = (
        (1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)),
        (2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)),
        (2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)),
    )
    return np.moveaxis(np.array(rows), 2, 0)


def _lenses(file: Path) -> dict[str, tuple[float, ...]]:
    """Return width, height, fx, fy, cx and cy by the number of a camera; none if there is no such file."""
    if not file.is_file():
        return {}
    lenses: dict[str, tuple[float, ...]] = {}
    for name, model, *values in _rows(read_file(file, _LARGEST).decode("utf-8", "replace")):
        try:
            width, height, *params = (float(value) for value in values)
            fx, fy, cx, cy = (params[0], *params[:3]) if model in _ONE_FOCAL else params[:4]
        except (ValueError, IndexError):
            continue
        lenses[name] = (width, height, fx, fy, cx, cy)
    return lenses
