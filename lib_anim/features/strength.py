"""Strength: how much of the frame before survives; what does not is painted anew (denoise = 1 - strength)."""

from __future__ import annotations

from dataclasses import replace

from lib_anim.engines.base import SampleRequest
from lib_anim.plan import Params, Plan
from lib_anim.settings import Settings
from lib_anim.shot import Canvas, Steps, Tools


def build(settings: Settings, plan: Plan, tools: Tools) -> Steps:
    """Always on: `strength` for the start picture, `strength_schedule` for the frames after the first."""
    first = plan.spans[0].painted

    def ask(request: SampleRequest, canvas: Canvas | None, params: Params) -> SampleRequest:
        if canvas is None:
            return replace(request, denoise=1.0)
        survives = settings["strength"] if params.index == first else params["strength_schedule"]
        return replace(request, denoise=1.0 - float(survives))

    return Steps(ask=(ask,), uses=("strength_schedule",), does="strength_schedule")
