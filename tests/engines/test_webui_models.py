"""Who paints with which model, where a film and the people of its WebUI want different ones."""

import dataclasses

import pytest

from lib_anim.engines.base import SampleRequest
from lib_anim.engines.webui.engine import WebuiEngine
from lib_anim.errors import EngineError
from tests.helpers import painted
from tests.webui_host import webui

OURS, THEIRS = "model.safetensors [abc]", "anime/other.ckpt [def]"
FIRST = {"a1111": (OURS, None), "forge": (OURS, (), "Automatic")}
REQUEST = SampleRequest(0, (64, 48), seed=3, steps=4, sampler="Euler")

# what somebody can choose: the host's kind, the option, its value, and what their next picture is painted with
CHOICES = [
    ("a1111", "sd_model_checkpoint", THEIRS, (THEIRS, None)),
    ("a1111", "sd_vae", "fine.vae.pt", (OURS, "fine.vae.pt")),
    ("forge", "sd_model_checkpoint", THEIRS, (THEIRS, (), "Automatic")),
    ("forge", "forge_additional_modules", ["/models/VAE/ae.safetensors"], (OURS, ("/models/VAE/ae.safetensors",), "Automatic")),
    ("forge", "forge_unet_storage_dtype", "float8-e4m3fn", (OURS, (), "float8-e4m3fn")),
]


def asked(index=0, **changes):
    return dataclasses.replace(REQUEST, index=index, **changes)


@pytest.mark.parametrize("moment", ["sampling", "painted", "between"])
@pytest.mark.parametrize(("kind", "option", "value", "theirs"), CHOICES)
def test_a_choice_while_a_film_is_painted_is_the_next_pictures_and_not_the_films(kind, option, value, theirs, moment):
    with webui(kind) as host:
        engine = WebuiEngine()
        for index in range(4):
            if index == 1:
                choose = lambda: host.choose(option, value)  # noqa: E731
                choose() if moment == "between" else host.moments[moment].append(choose)
            painted(engine, asked(index))
        host.everybody_is_served()
        assert host.painted_by == [FIRST[kind]] * 4
        assert host.opts.data[option] == value
        assert host.their_picture() == theirs
        painted(engine, asked(5))
        assert host.painted_by[-1] == FIRST[kind]
        assert host.their_picture() == theirs


@pytest.mark.parametrize("kind", ["a1111", "forge"])
def test_every_choice_in_the_middle_counts_also_the_one_that_takes_the_films_own_again(kind):
    with webui(kind) as host:
        engine, choices = WebuiEngine(), [THEIRS, OURS, THEIRS, OURS]
        for index, choice in enumerate(choices):
            host.moments["sampling"].append(lambda choice=choice: host.choose("sd_model_checkpoint", choice))
            painted(engine, asked(index))
            host.everybody_is_served()
            assert host.opts.data["sd_model_checkpoint"] == choice
        assert {one[0] for one in host.painted_by} == {OURS}


@pytest.mark.parametrize("kind", ["a1111", "forge"])
def test_a_choice_while_our_checkpoint_is_loaded_paints_the_picture_again(kind):
    with webui(kind) as host:
        engine = WebuiEngine()
        host.choose("sd_model_checkpoint", THEIRS)
        host.their_picture()
        host.checkpoints["third.ckpt [123]"] = type(host.checkpoints[OURS])("third.ckpt [123]")
        host.moments["loading"].append(lambda: host.choose("sd_model_checkpoint", "third.ckpt [123]"))
        sampled = painted(engine, asked())
        host.everybody_is_served()
        assert sampled.notes == {"begun_again": 1}
        assert host.painted_by[-1] == FIRST[kind]
        assert host.their_picture()[0] == "third.ckpt [123]"


@pytest.mark.parametrize("kind", ["a1111", "forge"])
def test_a_picture_that_a_reload_touched_is_painted_again(kind):
    """A button of some extension loads what is chosen, and asks for no lock."""
    with webui(kind) as host:
        engine = WebuiEngine()

        def choose_and_load():
            host.choose("sd_model_checkpoint", THEIRS)
            host.reload_now = True

        host.moments["sampling"].append(choose_and_load)
        sampled = painted(engine, asked())
        assert [one[0] for one in host.painted_by] == [THEIRS, OURS]
        assert sampled.notes == {"begun_again": 1}
        host.everybody_is_served()
        assert host.their_picture()[0] == THEIRS


@pytest.mark.parametrize("kind", ["a1111", "forge"])
def test_an_error_in_a_picture_that_a_reload_touched_is_none_of_the_films(kind):
    with webui(kind) as host:
        engine, paint = WebuiEngine(), host.paint

        def broken(job):
            host.paint = paint
            host.choose("sd_model_checkpoint", THEIRS)
            host.load()
            raise RuntimeError("Tensor on device meta is not on the expected device cuda:0!")

        host.paint = broken
        assert painted(engine, asked()).notes == {"begun_again": 1}
        assert host.painted_by == [FIRST[kind]]
        host.everybody_is_served()


@pytest.mark.parametrize("kind", ["a1111", "forge"])
def test_a_film_that_changes_checkpoints_leaves_the_choice_of_others_alone(kind):
    with webui(kind) as host:
        engine = WebuiEngine()
        for index in range(4):
            painted(engine, asked(index, overrides={"sd_model_checkpoint": (OURS, THEIRS)[index % 2]}))
        assert [one[0] for one in host.painted_by] == [OURS, THEIRS, OURS, THEIRS]
        assert host.opts.data["sd_model_checkpoint"] == OURS
        assert host.their_picture()[0] == OURS


def test_a_vae_that_a_film_changes_to_is_loaded_and_given_back():
    with webui("a1111") as host:
        engine = WebuiEngine()
        for vae in ("fine.vae.pt", "Automatic", "soft.safetensors"):
            painted(engine, asked(overrides={"sd_vae": vae}))
        assert [one[1] for one in host.painted_by] == ["fine.vae.pt", None, "soft.safetensors"]
        assert host.opts.data["sd_vae"] == "Automatic"
        assert host.their_picture() == (OURS, None)


@pytest.mark.parametrize("kind", ["a1111", "forge"])
def test_an_option_of_any_kind_that_is_chosen_meanwhile_stays(kind):
    with webui(kind) as host:
        host.moments["sampling"].append(lambda: host.choose("CLIP_stop_at_last_layers", 3))
        painted(WebuiEngine(), asked(overrides={"CLIP_stop_at_last_layers": 2}))
        assert host.opts.data["CLIP_stop_at_last_layers"] == 3


@pytest.mark.parametrize("kind", ["a1111", "forge"])
def test_a_checkpoint_that_is_gone_is_told_by_its_name_and_no_other_is_taken(kind):
    with webui(kind) as host:
        engine = WebuiEngine()
        host.opts.data["sd_model_checkpoint"] = THEIRS
        del host.checkpoints[OURS]
        with pytest.raises(EngineError, match=r"no longer has the checkpoint 'model\.safetensors \[abc\]'"):
            painted(engine, asked())
        assert not host.jobs
        assert host.opts.data["sd_model_checkpoint"] == THEIRS
        assert not host.lock.locked()


def test_a_checkpoint_that_the_host_calls_by_its_full_name_once_it_is_loaded_is_no_choice_of_anybody():
    with webui("a1111") as host:
        host.opts.data["sd_model_checkpoint"] = "model"  # as it stood in the host's settings
        engine = WebuiEngine()
        host.choose("sd_model_checkpoint", "other")
        host.everybody_is_served()
        assert painted(engine, asked()).notes == {}
        assert host.painted_by == [FIRST["a1111"]]
        assert host.opts.data["sd_model_checkpoint"] == THEIRS
        assert host.their_picture()[0] == THEIRS
