"""ControlNet units in a WebUI over HTTP: what it has, the fields of a job with units, and whether they guided its picture."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property

import numpy as np

from lib_anim.engines.base import Control
from lib_anim.engines.webui.controlnet_units import TITLE, ControlNetLists, as_levels, padded, unguided, unit_fields
from lib_anim.errors import EngineError
from lib_anim.images.frame import Frame

_USUAL_UNITS = 3  # of a WebUI that does not say how many it has
_DARKEST = 5  # level; the Forges take a picture below it for an empty canvas


class ApiControlNet:
    """The ControlNet of a WebUI. `get(path)` returns the JSON at a path, and raises EngineError if the WebUI has none there;
    `as_text(picture)` is the text that it is sent as."""

    def __init__(self, get: Callable[[str], object], as_text: Callable[[Frame], str]):
        self._get, self._as_text = get, as_text
        self._last: tuple[Frame, str] | None = None  # a picture that guides all frames is made a text once
        self._seen: set[tuple[tuple[str, str], ...]] = set()  # (model, pre-processor) of units that were seen to guide

    @cached_property
    def lists(self) -> ControlNetLists | None:
        """What it has; None without a ControlNet."""
        models, modules = (_list(self._ask(f"/controlnet/{name}"), name) for name in ("model_list", "module_list"))
        return ControlNetLists.read(models, modules, self._count()) if models else None

    def arguments(self, controls: Sequence[Control]) -> dict[str, object]:
        """Return its units as an entry of a job's `alwayson_scripts`, none without units."""
        if not controls or self.lists is None:
            return {}
        units = [self._unit(control, maps=_kinds(controls) not in self._seen) for control in controls]
        return {TITLE: {"args": padded(units, self.lists.units)}}

    def options(self, controls: Sequence[Control]) -> Mapping[str, object]:
        """Return the options with which an answer has the maps of its units, if they are to be looked for."""
        return {"control_net_no_detectmap": False} if controls and _kinds(controls) not in self._seen else {}

    def notes(self, images: object, controls: Sequence[Control]) -> Mapping[str, object]:
        """Return a note for the journal if units did not guide a picture. Raises EngineError if they were required.

        The maps of all units follow the first picture that they guide; later ones are taken to be guided too.
        """
        if not controls or _kinds(controls) in self._seen:
            return {}
        masks = 0 if self._is_extension else sum(control.mask is not None for control in controls)  # maps of their own
        acting = len(images) - 1 - masks if isinstance(images, list) else 0
        found = unguided(acting, controls)
        if not found:
            self._seen.add(_kinds(controls))
        return found

    @cached_property
    def _is_extension(self) -> bool:
        """Whether it is AUTOMATIC1111's extension: the ControlNet of the Forges does not tell its version."""
        return self._ask("/controlnet/version") is not None

    def _count(self) -> int:
        """Return the number of units: that of the script's arguments, of the extension's settings, or the usual one."""
        scripts = self._ask("/sdapi/v1/script-info")
        for one in scripts if isinstance(scripts, list) else ():
            if isinstance(one, dict) and str(one.get("name")).lower() == TITLE and one.get("is_img2img"):
                return len(one.get("args") or ()) or _USUAL_UNITS
        told = self._ask("/controlnet/settings")
        count = told.get("control_net_unit_count") if isinstance(told, dict) else None
        return count if isinstance(count, int) and count > 0 else _USUAL_UNITS

    def _ask(self, path: str) -> object:
        """Return the JSON at a path, None if the WebUI has none there."""
        try:
            return self._get(path)
        except EngineError:
            return None

    def _unit(self, control: Control, *, maps: bool) -> Mapping[str, object]:
        fields = {**unit_fields(control, self.lists.modules if self.lists else ()), "save_detected_map": maps}
        image, mask = control.image, None if control.mask is None else self._as_text(as_levels(control.mask))
        if self._is_extension:
            return {**fields, "image": self._text(image), "effective_region_mask": mask}
        return {**fields, "image": self._text(image), "mask_image": mask}

    def _text(self, image: Frame) -> str:
        """Return a picture as text; a black one that the Forges see."""
        if self._last is None or self._last[0] is not image:
            self._last = image, self._as_text(np.ascontiguousarray(image if self._is_extension else _not_black(image)))
        return self._last[1]


def _not_black(image: Frame) -> Frame:
    """Return a picture that is not taken for an empty canvas."""
    if image.max() >= _DARKEST:
        return image
    seen = image.copy()
    seen[0, 0] = _DARKEST
    return seen


def _kinds(controls: Sequence[Control]) -> tuple[tuple[str, str], ...]:
    return tuple((control.model, control.module) for control in controls)


def _list(told: object, name: str) -> list[object]:
    found = told.get(name) if isinstance(told, dict) else None
    return found if isinstance(found, list) else []
