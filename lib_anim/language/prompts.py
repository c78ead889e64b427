"""Prompts: the positive and the negative prompt of every frame.

A prompt is written `positive --neg negative`; formulas stand between back-ticks and are evaluated for each frame:
``(snow:`0.5+t/max_f`)``. The engine interprets the words, their brackets and LoRA tags.
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
from lib_anim.language.entries import Entry
from lib_anim.language.expressions import Expression, Scope
from lib_anim.language.functions import Values
from lib_anim.language.schedules import Timeline, key_frame
from lib_anim.messages import Message, Place

MAX_TEXT = 200_000  # characters of one prompt
MAX_FORMULAS = 1_000  # of one prompt
MAX_VALUES = 5_000_000  # of the formulas of one prompt, all frames together

Weighted = tuple[tuple[str, float], ...]
Whole = NDArray[np.integer[Any]]  # (n,): frame numbers, or indexes of a list

_NEGATIVE_MARK = re.compile(r"(?<!\s)\s*--neg\b[ ]?")  # the look-behind makes it linear in long runs of blanks
_FORMULA = re.compile(r"`([^`]*)`")


@dataclass(frozen=True)
class Prompt:
    """The prompts of one frame as (text, weight) pairs; the weights of each side add up to 1.

    A side without words is one empty text.
    """

    positives: Weighted
    negatives: Weighted

    @property
    def words(self) -> list[str]:
        """The positive texts without numbers: two prompts with equal words belong to one scene."""
        return [re.sub(r"[\d.]+", "", text) for text, _ in self.positives]


def with_boxes(prompt: str, positive: str, negative: str) -> str:
    """Add the texts for all prompts: `positive` in front, `negative` at the end of the negative prompt. Idempotent.

    >>> with_boxes("a cat --neg dog", "photo of", "--neg blurry")
    'photo of a cat --neg dog blurry'
    """
    paint, avoid = split_negative(prompt)
    positive, negative = positive.strip(), " ".join(_NEGATIVE_MARK.sub(" ", negative).split())
    if positive and not paint.startswith(positive):
        paint = f"{positive} {paint}".strip()
    if negative and not " ".join(avoid.split()).endswith(negative):
        avoid = f"{avoid} {negative}".strip()
    return f"{paint} --neg {avoid}" if avoid else paint


def split_negative(prompt: str) -> tuple[str, str]:
    """Split a prompt into (positive, negative); the texts after several `--neg` are joined."""
    paint, *avoid = _NEGATIVE_MARK.split(prompt)
    return paint.strip(), " ".join(part.strip() for part in avoid if part.strip())


def expand(prompts: Mapping[str, str], timeline: Timeline, blend: str = "none") -> list[Prompt]:
    """Return one Prompt per frame. Raises PromptError with keyframe and column.

    Frames before the first key have its prompt. `blend` sets the transition from a key to the next: "none" switches at the
    key, "linear" blends linearly, "smooth" by smoothstep.
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
    """Blend two prompts, the other one with `weight` (0..1)."""
    pairs = (one.positives, other.positives), (one.negatives, other.negatives)
    return Prompt(*(_blend_weighted(*pair, weight) for pair in pairs))


def _sorted_keys(prompts: Mapping[str, str], timeline: Timeline) -> tuple[Whole, list[tuple[str, str]]]:
    """Return the keyframes (k,) in order, and for each (key as written, text). Raises PromptError."""
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
    """Return the weight (0..1) of the next prompt at each frame; `which` has the index of the frame's key."""
    if blend == "none" or len(keys) < 2:
        return np.zeros(len(frames))
    after = np.minimum(which + 1, len(keys) - 1)
    length = np.maximum(keys[after] - keys[which], 1)
    u: Values = np.clip((frames - keys[which]) / length, 0.0, 1.0) * (after > which)
    return u * u * (3.0 - 2.0 * u) if blend == "smooth" else u


def _filled(
    texts: Sequence[tuple[str, str]], which: Whole, timeline: Timeline, wanted: NDArray[np.bool_] | None = None
) -> list[tuple[str, str]]:
    """Return (positive, negative) of every frame, from the text with the index `which`; empty where `wanted` is false."""
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
    """Return `text` for each of `frames`, its formulas replaced by their values. `key` is for errors. Raises PromptError."""
    if text.count("`") % 2:
        place = Place(keyframe=key, column=text.rindex("`") + 1)
        raise PromptError("a back-tick without a partner", "close the formula", place)
    pieces = _FORMULA.split(text)
    if len(pieces) // 2 > MAX_FORMULAS or len(pieces) // 2 * len(frames) > MAX_VALUES:
        raise PromptError(
            Message("{n} formulas are too many for {m} frames", n=len(pieces) // 2, m=len(frames)),
            "write fewer, or make the film shorter",
            Place(keyframe=key),
        )
    scope = timeline.scope(frames.astype(np.float64))
    columns, start = [], 0
    for i, piece in enumerate(pieces):
        start += i > 0
        columns.append([piece] * len(frames) if i % 2 == 0 else _numbers(piece, scope, frames, key, start + 1))
        start += len(piece)
    return ["".join(parts) for parts in zip(*columns, strict=True)]


def _numbers(formula: str, scope: Scope, frames: Whole, key: str, column: int) -> list[str]:
    """Evaluate a formula at `frames` and write its values as text, whole numbers without a point."""
    try:
        values = np.broadcast_to(Expression.parse(formula).values(scope), frames.shape)
    except ExpressionError as error:
        raise PromptError(error.reason, error.remedy, Place(keyframe=key, column=column + error.column - 1)) from None
    wrong = np.flatnonzero(~np.isfinite(values))
    if wrong.size:
        n = int(frames[wrong[0]])
        reason = Message("'{formula}' has no finite value at frame {n}", formula=formula.strip(), n=n)
        raise PromptError(reason, place=Place(keyframe=key, column=column))
    return [repr(int(v)) if v == int(v) and abs(v) < 2**53 else repr(v) for v in map(float, values)]


@lru_cache(maxsize=1024)
def _blended(a: tuple[str, str], b: tuple[str, str], weight: float) -> Prompt:
    """Blend two (positive, negative) pairs, the second with `weight`. Cached, since neighbouring frames are often equal."""
    return Prompt(*(_blend_texts(one, other, weight) for one, other in zip(a, b, strict=True)))


def _blend_texts(one: str, other: str, weight: float) -> Weighted:
    if weight <= 0.0 or one == other:
        return ((one, 1.0),)
    return ((other, 1.0),) if weight >= 1.0 else ((one, 1.0 - weight), (other, weight))


def _blend_weighted(one: Weighted, other: Weighted, weight: float) -> Weighted:
    """Blend two sides; a text that both have occurs once, with the sum of its weights."""
    if one == other:
        return one
    shares: dict[str, float] = {}
    for texts, part in ((one, 1.0 - weight), (other, weight)):
        for text, share in texts:
            shares[text] = shares.get(text, 0.0) + part * share
    return tuple(shares.items())
