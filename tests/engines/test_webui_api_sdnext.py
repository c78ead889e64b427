"""SD.Next over HTTP, against a stand-in of its answers: its routes are the usual ones, and some answers have other shapes."""

import dataclasses
import json

import pytest

pytest.importorskip("httpx")

from lib_anim.cli import main
from lib_anim.engines.base import SampleRequest
from lib_anim.engines.webui import api_model
from lib_anim.engines.webui.api import WebuiApiEngine
from tests.helpers import painted
from tests.webui_server import Server, webui_server

OURS, THEIRS = "sd/dreamer_1.5 [abc]", "sd/other [def]"  # titles without a suffix
REQUEST = SampleRequest(0, (64, 48), (("a cat", 1.0),), seed=3, steps=4, sampler="Euler", scheduler="Karras")


class SDNext(Server):
    """The answers of SD.Next: samplers in place of schedulers, no names in a picture's facts, only options that were set."""

    def __init__(self, **how):
        super().__init__(**how)
        samplers = ["UniPC", "DDIM", "Euler", "Euler a", "DPM++ 2M"]
        models = [
            {
                "title": title,
                "model_name": title.partition(" [")[0],
                "hash": title[-4:-1],
                "type": "safetensors",
                "config": None,
            }
            for title in (OURS, THEIRS)
        ]
        self.lists = {
            "samplers": [{"name": name, "options": {}} for name in samplers],
            "schedulers": [{"name": name, "cls": "Scheduler", "options": {}} for name in samplers],
            "sd-models": models,
            "sd-vae": [{"model_name": "fine.vae", "filename": "/models/VAE/fine.vae"}],
            "loras": [{"name": "ink", "alias": "ink", "path": "/models/Lora/ink.safetensors", "metadata": {}}],
            "prompt-styles": [
                {"name": "oil", "prompt": "oil painting", "negative_prompt": None, "extra": "", "filename": None}
            ],
            "progress": {"id": "", "progress": 0, "eta_relative": 0, "state": {"skipped": False, "interrupted": False}},
            "options": {"sd_model_checkpoint": OURS, "sd_vae": "Automatic", "samples_format": "jpg"},
        }

    def paints(self, task, job):
        frame, told = super().paints(task, job)
        facts = json.loads(told)
        return frame, json.dumps({key: facts[key] for key in ("sd_model_hash", "infotexts")})


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setattr(api_model, "LOOK_S", 0.02)
    with webui_server(kind=SDNext) as server:
        yield server


@pytest.fixture
def engine(server):
    engine = WebuiApiEngine(server.url)
    yield engine
    engine.close()


def test_its_lists_are_read(engine):
    assert engine.capabilities.samplers == ("UniPC", "DDIM", "Euler", "Euler a", "DPM++ 2M")
    assert "Karras" in engine.capabilities.schedulers  # the usual names, which it ignores
    assert engine.capabilities.checkpoints == (OURS, THEIRS)
    assert [style.name for style in engine.palette().styles] == ["oil"]
    assert engine.palette().loras == ("ink",)


def test_its_model_is_recorded(engine):
    record = engine.record(["<lora:ink:1>"])
    assert (record.checkpoint, record.checkpoint_hash) == ("dreamer_1.5", "abc")


@pytest.mark.parametrize("moment", ["people", "between"])
def test_a_film_keeps_its_checkpoint_though_pictures_name_a_hash_alone(server, engine, moment):
    options, frames = server.lists["options"], []
    for index in range(4):
        if index == 1:
            choose = lambda: options.update({"sd_model_checkpoint": THEIRS})  # noqa: E731
            choose() if moment == "between" else server.people.append(choose)
        painted(engine, dataclasses.replace(REQUEST, index=index))
        frames.append(server.painted_by[-1]["sd_model_checkpoint"])
    assert frames == [OURS] * 4
    assert options["sd_model_checkpoint"] == THEIRS


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"samples_format": "jpg"}, ["jpg"]),
        ({"samples_format": "webp"}, ["webp"]),
        ({"samples_format": "webp", "webp_lossless": True}, []),
        ({"samples_format": "png"}, []),
        ({}, []),
    ],
)
def test_pictures_that_lose_something_are_said(server, engine, options, said):
    del server.lists["options"]["samples_format"]
    server.lists["options"] |= options
    text = "the WebUI sends its pictures as {}, so each loses a little; choose png as its file format for images"
    assert engine.remarks([]) == [text.format(kind) for kind in said]


def test_a_film(server, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    film = {"W": 64, "H": 48, "max_frames": 3, "diffusion_cadence": 1, "sampler": "Euler a", "prompts": {"0": "a"}}
    (tmp_path / "film.json").write_text(json.dumps(film))
    assert main(["run", "film.json", "--engine", "webui-api", "--url", server.url, "--no-video"]) == 0
    assert [task for task, _ in server.jobs] == ["txt2img", "img2img", "img2img"]
    assert "the WebUI sends its pictures as jpg" in capsys.readouterr().err
