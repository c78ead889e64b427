"""The engine `webui`: paints with the host WebUI in the same process: AUTOMATIC1111, reForge, Forge and Forge Neo.

Capabilities are detected by attributes of the host's modules, never by its version. Each picture is a job of the host, run
while this engine holds the lock of the host's queue; queue_turns.py decides for how long.
"""

from __future__ import annotations

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
from lib_anim.engines.webui import exact_strength, host_presets, host_scripts, model_facts
from lib_anim.engines.webui.controlnet_units import TITLE, UnitsOfPicture, lists_of_host, with_controlnet
from lib_anim.engines.webui.host_depth import host_network
from lib_anim.engines.webui.host_errors import black_picture, check_size, of_size, translated
from lib_anim.engines.webui.job_fields import (
    OPTIONAL_FIELDS,
    SCRIPTS,
    job_fields,
    options_of,
    over_a_picture,
    scheduled_words,
    vae_names,
)
from lib_anim.engines.webui.own_options import OwnOptions, chosen_model
from lib_anim.engines.webui.queue_turns import Turns
from lib_anim.errors import Disturbed, EngineError, ModelError
from lib_anim.images.frame import Frame, Mask
from lib_anim.models.depth import DepthNetwork
from lib_anim.settings.samplers import SAMPLERS, SCHEDULERS


def inside() -> bool:
    """Return whether this process is a WebUI."""
    return "modules.processing" in sys.modules or "modules.shared" in sys.modules


class WebuiEngine(Engine):
    """Paints with the host's processing. `let_through` names the always-on scripts (ADetailer, ControlNet) that may run;
    `polite` lets other jobs run between a film's pictures; `model` has the options that choose the film's model, by default
    the current ones."""

    name = "webui"

    def __init__(self, let_through: Iterable[str] = (), *, polite: bool = True, model: Mapping[str, object] | None = None):
        self._turns = Turns(_module("call_queue").queue_lock, polite=polite)
        self._let_through = frozenset(name.strip().lower() for name in let_through if name.strip())
        self._exact = exact_strength.ExactStrength()
        host_scripts.build()
        self._model = chosen_model() if model is None else dict(model)  # a copy: users can choose another while this waits

    @property
    def capabilities(self) -> Capabilities:
        """What the host supports now."""
        return capabilities(self._let_through)

    def paint(self, request: SampleRequest) -> Sampled:
        """Paint one picture. Raises Disturbed if somebody else interrupted it or loaded another model meanwhile."""
        units = UnitsOfPicture(request.controls)
        with self._turns.picture(), _own_state():
            frame, seed = self._painted(request, units)
        if frame is None:
            raise Disturbed("the WebUI interrupted the picture")
        return Sampled(frame, seed, {**self._exact.notes(request), **units.notes()})

    def record(self, texts: Iterable[str]) -> ModelRecord:
        """Return the record of the model and of the LoRAs that the prompts `texts` name."""
        return model_facts.record(self._model, texts)

    def options(self) -> Mapping[str, object]:
        """Return the host options that choose this film's model."""
        return self._model

    def activity(self) -> str:
        """Return what keeps the film from painting: another job in the host's queue, or its model, which is loaded again."""
        return self._turns.activity()

    def rest(self) -> None:
        """Release the lock of the host's queue, so that other jobs run."""
        self._turns.end()

    def free(self) -> None:
        """Free unused memory of the GPU."""
        gc.collect()
        collect = getattr(_module("devices"), "torch_gc", None)
        if collect:
            collect()

    def close(self) -> None:
        """Release the lock. The model stays loaded, since it belongs to the host."""
        self.rest()

    def _painted(self, request: SampleRequest, units: UnitsOfPicture) -> tuple[Frame | None, int]:
        """Return the picture, or None if it was interrupted or painted by another model, and its seed."""
        own = OwnOptions(options_of(request, _is_option, self._model))
        try:
            with own, translated(), closing(self._job(request, own, units)) as job:
                processed = _module("processing").process_images(job)
        except EngineError:
            if not own.touched:
                raise
        if own.touched:
            return None, request.seed
        check_size(host_scripts.painted_size(job), request.size)
        state = _module("shared").state
        images = list(getattr(processed, "images", None) or [])
        if state.interrupted or getattr(state, "skipped", False) or not images:
            return None, request.seed
        picture = images[getattr(processed, "index_of_first_image", 0)]
        frame = np.ascontiguousarray(np.asarray(picture.convert("RGB")))
        if not frame.any():
            raise black_picture()
        return of_size(frame, request.size), int(getattr(processed, "seed", request.seed))

    def _job(self, request: SampleRequest, own: OwnOptions, units: UnitsOfPicture) -> Any:
        """Return the host's processing object for a request; `own` is told when its model is loaded, `units` put in."""
        processing = _module("processing")
        kind = "Txt2Img" if request.init is None else "Img2Img"
        fields = job_fields(request) | {"override_settings": {}, "do_not_save_samples": True, "do_not_save_grid": True}
        if fields["distilled_cfg_scale"] is None:  # the host's default is the value for Flux
            fields["distilled_cfg_scale"] = host_presets.distilled_cfg(*_options_and_defaults())
        if request.init is not None:
            fields |= over_a_picture(request) | _pictures(request.init, request.mask)
        job = _construct(getattr(processing, f"StableDiffusionProcessing{kind}"), fields)
        hooks = (self._turns.loaded, own.model_is_loaded, lambda: self._exact.apply(job, request), units.look)
        allowed = self._let_through | ({TITLE} if request.controls else set())
        runner = host_scripts.runner_for(kind.lower(), allowed, request.size, *hooks)
        job.is_api = True  # else built-in scripts overwrite seed and sampler with values of their widgets
        job.scripts = runner
        job.script_args = units.put_in(host_scripts.arguments_for(runner, request.scripts), runner.alwayson_scripts[:-1])
        return job


def capabilities(let_through: Iterable[str] = ()) -> Capabilities:
    """Return what the host supports: its current lists, and the optional fields and options that it has.

    `let_through` names the always-on scripts that may act.
    """
    host_scripts.build()
    samplers = tuple(one.name for one in getattr(_module("sd_samplers"), "all_samplers", ())) or SAMPLERS
    try:
        schedulers = tuple(one.label for one in _module("sd_schedulers").schedulers)
    except (ImportError, AttributeError):
        schedulers = ()
    fields = _parameters(_module("processing").StableDiffusionProcessingTxt2Img)
    words = {word for word in OPTIONAL_FIELDS if word in fields}
    words |= scheduled_words(_is_option) | exact_strength.words() | {SCRIPTS}
    checkpoints = tuple(getattr(_module("sd_models"), "checkpoints_list", None) or ())
    vaes = vae_names(getattr(_module("sd_vae"), "vae_dict", ())) if "sd_vae" in words else ()
    stepwise = exact_strength.stepwise_samplers()
    scripts = host_scripts.known(let_through)
    step = model_facts.size_step(chosen_model(), host_presets.size_step(_options_and_defaults()[0]))
    found = Capabilities(
        samplers,
        schedulers or SCHEDULERS,
        frozenset(words),
        checkpoints,
        vaes,
        stepwise=stepwise,
        scripts=scripts,
        size_step=step,
    )
    return with_controlnet(found, lists_of_host(_module("scripts")))


def depth(name: str) -> DepthNetwork | None:
    """Return the depth annotator of the host's ControlNet that has a name, None without one."""
    host_scripts.build()
    return host_network(name, _module("scripts"), _module("call_queue").queue_lock)


def palette() -> Palette:
    """Return the LoRAs and styles that the host has now."""
    loras = getattr(sys.modules.get("networks"), "available_networks", None) or ()  # of the built-in Lora extension
    styles = getattr(getattr(_module("shared"), "prompt_styles", None), "styles", None) or {}
    styles = list(styles.items())  # copies, since another thread of the host may rebuild both
    return Palette.of(list(loras), [(name, one.prompt, one.negative_prompt) for name, one in styles])


def family() -> str:
    """Return the family of the chosen checkpoint, by the host's preset or the checkpoint's file. The host's model object is not
    used, since accessing it loads the model."""
    kind = host_presets.FAMILIES.get(host_presets.preset(_options_and_defaults()[0]))
    if kind:
        return kind
    try:
        title = str(chosen_model().get("sd_model_checkpoint", ""))
        known = _module("sd_models").checkpoints_list
        info = known.get(title) or next((one for name, one in known.items() if name.startswith(title)), None)
        return family_sizes.family(info.filename) if info else "sd1"
    except (ImportError, AttributeError):  # a host without a list of checkpoints
        return "sd1"


def require_model() -> None:
    """Raise ModelError if the host has no checkpoint at all, since it would download one."""
    models = _module("sd_models")
    if not getattr(models, "checkpoints_list", None):
        raise ModelError("the WebUI has no checkpoint; put one into its models/Stable-diffusion folder")
    # Forge stores what to load when it selects a model; a checkpoint that was added later is found by selecting again
    to_load = getattr(getattr(models, "model_data", None), "forge_loading_parameters", None)
    if to_load is not None and not to_load.get("checkpoint_info"):
        importlib.import_module("modules_forge.main_entry").refresh_model_loading_parameters()
    # a host that starts loads its model in a thread, and this access waits for it; a job would load the model a second time
    getattr(_module("shared"), "sd_model", None)


# -- access to the host -------------------------------------------------------------------------------------------------


def _module(name: str) -> ModuleType:
    return importlib.import_module(f"modules.{name}")


def _parameters(cls: type) -> Mapping[str, inspect.Parameter]:
    return inspect.signature(cls).parameters


def _construct(cls: type, fields: Mapping[str, object]) -> Any:
    """Return an instance of a host class, made with those of the fields that its constructor has."""
    known = _parameters(cls)
    return cls(**{key: value for key, value in fields.items() if key in known and value is not None})


def _options_and_defaults() -> tuple[Mapping[str, Any], Callable[[str], Any]]:
    """Return the host's set options, and a function: key -> value or default."""
    opts = _module("shared").opts
    data: Mapping[str, Any] = getattr(opts, "data", {})
    labels = getattr(opts, "data_labels", {})
    return data, lambda key: data[key] if key in data else getattr(labels.get(key), "default", None)


def preset_settings() -> dict[str, object]:
    """Return settings of the WebUI's preset, for models that the default settings do not suit."""
    return host_presets.settings(*_options_and_defaults())


def few_steps() -> bool:
    """Return whether the chosen model is made for few steps and CFG scale 1."""
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
    """A context in which the host's state shows one job."""
    state = _module("shared").state
    state.begin(job="anim")
    state.job_count = 1
    try:
        yield
    finally:
        state.end()
        _clear_bar()


def _clear_bar() -> None:
    """Clear the host's progress bar on the console, which counts the steps of a single job."""
    clear = getattr(getattr(_module("shared"), "total_tqdm", None), "clear", None)
    if clear:
        clear()
