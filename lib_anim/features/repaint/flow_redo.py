"""Flow redo: a first try shows what the model would move; the try is moved that way and painted over."""

from __future__ import annotations

from dataclasses import replace

from lib_anim.engines.base import ORIGINAL, SampleRequest
from lib_anim.features.common.optical_flow import chosen
from lib_anim.images.warp import Warp
from lib_anim.plan.plan import Params, Plan
from lib_anim.plan.seeds import FLOW_TRY, derived
from lib_anim.settings.settings import Settings
from lib_anim.shot.painting import Painting
from lib_anim.shot.steps import Steps, Tools


def build(settings: Settings, plan: Plan, tools: Tools) -> Steps | None:
    """On with an `optical_flow_redo_generation` other than None. `redo_flow_factor_schedule` scales the flow.

    The flow is measured from the moved picture to the try. Raises SettingsError.
    """
    follow = chosen(settings, "optical_flow_redo_generation")
    if follow is None:
        return None

    def paint(request: SampleRequest, params: Params) -> Painting:
        before = request.init if request.moved is None else request.moved
        if before is None:
            return (yield request)
        tried = (yield replace(request, seed=derived(request.seed, FLOW_TRY))).frame
        flow = params.number("redo_flow_factor_schedule") * follow.flow(before, tried)
        warp = Warp(request.size, grid=Warp.identity(request.size).positions - flow, border="reflection")
        return (yield replace(request, init=warp(tried), fill=ORIGINAL))

    return Steps(paint=(paint,), uses=("redo_flow_factor_schedule",), does=follow.name, notes=follow.notes)
