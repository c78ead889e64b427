"""Scenes as text, one a line, optionally with a time in front: `2.5s the same cliff at sunrise`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from lib_anim.errors import Problem, SettingsError
from lib_anim.messages import Message, Place

KEY = "scenes"
_TIME = re.compile(
    r"\s*(?:(\d+):(\d{1,2}(?:\.\d+)?)|(\d+(?:\.\d+)?|\.\d+)\s*s(?:ec|econds?)?)(?=[\s,:]|$)[\s,:]*", re.IGNORECASE
)


@dataclass(frozen=True)
class Scene:
    """What the film shows from `frame` on; `line` counts from 1."""

    line: int
    frame: int
    text: str


def read(text: str, n_frames: int, fps: float) -> tuple[Scene, ...]:
    """Parse scenes. Lines without a time are spaced evenly between those that have one.

    Raises SettingsError with every invalid line.
    """
    lines = [(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    if not lines:
        raise SettingsError([Problem(KEY, "there is no scene", "write what the film shows")])
    numbers = [number for number, _ in lines]
    times, texts = zip(*(_split(line) for _, line in lines), strict=True)
    frames = _spread_frames([None if time is None else round(time * fps) for time in times], n_frames)
    problems = [*_find_empty(numbers, texts), *_find_misplaced(numbers, frames, n_frames, fps)]
    if problems:
        raise SettingsError(problems)
    return tuple(Scene(*one) for one in zip(numbers, frames, texts, strict=True))


def format_scenes(prompts: Mapping[str, str], fps: float) -> str | None:
    """Format prompts as scenes; None if that is impossible (formulas as keys, several lines)."""
    if not all(key.strip().isdigit() and "\n" not in text for key, text in prompts.items()):
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
    minutes, seconds, plain = match.groups()
    return (float(plain) if plain else int(minutes) * 60 + float(seconds)), line[match.end() :].strip()


def _spread_frames(frames: Sequence[int | None], n_frames: int) -> list[int]:
    """Return a frame for each line; those without one are spaced evenly between their neighbours."""
    known = [0 if k == 0 and frame is None else frame for k, frame in enumerate(frames)]
    anchors = [(k, frame) for k, frame in enumerate(known) if frame is not None]
    beyond = (len(known), max(n_frames, anchors[-1][1]))
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


def _find_misplaced(numbers: Sequence[int], frames: Sequence[int], n_frames: int, fps: float) -> list[Problem]:
    problems, before = [], -1
    for number, frame in zip(numbers, frames, strict=True):
        if frame >= n_frames:
            reason = Message("begins at {n} s, and the film is {length} s long", n=frame / fps, length=n_frames / fps)
            problems.append(Problem(KEY, reason, "make the film longer, or the time smaller", Place(line=number)))
        elif frame <= before:
            reason = Message("begins at {n} s, which is not after the line before it", n=frame / fps)
            problems.append(Problem(KEY, reason, "put the lines in order of time", Place(line=number)))
        before = max(before, frame)
    return problems
