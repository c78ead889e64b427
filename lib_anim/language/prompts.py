"""Prompts: the positive and the negative prompt of every frame.

A prompt is written `positive --neg negative`; formulas stand between back-ticks and are evaluated for each frame:
``(snow:`0.5+t/max_f`)``. The engine interprets the words, their brackets and LoRA tags.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import accumulate, chain, islice, pairwise, zip_longest
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lib_anim.errors import ExpressionError, PromptError, ScheduleError
from lib_anim.language.entries import Entry
from lib_anim.language.expressions import Expression, Scope
from lib_anim.language.functions import Values
from lib_anim.language.lazy import Lazy
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


@dataclass(frozen=True)
class _Text:
    """A prompt's text for the frames from `first` on: `pieces`, with the values of a formula after each but the last."""

    pieces: tuple[str, ...]
    values: tuple[Values, ...] = ()  # (frames,) each
    first: int = 0

    def at(self, frame: int) -> tuple[str, str]:
        """Return (positive, negative) at a frame."""
        if not self.values:
            return self._plain
        numbers = (_number(float(column[frame - self.first])) for column in self.values)
        return split_negative("".join(chain.from_iterable(zip_longest(self.pieces, numbers, fillvalue=""))))

    @cached_property
    def _plain(self) -> tuple[str, str]:
        return split_negative(self.pieces[0])


def expand(prompts: Mapping[str, str], timeline: Timeline, blend: str = "none") -> Sequence[Prompt]:
    """Return one Prompt per frame. Raises PromptError with keyframe and column.

    Frames before the first key have its prompt. `blend` sets the transition from a key to the next: "none" switches at the
    key, "linear" blends linearly, "smooth" by smoothstep.
    """
    keys, texts = _sorted_keys(prompts, timeline)
    inner = np.arange(timeline.n_frames)
    which = np.clip(np.searchsorted(keys, inner, side="right") - 1, 0, None)
    weight = _weights(keys, which, inner, blend)
    # the frames of each key are neighbours
    bounds = np.searchsorted(which, np.arange(len(keys) + 1))
    here = [_filled(text, inner[a:b], timeline) for text, (a, b) in zip(texts, pairwise(bounds), strict=True)]
    blended = (inner[a:b][weight[a:b] > 0] for a, b in pairwise(bounds))
    there = [_filled(text, frames, timeline) for text, frames in zip([*texts[1:], texts[-1]], blended, strict=True)]

    def at(frame: int) -> Prompt:
        key, share = which[frame], float(weight[frame])
        pair = here[key].at(frame)
        return _blended(pair, there[key].at(frame) if share else pair, share)

    return Lazy(timeline.n_frames, at)


def prompt_frames(prompts: Mapping[str, str], timeline: Timeline) -> list[int]:
    """Return the frames at which prompts begin, in order. Raises PromptError."""
    return [int(frame) for frame in _sorted_keys(prompts, timeline)[0]]


def ease(share: Values | float, blend: str) -> Values | float:
    """Return how far a transition is, 0..1, after a `share` of its frames: "smooth" by smoothstep, else linearly."""
    return share * share * (3.0 - 2.0 * share) if blend == "smooth" else share


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
    return np.asarray(ease(u, blend))


def _filled(text: tuple[str, str], frames: Whole, timeline: Timeline) -> _Text:
    """Evaluate the formulas of a text, with its key as written, at `frames`, which are neighbours. Raises PromptError."""
    key, words = text
    if not frames.size or "`" not in words:
        return _Text((words,))
    if words.count("`") % 2:
        place = Place(keyframe=key, column=words.rindex("`") + 1)
        raise PromptError("a back-tick without a partner", "close the formula", place)
    pieces = _FORMULA.split(words)
    n = len(pieces) // 2
    if n > MAX_FORMULAS or n * len(frames) > MAX_VALUES:
        raise PromptError(
            Message("{n} formulas are too many for {m} frames", n=n, m=len(frames)),
            "write fewer, or make the film shorter",
            Place(keyframe=key),
        )
    scope = timeline.scope(frames.astype(np.float64))
    starts = accumulate((len(piece) + 1 for piece in pieces), initial=1)
    values = (_numbers(*found, scope, frames, key) for found in islice(zip(pieces, starts, strict=False), 1, None, 2))
    return _Text(tuple(pieces[::2]), tuple(values), int(frames[0]))


def _numbers(formula: str, column: int, scope: Scope, frames: Whole, key: str) -> Values:
    """Evaluate a formula at `frames`. Raises PromptError."""
    try:
        values = np.broadcast_to(Expression.parse(formula).values(scope), frames.shape)
    except ExpressionError as error:
        raise PromptError(error.reason, error.remedy, Place(keyframe=key, column=column + error.column - 1)) from None
    wrong = np.flatnonzero(~np.isfinite(values))
    if wrong.size:
        n = int(frames[wrong[0]])
        reason = Message("'{formula}' has no finite value at frame {n}", formula=formula.strip(), n=n)
        raise PromptError(reason, place=Place(keyframe=key, column=column))
    return values


def _number(value: float) -> str:
    """Write a value as text, a whole number without a point."""
    return repr(int(value)) if value == int(value) and abs(value) < 2**53 else repr(value)


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
