"""A stand-in for a WebUI's `modules` package that behaves as the real ones were seen to: pictures are cut to whole levels,
interrupted samplers give half-finished pictures, errors in script hooks are printed and swallowed, options are restored,
one lock guards the queue. Two kinds: AUTOMATIC1111 ("a1111") and Forge ("forge"), where names and fields are missing.

Models are chosen and loaded as in AUTOMATIC1111 1.10.1 and Forge: an option is set at once, whoever holds the lock; what is to
be loaded follows from the options (Forge: from what its `main_entry` last read from them), and is looked at when a job
begins and once more before its picture; `override_settings` put back what was there when the job began.
"""

from __future__ import annotations

import dataclasses
import sys
import threading
import types
from contextlib import contextmanager

import numpy as np
from PIL import Image


class NansException(Exception):
    pass


class State:
    def __init__(self):
        self.begun = []
        self.begin("")
        self.begun.clear()

    def begin(self, job="(unknown)"):
        self.job, self.job_count, self.job_no = job, -1, 0
        self.skipped = self.interrupted = self.stopping_generation = False
        self.textinfo = None
        self.begun.append(job)

    def end(self):
        self.job, self.job_count = "", 0

    def nextjob(self):
        self.job_no += 1


class Options:
    def __init__(self, **data):
        self.data = dict(data)
        self.data_labels = dict.fromkeys(data)
        self.seen = []
        self.onchange = {}

    def set(self, key, value, is_api=False, run_callbacks=True):
        if key not in self.data_labels or self.data.get(key) == value:
            return False
        self.data[key] = value
        if run_callbacks and key in self.onchange:
            self.onchange[key]()
        return True


class Script:
    args_from = args_to = 0
    alwayson = False
    filename = "script.py"

    def title(self):
        raise NotImplementedError

    def postprocess_batch(self, p, *args, **kwargs):
        pass

    def process(self, p, *args):
        pass

    def before_process_batch(self, p, *args, **kwargs):
        pass

    def postprocess(self, p, processed, *args):
        pass


class ScriptRunner:
    def __init__(self):
        self.alwayson_scripts, self.selectable_scripts, self.inputs, self.callback_map = [], [], [None], {}

    def setup_scrips(self, p, *, is_ui=True):
        p.built_in_sections_ran = is_ui

    def call(self, name, p, *first, **kwargs):
        count, scripts = self.callback_map.get(name, (-1, None))
        if count != len(self.alwayson_scripts):
            scripts = list(self.alwayson_scripts)
            self.callback_map[name] = len(scripts), scripts
        for script in scripts:
            try:
                getattr(script, name)(p, *first, *p.script_args[script.args_from : script.args_to], **kwargs)
            except Exception as error:
                print(f"Error running {name}: {script.filename}: {error}", file=sys.stderr)


class Tensor:
    """As much of a torch tensor as the hooks use."""

    def __init__(self, values):
        self.values = values

    def add_(self, amount):
        self.values += amount
        return self


class Sigmas(list):
    """As much of a tensor of noise levels as exact strength uses."""

    def tolist(self):
        return list(self)

    def new_tensor(self, values):
        return Sigmas(np.float32(value) for value in values)


class KDiffusionSampler:
    """The hosts' sampler that runs noise levels; `discards` the last level but one. Its own are the model's, at even steps."""

    def __init__(self, table, discards=False):
        self.model_wrap, self.discards = types.SimpleNamespace(sigmas=Sigmas(table)), discards

    def get_sigmas(self, p, steps):
        steps += self.discards
        if p.sampler_noise_scheduler_override:
            sigmas = p.sampler_noise_scheduler_override(steps)
        else:
            table = self.model_wrap.sigmas
            sigmas = Sigmas([*(table[round(at)] for at in np.linspace(len(table) - 1, 0, steps)), 0.0])
        return Sigmas([*sigmas[:-2], sigmas[-1]]) if self.discards else sigmas


class TimestepsSampler:
    """The hosts' sampler that counts training steps."""


class Processed:
    def __init__(self, job, images):
        self.images, self.seed, self.index_of_first_image = images, job.seed, 0
        self.infotexts = ["info"] * len(images)


def _base(kind):
    fields = [
        ("sd_model", object, None),
        ("prompt", str, ""),
        ("negative_prompt", str, ""),
        ("seed", int, -1),
        ("subseed", int, -1),
        ("subseed_strength", float, 0),
        ("sampler_name", str, None),
        ("batch_size", int, 1),
        ("n_iter", int, 1),
        ("steps", int, 50),
        ("cfg_scale", float, 7.0),
        ("width", int, 512),
        ("height", int, 512),
        ("restore_faces", bool, None),
        ("tiling", bool, None),
        ("do_not_save_samples", bool, False),
        ("do_not_save_grid", bool, False),
        ("override_settings", dict, None),
        ("override_settings_restore_afterwards", bool, True),
        ("scheduler", str, None),
    ]
    if kind == "a1111":
        fields += [("seed_resize_from_h", int, -1), ("seed_resize_from_w", int, -1)]
    else:
        fields += [("distilled_cfg_scale", float, 3.5)]
    return fields


def _img2img(kind):
    fields = [
        ("init_images", list, None),
        ("resize_mode", int, 0),
        ("denoising_strength", float, 0.75),
        ("mask", object, None),
        ("mask_blur_x", int, 4),
        ("mask_blur_y", int, 4),
        ("inpainting_fill", int, 0),
        ("inpaint_full_res", bool, True),
        ("image_cfg_scale", float, None),
    ]
    return fields + ([("initial_noise_multiplier", float, None)] if kind == "a1111" else [])


def _job_class(name, fields):
    def script_args(self, value):
        self._script_args = value
        if self.scripts is not None and value and not getattr(self, "_set_up", False):
            self._set_up = True
            self.scripts.setup_scrips(self, is_ui=not self.is_api)
            if self.built_in_sections_ran:
                self.seed, self.sampler_name = 111, "Euler"  # what the page's own widgets hold

    specs = [(key, kind, dataclasses.field(default=default)) for key, kind, default in fields]
    cls = dataclasses.make_dataclass(name, specs)
    cls.scripts, cls.is_api, cls._script_args, cls.sampler_noise_scheduler_override = None, False, (), None
    cls.script_args = property(lambda self: self._script_args, script_args)
    cls.close = lambda self: setattr(self, "closed", True)
    return cls


MODEL = ("sd_model_checkpoint", "sd_vae", "forge_additional_modules", "forge_unet_storage_dtype")


class Checkpoint:
    """What a host knows of a file: `title` is "folder/name.safetensors [hash]"."""

    def __init__(self, title):
        self.title, self.name = title, title.partition(" [")[0]
        self.shorthash = title.partition(" [")[2].rstrip("]") or None
        self.sha256 = f"{self.shorthash}{'0' * 54}" if self.shorthash else None
        self.name_for_extra = self.name.rpartition("/")[2].rpartition(".")[0]
        self.filename = f"/models/{self.name}"


class Loras:
    """The LoRAs that there are, as it is now."""

    def __init__(self, host):
        self._host = host

    def get(self, name):
        return types.SimpleNamespace(shorthash="0123456789ab") if name in self._host.loras else None

    def __iter__(self):
        return iter(self._host.loras)


class Aliases:
    """What checkpoints are known by, as it is now."""

    def __init__(self, host):
        self._host = host

    def get(self, name):
        return self._host.aliases.get(name)


class Model:
    """shared.sd_model: one object for each load, as where architectures differ."""

    def __init__(self, checkpoint):
        self.sd_checkpoint_info, self.sd_model_hash = checkpoint, checkpoint.shorthash


class Host:
    """One stand-in WebUI; `jobs` are the processing objects it was given, `paint(job)` may be replaced. `now` is its clock,
    in seconds: loading a checkpoint takes `loading_s`, painting `painting_s`; `loaded` is the one that is loaded.

    `painted_by` has what was loaded while each picture was painted; `moments` are called when it comes to them: "loading",
    "sampling" and "painted", each a list of functions that are called once, in their order.
    """

    def __init__(self, kind):
        self.now, self.loading_s, self.painting_s = 0.0, 0.0, 0.0
        self.painted_by, self.moments, self.people = [], {"loading": [], "sampling": [], "painted": []}, []
        self.freed = 0
        self.loras = ["zen", "ink wash"]
        texts = {"photo": ("photo of {prompt}, 4k", "drawing"), "-- other.csv --": (None, None), "<b>bold</b>": ("bold", "")}
        self.styles = {
            name: types.SimpleNamespace(name=name, prompt=prompt, negative_prompt=negative)
            for name, (prompt, negative) in texts.items()
        }
        self.kind, self.jobs, self.paint = kind, [], self._paint
        self.sizes = lambda width, height: (width, height)  # how the host rounds them
        self.sigmas = np.exp(np.linspace(np.log(0.03), np.log(14.6), 1000))  # of the model's training steps
        self.made, self.run = [], []  # names of samplers, and the levels that img2img ran, picture by picture
        self.state = State()
        self.opts = Options(
            img2img_fix_steps=True,
            img2img_color_correction=True,
            img2img_extra_noise=0.2,
            return_mask=True,
            return_mask_composite=True,
            save_init_img=True,
            sd_model_checkpoint="model.safetensors [abc]",
            CLIP_stop_at_last_layers=1,
            sd_vae="Automatic",
            eta_ddim=0.0,
            eta_ancestral=1.0,
            initial_noise_multiplier=1.0,
        )
        if kind == "forge":
            del self.opts.data["save_init_img"], self.opts.data_labels["save_init_img"]
            for key, value in (("forge_additional_modules", []), ("forge_unet_storage_dtype", "Automatic")):
                self.opts.data[key] = value
                self.opts.data_labels[key] = None
        else:
            self.opts.onchange["sd_model_checkpoint"] = self.queued(self.reload_checkpoint)
            self.opts.onchange["sd_vae"] = self.queued(self.reload_vae)
        self.module_list = {name: f"/models/VAE/{name}" for name in ("ae.safetensors", "t5.safetensors")}
        self.checkpoints = {title: Checkpoint(title) for title in ("model.safetensors [abc]", "anime/other.ckpt [def]")}
        self.loaded = self.opts.data["sd_model_checkpoint"]
        self.loaded_vae, self.model, self.reload_now = None, Model(self.checkpoints[self.loaded]), False
        self.to_load, self.forge_hash = {}, ""
        self.lock = threading.Lock()
        if kind == "forge":
            self.refresh()
            self.load()

    # -- models ---------------------------------------------------------------------------------------------------------

    @property
    def aliases(self):
        return {alias: one for one in self.checkpoints.values() for alias in (one.title, one.name, one.name_for_extra)}

    def rename(self, title, other):
        """The file of this title has other content now."""
        del self.checkpoints[title]
        self.checkpoints[other] = Checkpoint(other)

    def queued(self, work):
        def wait_and_work():
            with self.lock:
                work()

        return wait_and_work

    def choose(self, key, value):
        """Somebody chooses it on the host's page: the option is set now, what follows from it waits for its turn."""

        def person():
            if self.opts.set(key, value) and self.kind == "forge":
                self.refresh()

        self.people.append(threading.Thread(target=person, daemon=True))
        self.people[-1].start()
        while self.people[-1].is_alive() and (self.opts.data[key] != value or self.kind == "forge"):
            self.people[-1].join(0.01)

    def everybody_is_served(self):
        for person in self.people:
            person.join(10)
            assert not person.is_alive()

    def their_picture(self):
        """What somebody's picture is painted with when nothing is done but to press Generate."""
        job = _job_class("Txt2Img", _base(self.kind))()
        job.scripts, job.seed, job.width, job.height = ScriptRunner(), 1, 64, 48
        with self.lock:
            self.process_images(job)
        self.jobs.pop()
        return self.painted_by.pop()

    def refresh(self):
        """Forge's main_entry: what is to be loaded follows from the options as they are now."""
        known = self.aliases.get(self.opts.data["sd_model_checkpoint"]) or next(iter(self.checkpoints.values()))
        data = self.opts.data
        modules, dtype = list(data["forge_additional_modules"]), data["forge_unet_storage_dtype"]
        self.to_load = {"checkpoint_info": known, "additional_modules": modules, "unet_storage_dtype": dtype}

    def load(self):
        """What each kind does before a picture."""
        if self.kind == "a1111":
            self.reload_checkpoint()
        elif self.forge_hash != str(sorted((key, str(value)) for key, value in self.to_load.items())):
            self.forge_hash = str(sorted((key, str(value)) for key, value in self.to_load.items()))
            self.now += self.loading_s if self.loaded != self.to_load["checkpoint_info"].title else 0.0
            self.loaded, self.model = self.to_load["checkpoint_info"].title, Model(self.to_load["checkpoint_info"])
            self.loaded_parts = tuple(self.to_load["additional_modules"]), self.to_load["unet_storage_dtype"]
            self._came_to("loading")
        elif self.loaded != self.to_load["checkpoint_info"].title:  # a test put another there
            self.loaded = self.to_load["checkpoint_info"].title
            self.now += self.loading_s

    def reload_checkpoint(self):
        chosen = self.aliases.get(self.opts.data["sd_model_checkpoint"]) or next(iter(self.checkpoints.values()))
        if self.loaded != chosen.title:
            self.now += self.loading_s
            self.loaded, self.model = chosen.title, Model(chosen)
            self.opts.data["sd_model_checkpoint"] = chosen.title  # by its full name, whatever it was chosen by
            self.loaded_vae = self._vae_of_options()
            self._came_to("loading")

    def reload_vae(self):
        self.loaded_vae = self._vae_of_options()

    def _vae_of_options(self):
        chosen = self.opts.data["sd_vae"]
        return None if chosen in ("Automatic", "None") else chosen

    def _came_to(self, moment):
        if self.moments[moment]:
            self.moments[moment].pop(0)()

    def what_is_loaded(self):
        if self.kind == "a1111":
            return self.loaded, self.loaded_vae
        return self.loaded, *self.loaded_parts

    def _paint(self, job):
        rng = np.random.default_rng([job.seed, abs(hash(job.prompt)) % 1000])
        picture = rng.random((job.height, job.width, 3)) * 0.5 + 0.25
        if getattr(job, "init_images", None):
            init = np.asarray(job.init_images[0], np.float64) / 255.0
            picture = init * (1 - job.denoising_strength) + picture * job.denoising_strength
        return picture

    def process_images(self, job):
        if not self.lock.locked():
            raise AssertionError("the queue's lock is not held")
        self.jobs.append(job)
        overrides = job.override_settings or {}
        stored = {key: self.opts.data[key] for key in overrides if key in self.opts.data}
        try:
            self._override(overrides)
            self.opts.seen.append(dict(self.opts.data))
            self.load()
            used = self.model
            job.width, job.height = self.sizes(job.width, job.height)
            job.scripts.call("process", job)
            if self.state.stopping_generation or self.state.interrupted:
                return Processed(job, [])
            self.load()  # a job can change its model on the way
            job.scripts.call("before_process_batch", job, batch_number=0, prompts=[], seeds=[], subseeds=[])
            if used is not self.model and self.kind == "forge":
                raise RuntimeError("Tensor on device meta is not on the expected device cuda:0!")
            self._came_to("sampling")
            self._run_levels(job)
            if self.reload_now:  # somebody's own way to have it loaded, which asks for no lock
                self.reload_now = False
                self.load()
            picture = Tensor(self.paint(job))
            self.painted_by.append(self.what_is_loaded())
            self._came_to("painted")
            self.now += self.painting_s
            self.state.nextjob()
            job.scripts.call("postprocess_batch", job, images=picture)
            cut = (255.0 * np.clip(picture.values, 0, 1.0 + 1 / 255)).astype(np.uint8)  # not rounded: as the hosts do
            processed = Processed(job, [Image.fromarray(cut)])
            job.scripts.call("postprocess", job, processed)
            return processed
        finally:
            if job.override_settings_restore_afterwards:
                self._override(stored, load=False)

    def create_sampler(self, name, model):
        self.made.append(name)
        return TimestepsSampler() if name == "DDIM" else KDiffusionSampler(self.sigmas, discards=name == "Special")

    def _run_levels(self, job):
        """What img2img does: it begins at one of the levels of all steps."""
        job.sampler = self.create_sampler(job.sampler_name, job.sd_model)
        if not getattr(job, "init_images", None) or isinstance(job.sampler, TimestepsSampler):
            return
        encoded = int(min(job.denoising_strength, 0.999) * job.steps)
        self.run.append(list(job.sampler.get_sigmas(job, job.steps))[job.steps - encoded - 1 :])

    def _override(self, options, load=True):
        for key, value in options.items():
            self.opts.set(key, value, is_api=True, run_callbacks=False)
            if self.kind == "a1111" and key == "sd_model_checkpoint" and load:
                self.reload_checkpoint()
            elif self.kind == "a1111" and key == "sd_vae":
                self.reload_vae()
        if self.kind == "forge" and options.keys() & {*MODEL[:3]}:
            self.refresh()

    def free(self):
        self.freed += 1

    def modules(self):
        """The stand-in's modules by name."""
        txt2img, img2img = ScriptRunner(), ScriptRunner()

        def module(name, **values):
            made = types.ModuleType(f"modules.{name}" if name else "modules")
            for key, value in values.items():
                setattr(made, key, value)
            return made

        named = types.SimpleNamespace
        parts = {
            "processing": module(
                "processing",
                StableDiffusionProcessingTxt2Img=_job_class("Txt2Img", _base(self.kind)),
                StableDiffusionProcessingImg2Img=_job_class("Img2Img", _base(self.kind) + _img2img(self.kind)),
                process_images=self.process_images,
                program_version=lambda: "v1.10.1",
            ),
            "shared": _shared(
                self, opts=self.opts, state=self.state, cmd_opts=named(), prompt_styles=named(styles=self.styles)
            ),
            "scripts": module("scripts", Script=Script, scripts_txt2img=txt2img, scripts_img2img=img2img),
            "call_queue": module("call_queue", queue_lock=self.lock),
            "sd_samplers": module(
                "sd_samplers",
                all_samplers=[named(name=n) for n in ("Euler a", "Euler", "DPM++ 2M", "DDIM", "Special")],
                create_sampler=self.create_sampler,
            ),
            "sd_samplers_kdiffusion": module("sd_samplers_kdiffusion", KDiffusionSampler=KDiffusionSampler),
            "sd_samplers_timesteps": module("sd_samplers_timesteps", samplers_data_timesteps=[named(name="DDIM")]),
            "sd_models": module(
                "sd_models", checkpoints_list=self.checkpoints, checkpoint_aliases=Aliases(self), reload_model_weights=self.load
            ),
            "sd_vae": module("sd_vae", vae_dict={"fine.vae.pt": "/models/fine.vae.pt", "soft.safetensors": "/models/soft"}),
            "devices": module("devices", torch_gc=self.free, NansException=NansException),
            "sd_schedulers": module(
                "sd_schedulers", schedulers=[named(label=n) for n in ("Automatic", "Uniform", "Karras", "Turbo")]
            ),
        }
        networks = types.ModuleType("networks")  # of the built-in extension for LoRAs
        networks.available_networks = Loras(self)
        ours = {f"modules.{name}": part for name, part in parts.items()}
        return {"modules": module("", **parts), **ours, "networks": networks, **self._forge_modules(parts)}

    def _forge_modules(self, parts):
        if self.kind != "forge":
            parts["sd_vae"].reload_vae_weights = self.reload_vae
            return {}
        host = self
        parts["sd_models"].model_data = type("Data", (), {"forge_loading_parameters": property(lambda _: host.to_load)})()
        entry = types.ModuleType("modules_forge.main_entry")
        entry.refresh_model_loading_parameters, entry.module_list = self.refresh, self.module_list
        forge = types.ModuleType("modules_forge")
        forge.main_entry = entry
        return {"modules_forge": forge, "modules_forge.main_entry": entry}


def _shared(host, **values):
    """modules.shared, whose model is what is loaded now."""

    class Shared(types.ModuleType):
        sd_model = property(lambda _: host.model)

    made = Shared("modules.shared")
    made.__dict__.update(values)
    return made


@contextmanager
def webui(kind="a1111"):
    """A stand-in WebUI around this process."""
    host = Host(kind)
    made = host.modules()
    before = {name: sys.modules.get(name) for name in made}
    sys.modules.update(made)
    try:
        yield host
    finally:
        for name, module in before.items():
            if module is None:
                sys.modules.pop(name, None)
            else:
                sys.modules[name] = module


@contextmanager
def failing_at(host, n, words="power"):
    """The host raises at its n-th picture, counted from 1."""
    good = host.paint

    def paint(job):
        if len(host.jobs) == n:
            raise RuntimeError(words)
        return good(job)

    host.paint = paint
    yield
    host.paint = good
