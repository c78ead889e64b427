"""Always-on scripts of the host WebUI: what they are called, and their arguments for a picture of a film."""

from __future__ import annotations

import copy
import importlib
from collections.abc import Iterable, Sequence
from typing import Any

from lib_anim.engines.scripts import Script, ScriptArguments
from lib_anim.engines.webui import script_values
from lib_anim.engines.webui.private_runner import default_args


def known(let_through: Iterable[str]) -> tuple[Script, ...]:
    """Return the host's always-on scripts of img2img. Those that `let_through` names act, the others may not."""
    allowed = {name.strip().lower() for name in let_through}
    runner = _runner("img2img")
    return tuple(
        Script(name, _arguments(script, runner), name.lower() in allowed, _remark(name, name.lower() in allowed))
        for script in getattr(runner, "alwayson_scripts", None) or ()
        if (name := script_values.name(script))
    )


def arguments_for(runner: Any, others: Sequence[Any], own: ScriptArguments) -> list[object]:
    """Return the arguments of all scripts of a runner in one list, of which each script takes a slice; `others` are the host's.

    A script that the film sets has the widgets' initial values, and those of the film, `own`, in their places; the others have
    the values that users last set.
    """
    found = script_values.put_in(default_args(runner), [script for script in others if script_values.name(script) not in own])
    for script in others:
        for argument, value in own.get(script_values.name(script), {}).items():
            for at in Script("", _arguments(script, runner)).places(argument):
                found[script.args_from + at] = copy.deepcopy(value)  # a script may change it
    return found


def _remark(name: str, allowed: bool) -> str:
    return script_values.remark(name) if allowed else ""


def _arguments(script: Any, runner: Any) -> tuple[tuple[str, ...], ...]:
    """Return the names of a script's arguments, with element ids of img2img; none if the host has not built its widgets."""
    widgets = (getattr(runner, "inputs", None) or [])[script.args_from or 0 : script.args_to or 0]
    names = ((str(getattr(one, "label", None) or ""), str(getattr(one, "elem_id", None) or "")) for one in widgets)
    return tuple((label, elem_id.replace("txt2img", "img2img")) for label, elem_id in names)


def _runner(tab: str) -> Any:
    return getattr(importlib.import_module("modules.scripts"), f"scripts_{tab}", None)
