"""Options of the engine that are passed on unchanged: face restoration, tiling, seed resizing."""

from __future__ import annotations

from dataclasses import replace

from lib_anim.engines.base import SampleRequest
from lib_anim.plan.plan import Params, Plan
from lib_anim.settings.settings import Settings
from lib_anim.shot.canvas import Canvas
from lib_anim.shot.steps import Steps, Tools


def build(settings: Settings, plan: Plan, tools: Tools) -> Steps | None:
    """On if any of them is on and the engine has it. Options that the engine lacks are reported by common/missing.py."""
    options: dict[str, object] = {
        key: True for key in ("restore_faces", "tiling") if settings.switch(key) and key in tools.capabilities
    }
    resize = {key: settings.integer(key) for key in ("seed_resize_from_w", "seed_resize_from_h")}
    if all(value > 0 for value in resize.values()) and "seed_resize_from_w" in tools.capabilities:
        options.update(resize)
    if not options:
        return None

    def ask(request: SampleRequest, canvas: Canvas | None, params: Params) -> SampleRequest:
        return replace(request, overrides={**request.overrides, **options})

    return Steps(ask=(ask,), does=", ".join(options))
