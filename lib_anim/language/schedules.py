"""Schedules: text such as `0: (1), 30: (sin(t/10))` becomes one value a frame.

The grammar is Deforum's, made whole: commas may stand inside brackets and quotes, frame 0 may be missing, and every
fault is reported with its keyframe and column.

    schedule := entry ("," entry)* [","]  |  formula            a text without ":" holds for all frames
    entry    := key ":" value                                   key: a frame number or a formula of max_f and s
    value    := number | formula                                outer brackets and quotes are optional

A key whose value is a plain number sets one frame, and the frames between two such keys lie on a straight line. A key
whose value is a formula holds it until the next key. Before the first key its first value counts, after the last key its
last. Of two entries for one frame the later counts. Keys before frame 0 or past the end shape the line towards them;
with `classic` they are ignored, as Deforum does.
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
from lib_anim.language.expressions import Expression, Scope
from lib_anim.language.functions import Signal, Values
from lib_anim.messages import Message

MAX_TEXT = 4_000_000  # characters of one schedule
MAX_FRAME = 2**31  # a keyframe further out than this is a mistake

# Deforum's own notion of a number: "( 5 )", "5." and "1e1" are formulas to it, and so are held, not interpolated
_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d+)?|\.\d+)")
_DECORATION = str.maketrans("", "", "()'\"")
_CALL = re.compile(r"[\w.)]\s*[\"']?\(")  # "0(1)" and "(5)(3)" are no numbers, whatever is left without their brackets
# a quote opens where a text can begin: not in "bob's"; a file's name in a mask expression is passed over whole
_SPECIAL = re.compile(r"(?<![^\s(:,])[\"']|\[[^\[\]]*(?:\[[^\[\]]*\][^\[\]]*)*\]|[,:()]")


@dataclass(frozen=True)
class Timeline:
    """What a schedule is worked out over: frames 0..n_frames-1 at `fps`, with the run's start `seed`.

    `signals` are what formulas hear: of the names in functions.SIGNALS, each a function of frames (n,) and its numbers
    that gives (n,).
    """

    n_frames: int
    fps: float = 15.0
    seed: int = 0
    classic: bool = False
    signals: Mapping[str, Signal] = field(default_factory=lambda: MappingProxyType({}))

    @cached_property
    def constants(self) -> dict[str, float]:
        """The names a keyframe's own formula may use."""
        return {"max_f": float(self.n_frames - 1), "s": float(self.seed), "fps": float(self.fps)}

    def scope(self, frames: Values) -> Scope:
        """The names a formula may use at `frames`, float64 of shape (n,)."""
        return {**self.signals, **self.constants, "t": frames, "i": frames, "sec": frames / self.fps}


@dataclass(frozen=True)
class Entry:
    """One `key: value` of a schedule as written, with the columns (from 1) where each begins."""

    key: str
    value: str
    key_column: int
    value_column: int

    def error(self, name: str, column: int, reason: str, remedy: str = "") -> ScheduleError:
        """What is wrong with this entry of the setting `name`."""
        return ScheduleError(name, self.key, column, reason, remedy)


@dataclass(frozen=True)
class Schedule:
    """A schedule of numbers.

    >>> Schedule.parse("0:(0), 4:(2)", name="angle").values(Timeline(5))
    array([0. , 0.5, 1. , 1.5, 2. ])
    """

    name: str
    entries: tuple[Entry, ...]

    @classmethod
    def parse(cls, text: str, *, name: str) -> Schedule:
        """Read `text`. Raises ScheduleError, `name` being the setting it is the value of."""
        return cls(name, tuple(split_entries(text, name)))

    def values(self, timeline: Timeline) -> Values:
        """One value a frame: (n_frames,) float64, all finite. Raises ScheduleError naming the first frame at fault."""
        keys = _keyframes(self.entries, timeline, self.name)
        ends = [frame for frame, _ in keys[1:]] + [timeline.n_frames]
        xs, ys, held = [], [], []
        for (frame, entry), end in zip(keys, ends, strict=True):
            number = _plain_number(entry.value)
            if number is not None and np.isfinite(number):
                xs.append(frame)
                ys.append(number)
                continue
            frames = _held_frames(frame, end, timeline.n_frames)
            values = self._work_out(entry, frames, timeline)
            held.append((frames, values))
            xs += [frames[0], frames[-1]]
            ys += [values[0], values[-1]]
        if len(xs) == 1:
            return np.full(timeline.n_frames, ys[0])
        result = np.interp(np.arange(timeline.n_frames), xs, ys)
        for frames, values in held:
            inside = (frames >= 0) & (frames < timeline.n_frames)
            result[frames[inside].astype(np.intp)] = values[inside]
        return result

    def before(self, timeline: Timeline, count: int) -> Values:
        """The values of the `count` frames before frame 0: (count,) float64.

        A formula that holds at frame 0 goes on backwards where it has values there; else frame 0's value stays.
        """
        entry = next((entry for frame, entry in reversed(_keyframes(self.entries, timeline, self.name)) if frame <= 0), None)
        if entry and _plain_number(entry.value) is None:
            with suppress(ScheduleError):
                return self._work_out(entry, np.arange(-count, 0.0), timeline)
        return np.repeat(self.values(timeline)[:1], count)

    def _work_out(self, entry: Entry, frames: Values, timeline: Timeline) -> Values:
        body, column = _undressed(entry)
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
    """A schedule of texts (sampler names, mask expressions): each is held until the next key.

    >>> TextSchedule.parse('0: ("Euler a"), 2: (DDIM)', name="sampler_schedule").values(Timeline(3))
    ['Euler a', 'Euler a', 'DDIM']
    """

    name: str
    entries: tuple[Entry, ...]

    @classmethod
    def parse(cls, text: str, *, name: str) -> TextSchedule:
        """Read `text`. Raises ScheduleError, `name` being the setting it is the value of."""
        return cls(name, tuple(split_entries(text, name, formulas=False)))

    def values(self, timeline: Timeline) -> list[str]:
        """One text a frame. Outer brackets and quotes are dropped, those inside belong to the text."""
        keys = _keyframes(self.entries, timeline, self.name)
        starts = [0, *(min(max(frame, 0), timeline.n_frames) for frame, _ in keys[1:]), timeline.n_frames]
        texts = []
        for (_, entry), (first, stop) in zip(keys, pairwise(starts), strict=True):
            texts += [_plain_text(entry)] * (stop - first)
        return texts


# -- reading ------------------------------------------------------------------------------------------------------


def split_entries(text: str, name: str, *, formulas: bool = True) -> list[Entry]:
    """The entries of `text`. Raises ScheduleError; takes time linear in the length of `text`."""
    if len(text) > MAX_TEXT:
        raise ScheduleError(name, "", 0, Message("longer than {n} characters", n=MAX_TEXT))
    if not text.strip():
        raise ScheduleError(name, "", 1, "the schedule is empty", Message("write {value}", value="0:(1)"))
    cuts, colons, closed = _scan(text, by_brackets=True)
    if not closed:  # "0:((5), 10:(7)": a bracket too many does no harm to numbers, so split at every comma
        cuts, colons, _ = _scan(text, by_brackets=False)
    if not colons:
        return [Entry("0", text, 1, 1)] if formulas else [Entry("0", text.strip(), 1, 1)]
    return _entries(text, name, cuts, colons)


def _scan(text: str, *, by_brackets: bool) -> tuple[list[int], list[int], bool]:
    """Where the commas between entries and the colons are, and whether all brackets were closed."""
    cuts: list[int] = []
    colons: list[int] = []
    depth = behind = 0
    last_quote = {quote: text.rfind(quote) for quote in "\"'"}
    while match := _SPECIAL.search(text, behind):
        at, mark, behind = match.start(), match.group(), match.end()
        if mark in "\"'":
            # an apostrophe with no partner is a letter
            behind = text.find(mark, behind) + 1 if at < last_quote[mark] else behind
        elif mark == "(":
            depth += by_brackets
        elif mark == ")":
            depth = max(depth - 1, 0)
        elif depth == 0 and mark in ",:":
            (cuts if mark == "," else colons).append(at)
    return cuts, colons, depth == 0


def _entries(text: str, name: str, cuts: Sequence[int], colons: Sequence[int]) -> list[Entry]:
    entries, start, next_colon = [], 0, 0
    for cut in [*cuts, len(text)]:
        piece = text[start:cut]
        inside = []
        while next_colon < len(colons) and colons[next_colon] < cut:
            inside.append(colons[next_colon])
            next_colon += 1
        if piece.strip():
            entries.append(_entry(text, name, start, cut, inside))
        elif cut < len(text):
            raise ScheduleError(name, "", cut + 1, "nothing stands before this comma", "remove it")
        start = cut + 1
    return entries


def _entry(text: str, name: str, start: int, cut: int, colons: list[int]) -> Entry:
    piece = text[start:cut].strip()
    begin = start + len(text[start:cut]) - len(text[start:cut].lstrip()) + 1
    if not colons:
        raise ScheduleError(name, "", begin, Message("'{text}' has no frame", text=piece[:40]), "write frame:(value)")
    key, value = text[start : colons[0]].strip(), text[colons[0] + 1 : cut]
    if len(colons) > 1:
        raise ScheduleError(name, key, colons[1] + 1, "a second ':'", "is a comma missing before this keyframe?")
    if not key:
        raise ScheduleError(name, "", begin, "no frame stands before ':'", "write frame:(value)")
    column = colons[0] + 2 + len(value) - len(value.lstrip())
    if not value.translate(_DECORATION).strip():
        raise ScheduleError(name, key, column, "no value", "write frame:(value)")
    return Entry(key, value.strip(), begin, column)


# -- working out --------------------------------------------------------------------------------------------------


def _keyframes(entries: Sequence[Entry], timeline: Timeline, name: str) -> list[tuple[int, Entry]]:
    """The entries in order of their frames, one for each frame, never empty."""
    by_frame: dict[int, Entry] = {}
    for entry in entries:
        by_frame[key_frame(entry, timeline, name)] = entry
    if timeline.classic:
        inside = {frame: entry for frame, entry in by_frame.items() if 0 <= frame < timeline.n_frames}
        by_frame = inside or by_frame
    return sorted(by_frame.items(), key=lambda item: item[0])


def key_frame(entry: Entry, timeline: Timeline, name: str) -> int:
    """The frame that an entry's key stands for; formulas and fractions are cut to whole frames."""
    key = entry.key.translate(_DECORATION) if entry.key[:1] in "('\"" else entry.key
    if key.isascii() and key.isdigit():
        frame = float(key)
    else:
        text = entry.key.replace('"', " ").replace("'", " ")
        try:
            frame = float(Expression.parse(text).values(timeline.constants))
        except ExpressionError as error:
            column = entry.key_column + error.column - 1
            raise entry.error(name, column, error.reason, error.remedy or "a frame is a number such as 30") from None
    if not abs(frame) < MAX_FRAME:
        raise entry.error(name, entry.key_column, "this is no frame number")
    return int(frame)


def _plain_number(value: str) -> float | None:
    bare = value.translate(_DECORATION)
    if not _NUMBER.fullmatch(bare) or _CALL.search(value):
        return None
    return float(bare)


def _held_frames(frame: int, end: int, n_frames: int) -> Values:
    """The frames at which a formula that holds from `frame` to before `end` is needed, float64, at least one."""
    first = max(frame, min(0, end - 1))
    last = max(first, min(end, n_frames) - 1)
    return np.arange(first, last + 1, dtype=np.float64)


def _undressed(entry: Entry) -> tuple[str, int]:
    """The formula without the quotes and brackets around all of it, and the column where it begins."""
    body, column = entry.value, entry.value_column
    for _ in range(4):
        if len(body) < 2 or not (body[0] + body[-1] in ("''", '""') or _wraps(body)):
            break
        body, column = body[1:-1], column + 1
    return body, column


def _wraps(body: str) -> bool:
    """Whether the first bracket of `body` closes at its last character."""
    if body[0] + body[-1] != "()":
        return False
    depth = 0
    for ch in body[:-1]:
        depth += (ch == "(") - (ch == ")")
        if depth == 0:
            return False
    return True


def _plain_text(entry: Entry) -> str:
    quoted = re.fullmatch(r"[\s(]*([\"'])((?:(?!\1).)*)\1[\s)]*", entry.value, re.DOTALL)
    return quoted.group(2).strip() if quoted else _undressed(entry)[0].strip()
