"""Always-on scripts in jobs of the host WebUI: those of other extensions that may act, and one of our own after them."""

from __future__ import annotations

import copy
import importlib
import sys
from collections.abc import Callable, Iterable
from typing import Any

from lib_anim.engines.scripts import Script, ScriptArguments
from lib_anim.engines.webui import script_values
from lib_anim.engines.webui.model_facts import latent_pixel

_ENCODING = 0x9E3779B9  # makes the noise for encoding a picture differ from the noise for painting it


def build() -> None:
    """Build the host's scripts if it has no page: with --nowebui it builds them for its own jobs over HTTP alone."""
    options = getattr(importlib.import_module("modules.shared"), "cmd_opts", None)
    if getattr(options, "nowebui", False) and not getattr(_runner("img2img"), "scripts", None):
        importlib.import_module("modules.ui").create_ui()


def known(let_through: Iterable[str]) -> tuple[Script, ...]:
    """Return the host's always-on scripts of img2img. Those that `let_through` names act, the others may not."""
    allowed = {name.strip().lower() for name in let_through}
    runner = _runner("img2img")
    return tuple(
        Script(name, _arguments(script, runner), name.lower() in allowed, _remark(name, name.lower() in allowed))
        for script in getattr(runner, "alwayson_scripts", None) or ()
        if (name := script_values.name(script))
    )


def runner_for(tab: str, let_through: frozenset[str], size: tuple[int, int], *hooks: Callable[[], None]) -> Any:
    """Return a copy of the tab's script runner with the allowed scripts and, last, our own, which calls `hooks`.

    `size` is that of the requested picture.
    """
    runner = copy.copy(_runner(tab))
    allowed = [one for one in getattr(runner, "alwayson_scripts", []) if script_values.name(one).lower() in let_through]
    runner.alwayson_scripts = [*allowed, _own_script(size, *hooks)]
    runner.selectable_scripts = []
    runner.callback_map = {}  # the copy would share this cache, whose keys are numbers of scripts
    return runner


def arguments_for(runner: Any, own: ScriptArguments) -> list[object]:
    """Return the arguments of all scripts of a runner in one list, of which each script takes a slice.

    A script that the film sets has the widgets' initial values, and those of the film, `own`, in their places; the others have
    the values that users last set.
    """
    values = [0, *(getattr(widget, "value", None) for widget in (getattr(runner, "inputs", None) or [None])[1:])]
    others = runner.alwayson_scripts[:-1]  # the last is ours
    found = script_values.put_in(values, [script for script in others if script_values.name(script) not in own])
    for script in others:
        for argument, value in own.get(script_values.name(script), {}).items():
            for at in Script("", _arguments(script, runner)).places(argument):
                found[script.args_from + at] = copy.deepcopy(value)  # a script may change it
    return found


def painted_size(job: Any) -> tuple[int, int]:
    """Return the size that a job is painted in: hosts round its sides for some models, and latents have whole pixels."""
    step = latent_pixel()
    return job.width // step * step, job.height // step * step


def _remark(name: str, allowed: bool) -> str:
    return script_values.remark(name) if allowed else ""


def _arguments(script: Any, runner: Any) -> tuple[tuple[str, ...], ...]:
    """Return the names of a script's arguments, with element ids of img2img; none if the host has not built its widgets."""
    widgets = (getattr(runner, "inputs", None) or [])[script.args_from or 0 : script.args_to or 0]
    names = ((str(getattr(one, "label", None) or ""), str(getattr(one, "elem_id", None) or "")) for one in widgets)
    return tuple((label, elem_id.replace("txt2img", "img2img")) for label, elem_id in names)


def _runner(tab: str) -> Any:
    return getattr(importlib.import_module("modules.scripts"), f"scripts_{tab}", None)


class _Script:
    """A script that calls `begins` when a job begins, and all `loaded` when nothing more is loaded for it.

    It ends a job whose picture would have another size than `size`. It also corrects two effects of hosts: noise for encoding
    depends on the previous job, and truncation to levels darkens by half a level.
    """

    filename = __file__
    args_from = args_to = 0
    alwayson = True
    size: tuple[int, int]
    begins: Callable[[], None]
    loaded: tuple[Callable[[], None], ...]

    def title(self) -> str:
        return "Anim"

    def process(self, p: Any, *args: object) -> None:
        self.begins()
        if painted_size(p) != self.size:
            importlib.import_module("modules.shared").state.interrupted = True  # the job ends before it is painted
        forget = getattr(getattr(p, "sd_model", None), "clear_references", None)
        if forget:  # reference pictures that a user gave an edit model
            forget()
        _seed_encoding(p.seed)

    def before_process_batch(self, p: Any, *args: object, **kwargs: Any) -> None:
        for hook in self.loaded:  # hosts can change the model once more after `process`
            hook()

    def postprocess_batch(self, p: Any, *args: object, **kwargs: Any) -> None:
        kwargs["images"].add_(0.5 / 255.0)


def _own_script(size: tuple[int, int], begins: Callable[[], None], *loaded: Callable[[], None]) -> Any:
    """Return our script as a subclass of the host's Script class."""
    base = importlib.import_module("modules.scripts").Script
    return type("Anim", (_Script, base), {"size": size, "begins": staticmethod(begins), "loaded": loaded})()


def _seed_encoding(seed: int) -> None:
    """Seed torch's default generator for encoding a picture: hosts use the state that the previous job left."""
    torch = sys.modules.get("torch")
    if torch is not None:
        torch.manual_seed((int(seed) ^ _ENCODING) % 2**32)
