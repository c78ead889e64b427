"""A program at a WebUI's address that answers what no WebUI would: one sentence with what it answered."""

import base64
import dataclasses
import io
import json
import zlib

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("httpx")

from lib_anim.cli import main
from lib_anim.engines.base import SampleRequest
from lib_anim.engines.webui import answers
from lib_anim.errors import EngineError, ModelError
from lib_anim.images.frame import encode_png
from lib_anim.images.test_card import test_card as card
from tests.webui_server import text

SIZE = (64, 48)
REQUEST = SampleRequest(0, SIZE, (("a cat", 1.0),), (), seed=3, steps=2, cfg_scale=6.5, sampler="Euler", scheduler="Automatic")
GOOD = encode_png(card(SIZE))
HTML = b"<!doctype html>\n<title>Router</title>"


def sent(data):
    """The body of an answer with this picture."""
    return json.dumps({"images": [base64.b64encode(data).decode()], "info": "{}"}).encode()


def bomb():
    """A PNG of a few kilobytes that says that it has 30 000 x 30 000 pixels."""

    def chunk(kind, data):
        return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")

    header = (30_000).to_bytes(4, "big") * 2 + bytes([8, 2, 0, 0, 0])
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(9))) + chunk(b"IEND", b"")


PICTURES = {
    "html": (HTML, "answered '<!doctype html> <title>Router</title>' in place of JSON"),
    "nothing": (b"", "answered nothing in place of JSON"),
    "cut off": (b'{"images": ["iVBOR', 'answered \'{"images": ["iVBOR\' in place of JSON'),
    "no text": (b"\xff\xfe\x00\x80", "in place of JSON"),
    "deep": (b"[" * 200_000, "in place of JSON"),
    "digits": (b"9" * 10_000, "in place of JSON"),
    "null": (b"null", "answered img2img with null in place of an object"),
    "a list": (b"[1, 2]", "answered img2img with [1, 2] in place of an object"),
    "a text": (b'"done"', 'answered img2img with "done" in place of an object'),
    "a number": (b"7", "answered img2img with 7 in place of an object"),
    "an empty object": (b"{}", "answered without a picture"),
    "no images": (b'{"images": null}', "answered without a picture"),
    "images that are an object": (b'{"images": {"0": "a"}}', 'answered with {"0": "a"} in place of a picture'),
    "images that are a text": (b'{"images": "iVBO"}', 'answered with "iVBO" in place of a picture'),
    "images that are a number": (b'{"images": 3}', "answered with 3 in place of a picture"),
    "a picture that is null": (b'{"images": [null]}', "answered with null in place of a picture"),
    "a picture that is an object": (b'{"images": [{"a": 1}]}', 'answered with {"a": 1} in place of a picture'),
    "no base64": (b'{"images": ["****"]}', "'****' is not base64"),
    "broken base64": (b'{"images": ["iVBORw0KG"]}', "'iVBORw0KG' is not base64"),
    "letters that are not": ('{"images": ["картина"]}'.encode(), "'картина' is not base64"),
    "an empty picture": (b'{"images": [""]}', "of 0 bytes cannot be decoded"),
    "words for a picture": (sent(b"hello, this is no picture"), "of 25 bytes cannot be decoded: cannot identify image file"),
    "a picture cut off": (sent(GOOD[:-60]), "cannot be decoded"),
    "a picture with a flaw": (sent(GOOD[:200] + bytes(40) + GOOD[240:]), "cannot be decoded"),
    "an SVG": (sent(b'<svg xmlns="http://www.w3.org/2000/svg"/>'), "cannot be decoded"),
    "an EPS": (sent(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 64 48\n"), "cannot be decoded"),
    "a bomb": (sent(bomb()), "cannot be decoded"),
    "a smaller one": (json.dumps({"images": [text(card((32, 24)))]}).encode(), "paints 32x24 in place of 64x48"),
    "a larger one": (json.dumps({"images": [text(card((128, 96)))]}).encode(), "paints 128x96 in place of 64x48"),
}
LISTS = {
    ("samplers", HTML): "answered '<!doctype html> <title>Router</title>' in place of JSON",
    ("samplers", b'{"name": "Euler"}'): 'answered samplers with {"name": "Euler"} in place of a list',
    ("samplers", b'["Euler"]'): "list of samplers has \"Euler\", which lacks a text 'name'",
    ("samplers", b'[{"name": 1}]'): "list of samplers has {\"name\": 1}, which lacks a text 'name'",
    ("schedulers", b"[{}]"): "list of schedulers has {}, which lacks a text 'label'",
    ("sd-models", b'[{"title": "a"}]'): "list of sd-models has {\"title\": \"a\"}, which lacks a text 'title', 'model_name'",
    ("sd-models", b"null"): "answered sd-models with null in place of a list",
    ("options", b"[]"): "answered options with [] in place of an object",
    ("options", b'"none"'): 'answered options with "none" in place of an object',
}


def over_a_picture():
    return dataclasses.replace(REQUEST, init=card(SIZE), denoise=0.5)


@pytest.mark.parametrize("lie", PICTURES)
def test_a_picture_that_is_none(server, engine, lie):
    answer, said = PICTURES[lie]
    server.faults = [(200, answer)]
    with pytest.raises(EngineError) as caught:
        engine.sample(over_a_picture())
    assert said in str(caught.value)
    assert not set("\r\n") & set(str(caught.value))
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize(("what", "answer"), LISTS)
def test_a_list_that_is_none(server, engine, what, answer):
    server.lists[what] = answer
    with pytest.raises(ModelError) as caught:
        _ = engine.capabilities
    assert str(caught.value).startswith(f"{server.url}: the WebUI")
    assert LISTS[what, answer] in str(caught.value)


@pytest.mark.parametrize("what", ["loras", "prompt-styles"])
@pytest.mark.parametrize("answer", [b"7", b'["a"]', b'[{"name": null}]', HTML])
def test_names_that_are_none(server, engine, what, answer):
    server.lists |= {"loras": [], "prompt-styles": [], what: answer}
    with pytest.raises(ModelError, match="the WebUI"):
        engine.palette()


def test_odd_values_beside_the_names_are_passed_over(server, engine):
    server.lists["loras"] = [{"name": "ink", "alias": ["i"], "metadata": "none"}]
    server.lists["prompt-styles"] = [{"name": "photo", "prompt": 7, "negative_prompt": []}]
    server.lists["options"] |= {"forge_additional_modules": 7, "sd_vae": ["a"], "sd_model_checkpoint": {"a": 1}}
    assert engine.palette().loras == ("ink",)
    assert engine.record(["a <lora:ink:1>"]).modules == ()


@pytest.mark.parametrize("info", [None, 7, [1], {"a": 1}, "[" * 100_000, '{"infotexts": 3}', '{"sd_model_name": ["model"]}'])
def test_odd_words_about_a_picture_are_passed_over(server, engine, info):
    server.faults = [(200, {"images": [text(card(SIZE))], "info": info})]
    assert engine.sample(REQUEST).frame.any()


@pytest.mark.parametrize("progress", [b"[]", b'{"state": []}', b'{"state": null}', b"7", HTML])
def test_odd_words_about_its_progress_are_passed_over(server, engine, progress):
    server.lists["progress"] = progress
    assert engine.sample(REQUEST).frame.any()


def test_an_answer_without_end_is_cut_short(server, engine, monkeypatch):
    monkeypatch.setattr(answers, "most_of_a_picture", lambda _size: 2**20)
    server.faults = [(200, b" " * 2**22)]
    with pytest.raises(EngineError, match="answered with more than 1 MB"):
        engine.sample(REQUEST)


@pytest.mark.parametrize("mode", ["L", "RGBA", "P"])
@pytest.mark.parametrize("kind", ["PNG", "WEBP", "JPEG"])
def test_pictures_as_webuis_send_them_are_taken(server, engine, kind, mode):

    if kind == "JPEG" and mode != "L":
        mode = "RGB"
    data = io.BytesIO()
    Image.fromarray(card(SIZE)).convert(mode).save(data, kind)
    encoded = f"data:image/{kind.lower()};base64,{base64.b64encode(data.getvalue()).decode()}"
    server.faults = [(200, {"images": [encoded], "info": "{}"})]
    frame = engine.sample(REQUEST).frame
    assert (frame.shape, frame.dtype) == ((48, 64, 3), np.uint8)


@pytest.mark.parametrize("lie", ["html", "words for a picture", "a smaller one"])
def test_a_film_ends_with_that_sentence(server, tmp_path, monkeypatch, capsys, lie):
    monkeypatch.chdir(tmp_path)
    answer, said = PICTURES[lie]
    (tmp_path / "film.json").write_text('{"W": 64, "H": 48, "max_frames": 2, "batch_name": "film", "sampler": "Euler"}')
    server.faults = [(200, answer)] * 9
    assert main(["run", "film.json", "--engine", "webui-api", "--url", server.url, "--no-video"]) == 1
    told = capsys.readouterr().err
    assert said in told
    assert not any(words in told for words in ("should not have happened", "cannot be written", "Traceback"))
