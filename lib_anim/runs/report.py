"""Reports on how the pictures of a run change over time: a table, a JSON file and a plot."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lib_anim.errors import OutputError, cannot_be_written
from lib_anim.files import write_bytes
from lib_anim.images.frame import Frame
from lib_anim.images.metrics import Follower, Light, Look, delta_e, flicker, join, light_fields, look
from lib_anim.runs.folder import RunFolder

if TYPE_CHECKING:
    from lib_anim.runs.plot import Line

ENDS = 5  # number of frames at the start and at the end that are compared
Progress = Callable[[int, int], None]


@dataclass
class Curves:
    """Measurements, one value for each frame. `error`, `seen` and `same` compare with the previous frame, `flicker` with both
    neighbours. `seam` is the error from the last frame to the first."""

    frames: list[int] = field(default_factory=list)
    looks: list[Look] = field(default_factory=list)
    error: list[float] = field(default_factory=list)
    seen: list[float] = field(default_factory=list)
    same: list[bool] = field(default_factory=list)
    flicker: list[float] = field(default_factory=list)
    seam: float = 0.0

    @property
    def drift(self) -> list[float]:
        """CIEDE2000 between each frame's mean colour and that of the first frames."""
        colours = np.array([one[:3] for one in self.looks])
        drift: list[float] = delta_e(colours, colours[:ENDS].mean(axis=0)).tolist()
        return drift

    def of(self, name: str) -> list[float]:
        """Return the values of one field of `Look`."""
        return [float(getattr(one, name)) for one in self.looks]


Steering = dict[str, list[tuple[int, float]]]


@dataclass(frozen=True)
class Report:
    """A run's curves and their totals. `steering` is what features did to painted frames, by the journal: "feature: name" ->
    (frame, value) pairs."""

    run: str
    curves: Curves
    totals: Mapping[str, float]
    steering: Steering = field(default_factory=dict)


def report(folder: RunFolder, progress: Progress = lambda _done, _total: None) -> Report:
    """Measure every frame of a run. Raises OutputError if there are fewer than three."""
    indexes = sorted(int(path.stem) for path in folder.frames.glob("*.png") if path.stem.isdigit())
    if len(indexes) < 3:
        raise OutputError(f"{folder.path}: {len(indexes)} frames; a report needs three at least")
    curves = curves_of(folder.read_frames(indexes), indexes, progress)
    journal = [line for line in folder.journal() if line["event"] == "painted"]
    sums = {**totals(curves), **_joins(curves, journal), **_painting(folder, journal)}
    return Report(folder.path.name, curves, sums, _steering(journal))


def save_json(one: Report, path: Path) -> None:
    """Write all numbers of a report as JSON. Raises OutputError."""
    curves = one.curves
    columns: dict[str, Sequence[float]] = {name: curves.of(name) for name in Look._fields}
    columns |= {"error": curves.error, "seen": curves.seen, "same": curves.same, "flicker": curves.flicker}
    rounded = {name: [_rounded(value) for value in column] for name, column in {**columns, "drift": curves.drift}.items()}
    sums = {name: _rounded(value) for name, value in one.totals.items()}
    report = {"run": one.run, "totals": sums, "frames": curves.frames, "curves": rounded, "steering": one.steering}
    text = json.dumps(report, indent=1)
    try:
        write_bytes(path, (text + "\n").encode())
    except OSError as error:
        raise OutputError(cannot_be_written(path, error)) from None


def table(reports: Sequence[Report]) -> list[str]:
    """Return the totals, one line each; of two runs side by side, with the ratio of the second to the first."""
    lines = [f"{'':18}" + "".join(f"{one.run[:18]:>20}" for one in reports) + ("   second/first" if len(reports) == 2 else "")]
    for name, text in TOTALS.items():
        values = [one.totals[name] for one in reports if name in one.totals]
        if len(values) < len(reports):
            continue
        line = f"{name:18}" + "".join(f"{value:>20.4g}" for value in values)
        if len(values) == 2:
            line += f"{values[1] / values[0]:>15.2f}" if values[0] else f"{'':>15}"
        lines.append(f"{line}   {text}")
    return lines


def save_picture(reports: Sequence[Report], path: Path) -> None:
    """Plot the curves of all runs over each other. Raises OutputError."""
    from lib_anim.runs.plot import panels

    drawn: dict[str, list[Line]] = {
        "warped error (levels)": [(one.curves.frames[1:], one.curves.error) for one in reports],
        "flicker (levels)": [(one.curves.frames[1:-1], one.curves.flicker) for one in reports],
        "colour drift (ΔE2000)": [(one.curves.frames, one.curves.drift) for one in reports],
        **{
            title: [(one.curves.frames, one.curves.of(name)) for one in reports]
            for title, name in (
                ("contrast (spread of L)", "contrast"),
                ("saturation (mean chroma)", "saturation"),
                ("detail (fine part of L)", "detail"),
            )
        },
    }
    for title in dict.fromkeys(title for one in reports for title in one.steering):
        drawn[title] = [_line(one.steering.get(title, ())) for one in reports]
    panels(drawn, [one.run for one in reports], path)


def _line(points: Sequence[tuple[int, float]]) -> Line:
    return [x for x, _ in points], [y for _, y in points]


TOTALS = {
    "frames": "",
    "error": "mean difference of neighbours along their motion, levels",
    "flicker": "mean distance of light from the line between its neighbours, levels",
    "drift": "ΔE2000 of the last frames' mean colour from the first ones'",
    "drift_worst": "the most on the way",
    "contrast": "spread of L at the end over that at the beginning",
    "saturation": "mean chroma likewise",
    "detail": "fine part of L likewise",
    "duplicates": "frames that are the one before again",
    "seam": "error from the last frame to the first, over that of neighbours: 1 in a film that goes round",
    "join": "error where one clip follows another, over that of neighbours within clips: 1 where nothing shows",
    "engine_share": "of the time went into painting",
    "engine_ms": "median time of one painting, milliseconds",
}


def curves_of(frames: Iterable[Frame], indexes: list[int], progress: Progress = lambda _done, _total: None) -> Curves:
    """Measure frames one after the other; `indexes` are their numbers."""
    curves, follow = Curves(indexes), Follower()
    first: Frame | None = None
    last: Frame | None = None
    fields: list[Light] = []
    for done, frame in enumerate(frames, 1):
        curves.looks.append(look(frame))
        fields = [*fields[-2:], light_fields(frame)]
        if last is not None:
            pair = follow(last, frame)
            curves.error.append(pair.error)
            curves.seen.append(pair.seen)
            curves.same.append(pair.same)
        if len(fields) == 3:
            curves.flicker.append(flicker(*fields))
        first, last = frame if first is None else first, frame
        progress(done, len(indexes))
    if first is not None and last is not None:
        curves.seam = follow(last, first).error
    return curves


def totals(curves: Curves) -> dict[str, float]:
    """Return the totals of curves, with the keys of TOTALS."""
    drift, error = curves.drift, float(np.mean(curves.error))
    ends = {}
    for name in ("contrast", "saturation", "detail"):
        values = curves.of(name)
        first = float(np.mean(values[:ENDS]))
        ends[name] = float(np.mean(values[-ENDS:])) / first if first else 1.0
    return {
        "frames": len(curves.frames),
        "error": error,
        "flicker": float(np.mean(curves.flicker)),
        "drift": float(np.mean(drift[-ENDS:])),
        "drift_worst": max(drift),
        **ends,
        "duplicates": sum(curves.same),
        "seam": curves.seam / error if error else 1.0,
    }


def _steering(journal: list[dict[str, Any]]) -> Steering:
    """Return the numbers that features logged; of a frame that was painted again, the last ones."""
    found: dict[str, dict[int, float]] = {}
    for line in journal:
        for feature, said in line.get("notes", {}).items():
            for name, value in said.items() if isinstance(said, Mapping) else ():
                found.setdefault(f"{feature}: {name}", {})[line["index"]] = value
    return {title: sorted(values.items()) for title, values in found.items()}


def _joins(curves: Curves, journal: list[dict[str, Any]]) -> dict[str, float]:
    """Return how much pictures change from clip to clip, by the journal; empty for a film without clips, or with one."""
    clips = {line["index"]: line["clip"] for line in journal if "clip" in line}
    order = sorted(clips)
    borders = {frame for before, now in pairwise(order) if clips[now] != clips[before] for frame in range(before + 1, now + 1)}
    jump = join(curves.error, [frame in borders for frame in curves.frames[1:]])
    return {} if jump is None else {"join": jump}


def _painting(folder: RunFolder, journal: list[dict[str, Any]]) -> dict[str, float]:
    """Return the engine's share of the time and its median time, by the journal; empty without a summary."""
    try:
        summary = json.loads((folder.path / "summary.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    times = [line["engine_ms"] for line in journal]
    painted, seconds = summary.get("painted") or 0, summary.get("seconds") or 0.0
    if not painted or not seconds:
        return {}
    return {"engine_share": sum(times[-painted:]) / 1e3 / seconds, "engine_ms": float(np.median(times[-painted:]))}


def _rounded(value: float) -> float:
    return value if isinstance(value, bool | int) else round(value, 4)
