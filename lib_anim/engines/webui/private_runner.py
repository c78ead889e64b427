"""The scripts that run with a film's pictures: a copy of a tab's script runner with the allowed ones and, last, our own."""

from __future__ import annotations

import copy
import sys
from collections.abc import Callable, Collection
from types import ModuleType
from typing import Any

from lib_anim.engines.webui import script_values

_ENCODING = 0x9E3779B9  # makes the noise for encoding a picture differ from the noise for painting it


def private_runner(scripts: ModuleType, tab: str, allowed: Collection[str], *hooks: Callable[[], None]) -> Any:
    """Return a copy of the tab's script runner with the scripts of the `allowed` titles and our own, which calls `hooks`."""
    runner = copy.copy(getattr(scripts, f"scripts_{tab}"))
    kept = [script for script in getattr(runner, "alwayson_scripts", []) if script_values.title(script) in allowed]
    runner.alwayson_scripts = [*kept, _own_script(scripts, *hooks)]
    runner.selectable_scripts = []
    runner.callback_map = {}  # the copy would share this cache, whose keys are numbers of scripts
    return runner


def default_args(runner: Any) -> list[object]:
    """Return the initial values of the widgets of all scripts in one list, of which each script takes a slice."""
    values = [getattr(widget, "value", None) for widget in getattr(runner, "inputs", None) or [None]]
    return [0, *values[1:]]


class _Script:
    """A script that calls `begins` when a job begins, and all `loaded` when nothing more is loaded for it. It also corrects two
    effects of hosts: noise for encoding depends on the previous job, and truncation to levels darkens by half a level."""

    filename = __file__
    args_from = args_to = 0
    alwayson = True
    begins: Callable[[], None]
    loaded: tuple[Callable[[], None], ...]

    def title(self) -> str:
        return "Anim"

    def process(self, p: Any, *args: object) -> None:
        self.begins()
        forget = getattr(getattr(p, "sd_model", None), "clear_references", None)
        if forget:  # reference pictures that a user gave an edit model
            forget()
        _seed_encoding(p.seed)

    def before_process_batch(self, p: Any, *args: object, **kwargs: Any) -> None:
        for hook in self.loaded:  # hosts can change the model once more after `process`
            hook()

    def postprocess_batch(self, p: Any, *args: object, **kwargs: Any) -> None:
        kwargs["images"].add_(0.5 / 255.0)


def _own_script(scripts: ModuleType, begins: Callable[[], None], *loaded: Callable[[], None]) -> Any:
    """Return our script as a subclass of the host's Script class."""
    return type("Anim", (_Script, scripts.Script), {"begins": staticmethod(begins), "loaded": loaded})()


def _seed_encoding(seed: int) -> None:
    """Seed torch's default generator for encoding a picture: hosts use the state that the previous job left."""
    torch = sys.modules.get("torch")
    if torch is not None:
        torch.manual_seed((int(seed) ^ _ENCODING) % 2**32)
