"""Curves of a plan for the page, reduced to as many points as a screen has columns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import pairwise

import numpy as np

from lib_anim.plan.plan import Plan
from lib_anim.settings.table import FIELDS
from lib_anim.shot.shot import Shot

COLUMNS = 400  # points of a curve at most, in pairs of minimum and maximum


def moving(shot: Shot) -> list[str]:
    """Return the number schedules that the film uses and that vary."""
    numbers = (key for key in dict.fromkeys(shot.steps.uses) if FIELDS[key].kind == "schedule")
    return [key for key in numbers if np.ptp(shot.plan.numbers[key]) > 0]


def curves(plan: Plan, keys: Iterable[str]) -> list[dict[str, object]]:
    """Return {key, label, low, high, points: [[frame, value], …]} for each key that is a number schedule.

    A schedule that follows the sound also has `sound`: points of its level, 0..1.
    """
    return [_curve(plan, key) for key in keys if key in FIELDS and FIELDS[key].kind == "schedule"]


def _curve(plan: Plan, key: str) -> dict[str, object]:
    values = np.asarray(plan.numbers[key], np.float64)
    sound = plan.sound_behind(key)
    return {
        "key": key,
        "label": FIELDS[key].label,
        "low": float(values.min()),
        "high": float(values.max()),
        "points": thinned(values),
        **({} if sound is None else {"sound": thinned(sound)}),
    }


def thinned(values: np.ndarray, columns: int = COLUMNS) -> list[list[float]]:
    """Reduce `values` (n_frames,) to [frame, value] pairs: the minimum and maximum of each interval."""
    n = len(values)
    if n <= columns:
        picked = np.arange(n)
    else:
        edges = np.linspace(0, n, columns // 2 + 1).astype(int)
        ends = [(a + int(values[a:b].argmin()), a + int(values[a:b].argmax())) for a, b in pairwise(edges)]
        picked = np.unique(np.array([0, n - 1, *(k for pair in ends for k in pair)]))
    return [[int(k), round(float(values[k]), 6)] for k in picked]


def prompt_marks(prompts: Mapping[str, str], plan: Plan) -> list[dict[str, object]]:
    """Return {frame, text} for each frame at which the prompt changes."""
    firsts = [prompt.positives[0][0] for prompt in plan.prompts]
    changes = [0, *(k for k in range(1, len(firsts)) if firsts[k] != firsts[k - 1])]
    # prompts with formulas change at every frame; they get no marks
    return [{"frame": k, "text": firsts[k]} for k in changes] if len(changes) <= 4 * len(prompts) else []
