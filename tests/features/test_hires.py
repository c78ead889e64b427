"""Hires fix: which pictures are painted in two sizes, and what the engine is asked for."""

import numpy as np
import pytest

from lib_anim.engines.base import Capabilities
from lib_anim.features.open import open_shot
from lib_anim.images.frame import resized, write_png
from lib_anim.models.upscale import Upscaler
from lib_anim.plan.seeds import SECOND_PASS, derived
from lib_anim.shot.reel import Reel, render
from lib_anim.shot.steps import Tools
from tests.helpers import Painter, noisy, settings


def filmed(tools=None, **changes):
    painter = Painter(noisy)
    film = settings(**{"hires": True, "W": 128, "H": 96, "max_frames": 3, **changes})
    frames = [one.frame for one in render(Reel(open_shot(film, tools=tools)), painter)]
    return painter.requests, frames


def test_the_first_picture_is_painted_small_and_then_over():
    requests, frames = filmed()
    small, large, *others = requests
    assert (small.size, small.init, small.denoise) == ((64, 48), None, 1.0)
    assert (large.size, large.denoise) == ((128, 96), 0.5)
    assert np.array_equal(large.init, resized(noisy(small), (128, 96)))
    assert (small.seed, large.seed) == (7, derived(7, SECOND_PASS))
    assert [request.size for request in others] == [(128, 96)] * 2
    assert np.array_equal(frames[0], noisy(large))


@pytest.mark.parametrize(
    ("size", "scale", "step", "small"),
    [
        ((128, 96), 2, 8, (64, 48)),
        ((128, 96), 1.5, 8, (88, 64)),  # 85.3 and 64
        ((128, 96), 3, 8, (40, 32)),
        ((128, 96), 8, 8, (16, 16)),
        ((128, 192), 1.5, 64, (64, 128)),
        ((64, 192), 2, 64, (64, 128)),
    ],
)
def test_the_small_size_is_one_that_models_paint(size, scale, step, small):
    requests, _ = filmed(Tools(Capabilities(size_step=step)), hires_scale=scale, W=size[0], H=size[1])
    assert [request.size for request in requests[:2]] == [small, size]


def test_over_a_start_picture_there_is_one_size(tmp_path):
    write_png(tmp_path / "a.png", np.full((96, 128, 3), 90, np.uint8))
    requests, _ = filmed(use_init=True, init_image=str(tmp_path / "a.png"))
    assert [request.size for request in requests] == [(128, 96)] * 3


def test_every_picture_from_nothing_is_painted_so():
    requests, _ = filmed(animation_mode="Interpolation")
    assert [request.size for request in requests] == [(64, 48), (128, 96)] * 3


def test_what_guides_has_the_size_of_the_picture(tmp_path):
    write_png(tmp_path / "a.png", np.full((96, 128, 3), 90, np.uint8))
    can = Tools(Capabilities(words=frozenset({"controlnet"}), controls=("edges",)))
    unit = {"cn_1_enabled": True, "cn_1_model": "edges", "cn_1_vid_path": str(tmp_path / "a.png")}
    masked = {"cn_1_mask_vid_path": str(tmp_path / "a.png")}
    requests, _ = filmed(can, **unit, **masked)
    (first,), (second,), *_ = (request.controls for request in requests)
    assert (first.image.shape, first.mask.shape) == ((48, 64, 3), (48, 64))
    assert (second.image.shape, second.mask.shape) == ((96, 128, 3), (96, 128))


def test_where_there_is_no_smaller_size_that_is_said():
    requests, _ = filmed(hires_scale=1)
    assert [request.size for request in requests] == [(128, 96)] * 3
    notes = open_shot(settings(hires=True, hires_scale=1)).notes
    assert "hires: 64x48 has no smaller size by 1" in notes


def test_denoise_0_stands():
    requests, frames = filmed(hires_denoise=0, max_frames=1)
    assert [request.size for request in requests] == [(64, 48)]
    assert np.array_equal(frames[0], resized(noisy(requests[0]), (128, 96)))


def test_an_upscaler_of_the_engine_enlarges():
    def enlarge(frame):
        return np.full((frame.shape[0] * 4, frame.shape[1] * 4, 3), 77, np.uint8)

    tools = Tools(upscaler=lambda name: Upscaler(name, 4, enlarge) if name == "R-ESRGAN 4x+" else None)
    requests, _ = filmed(tools, hires_upscaler="R-ESRGAN 4x+")
    assert np.array_equal(requests[1].init, np.full((96, 128, 3), 77, np.uint8))
    requests, _ = filmed(tools, hires_upscaler="another")
    assert np.array_equal(requests[1].init, resized(noisy(requests[0]), (128, 96)))
    notes = open_shot(settings(hires=True, W=128, H=128, hires_upscaler="another"), tools=tools).notes
    assert "hires_upscaler: Lanczos stands in for another" in notes
