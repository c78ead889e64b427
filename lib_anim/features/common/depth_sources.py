"""Depth that the user brings along, by frame: a picture, numbers, a folder of them, or a video. Not a feature."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from lib_anim.errors import PictureError
from lib_anim.features.common.file_problems import file_problems
from lib_anim.features.common.resizing import Size, resizing
from lib_anim.files import RECORDING, check_file
from lib_anim.images.depth import is_flat
from lib_anim.images.frame import Mask, resized
from lib_anim.media.depth_file import SUFFIXES, read_distances
from lib_anim.media.download import check_is_path
from lib_anim.media.picture_folder import PICTURES, pictures_in
from lib_anim.media.source_video import Film
from lib_anim.messages import Message
from lib_anim.plan.plan import Plan
from lib_anim.shot.steps import Tools

KEY = "depth_map"

_VIDEOS = (".mp4", ".mov", ".mkv", ".webm", ".avi", ".m4v")
_REMEDY = "write the path of a grey picture"
_CACHED = 4  # maps of a folder or a video that are kept in memory
_GREY = np.array([0.299, 0.587, 0.114], np.float32) / np.float32(255.0)


class DepthSource(NamedTuple):
    """`at(n)` returns the distances of frame n, (H, W) float32; the last of `number` holds on.

    Nearness in pictures is 1 where it is white .. 2 where it is black; numbers are distances as they are.
    """

    at: Callable[[int], Mask]
    number: int
    notes: tuple[str, ...] = ()
    close: tuple[Callable[[], None], ...] = ()


def open_depth(plan: Plan, tools: Tools) -> DepthSource | None:
    """Open what `depth_map` names; None if that is nothing. Raises SettingsError."""
    path = plan.settings.text(KEY)
    if not (path and plan.in_use(KEY)):
        return None
    check_is_path(KEY, path, _REMEDY)
    with file_problems(KEY, path, _REMEDY):
        return _source(Path(path), path, plan, tools)


def _source(place: Path, path: str, plan: Plan, tools: Tools) -> DepthSource:
    if place.is_dir():
        return _folder(place, plan, tools)
    if place.suffix.lower() in _VIDEOS:
        return _video(place, plan, tools)
    distances = _read(path, tools)
    _check(path, distances)
    fitted = _fitted(distances, plan.size)
    return DepthSource(lambda _: fitted, 1, resizing(KEY, distances.shape[1::-1], plan.size))


def _folder(folder: Path, plan: Plan, tools: Tools) -> DepthSource:
    """Return the maps of a folder by name, numbers in names by value."""
    files = pictures_in(folder, (*PICTURES, *SUFFIXES))[: plan.timeline.n_frames]
    first = _read(str(files[0]), tools)
    _check(str(files[0]), first)
    read = lru_cache(maxsize=_CACHED)(lambda n: _fitted(_read(str(files[n]), tools), plan.size))
    notes = (*resizing(KEY, first.shape[1::-1], plan.size), *_short(len(files), plan))
    return DepthSource(lambda n: read(min(n, len(files) - 1)), len(files), notes)


def _video(path: Path, plan: Plan, tools: Tools) -> DepthSource:
    check_file(path, RECORDING)
    film = Film.open(path, tools.ffmpeg)
    frames = film.frames(film.size)
    read = lru_cache(maxsize=_CACHED)(lambda n: _fitted(np.float32(2.0) - frames[n] @ _GREY, plan.size))
    notes = (*resizing(KEY, film.size, plan.size), *_short(film.n_frames, plan))
    return DepthSource(lambda n: read(min(n, film.n_frames - 1)), film.n_frames, notes, (frames.close,))


def _read(path: str, tools: Tools) -> Mask:
    """Return the distances in a file. Raises PictureError."""
    return read_distances(path) if Path(path).suffix.lower() in SUFFIXES else np.float32(2.0) - tools.grey(path)


def _check(path: str, distances: Mask) -> None:
    if is_flat(distances):
        text = "{path}: the same distance everywhere; write use_depth_warping false for a flat scene"
        raise PictureError(Message(text, path=path))


def _fitted(distances: Mask, size: Size) -> Mask:
    """Return distances at the film's size; none is made beyond their range."""
    return np.clip(resized(distances, size), distances.min(), distances.max()).astype(np.float32)


def _short(number: int, plan: Plan) -> tuple[str, ...]:
    if number in (1, plan.timeline.n_frames):
        return ()
    text = "{key}: its {n} frames end before the film's {m}; the last one holds on"
    return (Message(text, key=KEY, n=number, m=plan.timeline.n_frames),) if number < plan.timeline.n_frames else ()
