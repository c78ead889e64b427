"""The engine that is the WebUI around us, over a stand-in of two kinds."""

import dataclasses
import sys
import types

import numpy as np
import pytest

from lib_anim.engines.base import Palette, SampleRequest, Style, sample_or_retry
from lib_anim.engines.webui import script_values
from lib_anim.engines.webui.engine import WebuiEngine, inside, palette, require_model
from lib_anim.engines.webui.job_fields import joined, listed
from lib_anim.errors import Disturbed, EngineError, ModelError, OutOfMemory
from lib_anim.images.test_card import test_card as card
from lib_anim.settings.samplers import resolve
from lib_anim.shot.reel import Reel, render
from lib_anim.shot.steps import Tools
from tests.helpers import shot
from tests.webui_host import NansException, Script

SIZE = (64, 48)


def asked(**changes):
    base = SampleRequest(
        0, SIZE, (("a cat", 1.0),), (("bad", 1.0),), seed=3, steps=25, cfg_scale=6.5, sampler="DPM++ 2M", scheduler="Karras"
    )
    return dataclasses.replace(base, **changes)


def test_it_knows_when_it_is_inside(host):
    assert inside()


def test_outside_it_is_not():
    assert not inside()


def test_a_request_becomes_the_hosts_own_job(host):
    WebuiEngine().sample(asked())
    job = host.jobs[0]
    assert type(job).__name__ == "Txt2Img"
    assert (job.prompt, job.negative_prompt, job.seed, job.steps, job.cfg_scale) == ("a cat", "bad", 3, 25, 6.5)
    assert (job.sampler_name, job.scheduler, job.width, job.height) == ("DPM++ 2M", "Karras", 64, 48)
    assert (job.batch_size, job.n_iter, job.do_not_save_samples, job.do_not_save_grid) == (1, 1, True, True)
    assert job.closed


def test_built_in_sections_do_not_overwrite_the_seed(host):
    WebuiEngine().sample(asked())
    assert host.jobs[0].is_api
    assert not host.jobs[0].built_in_sections_ran
    assert (host.jobs[0].seed, host.jobs[0].sampler_name) == (3, "DPM++ 2M")


def test_a_picture_is_painted_over_whole_and_unmasked(host):
    init = card(SIZE)
    sampled = WebuiEngine().sample(asked(init=init, denoise=0.4, overrides={"initial_noise_multiplier": 1.05}))
    job = host.jobs[0]
    assert type(job).__name__ == "Img2Img"
    assert np.array_equal(np.asarray(job.init_images[0]), init)
    assert (job.denoising_strength, job.resize_mode, job.mask) == (0.4, 0, None)
    assert getattr(job, "initial_noise_multiplier", 1.05) == 1.05
    assert sampled.frame.shape == init.shape


def test_a_mask_keeps_the_whole_picture_in_view(host):
    mask = np.zeros((48, 64), np.float32)
    mask[:, 32:] = 0.7
    WebuiEngine().sample(asked(init=card(SIZE), denoise=0.4, mask=mask))
    job = host.jobs[0]
    assert (job.inpaint_full_res, job.inpainting_fill, job.mask_blur_x) == (False, 1, 0)
    assert np.asarray(job.mask)[0, [0, 63]].tolist() == [0, 255]


def test_a_host_whose_jobs_have_one_blur_for_masks_blurs_none(host):
    processing = sys.modules["modules.processing"]
    fields = [
        field for field in dataclasses.fields(processing.StableDiffusionProcessingImg2Img) if "mask_blur" not in field.name
    ]
    specs = [(one.name, one.type, dataclasses.field(default=one.default)) for one in fields] + [("mask_blur", int, 4)]
    theirs = dataclasses.make_dataclass("Img2Img", specs, bases=(processing.StableDiffusionProcessingTxt2Img,))
    processing.StableDiffusionProcessingImg2Img = theirs
    WebuiEngine().sample(asked(init=card(SIZE), denoise=0.4, mask=np.ones((48, 64), np.float32)))
    assert host.jobs[0].mask_blur == 0


def test_options_that_would_change_the_loop_are_set_and_restored(host):
    before = dict(host.opts.data)
    WebuiEngine().sample(asked(overrides={"CLIP_stop_at_last_layers": 2, "tiling": True}))
    during = host.opts.seen[0]
    assert during["img2img_fix_steps"] is False
    assert during["img2img_color_correction"] is False
    assert during["img2img_extra_noise"] == 0.0
    assert during["CLIP_stop_at_last_layers"] == 2
    assert host.opts.data == before
    assert host.jobs[0].tiling is True
    assert set(host.jobs[0].override_settings) <= set(host.opts.data)  # only what the host knows


def test_options_are_restored_after_an_error_too(host):
    before = dict(host.opts.data)
    host.paint = lambda job: 1 / 0
    with pytest.raises(EngineError, match="ZeroDivisionError"):
        WebuiEngine().sample(asked())
    assert host.opts.data == before
    assert not host.lock.locked()


def test_the_checkpoint_of_the_beginning_stays(host):
    engine = WebuiEngine()
    host.opts.data["sd_model_checkpoint"] = "another.safetensors"
    engine.sample(asked())
    assert host.opts.seen[0]["sd_model_checkpoint"] == "model.safetensors [abc]"
    assert host.opts.data["sd_model_checkpoint"] == "another.safetensors"


def test_cutting_to_levels_is_made_up_for(host):
    """A picture that goes round unchanged stays as bright as it was; cut each time it would lose half a level."""
    host.paint = lambda job: np.asarray(job.init_images[0], np.float64) / 255.0 - 1e-9
    engine, picture = WebuiEngine(), card(SIZE)
    for _ in range(30):
        picture = engine.sample(asked(init=picture, denoise=0.5)).frame
    assert np.array_equal(picture, card(SIZE))


def test_white_stays_white(host):
    host.paint = lambda job: np.ones((48, 64, 3))
    assert (WebuiEngine().sample(asked()).frame == 255).all()


def test_jobs_in_between_do_not_change_the_noise_that_pictures_are_encoded_with(host, monkeypatch):
    noise = np.random.RandomState(1)  # in place of torch's generator, which hosts seed for painting
    monkeypatch.setitem(sys.modules, "torch", types.SimpleNamespace(manual_seed=noise.seed))
    drawn = []

    def paint(job):
        drawn.append(noise.randn(4).tolist())
        noise.seed(job.seed)
        return np.full((48, 64, 3), 0.5) if noise.randn(4).tolist() != drawn[-1] else np.zeros((48, 64, 3))

    host.paint, engine = paint, WebuiEngine()
    for seed in (3, 4):
        engine.sample(asked(seed=seed, init=card(SIZE), denoise=0.4))
    noise.seed(99)  # somebody's job
    engine.sample(asked(seed=4, init=card(SIZE), denoise=0.4))
    assert drawn[2] == drawn[1] != drawn[0]


def test_denoise_0_does_not_bother_the_host(host):
    init = card(SIZE)
    assert WebuiEngine().sample(asked(init=init, denoise=0.0)).frame is init
    assert not host.jobs
    assert not host.state.begun


def test_an_interrupted_picture_is_begun_again(host):
    real, hits = host.paint, []

    def paint(job):
        if len(hits) < 2:
            hits.append(job)
            host.state.interrupted = True
        return real(job)

    host.paint = paint
    [sampled] = sample_or_retry(WebuiEngine(), [asked()])
    assert len(host.jobs) == 3
    assert sampled.notes == {"begun_again": 2}


def test_an_interrupted_picture_is_nobodys(host):
    def paint(job):
        host.state.interrupted = True
        return np.zeros((48, 64, 3))

    host.paint = paint
    with pytest.raises(Disturbed, match="the WebUI interrupted the picture"):
        WebuiEngine().sample(asked())
    assert len(host.jobs) == 1


def test_flags_from_before_our_turn_do_not_count(host):
    host.state.interrupted = host.state.stopping_generation = True
    assert WebuiEngine().sample(asked()).frame.any()


def test_the_lock_is_given_back_between_pictures(host):
    engine = WebuiEngine()
    for _ in range(3):
        engine.sample(asked())
        assert not host.lock.locked()
    assert host.state.begun == ["anim"] * 3
    assert host.state.job == ""


OURS, THEIRS = "model.safetensors [abc]", "anime/other.ckpt [def]"


@pytest.mark.parametrize(
    ("others", "loading_s", "painting_s", "polite", "turns"),
    [
        (OURS, 3.0, 1.0, True, [1] * 25 + [0]),  # nothing to load: a picture, and the others' turn
        (THEIRS, 3.0, 1.0, True, [1, 12, 12, 0]),  # 3 s of loading, then 12 s of painting
        (THEIRS, 3.0, 5.0, True, [1, *[3] * 8, 0]),
        (THEIRS, 3.0, 20.0, True, [1] * 25 + [0]),  # painting takes longer than loading anyway
        (THEIRS, 0.3, 0.1, True, [1] * 25 + [0]),  # as good as nothing
        (OURS, 3.0, 1.0, False, [25]),  # the film keeps the WebUI to itself
    ],
)
def test_a_turn_is_as_long_as_loading_our_checkpoint_wants(host, monkeypatch, others, loading_s, painting_s, polite, turns):
    monkeypatch.setattr("lib_anim.engines.webui.queue_turns.monotonic", lambda: host.now)
    host.loading_s, host.painting_s = loading_s, painting_s
    engine, lengths = WebuiEngine(polite=polite), [0]
    for _ in range(25):
        engine.sample(asked())
        lengths[-1] += 1
        if not host.lock.locked():  # somebody who waits paints with a checkpoint of theirs
            host.loaded = others
            lengths.append(0)
    assert lengths == turns
    engine.rest()
    assert not host.lock.locked()


def test_a_film_that_changes_checkpoints_itself_lets_others_in_too(host, monkeypatch):
    monkeypatch.setattr("lib_anim.engines.webui.queue_turns.monotonic", lambda: host.now)
    host.loading_s, host.painting_s = 3.0, 1.0
    engine, free = WebuiEngine(), []
    for k in range(12):
        engine.sample(asked(overrides={"sd_model_checkpoint": (OURS, THEIRS)[k % 2]}))
        free.append(not host.lock.locked())
    assert free == [True, False, False, False, True, False, False, False, True, False, False, False]


@pytest.mark.parametrize("error", [ValueError("odd"), NansException("x"), RuntimeError("CUDA out of memory.")])
def test_whatever_fails_the_others_get_the_webui_back(host, error):
    def paint(job):
        raise error

    host.paint = paint
    with pytest.raises(EngineError):
        WebuiEngine(polite=False).sample(asked())
    assert not host.lock.locked()


def test_what_the_host_does_not_use_is_freed(host):
    WebuiEngine().free()
    assert host.freed == 1


class Detailer(Script):
    args_from, args_to = 1, 3

    def __init__(self, ran, name="ADetailer"):
        self.ran, self.name = ran, name

    def title(self):
        if not self.name:
            raise RuntimeError
        return self.name

    def process(self, p, *args):
        self.ran.append(args)


@pytest.fixture
def ran(host, monkeypatch):
    """The arguments with which scripts were run; there are ADetailer, Noisy, and one that cannot say its name."""
    monkeypatch.setattr(script_values, "_last", {})
    ran = []
    for tab in ("txt2img", "img2img"):
        runner = getattr(sys.modules["modules.scripts"], f"scripts_{tab}")
        runner.alwayson_scripts = [Detailer(ran), Detailer(ran, "Noisy"), Detailer(ran, "")]
        widgets = (("Enable", f"script_{tab}_on", True), ("Confidence", None, 0.4))
        runner.inputs = [None, *(types.SimpleNamespace(label=name, elem_id=id, value=value) for name, id, value in widgets)]
    return ran


def test_other_scripts_are_kept_out_unless_let_through(host, ran):
    runner = sys.modules["modules.scripts"].scripts_txt2img

    def remarks(engine):
        return {script.name: script.remark for script in engine.capabilities.scripts}

    WebuiEngine().sample(asked())
    assert ran == []
    engine = WebuiEngine(let_through=["adetailer"])
    engine.sample(asked())
    assert ran == [(True, 0.4)]
    assert remarks(engine) == {"ADetailer": script_values.AT_START.format(name="ADetailer"), "Noisy": ""}
    theirs = sys.modules["modules.processing"].StableDiffusionProcessingImg2Img()
    theirs.scripts, theirs._script_args = runner, [0, False, 0.9]
    script_values.remember(theirs)
    engine.sample(asked())
    assert ran == [(True, 0.4), (False, 0.9)]  # as somebody last set it in img2img
    assert remarks(engine)["ADetailer"] == script_values.ACTS.format(name="ADetailer")
    assert len(runner.alwayson_scripts) == 3  # the host's own runner is as it was
    assert runner.callback_map == {}


def test_scripts_of_a_host(host, ran):
    scripts = WebuiEngine(let_through=["ADETAILER "]).capabilities.scripts
    assert [(one.name, one.allowed, one.arguments) for one in scripts] == [
        ("ADetailer", True, (("Enable", "script_img2img_on"), ("Confidence", ""))),
        ("Noisy", False, (("Enable", "script_img2img_on"), ("Confidence", ""))),
    ]
    for script in sys.modules["modules.scripts"].scripts_img2img.alwayson_scripts:
        script.args_from = script.args_to = None  # no page was built
    assert {one.arguments for one in WebuiEngine().capabilities.scripts} == {()}


@pytest.mark.parametrize(
    ("own", "given"),
    [
        ({"Confidence": 0.7}, (True, 0.7)),
        ({"script_img2img_on": False, "2": 0.1}, (False, 0.1)),  # in txt2img it has another id
        ({}, (True, 0.4)),
        ({"only in img2img": 3}, (True, 0.4)),
    ],
)
def test_a_films_own_arguments_go_before_what_was_last_set(host, ran, own, given):
    script_values._last["adetailer"] = (False, 0.9)
    WebuiEngine(let_through=["ADetailer"]).sample(asked(scripts={"ADetailer": own}))
    assert ran == [given]


def test_what_a_script_changes_in_its_arguments_is_gone_with_the_picture(host, ran):
    own = {"ADetailer": {"2": {"ad_model": "face"}}}
    sys.modules["modules.scripts"].scripts_txt2img.alwayson_scripts[0].process = lambda p, *args: ran.append(args[1].popitem())
    engine = WebuiEngine(let_through=["ADetailer"])
    for _ in range(2):
        engine.sample(asked(scripts=own))
    assert ran == [("ad_model", "face")] * 2


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        (NansException("A tensor with all NaNs"), EngineError, "gave no numbers: A tensor with all NaNs"),
        (RuntimeError("CUDA out of memory."), OutOfMemory, "start the WebUI with --medvram"),
        (type("OutOfMemoryError", (Exception,), {})("x"), OutOfMemory, "take a smaller W and H"),
        (ValueError("odd\nthing"), EngineError, "the WebUI could not paint: ValueError: odd thing"),
    ],
)
def test_the_hosts_errors_are_ours(host, error, kind, words):
    def paint(job):
        raise error

    host.paint = paint
    with pytest.raises(kind, match=words):
        WebuiEngine().sample(asked())
    assert host.state.job == ""


def test_black_is_no_picture(host):
    host.paint = lambda job: np.full((48, 64, 3), -0.5 / 255)
    with pytest.raises(EngineError, match="--no-half-vae"):
        WebuiEngine().sample(asked())


@pytest.mark.parametrize(
    ("flags", "vae", "memory"),
    [
        ({"fp32_vae": False, "novram": False}, "--fp32-vae", "--lowvram or --novram"),  # Forge Neo
        ({"vae_in_fp32": False, "always_low_vram": False}, "--vae-in-fp32", "--always-low-vram"),  # Forge
        (None, "--no-half-vae", "--medvram"),
    ],
)
def test_remedies_are_flags_that_the_host_starts_with(host, monkeypatch, flags, vae, memory):
    if flags is not None:
        args = types.ModuleType("backend.args")
        args.args = types.SimpleNamespace(**flags)
        monkeypatch.setitem(sys.modules, "backend", types.ModuleType("backend"))
        monkeypatch.setitem(sys.modules, "backend.args", args)
    host.paint = lambda job: np.full((48, 64, 3), -0.5 / 255)
    with pytest.raises(EngineError, match=f"start it with {vae}$"):
        WebuiEngine().sample(asked())

    def paint(job):
        raise RuntimeError("CUDA out of memory.")

    host.paint = paint
    with pytest.raises(OutOfMemory, match=f"start the WebUI with {memory} "):
        WebuiEngine().sample(asked())


def test_what_the_host_offers_now(host):
    found = WebuiEngine().capabilities
    assert "Special" in found.samplers
    assert found.schedulers == ("Automatic", "Uniform", "Karras", "Turbo")
    assert ("seed_resize_from_w" in found) == (host.kind == "a1111")
    assert "tiling" in found
    assert resolve("special", "turbo", found.samplers, found.schedulers) == ("Special", "Turbo")


def test_the_hosts_loras_and_styles(host):
    found = palette()
    assert found.loras == ("ink wash", "zen")
    assert found.styles == (Style("<b>bold</b>", "bold", ""), Style("photo", "photo of {prompt}, 4k", "drawing"))


def test_hosts_without_loras_and_styles(host):
    del sys.modules["networks"], sys.modules["modules.shared"].prompt_styles
    assert palette() == Palette()


def test_hosts_without_schedulers(host):
    del sys.modules["modules.sd_schedulers"]
    sys.modules["modules.sd_schedulers"] = None
    assert "Karras" in WebuiEngine().capabilities.schedulers


def test_no_checkpoint_is_said_before_anything_is_downloaded(host):
    require_model()
    sys.modules["modules.sd_models"].checkpoints_list.clear()
    with pytest.raises(ModelError, match="the WebUI has no checkpoint"):
        require_model()


def test_a_checkpoint_that_came_after_the_start_is_chosen(host, monkeypatch):
    """Forge loads what was chosen last, which is nothing when there was nothing to choose from."""
    chosen = []
    main_entry = types.ModuleType("modules_forge.main_entry")
    main_entry.refresh_model_loading_parameters = lambda: chosen.append(True)
    monkeypatch.setitem(sys.modules, "modules_forge", types.ModuleType("modules_forge"))
    monkeypatch.setitem(sys.modules, "modules_forge.main_entry", main_entry)
    for to_load, chooses in (({}, True), ({"checkpoint_info": None}, True), ({"checkpoint_info": "a model"}, False)):
        chosen.clear()
        sys.modules["modules.sd_models"].model_data = types.SimpleNamespace(forge_loading_parameters=to_load)
        require_model()
        assert bool(chosen) is chooses


def test_weighted_texts():
    assert joined((("a cat", 1.0),)) == "a cat"
    assert joined((("a cat", 0.25), ("a dog", 0.75))) == "a cat :0.2500 AND a dog :0.7500"
    assert listed((("bad", 0.5), ("", 0.5))) == "(bad:0.5000)"
    assert listed((("bad", 0.5), ("worse", 0.5))) == "(bad:0.5000), (worse:0.5000)"


def test_a_film_through_it(host):
    engine = WebuiEngine()
    film = shot(Tools(engine.capabilities), max_frames=5, diffusion_cadence=2, color_coherence="LAB", zoom="0:(1.02)")
    frames = list(render(Reel(film), engine))
    assert [frame.index for frame in frames] == [0, 1, 2, 3, 4]
    assert [type(job).__name__ for job in host.jobs] == ["Txt2Img", "Img2Img", "Img2Img"]
    assert [job.seed for job in host.jobs] == [7, 8, 9]
