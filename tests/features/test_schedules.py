"""Everything that a schedule can change, in one table, and what is said of those that an engine cannot honour."""

import json

import numpy as np
import pytest

from lib_anim.cli import main
from lib_anim.engines.base import Capabilities
from lib_anim.engines.diffusers.engine import CAPABILITIES as DIFFUSERS
from lib_anim.engines.preview import Passthrough, Preview
from lib_anim.engines.webui.api import WebuiApiEngine
from lib_anim.engines.webui.engine import WebuiEngine
from lib_anim.engines.webui.job_fields import SCHEDULED, scheduled_words
from lib_anim.errors import SettingsError
from lib_anim.features.request.option_schedules import OPTIONS
from lib_anim.images.test_card import test_card as card
from lib_anim.plan.plan import make_plan
from lib_anim.settings.settings import dumps, parse
from lib_anim.settings.table import FIELDS
from lib_anim.shot.reel import Reel, render
from lib_anim.shot.steps import Tools
from tests.helpers import Painter, noisy, problems_of, settings, shot
from tests.webui_host import webui as webui_around
from tests.webui_server import webui_server

EVERYTHING = Tools(
    Capabilities(
        words=frozenset(option.name for option in OPTIONS),
        checkpoints=("model.safetensors [abc]", "Anime/other.ckpt [def]"),
        vaes=("Automatic", "None", "fine.vae.pt"),
    )
)


def requests(tools=EVERYTHING, painter=noisy, **changes):
    engine = Painter(painter)
    list(render(Reel(shot(tools, **changes)), engine))
    return engine.requests


def option(name):
    return lambda request: request.overrides[name]


def field(name):
    return lambda request: getattr(request, name)


# the schedule, its value at frame 0 and at frame 4, what switches it on, where the engine finds it, and what it finds
IN_THE_REQUEST = [
    ("steps_schedule", "10", "30.9", "enable_steps_scheduling", field("steps"), 10, 30),
    ("cfg_scale_schedule", "3", "9.5", None, field("cfg_scale"), 3.0, 9.5),
    ("sampler_schedule", '"ddim"', '"Euler"', "enable_sampler_scheduling", field("sampler"), "DDIM", "Euler"),
    ("scheduler_schedule", '"Beta"', '"karras"', "enable_scheduler_scheduling", field("scheduler"), "Beta", "Karras"),
    (
        *("checkpoint_schedule", '"model"', '"other.ckpt"', "enable_checkpoint_scheduling"),
        *(option("sd_model_checkpoint"), "model.safetensors [abc]", "Anime/other.ckpt [def]"),
    ),
    ("vae_schedule", '"automatic"', '"fine.vae"', "enable_vae_scheduling", option("sd_vae"), "Automatic", "fine.vae.pt"),
    ("clipskip_schedule", "1", "3.7", "enable_clipskip_scheduling", option("CLIP_stop_at_last_layers"), 1, 3),
    (
        *("noise_multiplier_schedule", "1.1", "0.9", "enable_noise_multiplier_scheduling"),
        *(option("initial_noise_multiplier"), 1.1, 0.9),
    ),
    ("ddim_eta_schedule", "0.5", "7", "enable_ddim_eta_scheduling", option("eta_ddim"), 0.5, 1.0),
    ("ancestral_eta_schedule", "1", "0.25", "enable_ancestral_eta_scheduling", option("eta_ancestral"), 1.0, 0.25),
    ("distilled_cfg_scale_schedule", "3.5", "2", None, option("distilled_cfg_scale"), 3.5, 2.0),
    ("pix2pix_img_cfg_scale_schedule", "1.5", "2.5", None, option("image_cfg_scale"), 1.5, 2.5),
    ("subseed_schedule", "11", "15", "enable_subseed_scheduling", field("subseed"), 11, 15),
    ("subseed_strength_schedule", "0.25", "3", "enable_subseed_scheduling", field("subseed_strength"), 0.25, 1.0),
    ("strength_schedule", "0.75", "0.5", None, field("denoise"), 1.0, 0.5),  # the first is painted from nothing
]


@pytest.mark.parametrize(("key", "first", "later", "switch", "seen", "at_0", "at_4"), IN_THE_REQUEST)
def test_the_engine_is_asked_for_what_the_schedule_says(key, first, later, switch, seen, at_0, at_4):
    asked = requests(**{key: f"0:({first}), 4:({later})", **({switch: True} if switch else {})})
    assert (seen(asked[0]), seen(asked[4])) == (at_0, at_4)


SWITCHED = [row[:4] for row in IN_THE_REQUEST if row[3]]


@pytest.mark.parametrize(("key", "first", "later", "switch"), SWITCHED)
def test_with_its_switch_off_a_schedule_does_nothing(key, first, later, switch):
    def told(request):
        return [value for name, value in vars(request).items() if name not in ("init", "moved")]

    assert told(requests(**{key: f"0:({first}), 4:({later})"})[4]) == told(requests()[4])


@pytest.mark.parametrize(
    ("behavior", "seeds"),
    [
        ("iter", [7, 8, 9, 10]),
        ("fixed", [7, 7, 7, 7]),
        ("ladder", [7, 9, 8, 10]),
        ("alternate", [7, 8, 7, 8]),
        ("schedule", [3, 5, 7, 9]),
    ],
)
def test_seeds_of_every_behaviour(behavior, seeds):
    film = {"seed_behavior": behavior, "seed_schedule": "0:(3), 3:(9)", "max_frames": 4}
    assert [request.seed for request in requests(**film)] == seeds


def test_random_seeds_are_all_different_and_those_of_the_first():
    one, again, other = ([r.seed for r in requests(seed_behavior="random", seed=seed)] for seed in (7, 7, 8))
    assert one == again
    assert len({*one, *other}) == 12


FLAT_3D = {"animation_mode": "3D", "use_depth_warping": False, "translation_z": 0}

# the schedule, two values of it, and what makes it show
IN_THE_PICTURE = [
    ("fov_schedule", 70, 35, {**FLAT_3D, "translation_z": 40}),
    ("aspect_ratio_schedule", 1, 0.4, {**FLAT_3D, "translation_x": 30}),
    ("amount_schedule", 0.2, 0.8, {}),
    ("kernel_schedule", 3, 15, {"amount_schedule": 1, "sigma_schedule": 5}),
    ("sigma_schedule", 0.6, 3, {"amount_schedule": 1, "kernel_schedule": 15}),
    ("threshold_schedule", 0, 30, {"amount_schedule": 1}),
    ("noise_schedule", 0.05, 0.2, {}),
    ("perlin_w", 2, 15.6, {"noise_schedule": 0.3}),
    ("perlin_h", 3, 16, {"noise_schedule": 0.3}),
    ("perlin_octaves", 1, 3.7, {"noise_schedule": 0.3}),
    ("perlin_persistence", 0.1, 0.9, {"noise_schedule": 0.3}),
]


def inits(**changes):
    """What is painted over at frames 1 and 3, whatever was painted before."""
    asked = requests(painter=lambda request: card(request.size), **changes)
    return asked[1].init, asked[3].init


@pytest.mark.parametrize(("key", "first", "later", "more"), IN_THE_PICTURE)
def test_the_picture_shows_what_the_schedule_says(key, first, later, more):
    one, other = inits(**more, **{key: f"0:({first}), 1:({first}), 3:({later})"})
    before, after = (inits(**more, **{key: value}) for value in (first, later))
    assert np.array_equal(one, before[0])
    assert np.array_equal(other, after[1])
    assert not np.array_equal(before[0], after[0])
    assert not np.array_equal(before[1], after[1])


@pytest.mark.parametrize("key", ["near_schedule", "far_schedule"])
def test_planes_do_nothing_as_with_deforum(key):
    film = {**FLAT_3D, "translation_z": 40}
    assert np.array_equal(inits(**film), inits(**film, **{key: "0:(1), 3:(500)"}))


@pytest.mark.parametrize("given", [3, 3.0, "3", "0:(3)", "0: (3)"])
@pytest.mark.parametrize("key", ["perlin_w", "perlin_h", "perlin_octaves", "perlin_persistence"])
def test_what_was_a_plain_number_is_read_as_before(key, given):
    read = settings(**{key: given})
    assert set(make_plan(read).columns[key]) == {min(3.0, FIELDS[key].high)}
    assert parse(json.loads(dumps(read))) == read


# -- what an engine has and has not -----------------------------------------------------------------------------------------

A1111 = dict.fromkeys((*SCHEDULED, "initial_noise_multiplier"))
FORGE = {**A1111, "forge_additional_modules": []}
LISTS = {"checkpoints": ("model.ckpt",), "vaes": ("Automatic",)}


def host(options):
    return Capabilities(words=frozenset(scheduled_words(options.__contains__)), **LISTS)


ALL_SET = {
    **{option.switch: True for option in OPTIONS if option.switch},
    "checkpoint_schedule": '0:("model")',
    "distilled_cfg_scale_schedule": "0:(3.5), 2:(4)",
    "pix2pix_img_cfg_scale_schedule": 1.6,
}


@pytest.mark.parametrize(
    ("capabilities", "left_out"),
    [
        (DIFFUSERS, ["ancestral_eta", "checkpoint", "vae", "distilled_cfg_scale", "pix2pix_img_cfg_scale"]),
        (host(A1111), ["distilled_cfg_scale"]),
        (host(FORGE), ["vae", "pix2pix_img_cfg_scale"]),
        (host({}), ["clipskip", "ddim_eta", "ancestral_eta", "checkpoint", "vae", "distilled_cfg_scale"]),
        (Capabilities(), [option.schedule.removesuffix("_schedule") for option in OPTIONS]),
        (Preview.capabilities, []),
        (Passthrough.capabilities, []),
    ],
)
def test_what_an_engine_cannot_do_is_left_out_and_said(capabilities, left_out):
    film = shot(Tools(capabilities), **ALL_SET)
    assert list(film.notes) == [f"{key}_schedule: this engine cannot do that; left out" for key in left_out]
    asked = set(Reel(film).ask()[0].overrides)
    assert asked == {option.name for option in OPTIONS if option.name in capabilities}


@pytest.mark.parametrize("given", [{}, {"distilled_cfg_scale_schedule": 3.5, "pix2pix_img_cfg_scale_schedule": "0: (1.50)"}])
def test_scales_as_they_are_by_default_are_missed_by_nobody(given):
    assert not shot(Tools(DIFFUSERS), **given).notes


@pytest.mark.parametrize(
    ("key", "problem"),
    [
        ("checkpoint", "checkpoint_schedule, frame 3: there is no checkpoint 'modle.pt'; did you mean 'model'?"),
        ("vae", "vae_schedule, frame 3: there is no VAE 'modle.pt'; there is automatic, none, fine.vae"),
    ],
)
def test_unknown_names_are_found_before_the_first_picture(key, problem):
    with pytest.raises(SettingsError) as caught:
        shot(EVERYTHING, **{f"enable_{key}_scheduling": True, f"{key}_schedule": '0:("modle.pt")'}, part=(3, 5))
    assert problems_of(caught) == [problem]


@pytest.mark.parametrize("kind", ["a1111", "forge"])
def test_a_webui_around_us_paints_with_them(kind):
    with webui_around(kind) as around:
        engine = WebuiEngine()
        assert engine.capabilities.vaes == (("Automatic", "None", "fine.vae.pt", "soft.safetensors") if kind == "a1111" else ())
        film = shot(Tools(engine.capabilities), **{**ALL_SET, "vae_schedule": '0:("None"), 1:("soft")'}, max_frames=2)
        frames = list(render(Reel(film), engine))
        engine.close()
        first, second = around.jobs
        assert len(frames) == 2
        if kind == "a1111":
            assert [seen["sd_vae"] for seen in around.opts.seen] == ["None", "soft.safetensors"]
            assert second.image_cfg_scale == 1.6
        else:
            assert [seen["sd_vae"] for seen in around.opts.seen] == ["Automatic"] * 2
            assert (first.distilled_cfg_scale, second.distilled_cfg_scale) == (3.5, 3.75)
            assert second.image_cfg_scale is None


def test_a_webui_far_away_paints_with_them():
    pytest.importorskip("httpx")
    with webui_server() as server:
        server.lists["options"] |= A1111
        server.lists["sd-vae"] = [{"model_name": "fine.vae.pt", "filename": "/models/VAE/fine.vae.pt"}]
        engine = WebuiApiEngine(server.url)
        assert engine.capabilities.vaes == ("Automatic", "None", "fine.vae.pt")
        film = {"enable_vae_scheduling": True, "vae_schedule": '0:("fine.vae")', "pix2pix_img_cfg_scale_schedule": 2}
        list(render(Reel(shot(Tools(engine.capabilities), **film, max_frames=2)), engine))
        engine.close()
        second = server.jobs[1][1]
        assert (second["override_settings"]["sd_vae"], second["image_cfg_scale"]) == ("fine.vae.pt", 2.0)
        assert "distilled_cfg_scale" not in second


def test_a_run_says_it_and_a_check_knows_no_engine(tmp_path, capsys):
    (tmp_path / "film.json").write_text(dumps(settings(enable_ancestral_eta_scheduling=True)), encoding="utf-8")
    film = str(tmp_path / "film.json")
    assert main(["check", film]) == 0
    assert "left out" not in capsys.readouterr().err
    assert main(["run", film, "--model", str(tmp_path / "none.safetensors"), "--out", str(tmp_path)]) == 2
    said = capsys.readouterr().err.splitlines()
    assert said[0] == f"anim: {film}: note: ancestral_eta_schedule: this engine cannot do that; left out"
