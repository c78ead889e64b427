"""Camera files: the path of a film's camera in space, for other programs.

`opencv` is NumPy or JSON with axes x to the right, y down, z away from the camera; `blender` a JSON for Blender's console, with
the cameras' `matrix_world` and `lens`; `omnicam` a track of OmniCam. Lengths are scene units: the flat scene is at 1.
"""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lib_anim.errors import FieldError, OutputError, cannot_be_written
from lib_anim.files import write_bytes
from lib_anim.images.camera_pose import other_axes
from lib_anim.media.omnicam import track_of_cameras
from lib_anim.messages import Message

FORMATS = ("opencv", "blender", "omnicam")
_SENSOR_MM = 36.0  # the width of Blender's sensor
_Z_UP = np.array([[1.0, 0, 0, 0], [0, 0, 1, 0], [0, -1, 0, 0], [0, 0, 0, 1]])  # from y down, z ahead to y ahead, z up
_Y_UP = np.diag([1.0, -1.0, -1.0, 1.0])


@dataclass(frozen=True, eq=False)
class CameraPath:
    """`c2w` (n, 4, 4), from the camera's axes to those of frame 0; `intrinsics` (n, 4), fx, fy, cx, cy in pixels.

    `size` is (width, height) of the pictures, and `fps` how many there are a second.
    """

    c2w: NDArray[np.float64]
    intrinsics: NDArray[np.float64]
    size: tuple[int, int]
    fps: float


def write_camera(path: CameraPath, file: Path, kind: str = "opencv") -> None:
    """Write a camera file of a kind of FORMATS; the suffix of an `opencv` file tells NumPy from JSON. Raises OutputError."""
    suffixes = (".npz", ".json") if kind == "opencv" else (".json",)
    if file.suffix.lower() not in suffixes:
        text = "{file}: a camera file ends in {kinds}"
        raise OutputError(Message(text, file=file, kinds=" or ".join(suffixes)))
    as_bytes = {"blender": _as_blender, "omnicam": _as_omnicam}.get(
        kind, _as_npz if file.suffix.lower() == ".npz" else _as_json
    )
    try:
        write_bytes(file, as_bytes(path))
    except FieldError as error:
        raise OutputError(Message("{file}: {said}", file=file, said=error)) from None
    except OSError as error:
        raise OutputError(cannot_be_written(file, error)) from None


def _as_npz(path: CameraPath) -> bytes:
    data = io.BytesIO()
    np.savez_compressed(data, c2w=path.c2w, intrinsics=path.intrinsics, size=np.array(path.size), fps=np.array(path.fps))
    return data.getvalue()


def _as_json(path: CameraPath) -> bytes:
    """Return the JSON of a path; numbers are rounded to 9 digits after the point."""
    columns = {"c2w": np.round(path.c2w, 9).tolist(), "intrinsics": np.round(path.intrinsics, 9).tolist()}
    return _json({"convention": "opencv", **_facts(path), **columns})


def _as_blender(path: CameraPath) -> bytes:
    """Return the JSON of a path for Blender: its world's z is up, and the camera of frame 0 looks along its y."""
    pixel, lens = _pixel_aspect(path), path.intrinsics[:, 0] * _SENSOR_MM / path.size[0]
    columns = {
        "lens": np.round(lens, 9).tolist(),  # in mm
        "matrix_world": np.round(_Z_UP @ other_axes(path.c2w), 9).tolist(),
        "intrinsics": np.round(path.intrinsics, 9).tolist(),
    }
    shape = {"sensor_width": _SENSOR_MM, "pixel_aspect": [max(1.0, pixel), max(1.0, 1.0 / pixel)]}
    return _json({"convention": "blender", **_facts(path), **shape, **columns})


def _as_omnicam(path: CameraPath) -> bytes:
    """Return the track of a path. What OmniCam has no place for, a rate with a fraction and pixels that are not square, is in
    its metadata."""
    pixel, rate = _pixel_aspect(path), min(max(round(path.fps), 1), 120)
    fov = np.degrees(2.0 * np.arctan(path.size[1] / (2.0 * path.intrinsics[:, 1])))
    metadata = {"fps": path.fps} if rate != path.fps else {}
    metadata |= {"pixel_aspect": pixel} if pixel != 1.0 else {}
    facts = {**_facts(path), "fps": rate, "metadata": metadata}
    return _json(track_of_cameras(_Y_UP @ other_axes(path.c2w), fov, facts))


def _pixel_aspect(path: CameraPath) -> float:
    """Return fy / fx, which is 1 for square pixels. Raises FieldError if it changes."""
    ratios = path.intrinsics[:, 1] / path.intrinsics[:, 0]
    if np.ptp(ratios) > 1e-6:
        raise FieldError("aspect_ratio_schedule changes, which only the format opencv can say")
    return round(float(ratios[0]), 9)


def _facts(path: CameraPath) -> dict[str, object]:
    return {"width": path.size[0], "height": path.size[1], "fps": path.fps}


def _json(data: dict[str, object]) -> bytes:
    return (json.dumps(data) + "\n").encode()
