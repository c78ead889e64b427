"""Models made for few steps and CFG scale 1, as a Forge Neo's own options know them."""

import dataclasses
import sys
import types

import numpy as np
import pytest

from lib_anim.engines.base import SampleRequest
from lib_anim.engines.catalog import EngineSpec
from lib_anim.engines.diffusers import family_sizes
from lib_anim.engines.webui import options as host_options
from lib_anim.engines.webui.engine import WebuiEngine, family, few_steps
from lib_anim.errors import EngineError
from lib_anim.page import cautions
from lib_anim.page.forms import Form
from lib_anim.page.service import Service
from lib_anim.shot.steps import Tools
from tests.helpers import shot
from tests.webui_host import Model, webui

REQUEST = SampleRequest(0, (64, 48), seed=3, steps=4, sampler="Euler")
NUMBERS = {"i2i_step": 9, "i2i_cfg": 1.0, "i2i_sampler": "Euler", "i2i_scheduler": "Turbo", "i2i_width": 0, "i2i_height": 0}


@pytest.fixture
def host():
    with webui("forge") as host:
        yield host


def choose(host, preset, **numbers):
    host.opts.data["forge_preset"] = preset
    for key, value in {**NUMBERS, **numbers}.items():
        host.opts.data_labels[f"{preset}_{key}"] = types.SimpleNamespace(default=value)  # nobody set it yet


@pytest.mark.parametrize(
    ("preset", "numbers", "meant"),
    [
        ("zit", {}, {"steps": 9, "cfg_scale_schedule": "0: (1)", "sampler": "Euler", "scheduler": "Turbo"}),
        ("klein", {"i2i_step": 4}, {"steps": 4, "strength_steps": "exact"}),
        (
            "lumina",
            {"i2i_cfg": 4.5, "i2i_step": 32, "i2i_width": 1152},
            {"cfg_scale_schedule": "0: (4.5)", "steps": 32, "W": 1152, "strength_steps": None},
        ),
        ("sd", {"i2i_cfg": 6.0}, {}),
        ("xl", {"i2i_cfg": 4.5}, {}),
    ],
)
def test_films_of_the_tab_have_the_hosts_own_numbers(host, preset, numbers, meant):
    choose(host, preset, **numbers)
    said = host_options.defaults()
    assert {key: said.get(key) for key in meant} == meant
    assert bool(said) == bool(meant)


def test_a_host_without_presets_has_nothing_to_say(host):
    assert host_options.defaults() == {}
    assert not few_steps()


def test_the_page_takes_them_and_what_is_typed_goes_before_them(host, tmp_path):
    choose(host, "zit")
    service = Service(tmp_path, EngineSpec("webui"), defaults=host_options.defaults)
    seen = service.validate(Form({}, {"prompts": {"0": "a cat"}}))
    assert (seen["values"]["steps"], seen["values"]["cfg_scale_schedule"]) == (9, "0: (1)")
    assert not [one for one in seen["cautions"] if one["text"] == cautions.FEW_STEPS]
    assert service.validate(Form({}, {"prompts": {"0": "a cat"}, "steps": 4}))["values"]["steps"] == 4
    service.close()


@pytest.mark.parametrize(
    ("content", "way"),
    [
        (None, "exact"),  # a new film
        ('{"prompts": {"0": "a cat"}, "anim_version": "0.1.0"}', "webui"),
        ('{"prompts": {"0": "a cat"}, "anim_version": "0.1.0", "strength_steps": "exact"}', "exact"),
        ('{"prompts": {"0": "a cat"}}', "webui"),  # Deforum's
    ],
)
def test_exact_strength_is_the_default_of_new_films_alone(host, tmp_path, content, way):
    choose(host, "zit")
    service = Service(tmp_path, EngineSpec("webui"), defaults=host_options.defaults)
    seen = service.load(content.encode(), "film.json") if content else service.validate(Form({}, {"prompts": {"0": "a cat"}}))
    assert seen["values"]["strength_steps"] == way
    service.close()


@pytest.mark.parametrize(
    ("own", "preset", "sent"),
    [
        ({}, {"i2i_dcfg": 9.0}, 9.0),  # the host's shift
        ({}, {}, 3.5),  # as the host has it by itself
        ({"distilled_cfg_scale_schedule": "0:(4)"}, {"i2i_dcfg": 9.0}, 4.0),
    ],
)
def test_a_distilled_cfg_scale_is_sent_where_the_film_or_the_host_has_one(host, own, preset, sent):
    choose(host, "zit", **preset)
    engine = WebuiEngine()
    film = shot(Tools(engine.capabilities), max_frames=1, **own)
    (step,) = [one for one in film.steps.ask if "option_schedules" in one.__module__] or [None]
    request = REQUEST if step is None else step(REQUEST, None, film.plan[0])
    assert ("distilled_cfg_scale" in request.overrides) == bool(own)
    engine.sample(request)
    assert host.jobs[0].distilled_cfg_scale == sent


@pytest.mark.parametrize(
    ("few", "settings", "said"),
    [
        (True, {"cfg_scale_schedule": 1, "prompts": {"0": "a cat"}}, []),
        (True, {"cfg_scale_schedule": 1, "prompts": {"0": "a cat --neg fur"}}, [cautions.UNHEARD]),
        (True, {"cfg_scale_schedule": "0:(1), 5:(7)", "prompts": {"0": "a cat"}}, [cautions.MADE_FOR_1]),
        (
            False,
            {"cfg_scale_schedule": 7, "steps": 6, "strength_schedule": 0.65, "prompts": {"0": "a cat"}},
            [cautions.FEW_STEPS],
        ),
        (True, {"cfg_scale_schedule": 1, "steps": 6, "prompts": {"0": "a cat"}}, []),
    ],
)
def test_what_is_said_before_such_a_film(few, settings, said):
    film = shot(max_frames=6, sampler="Euler", **settings)
    assert [one["text"] for one in cautions.cautions(film, few_steps=few)] == said


@pytest.mark.parametrize(("preset", "sizes"), [("klein", "large"), ("wan", "wan"), ("xl", "sdxl"), ("sd", "sd1")])
def test_sizes_by_the_preset(host, preset, sizes):
    choose(host, preset)
    assert family() == sizes


class Sd3(Model):
    """A model whose host rounds sides down to multiples of 16, as AUTOMATIC1111's SD3 does."""

    def fix_dimensions(self, width, height):
        return width // 16 * 16, height // 16 * 16


def step_of_sizes():
    return WebuiEngine().capabilities.size_step


def test_sizes_by_the_factor_of_the_chosen_model(host):
    assert step_of_sizes() == 8
    choose(host, "klein")
    assert step_of_sizes() == 16
    choose(host, "zit")
    assert step_of_sizes() == 8


def test_sizes_by_the_factor_of_the_loaded_model(host, monkeypatch):
    data = sys.modules["modules.sd_models"].model_data
    data.sd_model = Model(host.checkpoints[host.loaded])
    monkeypatch.setattr(sys.modules["modules.processing"], "opt_f", 16, raising=False)
    assert step_of_sizes() == 16
    host.opts.data["sd_model_checkpoint"] = "anime/other.ckpt [def]"  # which is not loaded, so its factor is not known
    assert step_of_sizes() == 8
    monkeypatch.setattr(sys.modules["modules.processing"], "opt_f", 8)
    data.sd_model = Sd3(host.checkpoints["anime/other.ckpt [def]"])
    assert step_of_sizes() == 16


@pytest.mark.parametrize("over", [False, True])
def test_a_size_that_the_host_is_about_to_change_is_told_before_it_paints(host, monkeypatch, over):
    request = dataclasses.replace(REQUEST, size=(72, 48), init=np.zeros((48, 72, 3), np.uint8) if over else None, denoise=0.5)
    painted = []
    monkeypatch.setattr(sys.modules["modules.processing"], "opt_f", 16, raising=False)
    host.paint = painted.append
    with pytest.raises(EngineError, match=r"the WebUI paints 64x48 in place of 72x48.*; set W to 64 and H to 48"):
        WebuiEngine().sample(request)
    assert painted == []
    monkeypatch.setattr(sys.modules["modules.processing"], "opt_f", 8)
    host.sizes = lambda width, height: (128, 64)  # as some Forges round
    with pytest.raises(EngineError, match="set W to 128 and H to 64"):
        WebuiEngine().sample(request)
    assert painted == []


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (b"double_blocks.0.img_attn", "large"),
        (b"transformer_blocks.0.img_mlp.w", "large"),
        (b"blocks.0.cross_attn.norm_k.weight", "wan"),
        (b"input_blocks.0 label_emb.0", "sdxl"),
        (b"input_blocks.0", "sd1"),
    ],
)
def test_packed_files_are_told_by_the_names_in_them(tmp_path, names, told):
    file = tmp_path / "model.gguf"
    file.write_bytes(b"GGUF" + bytes(40) + names + bytes(100))
    assert family_sizes.family(file) == told


def test_a_size_that_the_host_changes_is_told_with_what_it_paints(host):
    host.paint = lambda job: np.full((32, 64, 3), 0.5)
    with pytest.raises(EngineError, match=r"the WebUI paints 64x32 in place of 64x48.*; set W to 64 and H to 32"):
        WebuiEngine().sample(REQUEST)


def test_an_assertion_without_words_gets_some(host):
    def silent(job):
        raise AssertionError

    host.paint = silent
    with pytest.raises(EngineError, match="Wan I2V and PiD"):
        WebuiEngine().sample(REQUEST)


def test_edit_models_hold_on_to_no_picture(host):
    forgotten = []
    for key, value in (("klein_no_reference", False), ("klein_do_reference", True)):
        host.opts.data[key] = value
    host.model.clear_references = lambda: forgotten.append(True)
    job_class = sys.modules["modules.processing"].StableDiffusionProcessingTxt2Img
    job_class.sd_model = property(lambda self: host.model, lambda self, value: None)
    WebuiEngine().sample(dataclasses.replace(REQUEST))
    seen = host.opts.seen[0]
    assert (seen["klein_no_reference"], seen["klein_do_reference"]) == (True, False)
    assert (host.opts.data["klein_no_reference"], host.opts.data["klein_do_reference"]) == (False, True)
    assert forgotten == [True]
