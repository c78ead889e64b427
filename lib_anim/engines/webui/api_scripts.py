"""Always-on scripts of a WebUI over HTTP, by its own list of them (GET /sdapi/v1/script-info)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from lib_anim.engines.scripts import Script, ScriptArguments

Infos = Sequence[Mapping[str, Any]]


def known(infos: Infos) -> tuple[Script, ...]:
    """Return the always-on scripts of img2img."""
    return tuple(_script(info) for info in _of_tab(infos, img2img=True))


def arguments(infos: Infos, own: ScriptArguments, *, img2img: bool) -> dict[str, object]:
    """Return the field `alwayson_scripts` of a request: the film's values, `own`, in their places among the initial ones.

    Scripts and arguments that the tab lacks are left out.
    """
    found: dict[str, object] = {}
    for info in _of_tab(infos, img2img=img2img):
        script = _script(info)
        wanted = {at: value for argument, value in own.get(script.name, {}).items() for at in script.places(argument)}
        if script.name in own:
            initial = [one.get("value") for one in _arguments_of(info)][: max(wanted, default=-1) + 1]
            found[script.name] = {"args": [wanted.get(at, value) for at, value in enumerate(initial)]}
    return found


def with_units(own: Mapping[str, object], units: object) -> dict[str, object]:
    """Return the field `alwayson_scripts` with what it already has, a film's ControlNet units."""
    return {**own, **(units if isinstance(units, dict) else {})}


def _of_tab(infos: Infos, *, img2img: bool) -> Iterable[Mapping[str, Any]]:
    return (info for info in infos if info.get("is_alwayson") and bool(info.get("is_img2img")) == img2img)


def _script(info: Mapping[str, Any]) -> Script:
    return Script(str(info["name"]), tuple((str(one.get("label") or ""),) for one in _arguments_of(info)))


def _arguments_of(info: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    given = info.get("args")
    return [one for one in given if isinstance(one, dict)] if isinstance(given, list) else []
