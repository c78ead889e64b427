"""Noise multiplier: scales the noise that img2img starts from."""

from __future__ import annotations

from dataclasses import replace

from lib_anim.engines.base import SampleRequest
from lib_anim.plan.plan import Params, Plan
from lib_anim.settings.settings import Settings
from lib_anim.shot.canvas import Canvas
from lib_anim.shot.steps import Steps, Tools

OPTION = "initial_noise_multiplier"  # the WebUI's name


def build(settings: Settings, plan: Plan, tools: Tools) -> Steps | None:
    """On with `enable_noise_multiplier_scheduling`."""
    if not plan.in_use("noise_multiplier_schedule"):
        return None

    def ask(request: SampleRequest, canvas: Canvas | None, params: Params) -> SampleRequest:
        return replace(request, overrides={**request.overrides, OPTION: params.number("noise_multiplier_schedule")})

    return Steps(ask=(ask,), uses=("noise_multiplier_schedule",), does="noise_multiplier_schedule")
