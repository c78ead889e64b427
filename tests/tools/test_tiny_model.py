"""The tool that makes the small model: its drawings, its words, its judge, its training, its export."""

import numpy as np
import pytest
import torch
from diffusers import AutoencoderKL
from safetensors.torch import load_file

from lib_anim.engines.base import SampleRequest
from lib_anim.engines.diffusers.engine import DiffusersEngine
from lib_anim.engines.diffusers.families import clip_merges, clip_tokenizer, write_tokenizer
from tools.tiny_model import __main__ as tool
from tools.tiny_model.data import to_tensor
from tools.tiny_model.draw import caption, choose, draw, reserved
from tools.tiny_model.evaluate import land_prompt, shape_prompt, wanted_lands, wanted_shapes
from tools.tiny_model.export import load_folder
from tools.tiny_model.judge import ceiling, shape_colours, train_land_judge
from tools.tiny_model.landscape import Land
from tools.tiny_model.ldm import YAML, from_ldm, to_ldm, wide_vae, widen_vae
from tools.tiny_model.loop import Curve, Trainer
from tools.tiny_model.objects import COLOURS, Shapes
from tools.tiny_model.optimizer import orthogonal
from tools.tiny_model.tokenizer import encode, load_tokenizer


def scenes(count, seed=0):
    rng = np.random.default_rng(seed)
    return [choose(rng) for _ in range(count)]


# -- drawings and captions ----------------------------------------------------------------------------------------------


def test_a_scene_is_the_same_picture_each_time_and_at_each_size():
    for scene in scenes(12):
        small, again, large = draw(scene, 64, 64), draw(scene, 64, 64), draw(scene, 128, 128)
        assert np.array_equal(small, again)
        halved = large.reshape(64, 2, 64, 2, 3).mean(axis=(1, 3))
        assert np.abs(halved - small).mean() < 12


@pytest.mark.parametrize(("height", "width"), [(128, 128), (96, 160), (160, 96)])
def test_pictures_are_frames(height, width):
    for scene in scenes(6):
        picture = draw(scene, height, width)
        assert (picture.shape, picture.dtype) == ((height, width, 3), np.uint8)
        assert picture.std() > 3


def test_a_caption_names_what_is_there():
    rng = np.random.default_rng(0)
    for scene in scenes(200):
        text = caption(scene, rng)
        if isinstance(scene, Shapes):
            assert scene.background in text
            assert all(item.colour in text and item.shape in text for item in scene.items)


def test_a_short_wording_may_leave_a_marvel_out_but_none_makes_one_up():
    names = ("aurora", "northern lights", "rainbow")
    for scene in [scene for scene in scenes(200) if isinstance(scene, Land)]:
        wordings = " / ".join(caption(scene, np.random.default_rng(seed)) for seed in range(20))
        assert any(name in wordings for name in names) == bool(scene.marvel)


def test_reserved_scenes_are_never_in_training():
    assert not any(reserved(scene) for scene in scenes(400))
    assert all(reserved(scene) for scene in wanted_shapes(10, seed=5))
    prompts = [shape_prompt(scene) for scene in wanted_shapes(60, seed=5)]
    assert len(set(prompts)) == 60
    lands = wanted_lands(60)
    assert len({prompt for prompt, _, _ in lands}) == 60
    assert {time for _, time, _ in lands} == {"dawn", "day", "sunset", "night"}
    assert reserved(Land(time="dawn", hour=0.2, ground="sea", back="hills")) == (
        land_prompt("dawn", "sea", "hills", "{where} {when}") in {prompt for prompt, _, _ in wanted_lands(500)}
    )


def test_the_judge_is_right_about_drawings():
    """What it gets wrong here it cannot be blamed for later: the ceiling of the evaluation."""
    assert ceiling(train_land_judge(400), 120) > 0.75
    right = 0
    for scene in wanted_shapes(40, seed=3):
        right += shape_colours(draw(scene, 128, 128)) == (scene.items[0].colour, scene.background)
    assert right >= 39
    assert len(COLOURS) == 12


# -- words --------------------------------------------------------------------------------------------------------------


def test_the_cut_tokenizer_takes_words_apart_as_clip_does(tmp_path):
    words = sorted(
        {word for scene in scenes(150) for word in caption(scene, np.random.default_rng(1)).replace(",", " ").split()}
    )
    write_tokenizer_of_clip(tmp_path / "whole")
    cut, whole = load_tokenizer(tmp_path / "cut"), load_tokenizer(tmp_path / "whole")
    assert len(cut) < 2500 < len(whole)
    assert [cut.tokenize(word) for word in words] == [whole.tokenize(word) for word in words]


def write_tokenizer_of_clip(folder):
    folder.mkdir()
    write_tokenizer(folder, clip_tokenizer("<|endoftext|>"), clip_merges())


def test_a_text_is_seventy_seven_numbers_between_two_marks(tmp_path):
    tokenizer = load_tokenizer(tmp_path)
    short, long = encode(tokenizer, ["a red circle", "red " * 200])
    start, end = len(tokenizer) - 2, len(tokenizer) - 1
    assert (short[0], short[4], short[-1], long[0], long[-1]) == (start, end, end, start, end)
    assert short.shape == long.shape == (77,)


# -- training -----------------------------------------------------------------------------------------------------------


def test_orthogonal_steps_have_singular_values_near_one():
    matrices = torch.randn(3, 24, 60, generator=torch.Generator().manual_seed(0))
    values = torch.linalg.svdvals(orthogonal(matrices))
    assert values.min() > 0.6
    assert values.max() < 1.25


@pytest.mark.parametrize(("step", "rate"), [(0, 0.0), (100, 0.5), (200, 1.0), (300, 1.0), (1000, 0.02)])
def test_the_learning_rate_warms_up_holds_and_falls(step, rate):
    assert Curve(1000, 1.0, warm_up=200).rate(step) == pytest.approx(rate)


def trained(folder, steps, *, resume=False, stop_at=None):
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.ReLU(), torch.nn.Linear(8, 2))
    trainer = Trainer({"model": model}, Curve(steps, 0.01, warm_up=2), folder / "model.pt")

    def loss_at(step):
        if step == stop_at:
            trainer._save()
            raise KeyboardInterrupt
        batch = torch.randn(16, 4, generator=torch.Generator().manual_seed(step))
        return (model(batch) - batch[:, :2].square()).square().mean()

    trainer.run(loss_at, resume=resume)
    return torch.cat([p.detach().flatten() for p in model.parameters()])


def test_an_interrupted_training_goes_on_as_if_nothing_had_been(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    unbroken = trained(tmp_path / "a", 40)
    with pytest.raises(KeyboardInterrupt):
        trained(tmp_path / "b", 40, stop_at=17)
    assert torch.equal(trained(tmp_path / "b", 40, resume=True), unbroken)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A model from nothing, hardly trained at all."""
    folder = tmp_path_factory.mktemp("model")
    tool.main(["--out", str(folder), "--effort", "0.0005", "--seed", "3"])
    return folder


def test_one_command_makes_a_model_that_paints(made):
    engine = DiffusersEngine.load(made, device="cpu")
    frame = engine.sample(SampleRequest(0, (64, 48), (("a red circle", 1.0),), steps=2, sampler="Euler")).frame
    assert frame.shape == (48, 64, 3)
    assert frame.std() > 0


def test_the_latents_have_the_spread_stable_diffusion_counts_on(made):
    """Hosts have its scaling factor 0.18215 built in."""
    _, _, vae = load_folder(made)
    rng = np.random.default_rng(0)
    pictures = np.stack([draw(choose(rng), 128, 128) for _ in range(24)])
    with torch.no_grad():
        latents = vae.encode(to_tensor(pictures)).latent_dist
    assert (latents.mean * 0.18215).std().item() == pytest.approx(1.0, abs=0.3)
    assert latents.std.max().item() < 0.05


def test_the_ldm_layout_holds_the_same_weights(made):
    weights = to_ldm(made)
    back = from_ldm(weights, made)
    for part, file in (("unet", "diffusion_pytorch_model"), ("vae", "diffusion_pytorch_model"), ("text_encoder", "model")):
        for key, value in load_file(made / part / f"{file}.safetensors").items():
            assert torch.allclose(back[f"{part}/{key}"], value, rtol=1e-3), f"{part}/{key}"
    assert {name.split(".")[0] for name in weights} == {"model", "first_stage_model", "cond_stage_model"}
    assert "context_dim: 128" in YAML


def test_the_wider_autoencoder_of_the_ldm_layout_makes_the_same_pictures(made):
    """LDM knows only group norms of 32 groups; the weights stand in the corner of a network wide enough for them."""
    own = AutoencoderKL.from_pretrained(made / "vae", torch_dtype=torch.float32)
    wide = wide_vae()
    wide.load_state_dict({key: value.float() for key, value in widen_vae(own.state_dict()).items()})
    latent = torch.randn(1, 4, 8, 8, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        assert (own.decode(latent).sample - wide.decode(latent).sample).abs().max() < 2e-3
