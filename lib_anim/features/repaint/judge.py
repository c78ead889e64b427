"""Judge: every painted picture is checked; a faulty one is noted, painted again, or ends the run."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, replace
from operator import attrgetter
from statistics import median

import numpy as np

from lib_anim.engines.base import Sampled, SampleRequest
from lib_anim.errors import Blank, EngineError
from lib_anim.images.blend import difference
from lib_anim.images.frame import Frame
from lib_anim.images.metrics import SAME
from lib_anim.messages import Message, as_message
from lib_anim.plan.plan import Params, Plan
from lib_anim.plan.seeds import ANOTHER_TRY, derived
from lib_anim.settings.settings import Settings
from lib_anim.shot.canvas import Canvas
from lib_anim.shot.painting import Painting
from lib_anim.shot.steps import Steps, Tools

_FLAT = 12  # levels: a picture whose channels all have a range of at most this is one flat colour
_JUMP = 2.0  # times the usual change: more is a fault; in films without faults the largest was 1.7
_WINDOW, _ENOUGH = 5, 3  # pictures from which the usual change is taken, at most and at least
_LEAST_CHANGE = 1.0  # lower limit of the usual change, so that small changes are no faults in a film that hardly changes
_ONE_STEP = 0.1  # of denoise: added, since an engine changes about that much even at a denoise near 0
_UNPAINTED, _IS_FLAT = 1.0, 1e9  # badness of these faults; that of a jump is how many times the usual change it is


def build(settings: Settings, plan: Plan, tools: Tools) -> Steps | None:
    """On with a `judge` of keep, retry (up to `judge_patience` further seeds; the best picture is kept) or stop.

    Faults are: one flat colour, nothing painted, and a change of the moved picture far above the usual one of its scene.
    """
    mode = settings.text("judge")
    if mode == "None":
        return None
    tries = settings.integer("judge_patience") if mode == "retry" else 0
    does = {
        "keep": "notes faulty pictures in the journal",
        "retry": f"paints faulty pictures again, {tries} times at the most",
        "stop": "ends the run at a faulty picture",
    }[mode]
    usual = _UsualChange(plan)

    def paint(request: SampleRequest, params: Params) -> Painting:
        """Return the first picture without a fault, else the best. Raises Blank if there is none, EngineError with stop."""
        attempts: list[_Attempt] = []
        for seed in (request.seed, *(derived(request.seed, ANOTHER_TRY + again) for again in range(tries))):
            attempts.append((yield from _attempt(replace(request, seed=seed), usual)))
            if not attempts[-1].fault:
                break
        best = min(attempts, key=attrgetter("badness"))
        if best.sampled is None:
            raise Blank(best.fault)
        if best.fault and mode == "stop":
            raise EngineError(Message("judge: frame {n}: {said}", n=request.index, said=as_message(best.fault)))
        rejected = [one.fault for one in attempts if one is not best]
        notes = {"fault": best.fault, "rejected": rejected}
        return replace(best.sampled, notes={**best.sampled.notes, **{name: note for name, note in notes.items() if note}})

    return Steps(paint=(paint,), finish=(usual.finish,), memory={"judge": usual}, does=does)


class _UsualChange:
    """The usual change by painting: the median of the last pictures of a scene. The prompts of a scene have equal words."""

    def __init__(self, plan: Plan):
        painted = plan.spans.painted
        words = [plan.prompts[index].words for index in painted]
        self._begins = {index for index, before, now in zip(painted[1:], words, words[1:], strict=False) if before != now}
        self._changes: list[float] = []

    def ratio(self, index: int, change: float) -> float:
        """Return the ratio of a change to the usual one; 1 if the scene has too few pictures."""
        known = [] if index in self._begins else self._changes
        return change / max(median(known), _LEAST_CHANGE) if len(known) >= _ENOUGH else 1.0

    def finish(self, canvas: Canvas, moved: Canvas | None, params: Params) -> Canvas:
        """Remember the change that `_attempt` noted on the picture."""
        before = [] if params.index in self._begins else self._changes
        change = canvas.notes.get("change")
        now = [change] if isinstance(change, float) else []
        self._changes = [*before, *now][-_WINDOW:]
        return canvas

    def state(self) -> object:
        return self._changes

    def restore(self, state: object) -> None:
        assert isinstance(state, list)
        self._changes = list(state)


@dataclass(frozen=True)
class _Attempt:
    """A picture, None if the engine painted nothing; its fault, "" if there is none; and how bad the fault is."""

    sampled: Sampled | None
    fault: str = ""
    badness: float = 0.0


def _attempt(request: SampleRequest, usual: _UsualChange) -> Generator[SampleRequest, Sampled, _Attempt]:
    """Paint one picture and judge it."""
    try:
        sampled = yield request
    except Blank as error:
        return _Attempt(None, error.message, np.inf)
    if np.ptp(sampled.frame, axis=(0, 1)).max() <= _FLAT:
        return _Attempt(sampled, "the picture is one flat colour", _IS_FLAT)
    if request.init is None or request.moved is None:
        return _Attempt(sampled)
    if difference(sampled.frame, request.init).max() <= SAME:
        return _Attempt(sampled, "nothing was painted", _UNPAINTED)
    change = _change(sampled.frame, request.moved, request)
    sampled = replace(sampled, notes={**sampled.notes, "change": change})
    ratio = usual.ratio(request.index, change)
    if ratio <= _JUMP:
        return _Attempt(sampled)
    return _Attempt(sampled, Message("the picture changed {times} times as much as usual", times=f"{ratio:.1f}"), ratio)


def _change(frame: Frame, moved: Frame, request: SampleRequest) -> float:
    """Return the mean difference of a painted picture from the moved one, in levels, divided by its mean denoise."""
    denoise = request.denoise * (1.0 if request.mask is None else float(request.mask.mean()))
    return round(float(difference(frame, moved).mean()) / (denoise + _ONE_STEP), 3)
