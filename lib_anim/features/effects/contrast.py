"""Contrast: brightness times a factor, before painting."""

from __future__ import annotations

import numpy as np

from lib_anim.images.color import contrast
from lib_anim.plan.plan import Params, Plan
from lib_anim.settings.settings import Settings
from lib_anim.shot.canvas import Canvas
from lib_anim.shot.steps import Steps, Tools


def build(settings: Settings, plan: Plan, tools: Tools) -> Steps | None:
    """On where `contrast_schedule` is anything but 1."""
    if np.all(plan.columns["contrast_schedule"] == 1.0):
        return None

    def prepare(canvas: Canvas, params: Params) -> Canvas:
        return canvas.edited(contrast(canvas.frame, params["contrast_schedule"]))

    return Steps(prepare=(prepare,), uses=("contrast_schedule",), does="brightness times contrast_schedule")
