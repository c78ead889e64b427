"""The painter that is the WebUI around us: AUTOMATIC1111, reForge, Forge and Forge Neo, in the same process.

What a host can do is asked, never its version. Every picture is one of the host's own jobs, done while we hold its queue's
lock; webui_turns.py says for how long.
"""

from __future__ import annotations

import copy
import gc
import importlib
import inspect
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from types import ModuleType
from typing import Any

import numpy as np

from lib_anim.engines.base import Capabilities, Engine, Palette, Sampled, SampleRequest
from lib_anim.engines.diffusers import family_sizes
from lib_anim.engines.record import ModelRecord
from lib_anim.engines.webui import host_presets, model_facts, script_values
from lib_anim.engines.webui.host_errors import black_picture, of_size, translated
from lib_anim.engines.webui.job_fields import (
    OPTIONAL_FIELDS,
    job_fields,
    options_of,
    over_a_picture,
    scheduled_words,
    vae_names,
)
from lib_anim.engines.webui.own_options import OwnOptions, chosen_model
from lib_anim.engines.webui.queue_turns import Turns
from lib_anim.errors import EngineError, Interrupted, ModelError
from lib_anim.images.frame import Frame, Mask
from lib_anim.settings.samplers import SAMPLERS, SCHEDULERS

PATIENCE = 3  # times that a picture which somebody else interrupted is begun again
_ENCODING = 0x9E3779B9  # sets the noise that encodes a picture apart from the one that it is painted with


def inside() -> bool:
    """Whether this process is a WebUI."""
    return "modules.processing" in sys.modules or "modules.shared" in sys.modules


class WebuiEngine(Engine):
    """Paints with the host's own processing. `let_through` names always-on scripts (ADetailer, ControlNet) that may act;
    `polite` lets other jobs in between the pictures of a film; `model` are the options that choose the film's, else those that
    are chosen now."""

    name = "webui"

    def __init__(self, let_through: Iterable[str] = (), *, polite: bool = True, model: Mapping[str, object] | None = None):
        self._turns = Turns(_module("call_queue").queue_lock, polite=polite)
        self._let_through = frozenset(name.strip().lower() for name in let_through if name.strip())
        self._model = chosen_model() if model is None else dict(model)  # others may choose another while we wait for our turn

    @property
    def capabilities(self) -> Capabilities:
        """What the host offers now."""
        return capabilities()

    def paint(self, request: SampleRequest) -> Sampled:
        """Paint one picture; begin again when somebody else's interrupt hit it, or a model that somebody had loaded."""
        for attempt in range(PATIENCE):
            with self._turns.picture(), _own_state():
                frame, seed = self._painted(request)
            if frame is not None:
                return Sampled(frame, seed, {"begun_again": attempt} if attempt else {})
            if not self.wanted():
                raise Interrupted("the WebUI interrupted the picture")
        raise Interrupted("the WebUI interrupted the picture again and again")

    def record(self, texts: Iterable[str]) -> ModelRecord:
        """What a film with these prompts is painted with."""
        return model_facts.record(self._model, texts)

    def options(self) -> Mapping[str, object]:
        """The options that choose this film's model."""
        return self._model

    def remarks(self, texts: Iterable[str]) -> list[str]:
        """Which scripts act on the film, and by whose values."""
        return script_values.remarks(sorted(self._let_through))

    def rest(self) -> None:
        """Let the others in."""
        self._turns.end()

    def free(self) -> None:
        """Give back what of the card's memory the host does not use."""
        gc.collect()
        collect = getattr(_module("devices"), "torch_gc", None)
        if collect:
            collect()

    def close(self) -> None:
        """Let the others in; the model is the host's."""
        self.rest()

    def _painted(self, request: SampleRequest) -> tuple[Frame | None, int]:
        """The host's picture, or None when it was interrupted on the way, or another model came into it."""
        own = OwnOptions(options_of(request, _is_option, self._model))
        try:
            with own, translated(), closing(self._job(request, own)) as job:
                processed = _module("processing").process_images(job)
        except EngineError:
            if not own.touched:
                raise
        if own.touched:
            return None, request.seed
        state = _module("shared").state
        images = list(getattr(processed, "images", None) or [])
        if state.interrupted or getattr(state, "skipped", False) or not images:
            return None, request.seed
        picture = images[getattr(processed, "index_of_first_image", 0)]
        frame = np.ascontiguousarray(np.asarray(picture.convert("RGB")))
        if not frame.any():
            raise black_picture()
        return of_size(frame, request.size), int(getattr(processed, "seed", request.seed))

    def _job(self, request: SampleRequest, own: OwnOptions) -> Any:
        """The host's processing object for a request, to be painted with options of our own."""
        processing = _module("processing")
        kind = "Txt2Img" if request.init is None else "Img2Img"
        fields = job_fields(request) | {"override_settings": {}, "do_not_save_samples": True, "do_not_save_grid": True}
        if fields["distilled_cfg_scale"] is None:  # hosts would take that of Flux for every model
            fields["distilled_cfg_scale"] = host_presets.distilled_cfg(*_options_and_defaults())
        if request.init is not None:
            fields |= over_a_picture(request) | _pictures(request.init, request.mask)
        job = _built(getattr(processing, f"StableDiffusionProcessing{kind}"), fields)
        runner = _private_runner(_module("scripts"), kind.lower(), self._let_through, self._turns.loaded, own.model_is_loaded)
        job.is_api = True  # else built-in sections overwrite seed and sampler from their own widgets
        job.scripts = runner
        job.script_args = script_values.put_in(_default_args(runner), runner.alwayson_scripts[:-1])  # the last is ours
        return job


def capabilities() -> Capabilities:
    """What the WebUI around us offers: its live lists, and the options of ours that it knows."""
    samplers = tuple(one.name for one in getattr(_module("sd_samplers"), "all_samplers", ())) or SAMPLERS
    try:
        schedulers = tuple(one.label for one in _module("sd_schedulers").schedulers)
    except (ImportError, AttributeError):
        schedulers = ()
    fields = _parameters(_module("processing").StableDiffusionProcessingTxt2Img)
    words = {word for word in OPTIONAL_FIELDS if word in fields}
    words |= scheduled_words(_is_option)
    checkpoints = tuple(getattr(_module("sd_models"), "checkpoints_list", None) or ())
    vaes = vae_names(getattr(_module("sd_vae"), "vae_dict", ())) if "sd_vae" in words else ()
    return Capabilities(samplers, schedulers or SCHEDULERS, frozenset(words), checkpoints, vaes)


def palette() -> Palette:
    """The LoRAs and styles of the WebUI around us, as it knows them now."""
    loras = getattr(sys.modules.get("networks"), "available_networks", None) or ()  # of the extension that comes with hosts
    styles = getattr(getattr(_module("shared"), "prompt_styles", None), "styles", None) or {}
    styles = list(styles.items())  # both lists at once: the host may be reading its folders anew
    return Palette.of(list(loras), [(name, one.prompt, one.negative_prompt) for name, one in styles])


def family() -> str:
    """The family of the checkpoint that is chosen, told by the host's preset or from its file: asking for the model would load
    it."""
    kind = host_presets.FAMILIES.get(host_presets.preset(_options_and_defaults()[0]))
    if kind:
        return kind
    try:
        title = str(chosen_model().get("sd_model_checkpoint", ""))
        known = _module("sd_models").checkpoints_list
        info = known.get(title) or next((one for name, one in known.items() if name.startswith(title)), None)
        return family_sizes.family(info.filename) if info else "sd1"
    except (ImportError, AttributeError):  # a host that keeps its checkpoints elsewhere
        return "sd1"


def require_model() -> None:
    """Raise ModelError when the host has no checkpoint at all, before it would download one."""
    models = _module("sd_models")
    if not getattr(models, "checkpoints_list", None):
        raise ModelError("the WebUI has no checkpoint; put one into its models/Stable-diffusion folder")
    # Forge keeps what to load from when it last chose; a checkpoint that was put there since is found by choosing again
    to_load = getattr(getattr(models, "model_data", None), "forge_loading_parameters", None)
    if to_load is not None and not to_load.get("checkpoint_info"):
        importlib.import_module("modules_forge.main_entry").refresh_model_loading_parameters()
    # a host that is just starting loads its model in a thread, and asking for the model waits for it; a job would load another
    getattr(_module("shared"), "sd_model", None)


# -- asking the host --------------------------------------------------------------------------------------------------


def _module(name: str) -> ModuleType:
    return importlib.import_module(f"modules.{name}")


def _parameters(cls: type) -> Mapping[str, inspect.Parameter]:
    return inspect.signature(cls).parameters


def _built(cls: type, fields: Mapping[str, object]) -> Any:
    """An object of the host's class from those of the fields that it has."""
    known = _parameters(cls)
    return cls(**{key: value for key, value in fields.items() if key in known and value is not None})


def _options_and_defaults() -> tuple[Mapping[str, Any], Callable[[str], Any]]:
    """The host's options, and what each says, also where nobody has set it."""
    opts = _module("shared").opts
    data: Mapping[str, Any] = getattr(opts, "data", {})
    labels = getattr(opts, "data_labels", {})
    return data, lambda key: data[key] if key in data else getattr(labels.get(key), "default", None)


def preset_settings() -> dict[str, object]:
    """Settings that the WebUI's preset has for films, where its model needs others than ours."""
    return host_presets.settings(*_options_and_defaults())


def few_steps() -> bool:
    """Whether the chosen model is made for few steps and CFG scale 1."""
    return host_presets.few_steps(*_options_and_defaults())


def _is_option(key: str) -> bool:
    opts = _module("shared").opts
    return key in getattr(opts, "data_labels", {}) or key in getattr(opts, "data", {})


def _pictures(init: Frame, mask: Mask | None) -> dict[str, object]:
    from PIL import Image

    pictures: dict[str, object] = {"init_images": [Image.fromarray(init)]}
    if mask is not None:
        hard = Image.fromarray((mask >= 0.5).astype(np.uint8) * 255)
        pictures |= {"mask": hard, "mask_blur": 0, "mask_blur_x": 0, "mask_blur_y": 0}
    return pictures


@contextmanager
def _own_state() -> Iterator[None]:
    """The host's state as one job of ours."""
    state = _module("shared").state
    state.begin(job="anim")
    state.job_count = 1
    try:
        yield
    finally:
        state.end()
        _clear_bar()


def _clear_bar() -> None:
    """The host's console bar counts one job's steps; ours are one after the other."""
    clear = getattr(getattr(_module("shared"), "total_tqdm", None), "clear", None)
    if clear:
        clear()


def _private_runner(scripts: ModuleType, tab: str, let_through: frozenset[str], *tell: Callable[[], None]) -> Any:
    """A copy of the tab's script runner with only the scripts that are let through, and our own."""
    runner = copy.copy(getattr(scripts, f"scripts_{tab}"))
    allowed = [script for script in getattr(runner, "alwayson_scripts", []) if script_values.title(script) in let_through]
    runner.alwayson_scripts = [*allowed, _own_script(scripts, *tell)]
    runner.selectable_scripts = []
    runner.callback_map = {}  # the copy shares the cache, which is keyed by how many scripts there are
    return runner


def _default_args(runner: Any) -> list[object]:
    """What the scripts' widgets hold at first, for all scripts, since each takes its slice of one long list."""
    values = [getattr(widget, "value", None) for widget in getattr(runner, "inputs", None) or [None]]
    return [0, *values[1:]]


class _Script:
    """A script that tells when a job begins and when nothing more is loaded for it, and makes up for what hosts do to a film:
    the noise that a picture is encoded with depends on the job before, and cutting to whole levels darkens by half a level."""

    filename = __file__
    args_from = args_to = 0
    alwayson = True
    begins: Callable[[], None]
    loaded: Callable[[], None]

    def title(self) -> str:
        return "Anim"

    def process(self, p: Any, *args: object) -> None:
        self.begins()
        forget = getattr(getattr(p, "sd_model", None), "clear_references", None)
        if forget:  # pictures that somebody gave an edit model, for jobs of theirs
            forget()
        _seed_encoding(p.seed)

    def before_process_batch(self, p: Any, *args: object, **kwargs: Any) -> None:
        self.loaded()  # hosts look once more for another model after `process`

    def postprocess_batch(self, p: Any, *args: object, **kwargs: Any) -> None:
        kwargs["images"].add_(0.5 / 255.0)


def _own_script(scripts: ModuleType, begins: Callable[[], None], loaded: Callable[[], None]) -> Any:
    """Our script, with all that the host's own class of scripts has besides."""
    script = type("Anim", (_Script, scripts.Script), {})()
    script.begins, script.loaded = begins, loaded
    return script


def _seed_encoding(seed: int) -> None:
    """Let a picture be encoded with the noise of its seed: hosts take what the last job left in torch's own generator."""
    torch = sys.modules.get("torch")
    if torch is not None:
        torch.manual_seed((int(seed) ^ _ENCODING) % 2**32)
