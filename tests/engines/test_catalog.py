"""Which engine paints, as plain data: how it is chosen, what a journal keeps of it, and which engines stay loaded."""

import json
import pickle
from dataclasses import replace

import pytest

from lib_anim.engines.base import Engine
from lib_anim.engines.cache import Engines
from lib_anim.engines.catalog import ANY, KINDS, PREVIEW, TOY, EngineSpec
from lib_anim.engines.choice import choose
from lib_anim.engines.diffusers.engine import CAPABILITIES
from lib_anim.engines.preview import Passthrough, Preview
from lib_anim.errors import ModelError
from tests.webui_host import webui

FULL = EngineSpec(
    kind="diffusers",
    model="a.safetensors",
    device="cuda",
    loras=("loras", "more"),
    embeddings=("words",),
    controlnets=("nets",),
    low_vram=True,
    allow_pickle=True,
    allow_download=True,
)
INSIDE, OUTSIDE = True, False
OF_THE_SMALL_MODEL = replace(CAPABILITIES, controls=("edges", "layout", "pose"), words=CAPABILITIES.words | {"small_world"})


@pytest.mark.parametrize(
    ("asked", "motion_preview", "here", "kind"),
    [
        (ANY, False, OUTSIDE, "diffusers"),
        (ANY, False, INSIDE, "webui"),
        (ANY, True, OUTSIDE, "preview"),
        (ANY, True, INSIDE, "preview"),
        (EngineSpec(model="a"), False, INSIDE, "diffusers"),
        (EngineSpec("diffusers"), False, INSIDE, "diffusers"),
        (EngineSpec("diffusers"), True, OUTSIDE, "preview"),
        (EngineSpec("webui"), False, INSIDE, "webui"),
        (EngineSpec("webui"), True, OUTSIDE, "preview"),
        (EngineSpec("webui-api"), True, INSIDE, "webui-api"),
        (EngineSpec("preview"), False, INSIDE, "preview"),
        (EngineSpec("passthrough"), True, INSIDE, "passthrough"),
    ],
)
def test_which_kind_paints(asked, motion_preview, here, kind):
    if here is INSIDE:
        with webui():
            assert choose(asked, motion_preview=motion_preview) == replace(asked, kind=kind)
    else:
        assert choose(asked, motion_preview=motion_preview) == replace(asked, kind=kind)


def test_the_webui_paints_only_inside_of_one():
    with pytest.raises(ModelError, match="this process is no WebUI"):
        choose(EngineSpec("webui"), motion_preview=False)


@pytest.mark.parametrize("spec", [ANY, PREVIEW, FULL, EngineSpec("webui-api", model="b", url="http://a:1")])
def test_it_is_data(spec):
    assert pickle.loads(pickle.dumps(spec)) == spec
    assert len({spec, replace(spec)}) == 1


@pytest.mark.parametrize(
    ("spec", "line"),
    [
        (
            FULL,
            {
                "engine": "diffusers",
                "url": None,
                "model": "a.safetensors",
                "device": "cuda",
                "lora": ["loras", "more"],
                "embeddings": ["words"],
                "controlnet": ["nets"],
                "motion_module": None,
                "low_vram": True,
            },
        ),
        (
            EngineSpec("webui-api", model="b"),
            {
                "engine": "webui-api",
                "url": "http://127.0.0.1:7860",
                "model": "b",
                "device": None,
                "lora": [],
                "embeddings": [],
                "controlnet": [],
                "motion_module": None,
                "low_vram": False,
            },
        ),
    ],
)
def test_what_a_journal_keeps(spec, line):
    assert json.loads(json.dumps(spec.to_journal())) == line


@pytest.mark.parametrize(
    ("line", "spec"),
    [
        ({}, ANY),
        (
            {"engine": "preview", "lora": None, "embeddings": None, "device": None, "low_vram": None},
            PREVIEW,
        ),  # the first edition
        ({"engine": "webui", "frames": [0, 9], "time": 1.5}, EngineSpec("webui")),
        (json.loads(json.dumps(FULL.to_journal())), replace(FULL, allow_pickle=False, allow_download=False)),
        ({"engine": "magic"}, ANY),  # of a later edition, or damaged
        ({"engine": ["preview"]}, ANY),
        ({"engine": "diffusers", "model": {"a": 1}}, ANY),
        ({"engine": "diffusers", "lora": "a"}, ANY),
        ({"model": "a"}, ANY),
    ],
)
def test_what_a_journal_says(line, spec):
    assert EngineSpec.from_journal(line) == spec


@pytest.mark.parametrize("url", ["http://ann:s3cret@here:7860", "ann:s3cret@here:7860"])
def test_a_login_is_neither_written_nor_shown(url):
    spec = EngineSpec("webui-api", url=url)
    assert spec.to_journal()["url"] == "http://here:7860"
    assert "s3cret" not in repr(spec)


def test_what_is_asked_for_now_goes_before_what_a_run_was_begun_with():
    now = EngineSpec(device="cpu", loras=("mine",))
    assert now.completed(FULL) == replace(FULL, device="cpu", loras=("mine",))
    assert FULL.completed(now) == FULL


def test_of_another_kind_of_engine_a_run_says_nothing():
    assert EngineSpec("preview", device="cpu").completed(FULL) == EngineSpec("preview", device="cpu")


@pytest.mark.parametrize(
    ("spec", "names"),
    [
        (PREVIEW, ()),
        (EngineSpec("webui", model="a"), ()),
        (EngineSpec("passthrough", url="http://here"), ()),
        (EngineSpec("diffusers", url="http://here", low_vram=True), ()),
        (EngineSpec("diffusers", model="a", embeddings=("b",)), ("model", "embeddings")),
        (EngineSpec("diffusers", controlnets=("b",)), ("controlnets",)),
        (EngineSpec("webui-api"), ("kind",)),
        (EngineSpec("webui-api", url="http://here", model="a"), ("kind", "url")),
    ],
)
def test_by_what_an_engine_reaches_out(spec, names):
    assert spec.reaching() == names


@pytest.mark.parametrize(
    ("spec", "capabilities", "title", "family"),
    [
        (EngineSpec("passthrough"), Passthrough.capabilities, "passthrough", "sd1"),
        (PREVIEW, Preview.capabilities, "camera preview, no model", "sd1"),
        (EngineSpec("diffusers"), OF_THE_SMALL_MODEL, TOY, "toy"),
        (EngineSpec("diffusers", model="models/a.ckpt"), CAPABILITIES, "a.ckpt", "sd1"),
    ],
)
def test_what_is_known_without_loading(spec, capabilities, title, family):
    assert (spec.capabilities(), spec.title(), spec.family()) == (capabilities, title, family)
    assert spec.cautions() == []


def test_every_kind_has_a_row():
    assert KINDS == ("webui", "webui-api", "diffusers", "preview", "passthrough")  # in the order that --help says


class Closing(Engine):
    closed = 0

    def close(self):
        self.closed += 1


def test_an_engine_is_loaded_once_and_closed_once():
    told = []
    engines = Engines(before_loading=told.append)
    assert not engines.has(PREVIEW)
    first = engines.get(PREVIEW)
    assert (engines.get(EngineSpec("preview")) is first, engines.has(PREVIEW)) == (True, True)
    assert engines.get(replace(PREVIEW, device="cpu")) is not first
    assert told == [PREVIEW, replace(PREVIEW, device="cpu")]
    kept = Closing()
    engines = Engines({FULL: kept})
    assert engines.get(FULL) is kept
    engines.close()
    engines.close()
    assert (kept.closed, engines.has(FULL)) == (1, False)


def test_the_webui_is_an_engine_of_its_own_for_every_film():
    spec, engines = EngineSpec("webui"), Engines()
    with webui():
        assert engines.get(spec) is not engines.get(spec)
    assert not engines.has(spec)


def test_what_does_not_load_is_tried_again():
    spec, told = EngineSpec("diffusers", model="/none/model.safetensors"), []
    engines = Engines(before_loading=told.append)
    for _ in range(2):
        with pytest.raises(ModelError, match="there is no such model"):
            engines.get(spec)
    assert (told, engines.has(spec)) == ([spec, spec], False)


def test_one_model_is_kept_in_memory_at_a_time():
    first, second = (EngineSpec("diffusers", model=name) for name in ("a.safetensors", "b.safetensors"))
    engines = Engines({first: (closed := Closing()), PREVIEW: (kept := Closing())})
    with pytest.raises(ModelError):
        engines.get(second)
    assert (closed.closed, kept.closed, engines.has(first), engines.has(PREVIEW)) == (1, 0, False, True)
    assert "there is no such model" in engines.fault(second)
    assert engines.fault(first) == ""
