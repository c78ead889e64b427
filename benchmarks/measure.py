"""Timing: medians of several runs, one thread for OpenCV, and rows that stand beside a plain version of the same work."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable


def median_ms(work: Callable[[], object], runs: int = 15, warm_up: int = 3) -> float:
    """The median time of `work` in milliseconds."""
    for _ in range(warm_up):
        work()
    times = []
    for _ in range(runs):
        began = time.perf_counter()
        work()
        times.append((time.perf_counter() - began) * 1e3)
    return statistics.median(times)


def row(name: str, ours: float, plain: float | None = None, unit: str = "ms") -> None:
    """Print one line of the table."""
    beside = "" if plain is None else f"{plain:10.2f} {unit}   {ours / plain:6.2f}"
    print(f"{name:58}{ours:10.2f} {unit} {beside}", flush=True)


def head(title: str) -> None:
    """Print the head of a table."""
    print(f"\n{title:58}{'ours':>13} {'plain':>13}   {'ratio':>6}", flush=True)
