"""Camera files: the path of a film's camera in space, for other programs, as NumPy or JSON.

Axes are OpenCV's: x to the right, y down, z away from the camera. Lengths are scene units: the flat scene is at 1.
"""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lib_anim.errors import OutputError, cannot_be_written
from lib_anim.files import write_bytes
from lib_anim.messages import Message

KINDS = (".npz", ".json")


@dataclass(frozen=True, eq=False)
class CameraPath:
    """`c2w` (n, 4, 4), from the camera's axes to those of frame 0; `intrinsics` (n, 4), fx, fy, cx, cy in pixels.

    `size` is (width, height) of the pictures, and `fps` how many there are a second.
    """

    c2w: NDArray[np.float64]
    intrinsics: NDArray[np.float64]
    size: tuple[int, int]
    fps: float


def write_camera(path: CameraPath, file: Path) -> None:
    """Write a camera file, whose kind is the suffix of its name. Raises OutputError."""
    if file.suffix.lower() not in KINDS:
        text = "{file}: a camera file ends in {kinds}"
        raise OutputError(Message(text, file=file, kinds=" or ".join(KINDS)))
    data = _as_npz(path) if file.suffix.lower() == ".npz" else _as_json(path)
    try:
        write_bytes(file, data)
    except OSError as error:
        raise OutputError(cannot_be_written(file, error)) from None


def _as_npz(path: CameraPath) -> bytes:
    data = io.BytesIO()
    np.savez_compressed(data, c2w=path.c2w, intrinsics=path.intrinsics, size=np.array(path.size), fps=np.array(path.fps))
    return data.getvalue()


def _as_json(path: CameraPath) -> bytes:
    """Return the JSON of a path; numbers are rounded to 9 digits after the point."""
    columns = {"c2w": np.round(path.c2w, 9).tolist(), "intrinsics": np.round(path.intrinsics, 9).tolist()}
    facts = {"convention": "opencv", "width": path.size[0], "height": path.size[1], "fps": path.fps}
    return (json.dumps({**facts, **columns}) + "\n").encode()
