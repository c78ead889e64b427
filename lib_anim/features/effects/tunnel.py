"""Tunnel: the picture is repeated, smaller, inside itself, without end."""

from __future__ import annotations

from lib_anim.features.common.geometry import rearranging
from lib_anim.images.effects import towards, tunnel
from lib_anim.plan.plan import Params, Plan
from lib_anim.settings.settings import Settings
from lib_anim.shot.canvas import Look
from lib_anim.shot.steps import Steps, Tools

_USES = ("tunnel_schedule", "tunnel_ratio_schedule", "look_center_x_schedule", "look_center_y_schedule")


def build(settings: Settings, plan: Plan, tools: Tools) -> Steps | None:
    """On if `tunnel_schedule`, the share of the tunnel in the picture, is above 0 at any frame. Painting hides the seams."""
    if not plan.in_use("tunnel_schedule"):
        return None

    def look(params: Params) -> Look | None:
        share, ratio = params.number("tunnel_schedule"), params.number("tunnel_ratio_schedule")
        if share == 0.0:
            return None
        centre = params.number("look_center_x_schedule"), params.number("look_center_y_schedule")
        return lambda picture: towards(picture, tunnel(picture, ratio, centre=centre), share)

    return rearranging(look, uses=_USES, does="the picture in itself, before painting and on what is shown")
