"""The `parameters` text of painted frames, read as WebUIs read it."""

import dataclasses
import json

import numpy as np
import pytest
from PIL import Image

from lib_anim.engines.base import SampleRequest
from lib_anim.engines.infotext import parameters
from lib_anim.engines.record import ModelRecord
from lib_anim.images.frame import encode_png
from lib_anim.media.metadata import parameters_chunk

REQUEST = SampleRequest(
    7,
    (64, 48),
    (("a cat, sitting", 1.0),),
    (("bad", 1.0),),
    seed=3,
    steps=25,
    cfg_scale=6.5,
    sampler="DPM++ 2M",
    scheduler="Karras",
)
RECORD = ModelRecord("AUTOMATIC1111 v1.10.1", "model", "abc", "fine.pt", loras={"zen": "12", "ink wash": "34"})


def read(text):
    """Prompt, what it avoids, and the values of the last line, as a WebUI makes them of a text."""
    *lines, last = text.split("\n")
    negative = [line.removeprefix("Negative prompt: ") for line in lines if line.startswith("Negative prompt: ")]
    values, rest = {}, last
    while rest:
        key, _, rest = rest.partition(": ")
        if rest.startswith('"'):
            value, end = json.JSONDecoder().raw_decode(rest)
            rest = rest[end:]
        else:
            value = rest.partition(",")[0]
            rest = rest[len(value) :]
        values[key] = value
        rest = rest.removeprefix(", ")
    return "\n".join(line for line in lines if not line.startswith("Negative prompt: ")), "\n".join(negative), values


def test_it_is_what_a_webui_reads():
    prompt, negative, values = read(parameters(REQUEST, 5, RECORD))
    assert (prompt, negative) == ("a cat, sitting", "bad")
    assert values == {
        "Steps": "25",
        "Sampler": "DPM++ 2M",
        "Schedule type": "Karras",
        "CFG scale": "6.5",
        "Seed": "5",
        "Size": "64x48",
        "Model hash": "abc",
        "Model": "model",
        "VAE": "fine.pt",
        "Lora hashes": "zen: 12, ink wash: 34",
        "Version": "v1.10.1",
    }


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"init": np.zeros((48, 64, 3), np.uint8), "denoise": 0.35}, {"Denoising strength": "0.35"}),
        ({"subseed": 9, "subseed_strength": 0.5}, {"Variation seed": "9", "Variation seed strength": "0.5"}),
        ({"overrides": {"CLIP_stop_at_last_layers": 2}}, {"Clip skip": "2"}),
        ({"overrides": {"sd_model_checkpoint": "anime/other.ckpt [def]"}}, {"Model": "other"}),
        ({"overrides": {"distilled_cfg_scale": 3.5}}, {"Distilled CFG Scale": "3.5"}),
        ({}, {"Denoising strength": None, "Clip skip": None, "Variation seed": None}),
    ],
)
def test_what_only_some_pictures_have(changes, told):
    values = read(parameters(dataclasses.replace(REQUEST, **changes), 5, RECORD))[2]
    assert {key: values.get(key) for key in told} == told


def test_a_forges_parts_and_a_film_without_a_webui():
    forge = ModelRecord("Forge f2.0.1", "flux", "", modules=("ae.safetensors", "t5.gguf"), precision="bnb-nf4")
    values = read(parameters(REQUEST, 5, forge))[2]
    assert (values["Module 1"], values["Module 2"], values["Diffusion in Low Bits"]) == ("ae", "t5", "bnb-nf4")
    assert "Model hash" not in values
    values = read(parameters(REQUEST, 5, ModelRecord()))[2]
    assert values["Version"].startswith("anim ")


@pytest.mark.parametrize("text", ["a cat\nSteps: 3", "кот, 猫\nSteps: 3", ""])
def test_it_is_a_text_of_a_png(tmp_path, text):
    path = tmp_path / "frame.png"
    path.write_bytes(encode_png(np.zeros((8, 8, 3), np.uint8), parameters_chunk(text)))
    with Image.open(path) as picture:
        assert str(picture.info.get("parameters", "")) == text
