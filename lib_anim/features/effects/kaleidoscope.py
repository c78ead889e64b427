"""Kaleidoscope: one wedge of the picture all round, every other time in the mirror."""

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
    """On where `kaleidoscope_schedule`, rounded, is above 0: so often the picture comes again."""
    if not plan.in_use("kaleidoscope_schedule"):
        return None
    warp = lru_cache(maxsize=2)(partial(kaleidoscope, plan.size))  # one that stays is made once

    def look(params: Params) -> Look | None:
        count, angle, x, y = (params.number(key) for key in _USES)
        return warp(round(count), angle_deg=angle, centre=(x, y)) if round(count) else None

    return rearranging(look, uses=_USES, does="one wedge all round, before painting and on what is shown")
