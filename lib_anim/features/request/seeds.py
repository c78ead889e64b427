"""Seeds: the seed of every painted picture, and a second one whose noise is mixed in."""

from __future__ import annotations

from dataclasses import replace

from lib_anim.engines.base import SampleRequest
from lib_anim.plan.plan import Params, Plan
from lib_anim.settings.settings import Settings
from lib_anim.shot.canvas import Canvas
from lib_anim.shot.steps import Steps, Tools

_USES = ("seed_schedule", "subseed_schedule", "subseed_strength_schedule")


def build(settings: Settings, plan: Plan, tools: Tools) -> Steps:
    """Always on; subseeds with `enable_subseed_scheduling`."""
    uses = tuple(key for key in _USES if plan.in_use(key))
    with_subseeds = "subseed_schedule" in uses

    def ask(request: SampleRequest, canvas: Canvas | None, params: Params) -> SampleRequest:
        request = replace(request, seed=params.seed)
        if not with_subseeds:
            return request
        subseed, share = int(params.number("subseed_schedule")), params.number("subseed_strength_schedule")
        return replace(request, subseed=subseed, subseed_strength=share)

    return Steps(ask=(ask,), uses=uses, does=settings.text("seed_behavior") + (", with subseeds" if with_subseeds else ""))
