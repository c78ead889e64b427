"""The contract that every engine keeps."""

import dataclasses

import numpy as np
import pytest

from lib_anim.engines.base import Engine, Sampled, SampleRequest
from lib_anim.engines.preview import Passthrough, Preview
from lib_anim.engines.webui.engine import WebuiEngine
from lib_anim.errors import EngineError, ran_out_of_memory
from lib_anim.images.test_card import test_card as card
from tests.webui_host import webui

SIZE = (64, 48)


def diffusers_engine(folder):
    pytest.importorskip("diffusers")
    from lib_anim.engines.diffusers.engine import DiffusersEngine
    from tests import tiny

    tiny.sd(folder).save_pretrained(folder / "sd")
    return DiffusersEngine.load(folder / "sd", device="cpu")


@pytest.fixture(scope="module", params=["passthrough", "preview", "diffusers", "webui a1111", "webui forge"])
def engine(request, tmp_path_factory):
    if request.param.startswith("webui"):
        with webui(request.param.split()[1]):
            yield WebuiEngine()
        return
    made = {"passthrough": lambda _: Passthrough(), "preview": lambda _: Preview(), "diffusers": diffusers_engine}
    engine = made[request.param](tmp_path_factory.mktemp("model"))
    yield engine
    engine.close()


def asked(**changes):
    base = SampleRequest(0, SIZE, prompts=(("a cat", 1.0),), seed=3, steps=4, cfg_scale=3.0)
    return dataclasses.replace(base, **changes)


def test_it_is_an_engine_with_a_name_and_abilities(engine):
    assert isinstance(engine, Engine)
    assert engine.name
    assert "Euler a" in engine.capabilities.samplers
    assert "Karras" in engine.capabilities.schedulers


def test_a_picture_from_nothing_has_the_size_asked_for(engine):
    sampled = engine.sample(asked())
    assert isinstance(sampled, Sampled)
    assert sampled.frame.shape == (48, 64, 3)
    assert sampled.frame.dtype == np.uint8
    assert sampled.seed == 3


def test_a_picture_from_a_picture(engine):
    init = card(SIZE)
    before = init.copy()
    sampled = engine.sample(asked(init=init, denoise=0.5))
    assert sampled.frame.shape == init.shape
    assert np.array_equal(init, before)  # what is given is not written to


def test_the_same_request_gives_the_same_picture(engine):
    for request in (asked(), asked(init=card(SIZE), denoise=0.6)):
        assert np.array_equal(engine.sample(request).frame, engine.sample(request).frame)


def test_denoise_0_returns_the_picture_itself(engine):
    init = card(SIZE)
    assert engine.sample(asked(init=init, denoise=0.0)).frame is init


def test_what_a_mask_keeps_stays(engine):
    if "soft_mask" not in engine.capabilities:
        pytest.skip("no masks")
    init, mask = card(SIZE), np.zeros((48, 64), np.float32)
    sampled = engine.sample(asked(init=init, denoise=0.7, mask=mask))
    assert np.array_equal(sampled.frame[9:39, 12:52], init[9:39, 12:52])  # inside the outline that the preview lays on it


def test_many_are_each_the_same_as_one(engine):
    requests = [asked(seed=seed) for seed in (1, 2)]
    for sampled, request in zip(engine.sample_take(requests), requests, strict=True):
        assert np.array_equal(sampled.frame, engine.sample(request).frame)


def test_weighted_texts_are_taken(engine):
    texts = (("a cat", 0.25), ("a dog", 0.75))
    assert engine.sample(asked(prompts=texts, negatives=texts)).frame.shape == (48, 64, 3)


@pytest.mark.parametrize("size", [(60, 48), (64, 44)])
def test_sizes_that_are_no_multiples_of_8_are_refused(engine, size):
    with pytest.raises(EngineError, match="multiples of 8"):
        engine.sample(asked(size=size))


def test_a_picture_of_another_size_is_refused(engine):
    with pytest.raises(ValueError, match="expected 64x48"):
        engine.sample(asked(init=card((48, 64))))


def test_remarks_are_sentences(engine):
    assert engine.remarks(["a plain prompt"]) == []


def test_an_engine_that_cannot_paint_says_so():
    with pytest.raises(EngineError, match="engine cannot paint"):
        Engine().sample(asked())


def test_the_preview_shows_the_outline_by_denoise():
    init = np.full((48, 64, 3), 100, np.uint8)
    brightest = [Preview().sample(asked(init=init, denoise=denoise)).frame.max() for denoise in (0.2, 0.6, 1.0)]
    assert brightest == [131, 193, 255]


@pytest.mark.parametrize(
    ("kind", "words", "said"),
    [
        ("OutOfMemoryError", "", True),
        ("RuntimeError", "CUDA out of memory. Tried to allocate 20.00 MiB", True),
        ("RuntimeError", "MPS backend out of memory (MPS allocated: 9 GB)", True),
        ("RuntimeError", "Native API failed. Native API returns: UR_RESULT_ERROR_OUT_OF_DEVICE_MEMORY", True),
        ("RuntimeError", "[enforce fail] DefaultCPUAllocator: not enough memory: you tried to allocate 9 bytes", True),
        ("RuntimeError", "CUDA error: CUBLAS_STATUS_ALLOC_FAILED", True),
        ("MemoryError", "", True),
        ("RuntimeError", "mat1 and mat2 shapes cannot be multiplied", False),
        ("NansException", "A tensor with all NaNs was produced in Unet.", False),
        ("KeyError", "'memory'", False),
    ],
)
def test_how_libraries_say_that_memory_ran_out(kind, words, said):
    assert ran_out_of_memory(kind, words) == said
