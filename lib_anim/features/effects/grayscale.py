"""Grayscale: black-and-white films."""

from __future__ import annotations

from lib_anim.images.color import grayscale
from lib_anim.plan.plan import Params, Plan
from lib_anim.settings.settings import Settings
from lib_anim.shot.canvas import Canvas
from lib_anim.shot.steps import Steps, Tools


def build(settings: Settings, plan: Plan, tools: Tools) -> Steps | None:
    """On with `color_force_grayscale`. Pictures are converted before and after painting."""
    if not settings.switch("color_force_grayscale"):
        return None

    def prepare(canvas: Canvas, params: Params) -> Canvas:
        return canvas.edited(grayscale(canvas.frame))

    def finish(canvas: Canvas, moved: Canvas | None, params: Params) -> Canvas:
        return canvas.edited(grayscale(canvas.frame))

    return Steps(prepare=(prepare,), finish=(finish,), does="before and after painting")
