"""What a move uncovered (borders, edges of depth) is painted with a denoise of its own; the rest keeps its own."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from lib_anim.engines.base import SampleRequest
from lib_anim.features.common.two_passes import paint_in_two_passes
from lib_anim.images.masks import widened
from lib_anim.plan.plan import Params, Plan
from lib_anim.settings.settings import Settings
from lib_anim.shot.canvas import Canvas
from lib_anim.shot.steps import Steps, Tools

_REACH = 8  # pixels, one of the latent's: so far the new paint reaches into the old, so that no seam shows
_COSTS = "uncovered_denoise_schedule: with this engine every frame that uncovers something is painted twice"


def build(settings: Settings, plan: Plan, tools: Tools) -> Steps | None:
    """On where `uncovered_denoise_schedule` is above 0 anywhere. Engines without soft masks paint in two passes."""
    if not (plan.numbers["uncovered_denoise_schedule"] > 0.0).any():
        return None
    soft = "soft_mask" in tools.capabilities

    def ask(request: SampleRequest, canvas: Canvas | None, params: Params) -> SampleRequest:
        wanted = params.number("uncovered_denoise_schedule")
        if canvas is None or wanted <= request.denoise or not canvas.fresh.any():
            return request
        share = np.float32(request.denoise / wanted)  # what is carried over joins for the last steps only
        return replace(request, denoise=wanted).masked(share + (1.0 - share) * widened(canvas.fresh, _REACH))

    return Steps(
        ask=(ask,),
        paint=() if soft else (paint_in_two_passes,),
        uses=("uncovered_denoise_schedule",),
        does="a denoise of its own for what was uncovered" + ("" if soft else ", in two passes"),
        notes=() if soft else (_COSTS,),
    )
