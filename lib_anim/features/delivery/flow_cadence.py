"""Flow cadence: in-between frames follow the optical flow from one painted picture to the next, instead of a plain dissolve."""

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
    """On with an `optical_flow_cadence` other than None. `cadence_flow_factor_schedule` scales the flow: 0 is a plain dissolve.

    The old and the new picture have been moved to the same camera position, so the flow measures only what the camera's move
    does not explain: things that move, and edges that were painted at another place. Raises SettingsError.
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
        to_old, to_new = midway(factor * follow.flow(_sample_fast(old), _sample_fast(new)), weight, **how)
        return old.moved(to_old), new.moved(to_new)

    return Steps(between=(between,), uses=("cadence_flow_factor_schedule",), does=follow.name, notes=follow.notes)


def _sample_fast(canvas: Canvas) -> Frame:
    """Return the picture in bilinear sampling, which is faster and good enough to measure motion."""
    return replace(canvas.path, sampling="bilinear")(canvas.origin) if canvas.path else canvas.origin
