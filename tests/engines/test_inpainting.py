"""Films with masks on real engines: what is masked stays to the byte, what is not changes, and nothing is done twice."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from PIL import Image

from lib_anim.engines.base import SampleRequest
from lib_anim.engines.diffusers.checkpoint import BUNDLED
from lib_anim.engines.diffusers.engine import DiffusersEngine
from lib_anim.engines.webui.engine import WebuiEngine
from lib_anim.images.frame import write_png
from lib_anim.images.test_card import test_card as card
from lib_anim.shot.reel import Reel, render
from lib_anim.shot.steps import Tools
from tests.helpers import shot
from tests.webui_server import picture

FILM = {
    "W": 64,
    "H": 64,
    "steps": 6,
    "max_frames": 3,
    "sampler": "Euler",
    "prompts": {"0": "a red circle on a blue background"},
    "strength_schedule": "0:(0.4)",
    "strength": 0.4,
    "use_init": True,
    "init_image": "card.png",
    "use_mask": True,
    "mask_file": "right.png",
    "noise_schedule": "0:(0.1)",
    "color_coherence": "LAB",
}
REACH = 10  # pixels to which a blur of 4 reaches


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    """A folder with a start picture and a mask that is white in the right half."""
    monkeypatch.chdir(tmp_path)
    write_png("card.png", card((64, 64)))
    mask = np.zeros((64, 64), np.uint8)
    mask[:, 32:] = 255
    Image.fromarray(mask).save("right.png")
    mask[:40] = mask[:, :40] = 0
    Image.fromarray(mask).save("corner.png")


def filmed(engine, **changes):
    film = shot(Tools(engine.capabilities), **{**FILM, **changes})
    return [one.frame for one in render(Reel(film), engine)]


@pytest.fixture(scope="module")
def bundled():
    pytest.importorskip("diffusers")
    return DiffusersEngine.load(BUNDLED, device="cpu")


@pytest.mark.parametrize("fill", ["original", "fill", "latent noise", "latent nothing"])
def test_the_small_model_paints_within_a_mask(bundled, fill):
    frames = filmed(bundled, fill=fill, full_res_mask=False)
    for one in frames:
        assert np.array_equal(one[:, : 32 - REACH], card((64, 64))[:, : 32 - REACH])
        assert np.abs(one[:, 32 + REACH :].astype(int) - card((64, 64))[:, 32 + REACH :]).mean() > 10


@pytest.mark.parametrize(("fill", "level"), [("latent nothing", 0.0), ("latent noise", 1.0)])
def test_latents_are_filled_within_the_mask(fill, level):
    torch = pytest.importorskip("torch")
    from lib_anim.engines.diffusers.first_noise import draw_noise, fill_latent

    mask, clean = np.repeat(np.float32([[0, 0.5, 1, 1]]), 16, axis=1).repeat(64, axis=0), torch.full((1, 4, 8, 8), 2.0)
    request = SampleRequest(1, (64, 64), seed=5, init=card((64, 64)), mask=mask, fill=fill)
    noise = draw_noise(replace(request, init=None), 4, torch.Generator().manual_seed(5)) * level
    found = fill_latent(clean, request)[0]
    assert torch.equal(found[..., :2], clean[0, ..., :2])
    assert torch.allclose(found[..., 2:4], 0.5 * clean[0, ..., 2:4] + 0.5 * noise[..., 2:4])
    assert torch.equal(found[..., 4:], noise[..., 4:])
    assert fill_latent(clean, replace(request, fill="original")) is clean
    assert fill_latent(clean, replace(request, mask=None)) is clean


def test_what_the_small_model_begins_from_is_seen(bundled):
    little = {"full_res_mask": False, "strength": 0.8, "strength_steps": "exact", "max_frames": 1}
    fills = [filmed(bundled, fill=fill, **little)[0].astype(int) for fill in ("original", "latent nothing", "latent noise")]
    for one, other in combinations(fills, 2):
        assert np.abs(one - other)[:, 32 + REACH :].mean() > 5
        assert np.array_equal(one[:, : 32 - REACH], other[:, : 32 - REACH])


def test_the_small_model_paints_a_part_enlarged(bundled):
    frames = filmed(bundled, mask_file="corner.png", mask_overlay_blur=0)
    kept = np.ones((64, 64), bool)
    kept[40:, 40:] = False
    for one in frames:
        assert np.array_equal(one[kept], card((64, 64))[kept])
        assert np.abs(one[~kept].astype(int) - card((64, 64))[~kept]).mean() > 5


def test_a_webui_around_us_is_asked_for_a_whole_filled_picture(host):
    frames = filmed(WebuiEngine(), fill="latent nothing", mask_file="corner.png", mask_overlay_blur=0)
    assert len(host.jobs) == 3
    for job in host.jobs:
        assert (job.inpaint_full_res, job.inpainting_fill, job.mask_blur_x) == (False, 1, 0)
        begun, mask = np.asarray(job.init_images[0]), np.asarray(job.mask.convert("L"))
        assert (begun.shape, np.unique(mask).tolist(), mask.mean() > 150) == ((64, 64, 3), [0, 255], True)
        assert np.abs(begun[mask == 255].astype(int) - 127).max() <= 1
    assert np.array_equal(frames[-1][:40], card((64, 64))[:40])


def test_a_webui_over_http_is_asked_for_a_whole_filled_picture(server, engine):
    filmed(engine, fill="latent nothing", mask_file="corner.png")
    assert [task for task, _ in server.jobs] == ["img2img"] * 3
    for _, job in server.jobs:
        assert (job["inpaint_full_res"], job["inpainting_fill"], job["mask_blur"]) == (False, 1, 0)
        mask = picture(job["mask"])
        assert np.unique(mask).tolist() == [0, 255]
        assert picture(job["init_images"][0]).shape == mask.shape == (64, 64, 3)
