"""The diffusers engine on tiny pipelines: against diffusers' own pipeline, prompt meaning, LoRAs, files, faults."""

import dataclasses
import json
import logging
import sys
from types import ModuleType

import diffusers
import numpy as np
import pytest
import torch

from lib_anim.engines.base import SampleRequest
from lib_anim.engines.diffusers.checkpoint import _try_xformers, load_pipeline
from lib_anim.engines.diffusers.conditioning import TextEncoder, chunks
from lib_anim.engines.diffusers.engine import DiffusersEngine
from lib_anim.engines.diffusers.families import clip_merges, clip_vocabulary, family_of
from lib_anim.engines.diffusers.first_noise import draw_noise, slerp
from lib_anim.errors import EngineError, ModelError, OutOfMemory
from lib_anim.images.test_card import test_card as card
from tests import tiny

SIZE = (64, 48)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("models")
    tiny.sd(made).save_pretrained(made / "sd")
    tiny.sdxl(made).save_pretrained(made / "sdxl")
    return made


@pytest.fixture(scope="module", params=["sd", "sdxl"])
def engine(request, folder):
    return DiffusersEngine.load(folder / request.param, device="cpu")


@pytest.fixture(scope="module")
def sd(folder):
    return DiffusersEngine.load(folder / "sd", device="cpu")


def asked(**changes):
    base = SampleRequest(
        0, SIZE, (("a cat", 1.0),), (("a dog", 1.0),), seed=3, steps=5, cfg_scale=4.0, sampler="DDIM", scheduler="Uniform"
    )
    return dataclasses.replace(base, **changes)


def paint(engine, **changes):
    return engine.sample(asked(**changes)).frame.astype(int)


def there_and_back(engine, frame):
    """A frame through the autoencoder alone."""
    with torch.no_grad():
        return engine._decode(engine._encode(frame)).astype(int)


def test_from_nothing_it_paints_what_diffusers_paints(engine):
    """The same noise through diffusers' own pipeline and its DDIM."""
    pipe = engine._pipe
    noise = torch.randn((4, 6, 8), generator=torch.Generator().manual_seed(3))[None]
    pipe.scheduler = diffusers.DDIMScheduler.from_config(pipe.scheduler.config, timestep_spacing="leading", steps_offset=1)
    expected = pipe(
        "a cat",
        negative_prompt="a dog",
        width=64,
        height=48,
        num_inference_steps=5,
        guidance_scale=4.0,
        latents=noise,
        output_type="np",
    ).images[0]
    assert np.abs(paint(engine) - expected * 255).max() <= 1.0


def test_over_a_picture_it_paints_what_diffusers_paints(sd):
    """4 of 5 steps in both ways of counting; diffusers' noise comes from its generator, ours is the same first draw."""
    img2img = diffusers.StableDiffusionImg2ImgPipeline(**sd._pipe.components, requires_safety_checker=False)
    img2img.scheduler = diffusers.DDIMScheduler.from_config(
        sd._pipe.scheduler.config, timestep_spacing="leading", steps_offset=1
    )
    img2img.set_progress_bar_config(disable=True)
    init = card(SIZE)
    with torch.no_grad():
        latents = sd._encode(init)
    expected = img2img(
        "a cat", negative_prompt="a dog", image=latents, strength=4 / 5 + 1e-6, num_inference_steps=5, guidance_scale=4.0,
        generator=torch.Generator().manual_seed(3), output_type="np",
    ).images[0]  # fmt: skip
    assert np.abs(paint(sd, init=init, denoise=3.5 / 5) - expected * 255).max() <= 1.0


def test_step_count_is_in_the_notes(sd):
    assert engine_notes(sd, init=card(SIZE), denoise=0.35, steps=25) == 9
    assert engine_notes(sd, steps=5) == 5


def engine_notes(engine, **changes):
    return engine.sample(asked(**changes)).notes["steps_run"]


@pytest.mark.parametrize("sampler", ["Euler a", "DPM++ 2M", "LCM", "Heun"])
def test_more_denoise_is_further_from_the_picture(sd, sampler):
    init = card(SIZE)
    away = [
        paint(sd, init=init, denoise=denoise, sampler=sampler, scheduler="Karras", steps=12) for denoise in (0.1, 0.5, 0.99)
    ]
    still = there_and_back(sd, init)  # random weights: a picture does not survive the autoencoder as it is
    away = [np.abs(painted - still).mean() for painted in away]
    assert away[0] < away[1] < away[2]


@pytest.mark.parametrize(
    "changes",
    [
        {"seed": 4},
        {"prompts": (("a bird", 1.0),)},
        {"negatives": (("", 1.0),)},
        {"cfg_scale": 9.0},
        {"cfg_scale": 1.0},
        {"steps": 7},
        {"sampler": "Euler a"},
        {"prompts": (("a (cat:1.5)", 1.0),)},
        {"prompts": (("a [cat]", 1.0),)},
        {"prompts": (("a [cat:bird:0.5]", 1.0),)},
        {"prompts": (("a [cat|bird]", 1.0),)},
        {"prompts": (("a cat AND a bird", 1.0),)},
        {"prompts": (("a cat AND a cat :0.5", 1.0),)},
        {"prompts": (("a cat BREAK sat", 1.0),)},
        {"prompts": (("a cat", 0.5), ("a bird", 0.5))},
        {"prompts": (("a cat" + ", word" * 80, 1.0),)},
        {"subseed": 9, "subseed_strength": 0.3},
        {"overrides": {"CLIP_stop_at_last_layers": 2}},
        {"overrides": {"eta_ddim": 0.5}},
        {"init": card(SIZE), "denoise": 0.7},
    ],
)
def test_everything_in_a_request_counts(sd, changes):
    assert not np.array_equal(paint(sd), paint(sd, **changes))


def test_what_means_the_same_paints_the_same(sd):
    plain = paint(sd)
    for texts in [(("a (cat:1.0)", 1.0),), (("a cat", 0.25), ("a cat", 0.75)), (("a cat <lora:none:1>", 1.0),)]:
        assert np.abs(paint(sd, prompts=texts) - plain).max() <= 1, texts
    assert np.array_equal(paint(sd, prompts=(("a [cat:bird:99]", 1.0),)), plain)
    assert np.array_equal(paint(sd, subseed=3, subseed_strength=0.0), plain)


def test_mixing_goes_all_the_way(sd):
    ends = paint(sd), paint(sd, prompts=(("a bird", 1.0),))
    near = paint(sd, prompts=(("a cat", 0.99), ("a bird", 0.01)))
    assert np.abs(near - ends[0]).mean() < np.abs(near - ends[1]).mean()


def test_noise_multiplier_only_over_pictures(sd):
    more = {"overrides": {"initial_noise_multiplier": 1.3}}
    assert np.array_equal(paint(sd, **more), paint(sd))
    assert not np.array_equal(paint(sd, init=card(SIZE), denoise=0.5, **more), paint(sd, init=card(SIZE), denoise=0.5))


def test_a_soft_mask_paints_by_degrees(sd):
    init, mask = card(SIZE), np.zeros((48, 64), np.float32)
    mask[:, 24:44], mask[:, 44:] = 0.4, 1.0
    painted = paint(sd, init=init, denoise=0.9, mask=mask, steps=12)
    still = there_and_back(sd, init)
    assert np.array_equal(painted[:, :16], init[:, :16])
    away = [np.abs(painted[:, part] - still[:, part]).mean() for part in (slice(28, 40), slice(50, 64))]
    assert 0 < away[0] < away[1]


@pytest.mark.parametrize(
    ("other", "size", "same"),
    [
        ((64, 48), (96, 80), (slice(2, 8), slice(2, 10))),  # a larger picture has the smaller one's noise in its middle
        ((96, 80), (64, 48), (slice(0, 6), slice(0, 8))),
        ((32, 96), (64, 48), (slice(0, 6), slice(2, 6))),
        ((56, 48), (64, 48), (slice(0, 6), slice(0, 7))),  # half a pixel aside
    ],
)
def test_seed_resizing_takes_the_middle_of_another_size(other, size, same):
    resize = {"seed_resize_from_w": other[0], "seed_resize_from_h": other[1]}
    plain, resized, small = (
        draw_noise(asked(size=one, overrides=options), 4, torch.Generator().manual_seed(3))
        for one, options in ((size, {}), (size, resize), (other, {}))
    )
    assert resized.shape == plain.shape
    inner = resized[:, same[0], same[1]]
    lead = [(b - a) // 2 for a, b in zip(inner.shape[1:], small.shape[1:], strict=True)]
    assert torch.equal(inner, small[:, lead[0] : lead[0] + inner.shape[1], lead[1] : lead[1] + inner.shape[2]])
    outside = torch.ones(plain.shape, dtype=torch.bool)
    outside[:, same[0], same[1]] = False
    assert torch.equal(resized[outside], plain[outside])


def test_tiling_makes_edges_meet_and_can_be_switched_off(sd):
    """A picture of noise that is moved around the edge is painted as the same picture, moved around the edge."""
    before = paint(sd)
    tiled = paint(sd, overrides={"tiling": True})
    padding = {layer.padding_mode for layer in sd._pipe.unet.modules() if isinstance(layer, torch.nn.Conv2d)}
    assert padding == {"circular"}
    assert np.abs(tiled - before).max() > 2
    latent = torch.randn((1, 4, 6, 8), generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        still, moved = (sd._pipe.vae.decode(one).sample for one in (latent, latent.roll(4, dims=3)))
    assert (still.roll(32, dims=3) - moved).abs().max() < 1e-3
    assert np.array_equal(paint(sd), before)


def test_slerp_is_the_webuis_formula():
    """Along dimension 1, as its source has it: checked value by value against the sine formula."""
    a, b = torch.randn(2, 5, 3), torch.randn(2, 5, 3)
    mixed = slerp(0.3, a, b)
    for c in range(2):
        for x in range(3):
            u, v = a[c, :, x], b[c, :, x]
            angle = torch.acos((u / u.norm() * (v / v.norm())).sum())
            expected = torch.sin(0.7 * angle) / torch.sin(angle) * u + torch.sin(0.3 * angle) / torch.sin(angle) * v
            assert torch.allclose(mixed[c, :, x], expected, atol=1e-5)
    assert torch.allclose(slerp(0.0, a, b), a, atol=1e-5)
    assert torch.allclose(slerp(1.0, a, b), b, atol=1e-5)


# -- texts ---------------------------------------------------------------------------------------------------------


def test_the_vocabulary_is_clips():
    vocabulary = clip_vocabulary(clip_merges())
    assert len(vocabulary) == len(set(vocabulary)) == 49408
    numbers = {token: number for number, token in enumerate(vocabulary)}
    # the numbers that CLIP's published tokenizer gives to "a photo of a cat"
    assert [numbers[word] for word in ("a</w>", "photo</w>", "of</w>", "cat</w>", ",</w>")] == [320, 1125, 539, 2368, 267]
    assert (numbers["<|startoftext|>"], numbers["<|endoftext|>"]) == (49406, 49407)


def test_long_texts_go_on_in_the_next_chunk_after_a_comma(sd):
    tokenizer = sd._pipe.tokenizer
    words = [len(chunk.tokens) for chunk in chunks([("word " * 160, 1.0)], tokenizer)]
    assert words == [75, 75, 10]
    listed = chunks([("word " * 70 + ", " + "bird " * 20, 1.0)], tokenizer)
    assert [len(chunk.tokens) for chunk in listed] == [71, 20]  # the comma was near the end
    early = chunks([("word " * 40 + ", " + "bird " * 50, 1.0)], tokenizer)
    assert [len(chunk.tokens) for chunk in early] == [75, 16]  # it was too far back
    broken = chunks([("a", 1.0), ("BREAK", -1.0), ("b", 1.3)], tokenizer)
    assert [chunk.weights for chunk in broken] == [(1.0,), (1.3,)]
    assert len(chunks([("", 1.0)], tokenizer)) == 1


def test_attention_scales_tokens_and_keeps_the_mean(sd):
    text = TextEncoder(sd._pipe)
    plain, weighted = text.encode("a cat", 1).tokens, text.encode("a (cat:2)", 1).tokens
    ratio = weighted / plain
    assert weighted.mean().item() == pytest.approx(plain.mean().item(), abs=1e-5)
    assert (ratio[0, 2] / ratio[0, 1]).median().item() == pytest.approx(2.0, rel=1e-3)
    assert plain.shape == (1, 77, tiny.WIDTH)


def test_texts_are_encoded_once(sd):
    text = TextEncoder(sd._pipe)
    assert text.encode("a cat", 1) is text.encode("a cat", 1)
    before = text.encode("a cat", 1)
    text.forget()
    assert text.encode("a cat", 1) is not before


# -- LoRAs and textual inversions ----------------------------------------------------------------------------------


@pytest.fixture
def extras(tmp_path):
    from safetensors.torch import save_file

    torch.manual_seed(1)
    key = "lora_unet_up_blocks_0_attentions_0_transformer_blocks_0_attn2_to_v"
    weights = {
        f"{key}.lora_down.weight": torch.randn(4, tiny.WIDTH),
        f"{key}.lora_up.weight": torch.randn(64, 4),
        f"{key}.alpha": torch.tensor(4.0),
    }
    (tmp_path / "loras" / "deep").mkdir(parents=True)
    save_file(weights, tmp_path / "loras" / "deep" / "my style.safetensors")
    (tmp_path / "words").mkdir()
    save_file({"emb_params": torch.randn(2, tiny.WIDTH)}, tmp_path / "words" / "sks-thing.safetensors")
    return tmp_path


def test_loras_by_name_and_weight(folder, extras):
    pytest.importorskip("peft")
    engine = DiffusersEngine.load(folder / "sd", device="cpu", lora_folders=[str(extras / "loras")])

    def with_tag(tag):
        return paint(engine, prompts=((f"a cat {tag}", 1.0),))

    plain = paint(engine)
    full, half = with_tag("<lora:my style:1>"), with_tag("<lora:my style:0.5>")
    assert not np.array_equal(full, plain)
    assert 0 < np.abs(half - plain).mean() < np.abs(full - plain).mean()
    assert np.abs(with_tag("<lora:my style:0>") - plain).max() <= 1
    assert np.abs(paint(engine) - plain).max() <= 1  # gone when no prompt asks for it
    assert np.array_equal(with_tag("<lora:my style>"), full)


def test_textual_inversions_by_name(folder, extras):
    engine = DiffusersEngine.load(folder / "sd", device="cpu", embedding_folders=[str(extras / "words")])
    before = paint(engine, prompts=(("a thing", 1.0),))
    assert not np.array_equal(paint(engine, prompts=(("a sks-thing", 1.0),)), before)
    assert len(engine._pipe.tokenizer) == 49410  # two vectors, two tokens


def test_what_is_not_understood_is_reported(folder, extras):
    engine = DiffusersEngine.load(folder / "sd", device="cpu", lora_folders=[str(extras / "loras")])
    remarks = engine.remarks(["a <lora:my stile:1> b <hypernet:x:1>", "<lora:my style:1>", "<lora:my stile:2>"])
    assert remarks == [
        "<hypernet:x:1> is not understood and left out",
        "there is no LoRA 'my stile', it is left out; did you mean 'my style'?",
    ]
    assert np.array_equal(paint(engine, prompts=(("a cat<hypernet:x:1>", 1.0),)), paint(engine))


def test_a_lora_of_another_model_is_named(folder, tmp_path):
    pytest.importorskip("peft")
    (tmp_path / "broken.safetensors").write_bytes(b"nothing")
    engine = DiffusersEngine.load(folder / "sd", device="cpu", lora_folders=[str(tmp_path)])
    with pytest.raises(EngineError, match=r"broken.safetensors: cannot be used as a LoRA of this model"):
        paint(engine, prompts=(("a <lora:broken:1>", 1.0),))


# -- files ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda path: path / "none.safetensors", "there is no such model"),
        (lambda path: path, "not a diffusers model (it has no model_index.json)"),
        (lambda path: _file(path / "a.ckpt", b"pickle"), "files can run code of their makers when loaded"),
        (lambda path: _file(path / "a.txt", b"text"), "not a checkpoint; name a .safetensors file"),
        (lambda path: _file(path / "a.safetensors", b"broken"), "cannot be loaded: SafetensorError"),
        (lambda path: _index(path, "FluxPipeline"), "a FluxPipeline; this engine runs SD 1.x, 2.x and SDXL"),
        (lambda path: _index(path, "StableDiffusionPipeline"), "cannot be loaded"),
    ],
)
def test_what_is_no_model_is_one_line(tmp_path, make, words):
    with pytest.raises(ModelError) as error:
        load_pipeline(make(tmp_path), device="cpu")
    assert words in str(error.value)
    assert "\n" not in str(error.value)


def _file(path, data):
    path.write_bytes(data)
    return path


def _index(path, name):
    (path / "model_index.json").write_text(json.dumps({"_class_name": name}))
    return path


@pytest.mark.parametrize("device", ["gpu", "cpu:99", "cpu:x", "cuda:99"])
def test_a_device_that_is_not_there(folder, device):
    with pytest.raises(ModelError, match=rf"--device {device}: there is no such device here; there is .*cpu"):
        load_pipeline(folder / "sd", device=device)


def test_a_model_that_a_device_has_no_memory_for_is_one_line(folder, monkeypatch):
    def full(*_, **__):
        raise RuntimeError("CUDA out of memory.\nTried to allocate 20.00 MiB")

    monkeypatch.setattr(diffusers.DiffusionPipeline, "to", full)
    with pytest.raises(
        ModelError, match=r"sd: cannot be loaded: RuntimeError: CUDA out of memory. Tried to allocate 20"
    ) as error:
        load_pipeline(folder / "sd", device="cpu")
    assert "\n" not in str(error.value)


def test_xformers_that_fails_leaves_torchs_own_attention(folder, monkeypatch):
    """Absent, or built for another torch: then it fails when it is tried, perhaps after some layers have it."""
    from diffusers.models.attention_processor import AttnProcessor

    pipeline = load_pipeline(folder / "sd", device="cpu")
    before = dict(pipeline.unet.attn_processors)
    assert {type(one).__name__ for one in before.values()} == {"AttnProcessor2_0"}
    _try_xformers(pipeline)
    assert pipeline.unet.attn_processors == before

    def broken():
        pipeline.unet.mid_block.attentions[0].transformer_blocks[0].attn1.set_processor(AttnProcessor())
        raise NotImplementedError("no operator found")

    for name in ("xformers", "xformers.ops"):
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
    monkeypatch.setattr(pipeline.unet, "enable_xformers_memory_efficient_attention", broken)
    _try_xformers(pipeline)
    assert pipeline.unet.attn_processors == before


UNET = "model.diffusion_model."


@pytest.mark.parametrize(
    ("shapes", "name", "stem"),
    [
        ({f"{UNET}input_blocks.0.0.weight": [320, 4, 3, 3], f"{UNET}x.attn2.to_k.weight": [320, 768]}, "SD 1", "m"),
        ({f"{UNET}input_blocks.0.0.weight": [320, 4, 3, 3], f"{UNET}x.attn2.to_k.weight": [320, 1024]}, "SD 2", "m"),
        (
            {f"{UNET}input_blocks.0.0.weight": [320, 4, 3, 3], "conditioner.embedders.1.model.ln_final.weight": [1280]},
            "SDXL",
            "m",
        ),
    ],
)
def test_families_by_shape(shapes, name, stem, tmp_path):
    assert family_of(shapes, {}, tmp_path / f"{stem}.safetensors").name == name


def test_what_a_model_predicts(tmp_path):
    shapes = {f"{UNET}input_blocks.0.0.weight": [320, 4, 3, 3], f"{UNET}x.attn2.to_k.weight": [320, 1024]}

    def prediction(name, metadata=None, more=None):
        return family_of({**shapes, **(more or {})}, metadata or {}, tmp_path / name).parts["scheduler"]["prediction_type"]

    (tmp_path / "b.yaml").write_text('model:\n  params:\n    parameterization: "v"\n')
    assert prediction("a.safetensors") == "epsilon"
    assert prediction("b.safetensors") == "v_prediction"
    assert prediction("v2-1_768-ema-pruned.safetensors") == "v_prediction"
    assert prediction("a.safetensors", {"modelspec.prediction_type": "v"}) == "v_prediction"
    assert prediction("a.safetensors", None, {"v_pred": []}) == "v_prediction"


@pytest.mark.parametrize(
    ("shapes", "words"),
    [
        ({"lora_unet_x": [1]}, "it is a LoRA: name its folder with --lora DIR"),
        ({"double_blocks.0.x": [1]}, "a newer family"),
        ({f"{UNET}input_blocks.0.0.weight": [320, 9, 3, 3]}, "a model for inpainting or pix2pix (9 channels)"),
        (
            {f"{UNET}input_blocks.0.0.weight": [384, 4, 3, 3], "conditioner.embedders.0.model.ln_final.weight": [1]},
            "the SDXL refiner",
        ),
    ],
)
def test_files_of_other_kinds_are_told(shapes, words, tmp_path):
    with pytest.raises(ModelError) as error:
        family_of(shapes, {}, tmp_path / "m.safetensors")
    assert words in str(error.value)


def test_no_libraries_names_the_extra(folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "diffusers", None)
    with pytest.raises(ModelError, match=r'pip install -e ".*\[diffusers\]"; --engine preview needs none'):
        load_pipeline(folder / "sd")


# -- faults while painting -----------------------------------------------------------------------------------------


def test_out_of_memory_says_what_to_do(folder, monkeypatch):
    engine = DiffusersEngine.load(folder / "sd", device="cpu")

    def full(*_, **__):
        raise RuntimeError("CUDA out of memory. Tried to allocate 20.00 MiB")

    monkeypatch.setattr(engine._pipe.unet, "forward", full)
    with pytest.raises(OutOfMemory, match=r"take a smaller W and H, .* or paint with --low-vram"):
        engine.sample(asked())


def test_numbers_that_are_none_are_no_picture(folder, monkeypatch):
    engine = DiffusersEngine.load(folder / "sd", device="cpu")
    real = engine._pipe.unet.forward
    monkeypatch.setattr(engine._pipe.unet, "forward", lambda *a, **k: (real(*a, **k)[0] * float("nan"),))
    with pytest.raises(EngineError, match="is the checkpoint damaged"):
        engine.sample(asked())


def test_half_precision_that_overflows_is_done_again(folder, monkeypatch):
    """A decoder in half precision that gives black is run in full, now and from then on."""
    engine = DiffusersEngine.load(folder / "sd", device="cpu")
    expected = paint(engine)
    vae, real = engine._pipe.vae, engine._pipe.vae.decode
    vae.to(torch.bfloat16)
    calls = []

    def decode(latent):
        calls.append(latent.dtype)
        output = real(latent)
        if latent.dtype != torch.float32:
            output.sample = torch.full_like(output.sample, -1.0)
        return output

    monkeypatch.setattr(vae, "decode", decode)
    assert np.abs(paint(engine) - expected).max() <= 3  # the weights went through bfloat16
    paint(engine)
    assert calls == [torch.bfloat16, torch.float32, torch.float32]


def test_an_encoder_that_overflows_half_precision_runs_again_in_full(folder, monkeypatch):
    engine = DiffusersEngine.load(folder / "sd", device="cpu")
    over = {"init": card(SIZE), "denoise": 0.5}
    expected = paint(engine, **over)
    vae, real = engine._pipe.vae, engine._pipe.vae.encode
    vae.to(torch.bfloat16)
    calls = []

    def encode(pixels):
        calls.append(pixels.dtype)
        return real(pixels if pixels.dtype == torch.float32 else pixels * float("nan"))

    monkeypatch.setattr(vae, "encode", encode)
    assert np.abs(paint(engine, **over) - expected).max() <= 6  # the weights went through bfloat16
    paint(engine, **over)
    assert calls == [torch.bfloat16, torch.float32, torch.float32]


@pytest.mark.parametrize("size", [SIZE, (160, 96)])
def test_low_vram_paints_the_same(folder, sd, size):
    """A model made for small pictures does not cut larger ones into tiles of its own size, which would change colours."""
    engine = DiffusersEngine.load(folder / "sd", device="cpu", low_vram=True)
    assert np.abs(paint(engine, size=size) - paint(sd, size=size)).max() <= 1


def test_the_libraries_say_nothing_of_what_is_in_order(folder, extras, caplog):
    """Such as that a LoRA has no part for the text encoder."""
    pytest.importorskip("peft")
    engine = DiffusersEngine.load(folder / "sd", device="cpu", lora_folders=[str(extras / "loras")])
    logger = logging.getLogger("diffusers")
    logger.addHandler(caplog.handler)
    try:
        paint(engine, prompts=(("a cat <lora:my style:1>", 1.0),))
    finally:
        logger.removeHandler(caplog.handler)
    assert not caplog.messages
