"""Drift governor: light, colours and detail are measured in every painted frame and kept as in the first pictures."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from lib_anim.features.scenes import rates
from lib_anim.measure import Look, look
from lib_anim.plan import Params, Plan
from lib_anim.settings import Settings
from lib_anim.shot import Canvas, Steps, Tools
from lib_anim.steady import held

_SHARE, _DETAIL = "governor_schedule", "governor_detail_schedule"
_LEARNS = 12  # painted frames of every scene but the first, that its look is taken from


class _Reference:
    """The look to keep; none before the first painted frame."""

    def __init__(self) -> None:
        self.look: Look | None = None

    def follow(self, seen: Look, rate: float) -> None:
        """Go `rate` (0..1) of the way to what was seen."""
        old = np.array(self.look or seen)
        self.look = Look(*(old + rate * (np.array(seen) - old)).tolist())

    def state(self) -> object:
        return self.look and list(self.look)

    def restore(self, state: object) -> None:
        self.look = state and Look(*state)


def build(settings: Settings, plan: Plan, tools: Tools) -> Steps | None:
    """On where `governor_schedule` is above 0.

    The look is that of the first painted frame, and of the first ones of every further scene; while it is learnt, less is
    corrected. `governor_detail_schedule` asks for more detail than there was at first, or less.
    """
    if not plan.columns[_SHARE].any():
        return None
    # the first scene is learnt at once: its first picture is painted from nothing, for its prompt alone
    reference, learning = _Reference(), rates("scene", _LEARNS, plan, first_of=1)

    def finish(canvas: Canvas, moved: Canvas | None, params: Params) -> Canvas:
        rate, share = learning[params.index], float(params[_SHARE])
        if rate:
            reference.follow(look(canvas.frame), rate)
        if reference.look is None or share == 0.0:
            return canvas
        wanted = reference.look._replace(detail=reference.look.detail * float(params[_DETAIL]))
        frame, correction = held(canvas.frame, wanted, share * (1.0 - rate))
        corrected = {name: round(value, 4) for name, value in correction._asdict().items()}
        return replace(canvas.edited(frame), notes={**canvas.notes, "governor": corrected})

    does = "light, colours and detail of the first pictures are kept"
    return Steps(finish=(finish,), memory={"governor": reference}, uses=(_SHARE, _DETAIL), does=does)
