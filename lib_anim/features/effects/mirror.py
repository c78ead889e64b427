"""Mirror: one half of the picture is replaced by the reflection of the other."""

from __future__ import annotations

from lib_anim.features.common.geometry import rearranging
from lib_anim.images.effects import mirror, towards
from lib_anim.plan.plan import Params, Plan
from lib_anim.settings.settings import Settings
from lib_anim.shot.canvas import Look
from lib_anim.shot.steps import Steps, Tools

_HALVES = {  # name -> (whether left and right are mirrored, whether top and bottom are)
    "Left/right": (True, False),
    "Top/bottom": (False, True),
    "Quad": (True, True),
}


def build(settings: Settings, plan: Plan, tools: Tools) -> Steps | None:
    """On with a `mirror` other than None if `mirror_schedule`, the share of the mirrored picture, is above 0 at any frame."""
    if not plan.in_use("mirror_schedule"):
        return None
    name = settings.text("mirror")
    sideways, down = _HALVES[name]

    def look(params: Params) -> Look | None:
        share = params.number("mirror_schedule")
        if share == 0.0:
            return None
        return lambda picture: towards(picture, mirror(picture, sideways=sideways, down=down), share)

    return rearranging(look, uses=("mirror_schedule",), does=f"{name}, before painting and on what is shown")
