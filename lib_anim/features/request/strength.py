"""Strength: how much of the previous frame survives; the rest is painted anew (denoise = 1 - strength)."""

from __future__ import annotations

from dataclasses import replace

from lib_anim.engines.base import SampleRequest
from lib_anim.features.common.unused import idle
from lib_anim.plan.plan import Params, Plan
from lib_anim.settings.settings import Settings
from lib_anim.shot.canvas import Canvas
from lib_anim.shot.steps import Steps, Tools

_IDLE = {"strength_schedule": "keyframe_strength_schedule counts at keyframes"}


def build(settings: Settings, plan: Plan, tools: Tools) -> Steps:
    """Always on. `strength` applies to the start picture, `keyframe_strength_schedule` to later keyframes, and
    `strength_schedule` to all other frames.
    """

    def ask(request: SampleRequest, canvas: Canvas | None, params: Params) -> SampleRequest:
        return replace(request, denoise=1.0 if canvas is None else 1.0 - plan.strength(params.index))

    where = {"strength_schedule": plan.painted - plan.keyframes, "keyframe_strength_schedule": plan.keyframes}
    uses = tuple(key for key, frames in where.items() if frames)
    notes = () if "strength_schedule" in uses else tuple(idle(plan, settings.text("keyframe_distribution"), _IDLE))
    return Steps(ask=(ask,), uses=uses, does=", ".join(uses), notes=notes)
