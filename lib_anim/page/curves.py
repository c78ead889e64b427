"""Curves of a plan as points for the page: no more of them than a screen has columns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import pairwise

import numpy as np

from lib_anim.plan.plan import Plan
from lib_anim.settings.table import FIELDS
from lib_anim.shot.shot import Shot

COLUMNS = 400  # points of a curve at the most, in pairs of least and most


def moving(shot: Shot) -> list[str]:
    """The schedules of numbers that this film goes by and that change on the way."""
    numbers = (key for key in dict.fromkeys(shot.steps.uses) if FIELDS[key].kind == "schedule")
    return [key for key in numbers if np.ptp(shot.plan.numbers[key]) > 0]


def curves(plan: Plan, keys: Iterable[str]) -> list[dict[str, object]]:
    """{key, label, low, high, points: [[frame, value], …]} of each key that is a schedule of numbers.

    One that goes by the sound has `sound` too: points of how loud that is, 0..1.
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
    """[frame, value] pairs that look like all of `values` (n_frames,): of each stretch its least and its most."""
    n = len(values)
    if n <= columns:
        picked = np.arange(n)
    else:
        edges = np.linspace(0, n, columns // 2 + 1).astype(int)
        ends = [(a + int(values[a:b].argmin()), a + int(values[a:b].argmax())) for a, b in pairwise(edges)]
        picked = np.unique(np.array([0, n - 1, *(k for pair in ends for k in pair)]))
    return [[int(k), round(float(values[k]), 6)] for k in picked]


def prompt_marks(prompts: Mapping[str, str], plan: Plan) -> list[dict[str, object]]:
    """{frame, text} where another prompt begins."""
    firsts = [prompt.positives[0][0] for prompt in plan.prompts]
    changes = [0, *(k for k in range(1, len(firsts)) if firsts[k] != firsts[k - 1])]
    # a prompt with formulas changes with every frame; those are no marks
    return [{"frame": k, "text": firsts[k]} for k in changes] if len(changes) <= 4 * len(prompts) else []
