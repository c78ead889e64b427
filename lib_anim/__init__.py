"""sd-webui-anim: keyframes in, a finished animation out, painted by Stable Diffusion.

`__all__` lists the public API; docs/api.md states its guarantees. Names are imported at first use, so that importing the
package is fast.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from lib_anim.version import __version__ as __version__

if TYPE_CHECKING:
    from lib_anim.engines.base import Capabilities, Control, Engine, Sampled, SampleRequest
    from lib_anim.engines.clips import Clip
    from lib_anim.engines.preview import Passthrough, Preview
    from lib_anim.errors import AnimError, BadInput, Blank, EngineError, SettingsError
    from lib_anim.features.open import make_shot
    from lib_anim.plan.plan import Plan, Span, make_plan
    from lib_anim.runs.film import film
    from lib_anim.runs.folder import RunFolder
    from lib_anim.settings.settings import Settings, json_schema, load, parse
    from lib_anim.shot.canvas import Canvas, Rendered
    from lib_anim.shot.movie import Movie
    from lib_anim.shot.reel import Reel, render
    from lib_anim.shot.shot import Shot
    from lib_anim.shot.steps import Steps, Tools

__all__ = [
    "AnimError",
    "BadInput",
    "Blank",
    "Canvas",
    "Capabilities",
    "Clip",
    "Control",
    "Engine",
    "EngineError",
    "Movie",
    "Passthrough",
    "Plan",
    "Preview",
    "Reel",
    "Rendered",
    "RunFolder",
    "SampleRequest",
    "Sampled",
    "Settings",
    "SettingsError",
    "Shot",
    "Span",
    "Steps",
    "Tools",
    "film",
    "json_schema",
    "load",
    "make_plan",
    "make_shot",
    "parse",
    "render",
]

_MODULES = {
    "engines.base": "Capabilities Control Engine SampleRequest Sampled",
    "engines.clips": "Clip",
    "engines.preview": "Passthrough Preview",
    "errors": "AnimError BadInput Blank EngineError SettingsError",
    "features.open": "make_shot",
    "plan.plan": "Plan Span make_plan",
    "runs.film": "film",
    "runs.folder": "RunFolder",
    "settings.settings": "Settings json_schema load parse",
    "shot.canvas": "Canvas Rendered",
    "shot.movie": "Movie",
    "shot.reel": "Reel render",
    "shot.shot": "Shot",
    "shot.steps": "Steps Tools",
}
_MODULE_OF = {name: module for module, names in _MODULES.items() for name in names.split()}


def __getattr__(name: str) -> object:
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULE_OF[name]}"), name)
