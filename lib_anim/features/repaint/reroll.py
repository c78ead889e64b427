"""Blank pictures (black, or no numbers at all) are painted again from another seed, or end the run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from lib_anim.engines.base import Engine, Sampled, SampleRequest, Wrapped
from lib_anim.errors import Blank
from lib_anim.plan.plan import Plan
from lib_anim.settings.settings import Settings
from lib_anim.shot.steps import Steps, Tools

_ENDS = "reroll_blank_frames: the picture is blank"


def build(settings: Settings, plan: Plan, tools: Tools) -> Steps | None:
    """On with a `reroll_blank_frames` of reroll (up to `reroll_patience` seeds further) or interrupt."""
    mode = settings["reroll_blank_frames"]
    if mode == "ignore":
        return None
    tries = int(settings["reroll_patience"]) if mode == "reroll" else 0
    does = f"paints blank pictures again, {tries} times at the most" if tries else "ends the run at a blank picture"
    return Steps(paint=(lambda engine: _Reroll(engine, tries),), does=does)


class _Reroll(Wrapped):
    def __init__(self, inner: Engine, tries: int):
        super().__init__(inner)
        self._tries = tries

    def paint(self, request: SampleRequest) -> Sampled:
        """The first picture that is one. Raises Blank when there is none."""
        for again, sampled in enumerate(self._attempts(request)):
            if sampled is not None and sampled.frame.any():
                return replace(sampled, notes={**sampled.notes, "rerolled": again}) if again else sampled
        raise Blank(f"{_ENDS}, and so were {self._tries} further ones" if self._tries else _ENDS)

    def _attempts(self, request: SampleRequest) -> Iterator[Sampled | None]:
        for again in range(self._tries + 1):
            try:
                yield self.inner.sample(replace(request, seed=request.seed + again))
            except Blank:
                yield None
