"""The seed of every painted picture, and a second one mixed in."""

from __future__ import annotations

from dataclasses import replace

from lib_anim.engines.base import SampleRequest
from lib_anim.plan.plan import Params, Plan
from lib_anim.settings.settings import Settings
from lib_anim.shot.canvas import Canvas
from lib_anim.shot.steps import Steps, Tools


def build(settings: Settings, plan: Plan, tools: Tools) -> Steps:
    """Always on; subseeds with `enable_subseed_scheduling`."""
    mixed = settings["enable_subseed_scheduling"]

    def ask(request: SampleRequest, canvas: Canvas | None, params: Params) -> SampleRequest:
        request = replace(request, seed=params["seed"])
        if not mixed:
            return request
        subseed, share = int(params["subseed_schedule"]), params["subseed_strength_schedule"]
        return replace(request, subseed=subseed, subseed_strength=share)

    uses = ("seed_schedule",) if settings["seed_behavior"] == "schedule" else ()
    if mixed:
        uses += ("subseed_schedule", "subseed_strength_schedule")
    return Steps(ask=(ask,), uses=uses, does=settings["seed_behavior"] + (", with subseeds" if mixed else ""))
