"""Kaleidoscope: one wedge of the picture, repeated around a centre, every other time mirrored."""

from __future__ import annotations

from functools import lru_cache, partial

from lib_anim.features.common.geometry import rearranging
from lib_anim.images.effects import kaleidoscope
from lib_anim.plan.plan import Params, Plan
from lib_anim.settings.settings import Settings
from lib_anim.shot.canvas import Look
from lib_anim.shot.steps import Steps, Tools

_USES = ("kaleidoscope_schedule", "kaleidoscope_angle_schedule", "look_center_x_schedule", "look_center_y_schedule")


def build(settings: Settings, plan: Plan, tools: Tools) -> Steps | None:
    """On if `kaleidoscope_schedule`, rounded, is above 0 at any frame; it is how often the wedge is repeated."""
    if not plan.in_use("kaleidoscope_schedule"):
        return None
    warp = lru_cache(maxsize=2)(partial(kaleidoscope, plan.size))  # with constant schedules, the warp is made once

    def look(params: Params) -> Look | None:
        count, angle, x, y = (params.number(key) for key in _USES)
        return warp(round(count), angle_deg=angle, centre=(x, y)) if round(count) else None

    return rearranging(look, uses=_USES, does="one wedge all round, before painting and on what is shown")
