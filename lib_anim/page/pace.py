"""How long a film will take, by the newest finished film of the same engine."""

from __future__ import annotations

import time
from pathlib import Path
from statistics import median
from typing import TypeGuard

from lib_anim.engines.catalog import EngineSpec
from lib_anim.errors import BadInput
from lib_anim.jobs import history
from lib_anim.page import cautions
from lib_anim.plan.plan import make_plan
from lib_anim.settings import settings as settings_file
from lib_anim.shot.shot import Shot

HOLDS_S = 5.0  # seconds for which a measurement is kept
_LOOKED_AT = 12  # newest films among which one is looked for


class Pace:
    """The seconds that engines need for a pixel and step, by the films in the folder `out`."""

    def __init__(self, out: Path):
        self._out = out
        self._measured: dict[EngineSpec, tuple[float, float | None]] = {}  # time of the measurement, value

    def estimate(self, shot: Shot, engine: EngineSpec) -> float | None:
        """Return the seconds that a film will take with this engine, None if no film says it."""
        pace = self._of(engine)
        if pace is None:
            return None
        plan = shot.plan
        return plan.size[0] * plan.size[1] * sum(one.done for one in cautions.painted(plan)) * pace

    def forget(self) -> None:
        """Discard the measurements."""
        self._measured.clear()

    def _of(self, engine: EngineSpec) -> float | None:
        measured, pace = self._measured.get(engine, (-1e9, None))
        if time.monotonic() < measured + HOLDS_S:
            return pace
        done = (folder for folder in history.newest(self._out, _LOOKED_AT) if history.summary(folder).get("status") == "done")
        pace = next((pace for folder in done if (pace := _pace_of(folder, engine))), None)
        self._measured[engine] = time.monotonic(), pace
        return pace


def _pace_of(folder: Path, engine: EngineSpec) -> float | None:
    facts = history.summary(folder)
    engine_ms, gap_ms = facts.get("engine_ms"), facts.get("gap_ms")
    if facts.get("engine") != engine.kind or not _is_time(engine_ms) or history.begun(folder).model != engine.model:
        return None
    try:
        plan = make_plan(settings_file.load(folder / "settings.json"))
    except BadInput:
        return None
    milliseconds = engine_ms + (gap_ms if _is_time(gap_ms) else 0.0)
    steps = median(one.done for one in cautions.painted(plan))
    return milliseconds * 1e-3 / (plan.size[0] * plan.size[1] * max(1.0, steps))


def _is_time(value: object) -> TypeGuard[float]:
    """Whether a value is a number of milliseconds."""
    return isinstance(value, (int, float)) and 0.0 < value < 1e12
