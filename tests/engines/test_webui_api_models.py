"""Who paints with which model over HTTP, where a film and the people of that WebUI want different ones."""

import dataclasses

import pytest

pytest.importorskip("httpx")

from lib_anim.engines.base import SampleRequest
from lib_anim.engines.webui import api_model
from lib_anim.engines.webui.api import WebuiApiEngine
from lib_anim.errors import EngineError
from tests.helpers import painted
from tests.webui_server import webui_server

OURS, THEIRS, THIRD = "model.safetensors [abc]", "other.ckpt [def]", "third.ckpt [123]"
MODELS = [{"title": OURS, "model_name": "model", "hash": "abc"}, {"title": THEIRS, "model_name": "other", "hash": "def"}]
MODELS += [{"title": THIRD, "model_name": "third", "hash": "123"}]
REQUEST = SampleRequest(0, (64, 48), seed=3, steps=4, sampler="Euler")
CHOICES = [
    ("sd_model_checkpoint", OURS, THEIRS),
    ("sd_vae", "Automatic", "fine.vae.pt"),
    ("forge_additional_modules", [], ["ae.safetensors"]),
]


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setattr(api_model, "LOOK_S", 0.02)
    with webui_server() as server:
        server.lists["sd-models"] = MODELS
        server.lists["options"] |= {"sd_model_checkpoint": OURS}
        yield server


def asked(index=0, **changes):
    return dataclasses.replace(REQUEST, index=index, **changes)


def counted(server, key):
    return [one[key] for one in server.painted_by]


@pytest.mark.parametrize("moment", ["people", "late", "between"])
@pytest.mark.parametrize(("option", "ours", "theirs"), CHOICES)
def test_a_choice_while_a_film_is_painted_stays_and_is_not_the_films(server, option, ours, theirs, moment):
    options = server.lists["options"]
    options[option] = ours
    engine, frames = WebuiApiEngine(server.url), {}
    for index in range(4):
        if index == 1:
            choose = lambda: options.update({option: theirs})  # noqa: E731
            choose() if moment == "between" else getattr(server, moment).append(choose)
        painted(engine, asked(index))
        frames[index] = counted(server, option)[-1]
    assert options[option] == theirs
    assert list(frames.values()) == [ours] * 4
    engine.close()


def test_another_choice_while_ours_is_put_in_is_put_back_after_the_host_took_it_away(server, engine):
    options = server.lists["options"]
    painted(engine, asked())
    options["sd_model_checkpoint"] = THEIRS
    painted(engine, asked(1))

    def third():
        options["sd_model_checkpoint"] = THIRD
        time_to_look()

    server.late.append(third)
    painted(engine, asked(2))
    assert options["sd_model_checkpoint"] == THIRD
    painted(engine, asked(3))
    assert options["sd_model_checkpoint"] == THIRD
    assert counted(server, "sd_model_checkpoint")[-1] == OURS


def time_to_look():
    import time

    time.sleep(0.3)


def test_a_checkpoint_that_was_asked_for_is_put_in_for_each_picture_and_taken_out_again(server):
    engine = WebuiApiEngine(server.url, "other")
    for index in range(2):
        painted(engine, asked(index))
    assert counted(server, "sd_model_checkpoint") == [THEIRS, THEIRS]
    assert server.lists["options"]["sd_model_checkpoint"] == OURS
    engine.close()


def test_an_error_in_a_picture_that_a_choice_came_into_is_none_of_the_films(server, engine):
    painted(engine, asked())
    server.lists["options"]["sd_model_checkpoint"] = THEIRS
    server.faults = [(500, {"error": "RuntimeError", "errors": "Tensor on device meta is not on the expected device"})]
    assert painted(engine, asked(1)).notes == {"begun_again": 1}
    assert counted(server, "sd_model_checkpoint") == [OURS, OURS]


def test_an_error_of_our_own_is_said_at_once(server, engine):
    server.faults = [(500, {"error": "RuntimeError", "errors": "boom"})]
    with pytest.raises(EngineError, match="boom"):
        painted(engine, asked())


def test_a_webui_that_tells_nothing_of_its_pictures_is_believed(server, engine):
    server.tells = False
    for index in range(2):
        painted(engine, asked(index))
    assert len(server.jobs) == 2


def test_films_that_change_checkpoints_are_painted_by_each(server, engine):
    for index in range(3):
        painted(engine, asked(index, overrides={"sd_model_checkpoint": (OURS, THEIRS)[index % 2]}))
    assert counted(server, "sd_model_checkpoint") == [OURS, THEIRS, OURS]
    assert server.lists["options"]["sd_model_checkpoint"] == OURS
