"""Curves of schedules as a picture, drawn with matplotlib (the `[plot]` extra)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from lib_anim.errors import OutputError
from lib_anim.plan import Plan


def save_curves(columns: Mapping[str, np.ndarray], plan: Plan, path: Path) -> None:
    """One panel for each column, frames across; where the prompt changes a line goes down. Raises OutputError."""
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError:
        raise OutputError("plots need matplotlib: pip install 'sd-webui-anim[plot]'") from None
    names = list(columns) or ["nothing changes"]
    figure = Figure(figsize=(10, 1.2 + 1.5 * len(names)), layout="constrained")
    FigureCanvasAgg(figure)
    frames = np.arange(plan.timeline.n_frames)
    for axes, name in zip(np.atleast_1d(figure.subplots(len(names), 1, sharex=True)), names, strict=True):
        axes.plot(frames, columns.get(name, np.zeros(len(frames))), color="#4682b4", linewidth=1.6)
        axes.set_title(name, loc="left", fontsize=9)
        axes.grid(alpha=0.25)
        axes.margins(x=0)
        for change in _prompt_changes(plan):
            axes.axvline(change, color="#c06030", linewidth=0.8, linestyle=":")
    axes.set_xlabel("frame (dotted: another prompt)")
    try:
        figure.savefig(path, dpi=110)
    except (OSError, ValueError) as error:
        raise OutputError(f"{path}: cannot be written: {error}") from None


def _prompt_changes(plan: Plan) -> list[int]:
    firsts = [prompt.positives[0][0] for prompt in plan.columns["prompts"]]
    return [k for k in range(1, len(firsts)) if firsts[k] != firsts[k - 1]]
