"""Plots of schedules and reports, drawn with matplotlib (the `[plot]` extra)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

import numpy as np

from lib_anim.errors import OutputError, cannot_be_written
from lib_anim.extras import how_to_install
from lib_anim.language.functions import Values
from lib_anim.plan.plan import Plan

Line = tuple[Sequence[float], Sequence[float] | Values]  # x and y of a curve

_COLOURS = ("#4682b4", "#c06030")


def save_curves(columns: Mapping[str, Values], plan: Plan, path: Path) -> None:
    """Plot one panel for each column over the frames. Raises OutputError.

    Vertical lines mark changes of the prompt. Behind a column that depends on sound, an area shows the loudness.
    """
    names = list(columns) or ["nothing changes"]
    frames = range(plan.timeline.n_frames)
    curves: dict[str, list[Line]] = {name: [(frames, columns.get(name, np.zeros(len(frames))))] for name in names}
    sounds = {name: plan.sound_behind(name) for name in columns}
    panels(curves, [""], path, marks=_prompt_changes(plan), behind=sounds, below="frame (dotted: another prompt)")


def panels(
    curves: Mapping[str, Sequence[Line]],
    names: Sequence[str],
    path: Path,
    *,
    marks: Sequence[int] = (),
    behind: Mapping[str, Values | None] = MappingProxyType({}),
    below: str = "frame",
) -> None:
    """Plot panels below each other: `curves` maps a title to one curve (x, y) for each of `names`. Raises OutputError.

    `marks` are x of vertical lines. `behind` maps a title to an area behind the curves: values 0..1, one for each x.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError:
        raise OutputError(f"plots need matplotlib: {how_to_install('plot')}") from None
    figure = Figure(figsize=(10, 1.2 + 1.5 * len(curves)), layout="constrained")
    FigureCanvasAgg(figure)
    for axes, (title, lines) in zip(np.atleast_1d(figure.subplots(len(curves), 1, sharex=True)), curves.items(), strict=True):
        if (area := behind.get(title)) is not None:
            axes.fill_between(range(len(area)), area, color="#e4e7ec", linewidth=0, transform=axes.get_xaxis_transform())
        for (x, y), name, colour in zip(lines, names, _COLOURS, strict=False):
            axes.plot(x, y, color=colour, linewidth=1.6, label=name)
        axes.set_title(title, loc="left", fontsize=9)
        axes.grid(alpha=0.25)
        axes.margins(x=0)
        for mark in marks:
            axes.axvline(mark, color="#c06030", linewidth=0.8, linestyle=":")
    axes.set_xlabel(below)
    if any(names):
        figure.legend(*axes.get_legend_handles_labels(), loc="outside upper right", ncols=len(names), fontsize=9)
    try:
        figure.savefig(path, dpi=110)
    except (OSError, ValueError) as error:
        raise OutputError(cannot_be_written(path, error)) from None


def _prompt_changes(plan: Plan) -> list[int]:
    """Return the frames whose first prompt differs from that of the frame before."""
    firsts = [prompt.positives[0][0] for prompt in plan.prompts]
    return [k for k in range(1, len(firsts)) if firsts[k] != firsts[k - 1]]
