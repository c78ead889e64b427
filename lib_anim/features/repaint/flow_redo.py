"""Flow redo: a first try shows what the model wants to move; the try is moved that way and painted over."""

from __future__ import annotations

from dataclasses import replace

from lib_anim.engines.base import Engine, Sampled, SampleRequest, Wrapped
from lib_anim.features.common.optical_flow import chosen
from lib_anim.images.flow import Flow
from lib_anim.images.warp import Warp
from lib_anim.plan.plan import Plan
from lib_anim.plan.seeds import FLOW_TRY, derived
from lib_anim.settings.settings import Settings
from lib_anim.shot.steps import Steps, Tools


def build(settings: Settings, plan: Plan, tools: Tools) -> Steps | None:
    """On with an `optical_flow_redo_generation` other than None; how far things move is `redo_flow_factor_schedule`.

    Raises SettingsError.
    """
    follow = chosen(settings, "optical_flow_redo_generation")
    if follow is None:
        return None
    return Steps(
        paint=(lambda engine: _FlowRedo(engine, follow.flow, plan),),
        uses=("redo_flow_factor_schedule",),
        does=follow.name,
        notes=follow.notes,
    )


class _FlowRedo(Wrapped):
    def __init__(self, inner: Engine, flow: Flow, plan: Plan):
        super().__init__(inner)
        self._flow, self._plan = flow, plan

    def paint(self, request: SampleRequest) -> Sampled:
        """Paint, see what moved since the frame before, move it on, paint over that."""
        before = request.moved if request.moved is not None else request.init
        if before is None:
            return self.inner.sample(request)
        tried = self.inner.sample(replace(request, seed=derived(request.seed, FLOW_TRY))).frame
        factor = float(self._plan[request.index]["redo_flow_factor_schedule"])
        flow = factor * self._flow(before, tried)
        on = Warp(request.size, grid=Warp.identity(request.size).positions - flow, border="reflection")
        return self.inner.sample(replace(request, init=on(tried)))
