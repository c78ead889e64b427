"""The small model's motion module: scenes that move, captions that say so, the training, the measures, what comes along."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from diffusers import MotionAdapter, UNet2DConditionModel

from tools.tiny_model import train_motion
from tools.tiny_model.draw import choose, draw, reserved
from tools.tiny_model.evaluate_motion import MOTION, Painter, goes, mean_flicker, mean_flow, questions, seam
from tools.tiny_model.landscape import Land
from tools.tiny_model.motion_pool import FRAMES, WORDINGS, Clips, Shards, make_shard
from tools.tiny_model.moving import OPPOSITE, STEPS, WAYS, choose_moving, draw_clip, frame_at, move, movers, say_moving
from tools.tiny_model.objects import Shapes
from tools.tiny_model.train_motion import MotionLoss, MotionRecipe, join, make_adapter, make_trainer, spread


def moving_of(mover, way, seed=0):
    """A scene with such a thing in it, high in a clear sky if it is sun or moon, moved such a way."""
    rng = np.random.default_rng(seed)
    while True:
        scene = choose(rng)
        clear = isinstance(scene, Shapes) or (not scene.look and (mover != "body" or scene.time in ("day", "night")))
        if mover in movers(scene) and clear:
            return replace(move(rng, scene, mover, way), waves=0)


# -- scenes that move ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("mover", "way"), [(mover, way) for mover, ways in WAYS.items() for way in STEPS if way in ways])
def test_what_a_caption_says_is_where_it_goes(mover, way):
    clips = [draw_clip(moving_of(mover, way, seed), 6, 96, 96) for seed in range(3)]
    assert sum(goes(way, mean_flow(clip)) for clip in clips) >= 2


@pytest.mark.parametrize(("way", "grows"), [("grow", True), ("shrink", False)])
def test_a_shape_grows_and_shrinks(way, grows):
    moving = moving_of("shape", way)
    first, last = (frame_at(moving, t).items[0].radius for t in (-0.5, 0.5))
    assert last / first == pytest.approx(moving.reach if grows else 1 / moving.reach)


def test_a_clip_backwards_is_what_its_other_captions_say():
    moving = moving_of("shape", "left")
    back = move(np.random.default_rng(0), moving.scene, "shape", "right")
    assert moving.reversible
    back = replace(back, scene=moving.scene, reach=moving.reach)
    assert np.array_equal(draw_clip(moving, 5, 32, 32)[::-1], draw_clip(back, 5, 32, 32))
    assert "right" in say_moving(moving, np.random.default_rng(1), backwards=True)
    assert not moving_of("shape", "turn").reversible


def test_captions_name_the_way_of_what_moves_and_of_nothing_else():
    rng = np.random.default_rng(2)
    for moving in [choose_moving(rng) for _ in range(60)]:
        if moving.way in ("left", "right"):
            assert moving.way in say_moving(moving, rng)
        if moving.reversible and moving.way in ("left", "right"):
            assert OPPOSITE[moving.way] in say_moving(moving, rng, backwards=True)


def test_nothing_moves_in_a_still_clip_but_water_rain_and_snow():
    for seed in range(20):
        moving = choose_moving(np.random.default_rng(seed))
        calm = isinstance(moving.scene, Land) and not moving.waves and moving.scene.weather not in ("rain", "snowfall")
        if calm or moving.mover == "shape":
            clip = draw_clip(replace(moving, way="still"), 3, 32, 32)
            assert np.array_equal(clip[0], clip[2])


def test_a_moving_scene_is_still_one_that_training_may_have_or_not():
    rng = np.random.default_rng(0)
    assert not any(reserved(choose_moving(rng).scene) for _ in range(30))
    assert all(reserved(question.moving.scene) for question in questions(3))


def test_waves_go_round():
    moving = replace(moving_of("boat", "still"), waves=1)
    first, last = (draw(frame_at(moving, t), 64, 64) for t in (-0.5, 0.5))
    assert np.abs(first.astype(int) - last).max() <= 2
    assert np.abs(first.astype(int) - draw(frame_at(moving, 0.1), 64, 64)).max() > 10


# -- the training -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def networks():
    return [part.requires_grad_(False).eval() for part in train_motion.load_folder(train_motion.BUNDLED)]


def new_adapter(unet):
    torch.manual_seed(0)
    return make_adapter(unet)


def test_a_new_module_adds_nothing_and_fits_five_megabytes(networks):
    unet, text, _ = networks
    adapter = new_adapter(unet)
    assert sum(p.numel() for p in adapter.parameters()) * 2 < 5_000_000
    frames = torch.randn(3, 4, 8, 8)
    states = text(torch.zeros(1, 77, dtype=torch.long)).last_hidden_state
    clip = join(unet, adapter)(frames.transpose(0, 1)[None], 500, spread(states, 3)).sample
    assert torch.allclose(clip[0].transpose(0, 1), unet(frames, 500, spread(states, 3)).sample, atol=1e-5)


def test_only_the_temporal_layers_learn(networks):
    joined = join(networks[0], new_adapter(networks[0]))
    assert {name.split(".motion_modules.")[0] for name, p in joined.named_parameters() if p.requires_grad} == {
        *(f"{side}_blocks.{i}" for side in ("down", "up") for i in range(3)),
        "mid_block",
    }


def toy(folder, text, steps=6):
    """A training of a smaller module on two small clips of one grey, and its loss."""
    torch.manual_seed(1)
    unet = UNet2DConditionModel(
        block_out_channels=(32, 32),
        layers_per_block=1,
        cross_attention_dim=128,
        attention_head_dim=4,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
    )
    shards = Shards(None, None, folder, 0, "cpu")
    frame = torch.full((2, 1, 4, 4, 4), 1.5).half()
    ids = torch.zeros((2, 2, WORDINGS, 77), dtype=torch.short)
    shards._held.append(Clips(frame.repeat(1, FRAMES, 1, 1, 1), ids, torch.tensor([True, False])))
    recipe = MotionRecipe(steps=steps, peak=2e-2, warm_up=2, shards=1, short=1, short_frames=3)
    adapter = new_adapter(unet)
    loss = MotionLoss(join(unet, adapter), text, shards, recipe, torch.zeros(77, dtype=torch.long), "cpu")
    return make_trainer(adapter, recipe, folder), loss, adapter


def test_a_few_steps_lower_the_loss_and_an_interrupted_training_goes_on_as_if_nothing_had_been(tmp_path, networks):
    weights = []
    for name, stop in (("whole", None), ("broken", 3)):
        (folder := tmp_path / name).mkdir()
        trainer, loss, adapter = toy(folder, networks[1])
        before = float(loss(90).detach())
        if stop is not None:
            stopped(trainer, loss, stop)
            trainer, loss, adapter = toy(folder, networks[1])
        trainer.run(loss, resume=True)
        assert float(loss(90).detach()) < 0.98 * before
        weights.append(torch.cat([p.detach().flatten() for p in adapter.parameters()]))
    assert torch.equal(*weights)


def stopped(trainer, loss, step):
    """Train up to a step and no further."""

    def until(at):
        if at == step:
            trainer._save()
            raise KeyboardInterrupt
        return loss(at)

    with pytest.raises(KeyboardInterrupt):
        trainer.run(until, resume=False)


def test_frames_in_reverse_come_with_the_captions_of_the_reverse(networks, tmp_path):
    loss = toy(tmp_path, networks[1])[1]
    latents = torch.arange(FRAMES).view(1, -1, 1, 1, 1).half()
    ids = torch.tensor([1, 2]).view(1, 2, 1, 1).expand(1, 2, WORDINGS, 77)
    for reversible in (True, False):
        clips = Clips(latents, ids, torch.tensor([reversible]))
        picked = [loss._pick(clips, np.random.default_rng(seed), 4) for seed in range(40)]
        seen = {(float(frames.flatten().diff().mean()), int(words[0])) for frames, words in picked if words[0]}
        assert seen == ({(1.0, 1), (-1.0, 2)} if reversible else {(1.0, 1)})


def test_a_bare_clip_is_noise_from_which_the_wanted_v_leads_to_the_clip(networks, tmp_path):
    loss = toy(tmp_path, networks[1])[1]
    clips = torch.randn(64, 4, 2, 4, 4, generator=torch.Generator().manual_seed(1))
    noisy, t, v = loss.noised(clips, 0.2, np.random.default_rng(0))
    a, b = (table[t].view(-1, 1, 1, 1, 1) for table in (loss.signal, loss.noise))
    assert torch.allclose(a * noisy - b * v, clips, atol=1e-4)
    assert t.float().mean() > 520


def test_a_shard_depends_on_the_seed_alone(networks):
    tokenizer = train_motion.load_tokenizer(train_motion.BUNDLED / "tokenizer")
    one, two = (make_shard(networks[2], tokenizer, 1, (3, 0), "cpu") for _ in range(2))
    assert torch.equal(one.latents, two.latents)
    assert torch.equal(one.ids, two.ids)
    assert (one.latents.shape, one.ids.shape) == ((1, FRAMES, 4, 16, 16), (1, 2, WORDINGS, 77))


# -- measures -----------------------------------------------------------------------------------------------------------


def test_a_seam_is_a_jump_where_windows_meet():
    ramp = np.arange(64, dtype=np.uint8)
    assert seam(ramp[:, None, None, None] * np.ones((1, 4, 4, 3), np.uint8)) == pytest.approx(1)
    stepped = ramp + 3 * (ramp // 8)
    assert seam(stepped[:, None, None, None] * np.ones((1, 4, 4, 3), np.uint8)) == pytest.approx(4)


# -- what comes along ---------------------------------------------------------------------------------------------------


def test_the_module_that_comes_along_flickers_less_than_stills_do():
    adapter = MotionAdapter.from_pretrained(MOTION, torch_dtype=torch.float32)
    assert (MOTION / "diffusion_pytorch_model.safetensors").stat().st_size < 5_000_000
    prompt = "blue sky, a bright sun, the sun drifts to the right"
    moved, still = (mean_flicker(Painter(net, steps=4).paint(prompt, 3, 6)) for net in (adapter, None))
    assert moved < 0.8 * still
