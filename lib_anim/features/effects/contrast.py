"""Contrast: multiplies brightness by a factor, before painting."""

from __future__ import annotations

from lib_anim.images.color import contrast
from lib_anim.plan.plan import Params, Plan
from lib_anim.settings.settings import Settings
from lib_anim.shot.canvas import Canvas
from lib_anim.shot.steps import Steps, Tools


def build(settings: Settings, plan: Plan, tools: Tools) -> Steps | None:
    """On if `contrast_schedule` differs from 1 at any frame."""
    if not plan.in_use("contrast_schedule"):
        return None

    def prepare(canvas: Canvas, params: Params) -> Canvas:
        return canvas.edited(contrast(canvas.frame, params.number("contrast_schedule")))

    return Steps(prepare=(prepare,), uses=("contrast_schedule",), does="brightness times contrast_schedule")
