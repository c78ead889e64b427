"""Strength: how many steps img2img makes for a denoise, and with which noise levels. Numbers only.

A WebUI begins at one of the levels of its `steps` steps, so few steps have few strengths, and a scheduler that keeps the noise
high moves all of them. With exact strength the first level follows from denoise and the model alone, and the steps that are
made are spread from it down to 0 by the scheduler's rule.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Levels = NDArray[np.float64]  # (n,): sigmas, or training steps
Ladder = Callable[[int], Levels]  # n -> the n+1 levels of n steps of a scheduler, falling to 0

WEBUI, EXACT, REAL = "webui", "exact", "real"  # how a request's steps follow from its denoise; REAL is exact too
FINE = 250  # steps of the ladder that stands for a scheduler's curve; 1000, the usual training steps, divide by it
_TINY = 1e-6  # stands for 0 in logarithms
_FALLING = 0.9999  # a level is at most so many times the one before; samplers divide by their distance


def executed_steps(strength_steps: str, steps: int, denoise: float) -> int:
    """Return the number of steps that img2img makes of `steps`.

    WEBUI: A1111's int(min(denoise, 0.999)·steps) + 1, at most `steps`. EXACT: the share `denoise` of them, rounded, at least
    one. REAL: all of them.
    """
    if strength_steps == WEBUI:
        return min(int(min(denoise, 0.999) * steps) + 1, steps)
    return steps if strength_steps == REAL else max(1, round(steps * denoise))


def is_flow(sigmas: Levels) -> bool:
    """Return whether the levels of all training steps are a flow model's, which mixes (1 - sigma)·picture + sigma·noise."""
    return bool(sigmas[-1] <= 1.0)


def starting_level(denoise: float, sigmas: Levels) -> float:
    """Return the level at which the share of noise is `denoise`; `sigmas` are those of all training steps, rising.

    For a flow model that is sigma = denoise. For others it is the level after the share `denoise` of the training steps (t0 of
    SDEdit, arXiv:2108.01073), interpolated in log sigma; one training step at least.
    """
    if is_flow(sigmas):
        return float(np.clip(denoise, sigmas[0], sigmas[-1]))
    last = len(sigmas) - 1
    return float(np.exp(np.interp(np.clip(denoise * last, 1.0, last), np.arange(len(sigmas)), np.log(sigmas))))


def exact_levels(denoise: float, count: int, sigmas: Levels, ladder: Ladder) -> Levels:
    """Return the levels of `count` steps from `starting_level` down to 0: (count + 1,).

    They are the ladder of `count` steps, moved along the curve of the scheduler into what lies below the starting level. If the
    scheduler has too few levels there, the steps are even in log sigma.
    """
    start, curve = starting_level(denoise, sigmas), ladder(FINE)[:-1]
    whole, below = ladder(count)[-count - 1 : -1], len(curve)  # some schedulers make more steps than they are asked for
    curve = np.append(curve, min(sigmas[0], curve[-1]))
    (into, out_of), places = _scale(sigmas), np.arange(below + 1)
    first, *own = np.interp(-into(np.append(start, whole)), -into(curve), places)
    end = below - 1 if own[-1] > below - 1.5 else below  # whether the scheduler's last level is its lowest, or a step above 0
    levels: Levels = out_of(np.interp(first + (1.0 - first / end) * np.array(own), places, into(curve)))
    levels[0] = start
    if len(levels) != count or (levels[1:] > _FALLING * levels[:-1]).any():
        levels = np.geomspace(start, 0.5 * start, count)
    return np.append(levels, 0.0)


def _scale(sigmas: Levels) -> tuple[Callable[[Levels], Levels], Callable[[Levels], Levels]]:
    """Return the functions to and from the scale in which levels are interpolated: sigma for flow models, else log sigma."""
    if is_flow(sigmas):
        return np.positive, np.positive
    return lambda levels: np.log(np.maximum(levels, _TINY)), np.exp
