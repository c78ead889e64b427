"""Judge: every painted picture is looked at; one with a plain fault is noted, painted again, or ends the run."""

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
from lib_anim.messages import Message
from lib_anim.plan.plan import Params, Plan
from lib_anim.plan.seeds import ANOTHER_TRY, derived
from lib_anim.settings.settings import Settings
from lib_anim.shot.canvas import Canvas
from lib_anim.shot.painting import Painting
from lib_anim.shot.steps import Steps, Tools

_FLAT = 12  # levels: a picture that nowhere differs by more is one colour, such as black or white
_JUMP = 2.0  # times the usual change; in films without a fault 1.7 was the most
_LATELY, _ENOUGH = 5, 3  # pictures that tell what is usual, and how few of them do
_QUIET = 1.0  # the least that is taken for usual, so that a film that hardly changes is not all faults
_ONE_STEP = 0.1  # of denoise: the least that a painter changes, however little it is asked for
_UNPAINTED, _IS_FLAT = 1.0, 1e9  # how bad beside a jump, whose badness is its times


def build(settings: Settings, plan: Plan, tools: Tools) -> Steps | None:
    """On with a `judge` of keep, retry (up to `judge_patience` further seeds, of which the best is kept) or stop.

    Faults are one flat colour, nothing painted, and a change of the moved picture far above what is usual in its scene.
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
    usual = _Usual(plan)

    def paint(request: SampleRequest, params: Params) -> Painting:
        """The first picture without a fault, else the best. Raises Blank when there is none, EngineError when it is to stop."""
        attempts: list[_Attempt] = []
        for seed in (request.seed, *(derived(request.seed, ANOTHER_TRY + again) for again in range(tries))):
            attempts.append((yield from _attempt(replace(request, seed=seed), usual)))
            if not attempts[-1].fault:
                break
        best = min(attempts, key=attrgetter("badness"))
        if best.sampled is None:
            raise Blank(best.fault)
        if best.fault and mode == "stop":
            raise EngineError(Message("judge: frame {n}: {said}", n=request.index, said=Message(best.fault)))
        rejected = [one.fault for one in attempts if one is not best]
        notes = {"fault": best.fault, "rejected": rejected}
        return replace(best.sampled, notes={**best.sampled.notes, **{name: note for name, note in notes.items() if note}})

    return Steps(paint=(paint,), finish=(usual.finish,), memory={"judge": usual}, does=does)


class _Usual:
    """How much painting changed the last pictures of a scene; a scene lasts as long as the prompts keep their words."""

    def __init__(self, plan: Plan):
        painted = [span.painted for span in plan.spans]
        words = [plan.prompts[index].words for index in painted]
        self._begins = {index for index, before, now in zip(painted[1:], words, words[1:], strict=False) if before != now}
        self._changes: list[float] = []

    def times(self, index: int, change: float) -> float:
        """How many times the usual a change is; 1 where too little is known of the scene."""
        known = [] if index in self._begins else self._changes
        return change / max(median(known), _QUIET) if len(known) >= _ENOUGH else 1.0

    def finish(self, canvas: Canvas, moved: Canvas | None, params: Params) -> Canvas:
        """Remember how much was changed."""
        before = [] if params.index in self._begins else self._changes
        change = canvas.notes.get("change")
        now = [change] if isinstance(change, float) else []
        self._changes = [*before, *now][-_LATELY:]
        return canvas

    def state(self) -> object:
        return self._changes

    def restore(self, state: object) -> None:
        assert isinstance(state, list)
        self._changes = list(state)


@dataclass(frozen=True)
class _Attempt:
    """A picture, None where the engine says that it painted none; what is wrong with it, and how bad that is."""

    sampled: Sampled | None
    fault: str = ""
    badness: float = 0.0


def _attempt(request: SampleRequest, usual: _Usual) -> Generator[SampleRequest, Sampled, _Attempt]:
    """One picture, painted and judged."""
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
    times = usual.times(request.index, change)
    if times <= _JUMP:
        return _Attempt(sampled)
    return _Attempt(sampled, Message("the picture changed {times} times as much as usual", times=f"{times:.1f}"), times)


def _change(frame: Frame, moved: Frame, request: SampleRequest) -> float:
    """Mean difference of a painted picture from the moved one, in levels, over the denoise it was painted with."""
    denoise = request.denoise * (1.0 if request.mask is None else float(request.mask.mean()))
    return round(float(difference(frame, moved).mean()) / (denoise + _ONE_STEP), 3)
