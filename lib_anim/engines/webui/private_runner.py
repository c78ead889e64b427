"""The scripts that run with a film's pictures: a copy of a tab's script runner with the allowed ones and, last, our own."""

from __future__ import annotations

import copy
import importlib
import sys
from collections.abc import Callable, Collection
from types import ModuleType
from typing import Any

from lib_anim.engines.webui import script_values
from lib_anim.engines.webui.model_facts import latent_pixel

_ENCODING = 0x9E3779B9  # makes the noise for encoding a picture differ from the noise for painting it


def private_runner(
    scripts: ModuleType, tab: str, allowed: Collection[str], size: tuple[int, int], *hooks: Callable[[], None]
) -> Any:
    """Return a copy of the tab's script runner with the scripts of the `allowed` titles and our own, which calls `hooks`.

    `size` is that of the requested picture.
    """
    runner = copy.copy(getattr(scripts, f"scripts_{tab}"))
    kept = [script for script in getattr(runner, "alwayson_scripts", []) if script_values.title(script) in allowed]
    runner.alwayson_scripts = [*kept, _own_script(scripts, size, *hooks)]
    runner.selectable_scripts = []
    runner.callback_map = {}  # the copy would share this cache, whose keys are numbers of scripts
    return runner


def default_args(runner: Any) -> list[object]:
    """Return the initial values of the widgets of all scripts in one list, of which each script takes a slice."""
    values = [getattr(widget, "value", None) for widget in getattr(runner, "inputs", None) or [None]]
    return [0, *values[1:]]


def painted_size(job: Any) -> tuple[int, int]:
    """Return the size that a job is painted in: hosts round its sides for some models, and latents have whole pixels."""
    step = latent_pixel()
    return job.width // step * step, job.height // step * step


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


def _own_script(scripts: ModuleType, size: tuple[int, int], begins: Callable[[], None], *loaded: Callable[[], None]) -> Any:
    """Return our script as a subclass of the host's Script class."""
    return type("Anim", (_Script, scripts.Script), {"size": size, "begins": staticmethod(begins), "loaded": loaded})()


def _seed_encoding(seed: int) -> None:
    """Seed torch's default generator for encoding a picture: hosts use the state that the previous job left."""
    torch = sys.modules.get("torch")
    if torch is not None:
        torch.manual_seed((int(seed) ^ _ENCODING) % 2**32)
