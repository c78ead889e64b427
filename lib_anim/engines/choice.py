"""The choice of the engine for a film."""

from __future__ import annotations

from dataclasses import replace

from lib_anim.engines.catalog import EngineSpec
from lib_anim.engines.webui.engine import inside
from lib_anim.errors import ModelError

_KEPT_FOR_PREVIEWS = ("preview", "passthrough", "webui-api")  # not replaced by the preview engine in motion_preview_mode


def choose(asked: EngineSpec, *, motion_preview: bool) -> EngineSpec:
    """Return the engine for a film: the specified kind, else the WebUI this process runs in, else diffusers.

    `motion_preview` is the film's motion_preview_mode. Raises ModelError.
    """
    if asked.kind in _KEPT_FOR_PREVIEWS:
        return asked
    if motion_preview:
        return replace(asked, kind="preview")
    hosted = inside()
    if asked.kind == "webui" and not hosted:
        raise ModelError("--engine webui: this process is no WebUI; there it is --anim-run-now FILE")
    ours = asked.kind == "webui" or (hosted and not asked.kind and not asked.model)
    return replace(asked, kind="webui" if ours else "diffusers")
