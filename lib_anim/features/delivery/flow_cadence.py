"""Frames between two painted ones follow what moves from one to the other, instead of fading through it."""

from __future__ import annotations

from dataclasses import replace

from lib_anim.features.common.optical_flow import chosen
from lib_anim.images.flow import midway
from lib_anim.images.frame import Frame
from lib_anim.plan.plan import Params, Plan
from lib_anim.settings.settings import Settings
from lib_anim.shot.canvas import Canvas
from lib_anim.shot.steps import Steps, Tools


def build(settings: Settings, plan: Plan, tools: Tools) -> Steps | None:
    """On with an `optical_flow_cadence` other than None. `cadence_flow_factor_schedule` 0 is a plain dissolve, 1 all the way.

    Old and new picture lie on one camera position when they come here, so what is measured is what the camera's move
    does not explain: things that moved, and edges that were painted a little elsewhere. Raises SettingsError.
    """
    follow = chosen(settings, "optical_flow_cadence")
    if follow is None:
        return None

    def between(old: Canvas, new: Canvas, weight: float, params: Params) -> tuple[Canvas, Canvas]:
        factor = params.number("cadence_flow_factor_schedule")
        if factor == 0.0:
            return old, new
        path = old.path or new.path
        how = {"border": path.border, "sampling": path.sampling} if path else {}
        to_old, to_new = midway(factor * follow.flow(_glimpsed(old), _glimpsed(new)), weight, **how)
        return old.moved(to_old), new.moved(to_new)

    return Steps(between=(between,), uses=("cadence_flow_factor_schedule",), does=follow.name, notes=follow.notes)


def _glimpsed(canvas: Canvas) -> Frame:
    """The picture for its motion's sake: sampled the quick way, since nobody sees it."""
    return replace(canvas.path, sampling="bilinear")(canvas.origin) if canvas.path else canvas.origin
