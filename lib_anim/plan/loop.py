"""Looping films: near the end, values and prompts are blended into those that would come before frame 0."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lib_anim.language.functions import Values
from lib_anim.language.lazy import Lazy
from lib_anim.language.prompts import Prompt, melted
from lib_anim.settings.settings import Settings

UNMIXED = ("seed_schedule", "subseed_schedule")  # not blended: a mean of two seeds is an unrelated seed


def approach(settings: Settings) -> int:
    """Return how many frames at the end are blended into the start: `loop_frames`, or a quarter of the film if that is 0.

    It is 0 without `loop`, and never includes frame 0. Frame 0 comes after the last frame.
    """
    if not settings.switch("loop"):
        return 0
    n_frames = settings.integer("max_frames")
    return min(settings.integer("loop_frames") or max(n_frames // 4, 1), n_frames - 1)


def closed(values: NDArray[np.float64], before: NDArray[np.float64]) -> NDArray[np.float64]:
    """Blend the last k `values` (n, …) of a film into the values (k, …) of the frames `before` frame 0; k < n."""
    split = len(values) - len(before)
    end = values[split:]
    weight = _weights(len(before)).reshape(-1, *(1 for _ in values.shape[1:]))
    return np.concatenate([values[:split], end + weight * (before - end)])


def closed_prompts(prompts: Sequence[Prompt], length: int) -> Sequence[Prompt]:
    """Blend the last `length` prompts of a film into the first one."""
    split, weights = len(prompts) - length, _weights(length)

    def at(frame: int) -> Prompt:
        return prompts[frame] if frame < split else melted(prompts[frame], prompts[0], float(weights[frame - split]))

    return Lazy(len(prompts), at) if length else prompts


def _weights(length: int) -> Values:
    """Return smoothstep weights (length,) for the last frames: 0 would be the frame before them, 1 the frame after them."""
    u = np.arange(1, length + 1) / (length + 1)
    return u * u * (3.0 - 2.0 * u)
