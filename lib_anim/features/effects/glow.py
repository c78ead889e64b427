"""Glow: bright places shed light on their surroundings."""

from __future__ import annotations

from lib_anim.images.effects import glow
from lib_anim.plan.plan import Params, Plan
from lib_anim.settings.settings import Settings
from lib_anim.shot.canvas import Canvas
from lib_anim.shot.steps import Steps, Tools


def build(settings: Settings, plan: Plan, tools: Tools) -> Steps | None:
    """On if `glow_schedule` is above 0 at any frame. It changes only what is shown: fed back, it would grow frame by frame."""
    if not plan.in_use("glow_schedule"):
        return None

    def show(canvas: Canvas, params: Params) -> Canvas:
        amount, radius_px = params.number("glow_schedule"), params.number("glow_radius_schedule")
        threshold = params.number("glow_threshold_schedule")
        return canvas.edited(glow(canvas.frame, amount, radius_px=radius_px, threshold=threshold))

    uses = ("glow_schedule", "glow_radius_schedule", "glow_threshold_schedule")
    return Steps(show=(show,), uses=uses, does="bright places shed light; not fed back")
