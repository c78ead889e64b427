"""Schedules of Deforum's 3D camera, as people's export scripts write them: `translation_x = "0:(0.5), 1:(0.7), "` and so on.

They stand in a text, one a line, or in JSON: schedules, or lists with a number for each frame. A settings file is such a JSON
too. A value is that of the step into its frame, as in a film that they are pasted into.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lib_anim.errors import FieldError
from lib_anim.files import MOST_FRAMES
from lib_anim.language.schedules import Schedule, Timeline, key_frame
from lib_anim.messages import Message
from lib_anim.settings.table import ROTATION, TRANSLATION

STEPS = (*TRANSLATION, *ROTATION)
_FOVS = ("fov_schedule", "fov")
_NAMED = re.compile(
    r"\b(translation_[xyz]|rotation_3d_[xyz]|fov_schedule|fov)\b[\"']?\s*[:=]?\s*"  # a name
    r"(?:\"([^\"]+)\"|'([^']+)'|((?:\d+\s*:\s*(?:\([^()]*\)|[-+.\d]+)[\s,]*)+))"  # its keys, in quotes or bare
)
_CAMERA = re.compile(r"^Camera Export:", re.MULTILINE)

Given = Mapping[str, "Schedule | NDArray[np.float64]"]


@dataclass(frozen=True, eq=False)
class Columns:
    """`translate` in camera units and `rotate` in degrees, both (n, 3), of the step into each frame; `fov` (n,) in degrees."""

    translate: NDArray[np.float64]
    rotate: NDArray[np.float64]
    fov: NDArray[np.float64] | None = None
    fps: float | None = None
    notes: tuple[str, ...] = ()


def is_schedules(text: str) -> bool:
    """Return whether a text has at least one schedule of the camera's steps."""
    return any(match[1] in STEPS for match in _NAMED.finditer(text))


def columns_in_text(text: str, n_frames: int | None) -> Columns:
    """Return the columns of a text, of its first camera if there are several. Raises FieldError."""
    given: dict[str, Any] = {}
    for match in _NAMED.finditer(text):
        given.setdefault(match[1], match[2] or match[3] or match[4])
    cameras = len(_CAMERA.findall(text))
    notes = (Message("it has {n} cameras; the first is taken", n=cameras),) if cameras > 1 else ()
    return columns_of(given, n_frames, notes)


def columns_of(data: Mapping[str, Any], n_frames: int | None, notes: tuple[str, ...] = ()) -> Columns:
    """Return the columns of a JSON object. Without `max_frames` in it, it is as long as its keys, or `n_frames`. Raises
    FieldError."""
    read = {key: _read(key, data[key]) for key in (*STEPS, *_FOVS) if data.get(key) is not None}
    said = data.get("max_frames")
    n = int(said) if isinstance(said, (int, float)) and 1 <= said <= MOST_FRAMES else _length(read, n_frames)
    columns = {key: _column(one, n) for key, one in read.items()}
    still = np.zeros(n)
    translate, rotate = (np.stack([columns.get(key, still) for key in keys], axis=1) for keys in (TRANSLATION, ROTATION))
    fov = next((columns[key] for key in _FOVS if key in columns), None)
    fps = data.get("fps")
    return Columns(translate, rotate, fov, float(fps) if isinstance(fps, (int, float)) and fps > 0 else None, notes)


def _read(key: str, value: Any) -> Schedule | NDArray[np.float64]:
    if isinstance(value, list):
        try:
            column = np.array(value, np.float64)
        except (TypeError, ValueError):
            column = np.zeros((0, 0))
        if column.ndim != 1 or not np.isfinite(column).all():
            raise FieldError(Message("{key}: a list of numbers, one for each frame", key=key))
        return column
    return Schedule.parse(str(value), name=key)


def _length(read: Given, n_frames: int | None) -> int:
    lists = {len(one) for one in read.values() if not isinstance(one, Schedule)}
    if len(lists) > 1:
        raise FieldError(Message("its lists have {some} and {others} numbers", some=min(lists), others=max(lists)))
    endless = Timeline(MOST_FRAMES)
    entries = ((one, entry) for one in read.values() if isinstance(one, Schedule) for entry in one.entries)
    last = max((key_frame(entry, endless, one.name) for one, entry in entries), default=0)
    n = max(last + 1, *lists, n_frames or 0) if last or lists else n_frames or 1
    if n < 2:
        raise FieldError("its schedules do not say how long they are", "say it: --set max_frames=120")
    if n > MOST_FRAMES:
        raise FieldError(Message("{n} frames, and {most} are the most", n=n, most=MOST_FRAMES))
    return n


def _column(one: Schedule | NDArray[np.float64], n: int) -> NDArray[np.float64]:
    if isinstance(one, Schedule):
        return np.array(one.values(Timeline(n)))
    return np.concatenate([one[:n], np.zeros(max(n - len(one), 0))])
