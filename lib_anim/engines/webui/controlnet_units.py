"""ControlNet units in the host WebUI: of AUTOMATIC1111's extension, or of the ControlNet that is built into the Forges.

Both are an always-on script titled "ControlNet" that takes one argument for each unit; a dictionary is read as one. Hosts print
errors of scripts and go on, so that a unit guides is looked up in the script when the picture begins.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType, ModuleType
from typing import Any

import numpy as np

from lib_anim.engines.base import Capabilities, Control
from lib_anim.engines.webui import script_values
from lib_anim.errors import EngineError
from lib_anim.images.frame import Frame, Mask
from lib_anim.messages import Message

TITLE = "controlnet"
_NOTES: Mapping[str, object] = MappingProxyType({"controlnet": "did not guide"})


@dataclass(frozen=True)
class ControlNetLists:
    """What a WebUI's ControlNet has: names of models and of pre-processors, and the number of its units."""

    models: tuple[str, ...]
    modules: tuple[str, ...]
    units: int

    @classmethod
    def read(cls, models: Iterable[object], modules: Iterable[object], units: int) -> ControlNetLists:
        """Build the lists from a host's, whose models begin with "None"."""
        names = tuple(str(name) for name in models)
        return cls(tuple(name for name in names if name != "None"), tuple(str(name) for name in modules), units)


def with_controlnet(capabilities: Capabilities, found: ControlNetLists | None) -> Capabilities:
    """Return capabilities with those of the WebUI's ControlNet, or with why there is none."""
    if found is None:
        why = Message("the WebUI has no ControlNet; AUTOMATIC1111 needs the extension sd-webui-controlnet")
        return replace(capabilities, lacks={**capabilities.lacks, "controlnet": why})
    words = capabilities.words | {"controlnet"}
    return replace(capabilities, words=words, controls=found.models, preprocessors=found.modules, control_units=found.units)


def lists_of_host(scripts: ModuleType) -> ControlNetLists | None:
    """Return what the ControlNet of the host has now, None without one."""
    script = _controlnet_of(scripts)
    if script is None:
        return None
    models = _names(script, "get_models", "get_all_controlnet_names")
    return ControlNetLists.read(models, _modules(script), script.args_to - script.args_from)


def annotator(scripts: ModuleType, name: str) -> Any:
    """Return the pre-processor of the host's ControlNet that has a name, an object to be called; None without one."""
    script = _controlnet_of(scripts)
    if script is None or name not in _modules(script):  # the Forges' raises KeyError
        return None
    found = _globals(script)
    # the extension of AUTOMATIC1111, else the Forges
    asked = getattr(found.get("Preprocessor"), "get_preprocessor", None)
    asked = asked or getattr(found.get("global_state"), "get_preprocessor", None)
    return asked(name) if asked else None


def unit_fields(control: Control, modules: Iterable[str]) -> dict[str, object]:
    """Return the fields of a unit, except pictures, as all hosts read them: names in place of numbers.

    `modules` are the host's names, of which "none" is not spelled alike everywhere.
    """
    module = next((name for name in modules if name.lower() == control.module.lower()), control.module)
    return {
        "enabled": True,
        "module": module,
        "model": control.model,
        "weight": control.weight,
        "guidance_start": control.start,
        "guidance_end": control.end,
        "control_mode": control.mode,
        "resize_mode": "Crop and Resize",  # the picture has the size of the frame
        "save_detected_map": False,
        **control.options,
    }


def padded(units: Sequence[Mapping[str, object]], count: int) -> Sequence[object]:
    """Return `count` units; those of the Forges are on unless told otherwise."""
    return [*units, *({"enabled": False} for _ in range(count - len(units)))][:count]


def unguided(acting: int, controls: Sequence[Control]) -> Mapping[str, object]:
    """Return a note for the journal if fewer units guided a picture than it has. Raises EngineError if they were required."""
    if acting >= len(controls):
        return {}
    if any(control.required for control in controls):
        names = ", ".join(control.model for control in controls)
        text = "ControlNet did not guide the picture ({names}): the WebUI's log says why; --allow-missing goes on without it"
        raise EngineError(Message(text, names=names))
    return _NOTES


class UnitsOfPicture:
    """The ControlNet units of one picture in the host: handed to its script, and looked for there when the picture begins."""

    def __init__(self, controls: Sequence[Control]):
        self._controls = controls
        self._script: Any = None
        self._acting = 0

    def put_in(self, args: list[object], scripts: Iterable[Any]) -> list[object]:
        """Return the arguments of all scripts, with the units in the slots of the ControlNet among `scripts`."""
        self._script = _find(scripts) if self._controls else None
        if self._script is None:
            return args
        first, end = self._script.args_from, self._script.args_to
        units = [_unit(control, self._script) for control in self._controls]
        return [*args[:first], *padded(units, end - first), *args[end:]]

    def look(self) -> None:
        """See how many units guide the picture. Called when nothing more is loaded for it."""
        if _is_extension(self._script):
            self._acting = len(self._controls) if self._script.latest_network is not None else 0  # it hooks all or none
        else:
            self._acting = len(getattr(self._script, "current_params", None) or ())

    def notes(self) -> Mapping[str, object]:
        """See `unguided`."""
        return unguided(self._acting, self._controls)


def _controlnet_of(scripts: ModuleType) -> Any:
    return _find(getattr(getattr(scripts, "scripts_img2img", None), "alwayson_scripts", None) or ())


def _find(scripts: Iterable[Any]) -> Any:
    return next((script for script in scripts if script_values.name(script).lower() == TITLE), None)


def _is_extension(script: Any) -> bool:
    """Return whether a script is that of AUTOMATIC1111's extension."""
    return hasattr(script, "latest_network")


def _globals(script: Any) -> Mapping[str, Any]:
    """Return the names of the module that defines a script: hosts load scripts under names that cannot be imported.

    The Forges wrap its functions with torch.no_grad, whose module is torch's.
    """
    found: Mapping[str, Any] = getattr(inspect.unwrap(type(script).process), "__globals__", {})
    return found


def _modules(script: Any) -> Sequence[str]:
    return _names(script, "get_modules", "get_all_preprocessor_names")


def _names(script: Any, of_extension: str, of_forge: str) -> Sequence[str]:
    """Return a list of names: the answer of the function that the module of the script imports it from."""
    found = _globals(script)
    asked = getattr(found.get("external_code"), of_extension, None) or getattr(found.get("global_state"), of_forge, None)
    return [str(name) for name in asked()] if asked else []


def _unit(control: Control, script: Any) -> Mapping[str, object]:
    return {**unit_fields(control, _modules(script)), **_pictures(control, script)}


def _pictures(control: Control, script: Any) -> Mapping[str, object]:
    """Return the fields of a unit for its picture and its mask of effect, as arrays."""
    mask = None if control.mask is None else as_levels(control.mask)
    if _is_extension(script):
        return {"image": control.image} if mask is None else {"image": control.image, "effective_region_mask": mask}
    if hasattr(
        _globals(script).get("ControlNetUnit"), "image_fg"
    ):  # the first Forge; it compares a black picture with this one
        black = np.zeros((*control.image.shape[:2], 4), np.uint8)
        return {"image": control.image, "image_fg": black, "mask_image": mask}
    return {"image": _pair(control.image), "mask_image": None if mask is None else _pair(mask)}


def _pair(image: Frame) -> Mapping[str, Frame]:
    """Return a picture as gradio's editor gives it, with nothing drawn on it."""
    return {"image": image, "mask": np.zeros_like(image)}


def as_levels(mask: Mask) -> Frame:
    """Return a mask of 0 to 1 as a picture."""
    return np.repeat(np.rint(mask * 255.0).astype(np.uint8)[..., None], 3, axis=2)
