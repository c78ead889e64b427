"""Prompts: what to paint and what to avoid."""

from __future__ import annotations

from dataclasses import replace

from lib_anim.engines.base import SampleRequest
from lib_anim.plan.plan import Params, Plan, blend_of
from lib_anim.settings.settings import Settings
from lib_anim.shot.canvas import Canvas
from lib_anim.shot.steps import Steps, Tools


def build(settings: Settings, plan: Plan, tools: Tools) -> Steps:
    """Always on."""

    def ask(request: SampleRequest, canvas: Canvas | None, params: Params) -> SampleRequest:
        return replace(request, prompts=params.prompt.positives, negatives=params.prompt.negatives)

    blend = blend_of(settings)
    return Steps(ask=(ask,), does="prompts" if blend == "none" else f"prompts, blended ({blend})")
