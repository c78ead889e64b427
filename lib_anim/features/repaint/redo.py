"""Redo: a frame is painted several times before it counts, each time over the previous result."""

from __future__ import annotations

from dataclasses import replace

from lib_anim.engines.base import ORIGINAL, SampleRequest
from lib_anim.plan.plan import Params, Plan
from lib_anim.plan.seeds import derived
from lib_anim.settings.settings import Settings
from lib_anim.shot.painting import Painting
from lib_anim.shot.steps import Steps, Tools


def build(settings: Settings, plan: Plan, tools: Tools) -> Steps | None:
    """On with a `diffusion_redo` above 0, the number of extra passes. Each has its own seed. Off when painting from nothing."""
    passes = settings.integer("diffusion_redo")
    if not passes:
        return None

    def paint(request: SampleRequest, params: Params) -> Painting:
        picture = request.init
        for k in range(passes if picture is not None else 0):
            picture = (yield replace(request, init=picture, seed=derived(request.seed, k))).frame
            request = replace(request, fill=ORIGINAL)  # the pass before is what this one starts from
        return (yield replace(request, init=picture))

    return Steps(paint=(paint,), does=f"{passes} extra passes before the one that counts")
