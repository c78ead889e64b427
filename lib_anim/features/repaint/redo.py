"""Redo: a frame is painted several times over before it counts, each time over the picture before."""

from __future__ import annotations

from dataclasses import replace

from lib_anim.engines.base import Engine, Sampled, SampleRequest, Wrapped
from lib_anim.plan.plan import Plan
from lib_anim.plan.seeds import derived
from lib_anim.settings.settings import Settings
from lib_anim.shot.steps import Steps, Tools


def build(settings: Settings, plan: Plan, tools: Tools) -> Steps | None:
    """On with a `diffusion_redo` above 0: so many extra passes, from seeds of their own. Never when painting from nothing."""
    passes = settings["diffusion_redo"]
    if not passes:
        return None
    return Steps(paint=(lambda engine: _Redo(engine, passes),), does=f"{passes} extra passes before the one that counts")


class _Redo(Wrapped):
    def __init__(self, inner: Engine, passes: int):
        super().__init__(inner)
        self._passes = passes

    def paint(self, request: SampleRequest) -> Sampled:
        """The last of the passes, painted with the request's own seed."""
        if request.init is None:
            return self.inner.sample(request)
        picture = request.init
        for k in range(self._passes):
            picture = self.inner.sample(replace(request, init=picture, seed=derived(request.seed, k))).frame
        return self.inner.sample(replace(request, init=picture))
