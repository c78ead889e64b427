"""Temporal filter: small differences between a painted picture and the one before, after its moves, are taken back."""

from __future__ import annotations

from lib_anim.images.stabilize import temporal_filter
from lib_anim.plan.plan import Params, Plan
from lib_anim.settings.settings import Settings
from lib_anim.shot.canvas import Canvas
from lib_anim.shot.steps import Steps, Tools

_SHARE, _TOLERANCE = "temporal_filter_schedule", "temporal_filter_tolerance_schedule"


def build(settings: Settings, plan: Plan, tools: Tools) -> Steps | None:
    """On if `temporal_filter_schedule` is above 0 at any frame. It is motion-compensated by the exact moves of the camera."""
    if not plan.in_use(_SHARE):
        return None

    def finish(canvas: Canvas, moved: Canvas | None, params: Params) -> Canvas:
        share = params.number(_SHARE)
        if moved is None or share == 0.0:
            return canvas
        return canvas.edited(temporal_filter(canvas.frame, moved.frame, moved.fresh, share, params.number(_TOLERANCE)))

    return Steps(finish=(finish,), uses=(_SHARE, _TOLERANCE), does="small changes since the last painted frame are taken back")
