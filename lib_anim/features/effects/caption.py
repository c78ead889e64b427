"""Captions: frame number and prompt, written on every frame that is shown, but not on what is fed back."""

from __future__ import annotations

from lib_anim.images.lettering import draw_lines
from lib_anim.plan.plan import Params, Plan
from lib_anim.settings.settings import Settings
from lib_anim.shot.canvas import Canvas
from lib_anim.shot.steps import Steps, Tools


def build(settings: Settings, plan: Plan, tools: Tools) -> Steps | None:
    """On if the engine's capabilities contain "caption", as those of the preview engine do."""
    if "caption" not in tools.capabilities:
        return None
    last = plan.timeline.n_frames - 1

    def show(canvas: Canvas, params: Params) -> Canvas:
        words = " + ".join(text for text, _ in params.prompt.positives)
        return canvas.edited(draw_lines(canvas.frame, f"{params.index} / {last}", words))

    return Steps(show=(show,), does="frame number and prompt")
