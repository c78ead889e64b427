"""Scenes as text, one a line, optionally with a time in front: `2.5s the same cliff at sunrise`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from lib_anim import messages
from lib_anim.errors import Problem, SettingsError
from lib_anim.messages import Message, Place

KEY = "scenes"

# a time: h:mm:ss, m:ss, or a number and its unit, in Latin or Cyrillic letters or Chinese signs. A unit of letters ends where a
# word does. A dash after it is a separator, but not that of --neg
_NUMBER = r"\d+(?:[.,]\d+)?|[.,]\d+"
_LETTERS = r"(?:s|secs?|seconds?|с|сек|секунд[аы]?)\b\.?(?=[\s,，、:：]|$)"
_MINUTES = r"(?:m|min|mins|minutes?|м|мин|минут[аы]?)\b\.?(?=[\s,，、:：]|$)"
_TIME = re.compile(
    rf"\s*(?:(?:(\d+)[:：])?(\d+)[:：](\d{{1,2}}(?:[.,]\d+)?)(?=[\s,，、:：]|$)"
    rf"|({_NUMBER})\s*(?:{_LETTERS}|秒钟?)|({_NUMBER})\s*(?:{_MINUTES}|分钟?))[\s,，、:：]*(?:[-–—|]\s+)?",
    re.IGNORECASE,
)
# a number in front that is no time: of a frame, or one without its unit
_FRAME = re.compile(r"\s*(\d+)\s*[:：]\s*(?=\D)")
_BARE = re.compile(rf"\s*({_NUMBER})(?=\s|$)")

BARE = "Line {line} begins with {n}, which is painted as words. If that is a time, write {n}s."
LATE = "{n} of {of} scenes begin after the end, the first at {time} s, and are left out."


@dataclass(frozen=True)
class Scene:
    """What the film shows from `frame` on; `line` counts from 1."""

    line: int
    frame: int
    text: str


def read(text: str, n_frames: int, fps: float) -> tuple[Scene, ...]:
    """Parse scenes. Lines without a time are spaced evenly between those that have one.

    Scenes that begin after the end are left out; of nothing but such, the first is the film's only scene.
    Raises SettingsError with every invalid line.
    """
    scenes = _read_all(text, n_frames, fps)
    return tuple(scene for scene in scenes if scene.frame < n_frames) or (replace(scenes[0], frame=0),)


@dataclass(frozen=True)
class Late:
    """Scenes that begin after the end: what is said of them, and the text with the times shrunk, or without these lines."""

    note: Message
    stretched: str
    dropped: str


def late(text: str, n_frames: int, fps: float) -> Late | None:
    """Find the scenes that begin after the end; None if all are in the film. Raises SettingsError with every invalid line."""
    scenes = _read_all(text, n_frames, fps)
    outside = [scene for scene in scenes if scene.frame >= n_frames]
    if not outside:
        return None
    # the last scene lasts as long as the others do on average
    whole = scenes[-1].frame * (1 + 1 / max(1, len(scenes) - 1))
    within = {scene.line for scene in scenes[:1] + tuple(one for one in scenes if one not in outside)}
    lines = text.splitlines()
    note = Message(LATE, n=len(outside), of=len(scenes), time=round(outside[0].frame / fps, 3))
    stretched = "\n".join(f"{scene.frame * n_frames / whole / fps:.4g}s {scene.text}" for scene in scenes)
    return Late(note, stretched, "\n".join(lines[number - 1] for number in sorted(within)))


def describe_late(text: str, n_frames: int, fps: float) -> dict[str, object] | None:
    """Describe the scenes that begin after the end for the page; None without any. Raises SettingsError as `late`."""
    found = late(text, n_frames, fps) if text else None
    if found is None:
        return None
    return {"note": messages.as_data(found.note), "stretched": found.stretched, "dropped": found.dropped}


def find_bare_numbers(text: str) -> list[Message]:
    """Return what is said of lines that begin with a number without a unit, where there are several scenes."""
    lines = [(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    found = [(number, _BARE.match(line)) for number, line in lines if len(lines) > 1 and not _TIME.match(line)]
    return [Message(BARE, line=number, n=match[1]) for number, match in found if match]


def _read_all(text: str, n_frames: int, fps: float) -> tuple[Scene, ...]:
    """Parse all scenes, also those that begin after the end. Raises SettingsError with every invalid line."""
    lines = [(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    if not lines:
        raise SettingsError([Problem(KEY, "there is no scene", "write what the film shows")])
    numbers = [number for number, _ in lines]
    times, texts = zip(*(_split(line) for _, line in lines), strict=True)
    frames = _spread_frames([None if time is None else round(time * fps) for time in times], n_frames)
    problems = [*_find_frames(lines, fps), *_find_empty(numbers, texts), *_find_misplaced(numbers, frames, fps)]
    if problems:
        raise SettingsError(problems)
    return tuple(Scene(*one) for one in zip(numbers, frames, texts, strict=True))


def format_scenes(prompts: Mapping[str, str], fps: float, n_frames: int) -> str | None:
    """Format prompts as scenes; None if that is impossible (formulas as keys, keys after the end, several lines)."""
    if not all(key.strip().isdigit() and int(key) < n_frames and "\n" not in text for key, text in prompts.items()):
        return None
    ordered = sorted((int(key), text) for key, text in prompts.items())
    return "\n".join(f"{frame / fps:.6g}s {text}" for frame, text in ordered)


def map_texts(text: str, change: Callable[[str], str]) -> str:
    """Apply `change` to the words of every line; times stay as they are."""
    return "\n".join(_map_line(line, change) for line in text.splitlines()) if text.strip() else change("")


def _map_line(line: str, change: Callable[[str], str]) -> str:
    time = _TIME.match(line)
    begin = time.end() if time else 0
    words = line[begin:].strip()
    return line[:begin] + change(words) if words else line


def _split(line: str) -> tuple[float | None, str]:
    """Split a line into (seconds or None, words)."""
    match = _TIME.match(line)
    if not match:
        return None, line.strip()
    hours, minutes, seconds, plain, plain_minutes = (float((group or "0").replace(",", ".")) for group in match.groups())
    return hours * 3600 + (minutes + plain_minutes) * 60 + seconds + plain, line[match.end() :].strip()


def _spread_frames(frames: Sequence[int | None], n_frames: int) -> list[int]:
    """Return a frame for each line; those without one are spaced evenly between their neighbours."""
    known = [0 if k == 0 and frame is None else frame for k, frame in enumerate(frames)]
    anchors = [(k, frame) for k, frame in enumerate(known) if frame is not None]
    beyond = (len(known), max(n_frames, anchors[-1][1] + len(known) - anchors[-1][0]))
    result: list[int] = []
    for (left, start), (right, end) in zip(anchors, [*anchors[1:], beyond], strict=True):
        result += [round(start + (end - start) * (k - left) / (right - left)) for k in range(left, right)]
    return result


def _find_empty(numbers: Sequence[int], texts: Sequence[str]) -> list[Problem]:
    return [
        Problem(KEY, "only a time, no words", "write what the film shows from there on", Place(line=number))
        for number, text in zip(numbers, texts, strict=True)
        if not text
    ]


def _find_frames(lines: Sequence[tuple[int, str]], fps: float) -> list[Problem]:
    """Return a problem for each line that begins as a prompt of Deforum does, with a number and a colon."""
    problems = []
    for number, line in lines:
        if not _TIME.match(line) and (match := _FRAME.match(line)):
            n = int(match[1])
            remedy = Message("write {n}s for a second, {time}s for a frame", n=n, time=f"{n / fps:.4g}")
            problems.append(Problem(KEY, Message("{n}: is no time", n=n), remedy, Place(line=number)))
    return problems


def _find_misplaced(numbers: Sequence[int], frames: Sequence[int], fps: float) -> list[Problem]:
    problems, before = [], -1
    for number, frame in zip(numbers, frames, strict=True):
        if frame <= before:
            reason = Message("begins at {n} s, which is not after the line before it", n=frame / fps)
            problems.append(Problem(KEY, reason, "put the lines in order of time", Place(line=number)))
        before = max(before, frame)
    return problems
