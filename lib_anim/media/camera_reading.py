"""Cameras that were recorded or keyed elsewhere, read from the files of other programs.

| file | what it holds | axes of the camera |
|---|---|---|
| .npy, .npz | matrices c2w (n, 4, 4) or (n, 3, 4); in an .npz also `intrinsics`, `size` and `fps` | OpenCV's |
| JSON | `c2w` with `intrinsics`, `width`, `height` and `fps`, as we write them | OpenCV's |
| JSON | a list of matrices, or `matrix_world`, or `frames` with `transform_matrix` | Blender's |
| JSON | a track of OmniCam | its own |
| text or JSON | schedules of Deforum, as export scripts for Blender write them | steps of a film |
| images.txt | a model of COLMAP, with cameras.txt beside it | OpenCV's |

OpenCV's axes are x right, y down, z away from the camera; Blender's x right, y up, z to the viewer. The world's axes do not
matter: the cameras are returned on the axes of the first one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from lib_anim.errors import FieldError
from lib_anim.files import MB, MOST_FRAMES, read_file
from lib_anim.images.camera_pose import Cameras, cameras_of, from_first, other_axes
from lib_anim.media import camera_strings, colmap, omnicam
from lib_anim.media.array_files import is_array_file, read_arrays
from lib_anim.messages import Message, Place
from lib_anim.settings.json_text import is_json, parse_json

AXES = ("opencv", "blender")
_LARGEST = 64 * MB
_FARTHEST = 1e9
_OFF = 1e-3  # how far from a rotation numbers of few digits are
_MATRICES = ("c2w", "matrix_world", "transform_matrix", "matrix", "camera_to_world", "poses")
STILL = "a camera of one frame does not move"
_EMPTY = "there is nothing in it"
_NONE = "none of the camera files that are known: Blender's, OmniCam's, COLMAP's, c2w in .npy, .npz or JSON"

Values = NDArray[np.float64]
T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class RecordedCamera:
    """`c2w` (n, 4, 4) on OpenCV's axes of the first camera. `fov` (n,) is the view angle from top to bottom in degrees,
    `aspect` (n,) that of the picture by its angles, and `size` its (width, height); None if the file does not say it, as `fps`.
    """

    c2w: Cameras
    fov: Values | None = None
    aspect: Values | None = None
    size: tuple[int, int] | None = None
    fps: float | None = None
    notes: tuple[str, ...] = ()


def read_camera(file: Path, axes: str | None = None, n_frames: int | None = None) -> RecordedCamera:
    """Read a file, whose kind is told by what it holds. `axes` are those of its matrices, None for those of the table above;
    `n_frames` is the length of schedules that do not say theirs. Raises FieldError.
    """
    data = read_file(file, _LARGEST)
    if is_array_file(data):
        return _of_facts(read_arrays(data), axes or "opencv")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise FieldError(_NONE) from None
    if not text.strip():
        raise FieldError(_EMPTY)
    if is_json(text):
        return _of_json(parse_json(text), axes, n_frames)
    if camera_strings.is_schedules(text):
        return _of_steps(camera_strings.columns_in_text(text, n_frames))
    found = colmap.read_images(text, file)
    if found is None:
        raise FieldError(_NONE)
    cameras, intrinsics, size = found
    return _recorded(cameras, intrinsics, size, None)


def _of_json(data: Any, axes: str | None, n_frames: int | None) -> RecordedCamera:
    if data in ({}, []):
        raise FieldError(_EMPTY)
    if isinstance(data, list):
        return _of_facts(_of_frames(data), axes or "blender")
    if not isinstance(data, Mapping):
        raise FieldError(_NONE)
    if omnicam.is_track(data):
        return _of_track(omnicam.track_in(data))
    if any(key in data for key in camera_strings.STEPS):
        return _of_steps(camera_strings.columns_of(data, n_frames))
    if isinstance(data.get("frames"), list):
        return _of_facts({**data, **_of_frames(data["frames"])}, axes or _said_axes(data, "blender"))
    if all(str(key).isdecimal() and len(str(key)) < 8 for key in data):
        rows = [data[key] for key in sorted(data, key=int)]
        return _of_facts(_of_frames(rows), axes or "blender")
    return _of_facts(data, axes or _said_axes(data, "opencv" if "c2w" in data else "blender"))


def _said_axes(data: Mapping[str, Any], otherwise: str) -> str:
    said = str(data.get("convention", otherwise)).lower()
    return "opencv" if said == "opencv" else "blender" if said in ("blender", "opengl") else otherwise


def _of_frames(rows: list[Any]) -> dict[str, Any]:
    """Return the matrices of a list of matrices, or of objects with one each, in order of their `frame`. Raises FieldError."""
    if not rows:
        raise FieldError(_EMPTY)
    if not all(isinstance(row, Mapping) for row in rows):
        return {"matrix_world": rows}
    if all(isinstance(row.get("frame"), int) for row in rows):
        rows = sorted(rows, key=lambda row: int(row["frame"]))
        for before, row in pairwise(rows):
            if row["frame"] != before["frame"] + 1:
                said = Message("after frame {n} comes frame {next}", n=before["frame"], next=row["frame"])
                raise FieldError(said, "export every frame")
    key = next((key for key in _MATRICES if key in rows[0]), None)
    if key is None:
        raise FieldError(_NONE)
    return {"matrix_world": [row.get(key) for row in rows]}


def _of_track(track: Mapping[str, Any]) -> RecordedCamera:
    cameras, fov = omnicam.cameras_of_track(track)
    said: Mapping[str, Any] = track["metadata"] if isinstance(track.get("metadata"), Mapping) else {}
    size, fps = _size(track), _rate(said.get("fps", track.get("fps")))
    ratio = size[0] / size[1] if size else None
    aspect = None if ratio is None else np.full(len(cameras), ratio * (_rate(said.get("pixel_aspect")) or 1.0))
    return RecordedCamera(_checked(other_axes(cameras)), _checked_fov(fov), aspect, size, fps)


def _of_steps(columns: camera_strings.Columns) -> RecordedCamera:
    cameras = cameras_of(columns.translate, columns.rotate)
    aspect = None if columns.fov is None else np.ones(len(cameras))
    fov = None if columns.fov is None else _checked_fov(columns.fov)
    return RecordedCamera(_checked(cameras), fov, aspect, fps=columns.fps, notes=columns.notes)


def _of_facts(facts: Mapping[str, Any], axes: str) -> RecordedCamera:
    """Return the camera of matrices and what stands beside them. Raises FieldError."""
    rows = _first(facts[key] for key in _MATRICES if key in facts)
    if rows is None:
        rows = next(iter(facts.values())) if len(facts) == 1 and isinstance(next(iter(facts.values())), np.ndarray) else None
    if rows is None:
        raise FieldError(_NONE)
    cameras = _matrices(rows)
    cameras = other_axes(cameras) if axes == "blender" else cameras
    size = _size(facts)
    return _recorded(cameras, _intrinsics(facts, size), size, _rate(facts.get("fps")))


def _recorded(cameras: Cameras, intrinsics: Values | None, size: tuple[int, int] | None, fps: float | None) -> RecordedCamera:
    cameras = _checked(cameras)
    if intrinsics is None:
        return RecordedCamera(cameras, size=size, fps=fps)
    n = len(cameras)
    if len(intrinsics) not in (1, n):
        said = Message("there are {n} matrices and intrinsics of {k} frames", n=n, k=len(intrinsics))
        raise FieldError(said, "both are a frame each")
    fx, fy, cx, cy = np.broadcast_to(intrinsics, (n, 4)).T
    for frame in np.flatnonzero(~(np.isfinite(intrinsics).all(axis=1) & (intrinsics[:, :2] > 0.0).all(axis=1)))[:1]:
        raise FieldError("intrinsics are fx, fy, cx and cy, above 0", "", Place(frame=int(frame)))
    width, height = size or (round(2.0 * float(cx[0])), round(2.0 * float(cy[0])))
    if min(width, height) < 1:
        raise FieldError("the size of its pictures is not known", "write width and height")
    aside = max(np.abs(2.0 * cx / width - 1.0).max(), np.abs(2.0 * cy / height - 1.0).max())
    notes = (Message("its lens is not centred, by {n} % of the picture; a film's is", n=round(50.0 * float(aside), 1)),)
    fov = np.degrees(2.0 * np.arctan(height / (2.0 * fy)))
    return RecordedCamera(cameras, fov, fy * width / (fx * height), (width, height), fps, notes if aside > 1e-3 else ())


def _matrices(rows: Any) -> Cameras:
    """Return matrices (n, 4, 4). Raises FieldError."""
    try:
        cameras = np.array(rows, np.float64)
    except (TypeError, ValueError):
        raise FieldError("its matrices have not 4 rows of 4 numbers each") from None
    if cameras.ndim == 2 and cameras.shape[1:] == (16,):
        cameras = cameras.reshape(-1, 4, 4)
    if cameras.ndim != 3 or cameras.shape[1:] not in ((4, 4), (3, 4)):
        raise FieldError("its matrices have not 4 rows of 4 numbers each")
    if cameras.shape[1] == 3:
        cameras = np.concatenate([cameras, np.tile([[[0.0, 0.0, 0.0, 1.0]]], (len(cameras), 1, 1))], axis=1)
    return cameras


def _checked(cameras: Cameras) -> Cameras:
    """Return cameras on the axes of the first one, with the rotations that are nearest. Raises FieldError."""
    if len(cameras) < 2:
        raise FieldError(STILL, "it takes two frames and more")
    if len(cameras) > MOST_FRAMES:
        raise FieldError(Message("{n} frames, and {most} are the most", n=len(cameras), most=MOST_FRAMES))
    for frame in np.flatnonzero(~(np.abs(cameras) < _FARTHEST).all(axis=(1, 2)))[:1]:
        raise FieldError("a matrix with what is no number, or too large a one", "", Place(frame=int(frame)))
    for frame in np.flatnonzero(np.abs(cameras[:, 3] - (0.0, 0.0, 0.0, 1.0)).max(axis=1) > _OFF)[:1]:
        raise FieldError("the last row is not 0 0 0 1", "write a matrix as rows", Place(frame=int(frame)))
    turns = cameras[:, :3, :3]
    off = np.abs(np.swapaxes(turns, 1, 2) @ turns - np.eye(3)).max(axis=(1, 2))
    for frame in np.flatnonzero(off > _OFF)[:1]:
        said = Message("no rotation: RᵀR is off by {off}, and {most} is the most", off=float(off[frame]), most=_OFF)
        raise FieldError(said, "take the scale out of the camera", Place(frame=int(frame)))
    for frame in np.flatnonzero(np.linalg.det(turns) < 0.0)[:1]:
        raise FieldError("no rotation, but a mirror image", "one axis is the wrong way round", Place(frame=int(frame)))
    left, _, right = np.linalg.svd(turns)
    cameras = cameras.copy()
    cameras[:, :3, :3] = left @ right
    return from_first(cameras)


def _checked_fov(fov: Values) -> Values:
    for frame in np.flatnonzero(~((fov > 0.0) & (fov < 180.0)))[:1]:
        reason = Message("{value} degrees is no view angle", value=float(fov[frame]))
        raise FieldError(reason, "keep it from 1 to 180", Place(frame=int(frame)))
    return fov


def _intrinsics(facts: Mapping[str, Any], size: tuple[int, int] | None) -> Values | None:
    """Return fx, fy, cx and cy, (n, 4) or (1, 4): `intrinsics`, or what NeRF's files say. Raises FieldError."""
    rows = facts.get("intrinsics")
    if rows is None:
        return _of_nerf(facts, size)
    try:
        found = np.array(rows, np.float64)
    except (TypeError, ValueError):
        found = np.zeros(0)
    if found.shape[-2:] == (3, 3):
        found = np.stack([found[..., 0, 0], found[..., 1, 1], found[..., 0, 2], found[..., 1, 2]], axis=-1)
    if found.ndim not in (1, 2) or found.shape[-1] != 4:
        raise FieldError("intrinsics are fx, fy, cx and cy, above 0")
    return found.reshape(-1, 4)


def _of_nerf(facts: Mapping[str, Any], size: tuple[int, int] | None) -> Values | None:
    angle, fx = (_number(facts.get(key)) for key in ("camera_angle_x", "fl_x"))
    if size is None or (angle is None and fx is None):
        return None
    fx = fx or size[0] / (2.0 * np.tan(float(angle or 1.0) / 2.0))
    return np.array([[fx, _number(facts.get("fl_y")) or fx, size[0] / 2.0, size[1] / 2.0]])


def _size(facts: Mapping[str, Any]) -> tuple[int, int] | None:
    said = facts.get("size")
    pair = said.ravel().tolist() if isinstance(said, np.ndarray) else said
    if not isinstance(pair, list) or len(pair) != 2:
        pair = [facts.get("width", facts.get("w")), facts.get("height", facts.get("h"))]
    width, height = (_number(one) for one in pair)
    return (round(width), round(height)) if width and height and min(width, height) >= 1.0 else None


def _rate(value: object) -> float | None:
    number = _number(value)
    return number if number and number > 0.0 else None


def _number(value: Any) -> float | None:
    if isinstance(value, np.ndarray) and value.size == 1:
        value = value.item()
    usable = isinstance(value, (int, float)) and not isinstance(value, bool) and np.isfinite(value) and abs(value) < 1e9
    return float(value) if usable else None


def _first(found: Iterable[T]) -> T | None:
    return next(iter(found), None)
