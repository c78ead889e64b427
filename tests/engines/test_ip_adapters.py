"""Reference pictures in the diffusers engine: against diffusers' own pipelines, by step, by mask; files and faults."""

import dataclasses
import json

import diffusers
import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file
from transformers import CLIPImageProcessor, CLIPVisionConfig, CLIPVisionModelWithProjection

from lib_anim.engines.base import Control
from lib_anim.engines.diffusers.engine import DiffusersEngine
from lib_anim.errors import EngineError
from lib_anim.images.test_card import test_card as card
from tests import tiny
from tests.engines.test_controlnets import SIZE, asked, network
from tests.engines.with_networks import engine, kind, load, sd  # noqa: F401

SIDE, HIDDEN, POOLED = 28, 48, 24  # of the encoder: pixels of its pictures, widths of its states and of its embedding
PICTURES = {"plain": card((SIZE[0], SIZE[1])), "plus": card(SIZE)[:, ::-1].copy()}


def attentions(unet):
    """The names of cross attentions, in the order of an adapter's file."""
    return [name for name in unet.attn_processors if name.endswith("attn2.processor")]


def adapter(unet, kind, seed):
    """Random weights under the names of real files."""
    draw, width = torch.Generator().manual_seed(seed), unet.config.cross_attention_dim
    weights = {}
    for n, name in enumerate(attentions(unet)):
        layer = unet.get_submodule(name.removesuffix(".processor"))
        for part in ("to_k_ip", "to_v_ip"):
            key = f"ip_adapter.{2 * n + 1}.{part}.weight"
            weights[key] = torch.randn(layer.to_k.weight.shape, generator=draw) * 0.4
    shapes = {
        "plain": {
            "proj.weight": (4 * width, POOLED),
            "proj.bias": (4 * width,),
            "norm.weight": (width,),
            "norm.bias": (width,),
        },
        "plus": plus(width),
    }[kind]
    for name, shape in shapes.items():
        weights[f"image_proj.{name}"] = torch.randn(shape, generator=draw) * 0.4
    return weights


def plus(width, inner=64, latents=3):
    """A resampler of one head and four layers."""
    shapes = {"latents": (1, latents, inner), "proj_in.weight": (inner, HIDDEN), "proj_in.bias": (inner,)}
    shapes |= {
        "proj_out.weight": (width, inner),
        "proj_out.bias": (width,),
        "norm_out.weight": (width,),
        "norm_out.bias": (width,),
    }
    for n in range(4):
        shapes |= {f"layers.{n}.0.{name}": (inner,) for name in ("norm1.weight", "norm1.bias", "norm2.weight", "norm2.bias")}
        shapes |= {f"layers.{n}.0.to_q.weight": (64, inner), f"layers.{n}.0.to_kv.weight": (128, inner)}
        shapes |= {
            f"layers.{n}.0.to_out.weight": (inner, 64),
            f"layers.{n}.1.0.weight": (inner,),
            f"layers.{n}.1.0.bias": (inner,),
        }
        shapes |= {f"layers.{n}.1.1.weight": (4 * inner, inner), f"layers.{n}.1.3.weight": (inner, 4 * inner)}
    return shapes


def encoder():
    torch.manual_seed(5)
    shape = {"hidden_size": HIDDEN, "intermediate_size": 40, "projection_dim": POOLED, "image_size": SIDE, "patch_size": 14}
    return CLIPVisionModelWithProjection(CLIPVisionConfig(num_hidden_layers=3, num_attention_heads=4, **shape))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("models")
    for shape, pipe in (("sd", tiny.sd(made)), ("sdxl", tiny.sdxl(made))):
        pipe.save_pretrained(made / shape)
        nets = made / f"{shape}_nets"
        network(pipe.unet, 1).save_pretrained(nets / "net")
        encoder().save_pretrained(nets / "models/image_encoder")
        for seed, name in enumerate(PICTURES):
            save_file(adapter(pipe.unet, name, seed), nets / f"models/{name}.safetensors")
    return made


def unit(name="plain", **changes):
    return Control(name, PICTURES[name], **changes)


def paint(engine, *controls, **changes):
    return engine.sample(asked(*controls, **changes)).frame.astype(int)


def by_diffusers(engine, folder, kind, units, scales=lambda _step: None, **changes):
    """The same picture by diffusers' own pipeline; `scales(step)` are the weights from the step after `step` on."""
    pipe = {"sd": diffusers.StableDiffusionPipeline, "sdxl": diffusers.StableDiffusionXLPipeline}[kind].from_pretrained(
        folder / kind, image_encoder=encoder(), feature_extractor=CLIPImageProcessor(size=SIDE, crop_size=SIDE)
    )
    pipe.scheduler = diffusers.DDIMScheduler.from_config(pipe.scheduler.config, timestep_spacing="leading", steps_offset=1)
    pipe.set_progress_bar_config(disable=True)
    pipe.load_ip_adapter(
        str(folder / f"{kind}_nets"), subfolder="models", weight_name=[f"{one.model}.safetensors" for one in units]
    )
    pipe.set_ip_adapter_scale(scales(-1) or [one.weight for one in units])

    def next_step(_pipe, step, _time, values):
        if scales(step) is not None:
            pipe.set_ip_adapter_scale(scales(step))
        return values

    return (
        pipe(
            "a cat",
            negative_prompt="a dog",
            ip_adapter_image=[Image.fromarray(one.image) for one in units],
            width=64,
            height=48,
            num_inference_steps=5,
            guidance_scale=4.0,
            latents=torch.randn((4, 6, 8), generator=torch.Generator().manual_seed(3))[None],
            callback_on_step_end=next_step,
            output_type="np",
            **changes,
        ).images[0]
        * 255
    )


@pytest.mark.parametrize("units", [[unit()], [unit(weight=0.4)], [unit("plus")], [unit(weight=0.7), unit("plus", weight=0.5)]])
def test_it_paints_what_diffusers_paints(engine, folder, kind, units):
    made = paint(engine, *units)
    assert np.abs(made - by_diffusers(engine, folder, kind, units)).max() <= 1.0
    assert np.abs(made - paint(engine)).max() > 3  # and the pictures do something


def test_it_acts_from_its_start_to_its_end(sd, folder):
    def scales(step):
        return [1.0] if 1 <= step + 1 < 3 else [0.0]

    expected = by_diffusers(sd, folder, "sd", [unit()], scales)
    assert np.abs(paint(sd, unit(start=0.2, end=0.6)) - expected).max() <= 1.0
    assert np.abs(expected - paint(sd, unit())).max() > 3


def test_a_mask_keeps_it_to_its_part_as_diffusers_does(sd, folder):
    mask = np.zeros(SIZE[::-1], np.float32)
    mask[:, :32] = 1
    masks = {"cross_attention_kwargs": {"ip_adapter_masks": [torch.from_numpy(mask)[None, None]]}}
    expected = by_diffusers(sd, folder, "sd", [unit()], **masks)
    assert np.abs(paint(sd, unit(mask=mask)) - expected).max() <= 1.0
    assert np.abs(expected - paint(sd, unit())).max() > 3


def test_two_pictures_can_have_one_adapter(sd):
    pair = Control("plain", card(SIZE)), Control("plain", 255 - card(SIZE))
    both, *alone = paint(sd, *pair), paint(sd, pair[0]), paint(sd, pair[1])
    assert all(np.abs(both - one).max() > 1 for one in alone)
    half = [dataclasses.replace(pair[0], weight=0.5)] * 2
    assert np.abs(paint(sd, *half) - alone[0]).max() <= 1


def test_beside_a_controlnet_both_guide(sd):
    net = Control("net", card(SIZE))
    pictures = [paint(sd, *units) for units in ((), (net,), (unit(),), (net, unit()), (unit(), net))]
    assert np.array_equal(pictures[3], pictures[4])
    assert all(np.abs(a - b).max() > 1 for i, a in enumerate(pictures[:4]) for b in pictures[:i])


@pytest.mark.parametrize("off", [[unit(weight=0.0)], [unit(start=1.0)], [unit(end=0.1)], []])
def test_off_is_as_if_there_were_none(sd, off):
    plain = paint(sd)
    before = sd._pipe.unet.attn_processors
    paint(sd, unit())
    assert sd._pipe.unet.attn_processors != before
    assert np.array_equal(paint(sd, *off), plain)
    assert sd._pipe.unet.attn_processors == before


def test_a_weight_of_0_encodes_no_picture(sd, monkeypatch):
    monkeypatch.setattr(sd._controlnets._adapters, "_tokens_of", None)
    paint(sd, unit(weight=0.0))


def test_more_weight_is_further_from_the_unguided_picture(sd):
    plain = paint(sd)
    distances = [np.abs(paint(sd, unit(weight=weight)) - plain).mean() for weight in (0.0, 0.25, 0.5, 1.0)]
    assert distances == sorted(set(distances))


@pytest.mark.parametrize(
    "changes", [{"cfg_scale": 1.0}, {"prompts": (("a cat AND a tree", 1.0),)}, {"init": card(SIZE), "denoise": 0.6}]
)
def test_with_low_vram_it_paints_the_same(folder, sd, changes):
    slow = load(folder, "sd", low_vram=True)
    made = paint(sd, unit("plus"), **changes)
    assert np.abs(made - paint(slow, unit("plus"), **changes)).max() <= 1
    assert np.abs(made - paint(sd, **changes)).max() > 1


@pytest.mark.parametrize("module", ["none", "ip-adapter_clip_sd15", "ip-adapter-auto", "CLIP-ViT-H (IPAdapter)"])
def test_the_modules_of_webuis_stand_for_the_encoder(sd, module):
    assert module == "none" or module in sd.capabilities.preprocessors
    assert np.array_equal(paint(sd, unit(module=module)), paint(sd, unit()))


# -- files --------------------------------------------------------------------------------------------------------------


def refused(folder, tmp_path, module="none"):
    engine = DiffusersEngine.load(folder / "sd", device="cpu", controlnet_folders=[str(tmp_path)])
    with pytest.raises(EngineError) as caught:
        paint(engine, Control("odd", PICTURES["plain"], module=module))
    assert "\n" not in str(caught.value)
    return str(caught.value)


def lacking(weights):
    return {name: weight for name, weight in weights.items() if ".3.to_v_ip" not in name}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lacking, "odd.safetensors: cannot be used as a ControlNet of this model"),
        (lambda weights: {**weights, "image_proj.proj.bias": torch.zeros(3)}, "cannot be used as a ControlNet of this model"),
        (
            lambda weights: (
                {f"image_proj.perceiver_resampler.{n}": torch.zeros(1) for n in "ab"} | {"ip_adapter.0.x": torch.zeros(1)}
            ),
            "FaceID",
        ),
        (
            lambda weights: {**weights, "image_proj.proj.weight": torch.zeros(128, 9)},
            "image encoder of this IP-Adapter is not there",
        ),
    ],
)
def test_what_is_no_adapter_is_one_line(folder, tmp_path, sd, change, words):
    save_file(change(adapter(sd._pipe.unet, "plain", 1)), tmp_path / "odd.safetensors")
    encoder().save_pretrained(tmp_path / "image_encoder")
    assert words in refused(folder, tmp_path)


def test_an_adapter_of_another_family_is_told(folder, tmp_path):
    save_file(adapter(tiny.sdxl(tmp_path).unet, "plain", 1), tmp_path / "odd.safetensors")
    assert "made for another family of models than this checkpoint (texts of width 64, not 32)" in refused(folder, tmp_path)


def test_without_an_encoder_it_is_said_which_one_is_missing(folder, tmp_path, sd):
    for name, what in (("plain", "projection_dim 24"), ("plus", "hidden_size 48")):
        save_file(adapter(sd._pipe.unet, name, 1), tmp_path / "odd.safetensors")
        assert f"image_encoder with config.json ({what}) and model.safetensors, beside it" in refused(folder, tmp_path)


def test_an_encoder_that_is_damaged_is_one_line(folder, tmp_path, sd):
    save_file(adapter(sd._pipe.unet, "plain", 1), tmp_path / "odd.safetensors")
    (tmp_path / "image_encoder").mkdir()
    (tmp_path / "image_encoder/config.json").write_text(
        json.dumps({"model_type": "clip_vision_model", "projection_dim": POOLED})
    )
    (tmp_path / "image_encoder/model.safetensors").write_bytes(b"nonsense")
    assert "odd.safetensors: cannot be used as a ControlNet of this model" in refused(folder, tmp_path)


def test_pickled_adapters_are_read_only_when_they_may_be(folder, tmp_path, sd):
    weights, state = adapter(sd._pipe.unet, "plain", 0), {"image_proj": {}, "ip_adapter": {}}
    for name, weight in weights.items():
        part, _, rest = name.partition(".")
        state[part][rest] = weight
    torch.save(state, tmp_path / "odd.bin")
    encoder().save_pretrained(tmp_path / "image_encoder")
    assert "there is no ControlNet 'odd'" in refused(folder, tmp_path)
    trusting = DiffusersEngine.load(folder / "sd", device="cpu", controlnet_folders=[str(tmp_path)], allow_pickle=True)
    assert np.array_equal(paint(trusting, Control("odd", PICTURES["plain"])), paint(sd, unit()))


def test_a_controlnet_takes_no_module_of_an_adapter(sd):
    with pytest.raises(EngineError, match="this engine has no pre-processors of that name"):
        paint(sd, Control("net", PICTURES["plain"], module="ip-adapter_clip_sd15"))
