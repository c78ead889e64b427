"""A film that closes: towards its end, numbers and words go over to what they would have been before frame 0."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lib_anim.language.functions import Values
from lib_anim.language.prompts import Prompt, melted
from lib_anim.settings.settings import Settings

UNMIXED = ("seed_schedule", "subseed_schedule")  # numbers that name a picture: there is nothing between two of them


def approach(settings: Settings) -> int:
    """How many frames lead back to frame 0, which is the one after the last: `loop_frames`, 0 a quarter of the film.

    None without `loop`, and never frame 0 itself.
    """
    if not settings.switch("loop"):
        return 0
    n_frames = settings.integer("max_frames")
    return min(settings.integer("loop_frames") or max(n_frames // 4, 1), n_frames - 1)


def closed(values: NDArray[np.float64], before: NDArray[np.float64]) -> NDArray[np.float64]:
    """`values` (n, …) of a film's frames, the last of them gone over to those of the frames `before` frame 0 (k, …), k < n."""
    split = len(values) - len(before)
    end = values[split:]
    weight = _weights(len(before)).reshape(-1, *(1 for _ in values.shape[1:]))
    return np.concatenate([values[:split], end + weight * (before - end)])


def closed_prompts(prompts: Sequence[Prompt], length: int) -> list[Prompt]:
    """`prompts` of a film's frames, the last `length` of them melting into the first."""
    split = len(prompts) - length
    end = (melted(one, prompts[0], float(weight)) for one, weight in zip(prompts[split:], _weights(length), strict=True))
    return [*prompts[:split], *end]


def _weights(length: int) -> Values:
    """From 0 just before the last `length` frames to 1 just after them, soft at both ends: (length,)."""
    u = np.arange(1, length + 1) / (length + 1)
    return u * u * (3.0 - 2.0 * u)
