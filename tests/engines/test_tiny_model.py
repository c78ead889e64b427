"""The small model that comes along, painted by the engine that runs a person's checkpoint: does it do what it is told?"""

import json
import shutil
from itertools import pairwise

import numpy as np
import pytest

from lib_anim.cli import main
from lib_anim.engines.diffusers.checkpoint import BUNDLED
from lib_anim.engines.diffusers.engine import DiffusersEngine
from lib_anim.errors import ModelError
from lib_anim.features.open import make_shot
from lib_anim.plan.plan import make_plan
from lib_anim.settings import settings
from lib_anim.shot.reel import Reel, render
from tools.tiny_model.evaluate import autoencoder_db, distance, painter, shape_prompt, wanted_lands, wanted_shapes
from tools.tiny_model.judge import kind_of, shape_colours, train_land_judge

SMALL = {
    "anim_version": "0",
    "W": 128,
    "H": 128,
    "diffusion_cadence": 1,
    "seed": 3,
    "steps": 10,
    "sampler": "Euler",
    "cfg_scale_schedule": "0:(4)",
    "strength_schedule": "0:(0.6)",
    "zoom": "0:(1.01)",
}


# colours may go where the prompts lead
FREE = {"color_coherence": "None", "strength_schedule": "0:(0.5)"}


@pytest.fixture(scope="module")
def engine():
    return DiffusersEngine.load(BUNDLED, device="cpu")


@pytest.fixture(scope="module")
def paint(engine):
    return painter(engine, steps=8)


@pytest.fixture(scope="module")
def judge():
    return train_land_judge(300)


def film(engine, **changes):
    shot = make_shot(make_plan(settings.parse({**SMALL, **changes})))
    return [rendered.frame for rendered in render(Reel(shot), engine)]


def light(frame):
    """Mean brightness of the upper third, the sky."""
    return float(frame[: len(frame) // 3].mean())


# -- prompts, seeds, guidance -------------------------------------------------------------------------------------------


@pytest.mark.once
def test_colours_stand_where_the_prompt_says(paint):
    """Combinations that training never saw; the model card has the figure for sixty of them."""
    scenes = wanted_shapes(10, seed=11)
    seen = [shape_colours(paint(shape_prompt(scene), seed=k)) for k, scene in enumerate(scenes)]
    right = [(a == scene.items[0].colour) + (b == scene.background) for (a, b), scene in zip(seen, scenes, strict=True)]
    assert sum(right) >= 15, seen


@pytest.mark.once
def test_the_named_sky_stands_over_the_named_ground(paint, judge):
    wanted = wanted_lands(12)
    seen = [judge(paint(prompt, seed=k)) for k, (prompt, _, _) in enumerate(wanted)]
    right = [(a == time) + (b == kind_of(ground)) for (a, b), (_, time, ground) in zip(seen, wanted, strict=True)]
    assert sum(right) >= 17, seen


@pytest.mark.once
@pytest.mark.parametrize("prompt", ["hills by day, a blue sky", "a meadow by day, clouds"])
def test_at_512_there_is_one_horizon(engine, prompt):
    """Trained on small pictures alone, it painted a second one. Rows where green outweighs blue are ground."""
    rows = painter(engine, size=512, steps=6)(prompt, seed=1).reshape(16, 32 * 512, 3).mean(axis=1)
    ground = (rows[:, 1] > rows[:, 2]).tolist()
    assert ground == sorted(ground)
    assert 4 <= sum(ground) <= 12


@pytest.mark.once
def test_guidance_brings_out_the_prompt(paint):
    """At cfg 1 a prompt is a hint; the negative prompt is what guidance leads away from."""
    assert distance(paint("the sea at night, moon", cfg=1.0), paint("the sea at night, moon", cfg=7.0)) > 8
    towards = paint("a lake", negative="night", seed=2, cfg=6.0)
    away = paint("a lake", negative="day", seed=2, cfg=6.0)
    assert light(towards) > light(away) + 15


def test_seeds_make_different_pictures_and_the_same_seed_the_same_bytes(paint):
    pictures = [paint("mountains at sunset", seed=seed) for seed in range(4)]
    assert min(distance(a, b) for k, a in enumerate(pictures) for b in pictures[:k]) > 12
    assert paint("mountains at sunset", seed=1).tobytes() == pictures[1].tobytes()


# -- img2img --------------------------------------------------------------------------------------------------------------


@pytest.mark.once
def test_the_higher_the_denoise_the_further_from_the_picture(paint):
    init = paint("the sea at dawn", seed=4)
    away = [
        np.mean([distance(init, paint("mountains at dawn", seed=s, init=init, denoise=d)) for s in range(3)])
        for d in (0.1, 0.3, 0.5, 0.7, 0.9)
    ]
    assert all(a < b for a, b in pairwise(away)), away
    assert away[0] < 20 < away[-1]


# -- films ----------------------------------------------------------------------------------------------------------------


@pytest.mark.once
def test_a_prompt_that_melts_into_another_darkens_the_sky_little_by_little(engine, judge):
    prompts = {"0": "hills by day, a blue sky", "3": "hills by day, a blue sky", "17": "hills at night, stars"}
    frames = film(engine, max_frames=20, prompts=prompts, prompt_blend="linear", **FREE)
    sky = [light(frame) for frame in frames]
    assert judge(frames[2])[0] == "day"
    assert judge(frames[-1])[0] in ("night", "dusk")
    assert sky[2] > sky[10] > sky[-1]
    assert max(abs(a - b) for a, b in pairwise(sky[2:])) < 0.5 * (sky[2] - sky[-1])  # no jump


@pytest.mark.once
def test_thirty_frames_keep_their_colours(engine):
    """Every frame goes through the autoencoder again: without colour coherence colours drift, with it they may not."""
    prompts = {"0": "a lake with mountains behind at sunset"}
    frames = film(engine, max_frames=30, prompts=prompts, color_coherence="LAB", steps=6, strength_schedule="0:(0.65)")
    first, last = (np.concatenate(part).reshape(-1, 3).astype(float) for part in (frames[:3], frames[-3:]))
    assert np.abs(first.mean(axis=0) - last.mean(axis=0)).max() < 12
    assert 0.8 < last.std() / first.std() < 1.25


@pytest.mark.once
def test_strength_decides_how_much_of_a_frame_survives(engine):
    still = {"prompts": {"0": "a forest at dawn"}, "max_frames": 3, "zoom": "0:(1)", "noise_schedule": "0:(0)"}
    changes = []
    for strength in (0.85, 0.6, 0.3):
        frames = film(engine, **still, strength_schedule=f"0:({strength})")
        changes.append(distance(frames[1], frames[2]))
    assert changes[0] < changes[1] < changes[2]


# -- the files ------------------------------------------------------------------------------------------------------------

# the sky and ground of one picture, in sixteen fields; every version of the libraries loads the same weights to the same pixels
GOLDEN = [
    [113.3, 119.9, 123.0, 115.7],
    [152.4, 155.4, 164.4, 144.8],
    [101.4, 107.7, 117.9, 81.4],
    [67.0, 68.6, 69.5, 67.8],
]


def test_every_version_of_the_libraries_paints_the_same_picture(paint):
    frame = paint("mountains at sunset, sun", seed=1)
    fields = frame.reshape(4, 32, 4, 32, 3).mean(axis=(1, 3, 4))
    assert np.abs(fields - np.array(GOLDEN)).max() < 1.5, fields.round(1).tolist()


def test_the_autoencoder_gives_pictures_back():
    assert autoencoder_db(BUNDLED, 128, count=8) > 29


def test_it_is_small_and_made_of_standard_parts():
    assert sum(file.stat().st_size for file in BUNDLED.rglob("*")) <= 16 * 2**20
    index = json.loads((BUNDLED / "model_index.json").read_text(encoding="utf-8"))
    assert index["unet"] == ["diffusers", "UNet2DConditionModel"]
    assert {"vocab.json", "merges.txt"} <= {file.name for file in (BUNDLED / "tokenizer").iterdir()}


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda unet: unet.write_bytes(unet.read_bytes()[:100_000]), "cannot be loaded"),
        (lambda unet: unet.write_bytes(b"\0" * 1000), "cannot be loaded"),
        (lambda unet: unet.unlink(), "cannot be loaded"),
    ],
    ids=["cut off", "zeros", "missing"],
)
def test_damaged_weights_are_one_line(tmp_path, spoil, words):
    shutil.copytree(BUNDLED, tmp_path / "tiny")
    spoil(tmp_path / "tiny" / "unet" / "diffusion_pytorch_model.safetensors")
    with pytest.raises(ModelError, match=words) as caught:
        DiffusersEngine.load(tmp_path / "tiny", device="cpu")
    assert "\n" not in str(caught.value)


def test_without_a_model_the_command_line_paints_with_it(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "film.json").write_text(json.dumps({**SMALL, "max_frames": 2, "steps": 4, "batch_name": "film"}))
    assert main(["run", "film.json", "--device", "cpu", "--no-video"]) == 0
    assert "the small model that comes along" in capsys.readouterr().err
    journal = (tmp_path / "output/film/journal.jsonl").read_text()
    assert '"engine": "diffusers"' in journal
