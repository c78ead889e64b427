"""What a move uncovered (borders, edges of depth) is painted with a denoise of its own; the rest with the usual one."""

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

_OVERLAP_PX = 8  # one latent pixel: how far the new paint overlaps the old, so that there is no visible seam
_COSTS = "uncovered_denoise_schedule: with this engine every frame that uncovers something is painted twice"


def build(settings: Settings, plan: Plan, tools: Tools) -> Steps | None:
    """On if `uncovered_denoise_schedule` is above 0 at any frame. For engines without soft masks, paints in two passes."""
    if not (plan.numbers["uncovered_denoise_schedule"] > 0.0).any():
        return None
    soft = "soft_mask" in tools.capabilities

    def ask(request: SampleRequest, canvas: Canvas | None, params: Params) -> SampleRequest:
        denoise = params.number("uncovered_denoise_schedule")
        if canvas is None or denoise <= request.denoise or not canvas.fresh.any():
            return request
        share = np.float32(request.denoise / denoise)  # carried-over pixels are painted in this share of the steps only
        return replace(request, denoise=denoise).masked(share + (1.0 - share) * widened(canvas.fresh, _OVERLAP_PX))

    return Steps(
        ask=(ask,),
        paint=() if soft else (paint_in_two_passes,),
        uses=("uncovered_denoise_schedule",),
        does="a denoise of its own for what was uncovered" + ("" if soft else ", in two passes"),
        notes=() if soft else (_COSTS,),
    )
