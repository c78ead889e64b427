"""Prompts: what to paint and what to avoid, for every frame.

A prompt is `what to paint --neg what to avoid`; formulas stand between back-ticks and are worked out for each frame:
``(snow:`0.5+t/max_f`)``. What the words themselves mean, brackets and LoRA tags included, is the engine's business.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lib_anim.errors import ExpressionError, PromptError, ScheduleError
from lib_anim.language.expressions import Expression, Scope
from lib_anim.language.functions import Values
from lib_anim.language.schedules import Entry, Timeline, key_frame
from lib_anim.messages import Message, Place

MAX_TEXT = 200_000  # characters of one prompt

Weighted = tuple[tuple[str, float], ...]
Whole = NDArray[np.integer[Any]]  # (n,): frame numbers, or places in a list

_NEGATIVE_MARK = re.compile(r"(?<!\s)\s*--neg\b[ ]?")  # looking behind keeps it linear in long runs of blanks
_FORMULA = re.compile(r"`([^`]*)`")


@dataclass(frozen=True)
class Prompt:
    """Weighted texts of one frame; the weights of each side add up to 1. A side without words is one empty text."""

    positives: Weighted
    negatives: Weighted

    @property
    def words(self) -> list[str]:
        """The texts without the numbers in them: while a film stays with its words, it stays with its scene."""
        return [re.sub(r"[\d.]+", "", text) for text, _ in self.positives]


def with_boxes(prompt: str, positive: str, negative: str) -> str:
    """`prompt` between the texts that hold for all prompts. Doing it twice changes nothing more.

    >>> with_boxes("a cat --neg dog", "photo of", "--neg blurry")
    'photo of a cat --neg dog blurry'
    """
    wanted, avoided = split_negative(prompt)
    positive, negative = positive.strip(), " ".join(_NEGATIVE_MARK.sub(" ", negative).split())
    if positive and not wanted.startswith(positive):
        wanted = f"{positive} {wanted}".strip()
    if negative and not " ".join(avoided.split()).endswith(negative):
        avoided = f"{avoided} {negative}".strip()
    return f"{wanted} --neg {avoided}" if avoided else wanted


def split_negative(prompt: str) -> tuple[str, str]:
    """What to paint and what to avoid; the texts after several `--neg` are joined."""
    wanted, *avoided = _NEGATIVE_MARK.split(prompt)
    return wanted.strip(), " ".join(part.strip() for part in avoided if part.strip())


def expand(prompts: Mapping[str, str], timeline: Timeline, blend: str = "none") -> list[Prompt]:
    """One Prompt a frame. Raises PromptError with keyframe and column.

    Frames before the first key take the first prompt. `blend` says how a prompt turns into the next: "none" at once,
    "linear" evenly from key to key, "smooth" the same with rest at both ends.
    """
    keys, texts = _sorted_keys(prompts, timeline)
    inner = np.arange(timeline.n_frames)
    which = np.clip(np.searchsorted(keys, inner, side="right") - 1, 0, None)
    weight = _weights(keys, which, inner, blend)
    here = _filled(texts, which, timeline)
    if not weight.any():
        return [_blended(pair, pair, 0.0) for pair in here]
    there = _filled(texts, np.minimum(which + 1, len(texts) - 1), timeline, weight > 0)
    return [_blended(a, b, float(w)) for a, b, w in zip(here, there, weight, strict=True)]


def melted(one: Prompt, other: Prompt, weight: float) -> Prompt:
    """A prompt with `weight` (0..1) of another."""
    return Prompt(*(_together(*pair, weight) for pair in ((one.positives, other.positives), (one.negatives, other.negatives))))


def _sorted_keys(prompts: Mapping[str, str], timeline: Timeline) -> tuple[Whole, list[tuple[str, str]]]:
    """The keyframes in order and beside each what it is written as and its text."""
    by_frame: dict[int, tuple[str, str]] = {}
    for key, text in prompts.items():
        if len(text) > MAX_TEXT:
            raise PromptError(Message("longer than {n} characters", n=MAX_TEXT), place=Place(keyframe=key))
        try:
            frame = key_frame(Entry(key.strip(), text, 1, 1), timeline, "prompts")
        except ScheduleError as error:
            raise PromptError(error.reason, error.remedy, Place(keyframe=key)) from None
        by_frame[frame] = (key, text)
    inside = {frame: item for frame, item in by_frame.items() if 0 <= frame < timeline.n_frames}
    used = inside if timeline.classic and inside else by_frame
    frames = sorted(used)
    return np.array(frames), [used[frame] for frame in frames]


def _weights(keys: Whole, which: Whole, frames: Whole, blend: str) -> Values:
    """How much of the next prompt each frame has, 0..1."""
    if blend == "none" or len(keys) < 2:
        return np.zeros(len(frames))
    after = np.minimum(which + 1, len(keys) - 1)
    length = np.maximum(keys[after] - keys[which], 1)
    u: Values = np.clip((frames - keys[which]) / length, 0.0, 1.0) * (after > which)
    return u * u * (3.0 - 2.0 * u) if blend == "smooth" else u


def _filled(
    texts: Sequence[tuple[str, str]], which: Whole, timeline: Timeline, wanted: NDArray[np.bool_] | None = None
) -> list[tuple[str, str]]:
    """(paint, avoid) of the prompt that each frame points at, formulas worked out where `wanted`."""
    result: list[tuple[str, str]] = [("", "")] * len(which)
    for k, (key, text) in enumerate(texts):
        frames = np.flatnonzero(which == k if wanted is None else (which == k) & wanted)
        if not frames.size:
            continue
        if "`" in text:
            filled = [split_negative(one) for one in fill_formulas(text, frames, timeline, key)]
        else:
            filled = [split_negative(text)] * len(frames)
        for frame, pair in zip(frames.tolist(), filled, strict=True):
            result[frame] = pair
    return result


def fill_formulas(text: str, frames: Whole, timeline: Timeline, key: str = "0") -> list[str]:
    """`text` for each of `frames`, what stands between back-ticks replaced by its value there."""
    if text.count("`") % 2:
        place = Place(keyframe=key, column=text.rindex("`") + 1)
        raise PromptError("a back-tick without a partner", "close the formula", place)
    pieces = _FORMULA.split(text)
    scope = timeline.scope(frames.astype(np.float64))
    columns, start = [], 0
    for i, piece in enumerate(pieces):
        start += i > 0
        columns.append([piece] * len(frames) if i % 2 == 0 else _numbers(piece, scope, frames, key, start + 1))
        start += len(piece)
    return ["".join(parts) for parts in zip(*columns, strict=True)]


def _numbers(formula: str, scope: Scope, frames: Whole, key: str, column: int) -> list[str]:
    try:
        values = np.broadcast_to(Expression.parse(formula).values(scope), frames.shape)
    except ExpressionError as error:
        raise PromptError(error.reason, error.remedy, Place(keyframe=key, column=column + error.column - 1)) from None
    wrong = np.flatnonzero(~np.isfinite(values))
    if wrong.size:
        reason = "'{formula}' has no finite value at frame {n}"
        raise PromptError(
            Message(reason, formula=formula.strip(), n=int(frames[wrong[0]])), place=Place(keyframe=key, column=column)
        )
    return [repr(int(v)) if v == int(v) and abs(v) < 2**53 else repr(v) for v in map(float, values)]


@lru_cache(maxsize=1024)
def _blended(a: tuple[str, str], b: tuple[str, str], weight: float) -> Prompt:
    return Prompt(*(_mix(one, other, weight) for one, other in zip(a, b, strict=True)))


def _mix(one: str, other: str, weight: float) -> Weighted:
    if weight <= 0.0 or one == other:
        return ((one, 1.0),)
    return ((other, 1.0),) if weight >= 1.0 else ((one, 1.0 - weight), (other, weight))


def _together(one: Weighted, other: Weighted, weight: float) -> Weighted:
    if one == other:
        return one
    shares: dict[str, float] = {}
    for texts, part in ((one, 1.0 - weight), (other, weight)):
        for text, share in texts:
            shares[text] = shares.get(text, 0.0) + part * share
    return tuple(shares.items())
