"""Depth as numbers in files: NumPy's .npy and .npz, and OpenEXR where OpenCV may read it."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from lib_anim.errors import FieldError, PictureError
from lib_anim.files import PICTURE, read_file
from lib_anim.images.depth import mended
from lib_anim.images.frame import Mask
from lib_anim.media.array_files import read_arrays
from lib_anim.messages import Message

SUFFIXES = (".npy", ".npz", ".exr")


def read_distances(path: str | Path) -> Mask:
    """Read the distances of a scene, (H, W) float32, above 0; what is no number or endless is the farthest.

    Raises PictureError.
    """
    try:
        data = read_file(path, PICTURE)
        values = _exr(data) if Path(path).suffix.lower() == ".exr" else _first_plane(read_arrays(data))
    except FieldError as error:
        raise PictureError(Message("{path}: {said}", path=path, said=error.reason)) from None
    if not np.isfinite(values).any():
        raise PictureError(Message("{path}: there is no distance in it, only what is no number", path=path))
    distances = mended(values, far_is_great=True)
    if (least := float(distances.min())) <= 0.0:
        text = "{path}: distances are above 0, and the least here is {value}; nearness is read from a picture, white near"
        raise PictureError(Message(text, path=path, value=least))
    return distances


def _first_plane(arrays: dict[str, NDArray[np.float64]]) -> NDArray[np.float64]:
    """Return the first array that is (H, W), but for dimensions of one. Raises FieldError."""
    for array in arrays.values():
        if array.squeeze().ndim == 2:
            return array.squeeze()
    shapes = ", ".join(str(list(array.shape)) for array in arrays.values())
    raise FieldError(Message("holds {what}; depth is [H, W]", what=shapes or "nothing"))


def _exr(data: bytes) -> NDArray[np.float32]:
    """Return the first channel of an OpenEXR file. Raises FieldError."""
    try:
        found = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    except cv2.error:
        found = None
    if found is None:
        remedy = "OpenCV reads OpenEXR only where OPENCV_IO_ENABLE_OPENEXR=1 is set; .npy needs nothing"
        raise FieldError(Message("cannot be read; {said}", said=Message(remedy)))
    return np.asarray(found if found.ndim == 2 else found[..., -1], np.float32)
