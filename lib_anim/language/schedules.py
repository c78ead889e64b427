"""Schedules: parse text such as `0: (1), 30: (sin(t/10))` and evaluate it to one value per frame.

The grammar extends Deforum's: commas may stand inside brackets and quotes, a key for frame 0 is optional, and every
error has its keyframe and column.

    schedule := entry ("," entry)* [","]  |  formula            a text without ":" applies to all frames
    entry    := key ":" value                                   key: a frame number or a formula of max_f and s
    value    := number | formula                                outer brackets and quotes are optional

A key with a plain number sets the value of one frame; values between two such keys are interpolated linearly. A key
with a formula applies it up to the next key. Frames before the first key have its first value, frames after the last key
its last value. If two entries have the same frame, the later one is used. Keys before frame 0 or after the last frame
take part in the interpolation; with `classic` they are ignored, as in Deforum.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from types import MappingProxyType

import numpy as np

from lib_anim.errors import ExpressionError, ScheduleError
from lib_anim.language.entries import DECORATION, Entry, split_entries
from lib_anim.language.expressions import Expression, Scope
from lib_anim.language.functions import Signal, Values
from lib_anim.messages import Message

MAX_FRAME = 2**31  # keyframes from here on are refused as typing errors

# Deforum's definition of a plain number: it takes "( 5 )", "5." and "1e1" for formulas, which are not interpolated
_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d+)?|\.\d+)")
_CALL = re.compile(r"[\w.)]\s*[\"']?\(")


@dataclass(frozen=True)
class Timeline:
    """What schedules are evaluated over: the frames 0..n_frames-1 at `fps`, and the run's start `seed`.

    `signals` has a function (frames, *numbers) -> (n,) for each signal that formulas can use (functions.SIGNALS).
    """

    n_frames: int
    fps: float = 15.0
    seed: int = 0
    classic: bool = False
    signals: Mapping[str, Signal] = field(default_factory=lambda: MappingProxyType({}))

    @cached_property
    def constants(self) -> dict[str, float]:
        """The names that the formula of a key can use."""
        return {"max_f": float(self.n_frames - 1), "s": float(self.seed), "fps": float(self.fps)}

    def scope(self, frames: Values) -> Scope:
        """Return the names that a formula can use at `frames`, float64 of shape (n,)."""
        return {**self.signals, **self.constants, "t": frames, "i": frames, "sec": frames / self.fps}


@dataclass(frozen=True)
class Schedule:
    """A parsed schedule of numbers.

    >>> Schedule.parse("0:(0), 4:(2)", name="angle").values(Timeline(5))
    array([0. , 0.5, 1. , 1.5, 2. ])
    """

    name: str
    entries: tuple[Entry, ...]

    @classmethod
    def parse(cls, text: str, *, name: str) -> Schedule:
        """Parse `text`, the value of the setting `name`. Raises ScheduleError."""
        return cls(name, tuple(split_entries(text, name)))

    def values(self, timeline: Timeline) -> Values:
        """Return one value per frame: (n_frames,) float64, all finite. Raises ScheduleError at the first invalid value."""
        keys = _keyframes(self.entries, timeline, self.name)
        ends = [frame for frame, _ in keys[1:]] + [timeline.n_frames]
        xs, ys, evaluated = [], [], []
        for (frame, entry), end in zip(keys, ends, strict=True):
            number = _plain_number(entry.value)
            if number is not None and np.isfinite(number):
                xs.append(frame)
                ys.append(number)
                continue
            frames = _frames_of_formula(frame, end, timeline.n_frames)
            values = self._evaluate(entry, frames, timeline)
            evaluated.append((frames, values))
            xs += [frames[0], frames[-1]]
            ys += [values[0], values[-1]]
        if len(xs) == 1:
            return np.broadcast_to(np.float64(ys[0]), timeline.n_frames)  # takes no memory, however long the film is
        result = np.interp(np.arange(timeline.n_frames), xs, ys)
        for frames, values in evaluated:
            inside = (frames >= 0) & (frames < timeline.n_frames)
            result[frames[inside].astype(np.intp)] = values[inside]
        return result

    def before(self, timeline: Timeline, count: int) -> Values:
        """Return the values of the `count` frames before frame 0: (count,) float64.

        If the formula of frame 0 can be evaluated at these frames, these are its values; else all are frame 0's value.
        """
        entry = next((entry for frame, entry in reversed(_keyframes(self.entries, timeline, self.name)) if frame <= 0), None)
        if entry and _plain_number(entry.value) is None:
            with suppress(ScheduleError):
                return self._evaluate(entry, np.arange(-count, 0.0), timeline)
        return np.repeat(self.values(timeline)[:1], count)

    def _evaluate(self, entry: Entry, frames: Values, timeline: Timeline) -> Values:
        """Evaluate the formula of an entry at `frames`. Raises ScheduleError, also for values that are not finite."""
        body, column = _unwrapped(entry)
        try:
            values = np.broadcast_to(Expression.parse(body).values(timeline.scope(frames)), frames.shape)
        except ExpressionError as error:
            raise entry.error(self.name, column + error.column - 1, error.reason, error.remedy) from None
        wrong = ~np.isfinite(values)
        if wrong.any():
            first = int(np.argmax(wrong))
            kind = Message("not a number" if np.isnan(values[first]) else "infinite")
            reason = Message("'{formula}' is {said} at frame {n}", formula=body.strip(), said=kind, n=int(frames[first]))
            raise entry.error(self.name, column, reason, "keep divisors away from 0 and roots and logs above it")
        return values


@dataclass(frozen=True)
class TextSchedule:
    """A parsed schedule of texts, such as sampler names or mask expressions. Each text applies up to the next key.

    >>> TextSchedule.parse('0: ("Euler a"), 2: (DDIM)', name="sampler_schedule").values(Timeline(3))
    ['Euler a', 'Euler a', 'DDIM']
    """

    name: str
    entries: tuple[Entry, ...]

    @classmethod
    def parse(cls, text: str, *, name: str) -> TextSchedule:
        """Parse `text`, the value of the setting `name`. Raises ScheduleError."""
        return cls(name, tuple(split_entries(text, name, formulas=False)))

    def values(self, timeline: Timeline) -> list[str]:
        """Return one text per frame, without its outer brackets and quotes; inner ones belong to the text."""
        keys = _keyframes(self.entries, timeline, self.name)
        starts = [0, *(min(max(frame, 0), timeline.n_frames) for frame, _ in keys[1:]), timeline.n_frames]
        texts = []
        for (_, entry), (first, stop) in zip(keys, pairwise(starts), strict=True):
            texts += [_plain_text(entry)] * (stop - first)
        return texts


def _keyframes(entries: Sequence[Entry], timeline: Timeline, name: str) -> list[tuple[int, Entry]]:
    """Return (frame, entry) in order of the frames, one for each frame; there is at least one."""
    by_frame: dict[int, Entry] = {}
    for entry in entries:
        by_frame[key_frame(entry, timeline, name)] = entry
    if timeline.classic:
        inside = {frame: entry for frame, entry in by_frame.items() if 0 <= frame < timeline.n_frames}
        by_frame = inside or by_frame
    return sorted(by_frame.items(), key=lambda item: item[0])


def key_frame(entry: Entry, timeline: Timeline, name: str) -> int:
    """Evaluate the key of an entry to a frame number; fractions are truncated. Raises ScheduleError."""
    key = entry.key.translate(DECORATION) if entry.key[:1] in "('\"" else entry.key
    if key.isascii() and key.isdigit():
        frame = float(key)
    else:
        text = entry.key.replace('"', " ").replace("'", " ")
        try:
            frame = float(Expression.parse(text).values(timeline.constants))
        except ExpressionError as error:
            column = entry.key_column + error.column - 1
            remedy = error.remedy if "max_f" in error.remedy else "a frame is a number such as 30"
            raise entry.error(name, column, error.reason, remedy) from None
    if not abs(frame) < MAX_FRAME:
        raise entry.error(name, entry.key_column, "this is no frame number")
    return int(frame)


def _plain_number(value: str) -> float | None:
    """Return the number that a value is, or None if it is a formula."""
    bare = value.translate(DECORATION)
    if not _NUMBER.fullmatch(bare) or _CALL.search(value):
        return None
    return float(bare)


def _frames_of_formula(frame: int, end: int, n_frames: int) -> Values:
    """Return the frames at which a formula that applies to frame..end-1 is evaluated: float64, at least one."""
    first = max(frame, min(0, end - 1))
    last = max(first, min(end, n_frames) - 1)
    return np.arange(first, last + 1, dtype=np.float64)


def _unwrapped(entry: Entry) -> tuple[str, int]:
    """Return the value without up to four pairs of outer quotes or brackets, and the column at which it begins."""
    body, column = entry.value, entry.value_column
    for _ in range(4):
        if len(body) < 2 or not (body[0] + body[-1] in ("''", '""') or _is_in_brackets(body)):
            break
        body, column = body[1:-1], column + 1
    return body, column


def _is_in_brackets(body: str) -> bool:
    """Return whether the first character of `body` is a bracket that its last character closes."""
    if body[0] + body[-1] != "()":
        return False
    depth = 0
    for ch in body[:-1]:
        depth += (ch == "(") - (ch == ")")
        if depth == 0:
            return False
    return True


def _plain_text(entry: Entry) -> str:
    """Return the text of an entry without its outer quotes and brackets."""
    quoted = re.fullmatch(r"[\s(]*([\"'])((?:(?!\1).)*)\1[\s)]*", entry.value, re.DOTALL)
    return quoted.group(2).strip() if quoted else _unwrapped(entry)[0].strip()
