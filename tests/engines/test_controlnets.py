"""ControlNets in the diffusers engine: against diffusers' own pipelines, by step, by mode, by mask; files and faults."""

import dataclasses
import json

import diffusers
import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from lib_anim.engines.base import Control, SampleRequest
from lib_anim.engines.diffusers.controlnets import ModelCall, find_controlnets
from lib_anim.engines.diffusers.engine import DiffusersEngine
from lib_anim.errors import EngineError
from lib_anim.images.test_card import test_card as card
from tests import tiny
from tests.engines.with_networks import engine, kind, load, sd  # noqa: F401

SIZE = (64, 48)
MAPS = {"one": card(SIZE), "two": card(SIZE)[::-1].copy()}


def network(unet, seed, **changes):
    """A ControlNet whose zero convolutions are none, so that it acts."""
    torch.manual_seed(seed)
    net = diffusers.ControlNetModel.from_unet(unet, conditioning_embedding_out_channels=(8, 16, 24, 32), **changes)
    for part in (net.controlnet_cond_embedding.conv_out, *net.controlnet_down_blocks, net.controlnet_mid_block):
        torch.nn.init.normal_(part.weight, std=0.2)
    return net


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("models")
    for shape, pipe in (("sd", tiny.sd(made)), ("sdxl", tiny.sdxl(made))):
        pipe.save_pretrained(made / shape)
        for seed, name in enumerate(MAPS, start=1):
            network(pipe.unet, seed).save_pretrained(made / f"{shape}_nets" / name)
    return made


def asked(*controls, **changes):
    base = SampleRequest(
        0, SIZE, (("a cat", 1.0),), (("a dog", 1.0),), seed=3, steps=5, cfg_scale=4.0, sampler="DDIM", scheduler="Uniform"
    )
    return dataclasses.replace(base, controls=controls, **changes)


def unit(name="one", **changes):
    return Control(name, MAPS[name], **changes)


def paint(engine, *controls, **changes):
    return engine.sample(asked(*controls, **changes)).frame.astype(int)


def by_diffusers(engine, folder, kind, units, init=None, **changes):
    """The same picture by diffusers' own ControlNet pipeline."""
    nets = [diffusers.ControlNetModel.from_pretrained(folder / f"{kind}_nets" / one.model) for one in units]
    names = {"sd": "StableDiffusion", "sdxl": "StableDiffusionXL"}
    pipe = getattr(diffusers, f"{names[kind]}ControlNet{'Img2Img' if init is not None else ''}Pipeline")
    parts = {name: part for name, part in engine._pipe.components.items() if name != "controlnet"}
    parts["scheduler"] = diffusers.DDIMScheduler.from_config(
        engine._pipe.scheduler.config, timestep_spacing="leading", steps_offset=1
    )
    pipe = pipe(**{key: value for key, value in parts.items() if key in pipe.__init__.__code__.co_varnames}, controlnet=nets)
    pipe.set_progress_bar_config(disable=True)
    maps = [torch.from_numpy(one.image).permute(2, 0, 1)[None] / 255 for one in units]
    noise = torch.randn((4, 6, 8), generator=torch.Generator().manual_seed(3))[None]
    return (
        pipe(
            "a cat",
            negative_prompt="a dog",
            image=maps,
            width=64,
            height=48,
            num_inference_steps=5,
            guidance_scale=4.0,
            latents=noise,
            controlnet_conditioning_scale=[float(one.weight) for one in units],
            control_guidance_start=[one.start for one in units],
            control_guidance_end=[one.end for one in units],
            output_type="np",
            **changes,
        ).images[0]
        * 255
    )


@pytest.mark.parametrize(
    "units",
    [
        [unit()],
        [unit(weight=0.4)],
        [unit(start=0.2, end=0.8)],
        [unit(start=0.35)],
        [unit(weight=0.7, end=0.6), unit("two", weight=1.3, start=0.2)],
    ],
)
def test_it_paints_what_diffusers_paints(engine, folder, kind, units):
    expected = by_diffusers(engine, folder, kind, units)
    made = paint(engine, *units)
    assert np.abs(made - expected).max() <= 1.0
    assert np.abs(made - paint(engine)).max() > 3  # and the units do something


def test_with_low_vram_it_paints_the_same(folder, sd):
    slow = load(folder, "sd", low_vram=True)
    for mode in ("Balanced", "ControlNet is more important"):
        assert np.abs(paint(sd, unit(mode=mode)) - paint(slow, unit(mode=mode))).max() <= 1


@pytest.mark.parametrize(
    "controls",
    [[], [unit(weight=0.0)], [unit(start=1.0)], [unit(end=0.0)], [unit(start=0.9, end=1.0)], [unit(mask=np.zeros((48, 64)))]],
)
def test_a_unit_that_does_nothing_changes_no_pixel(sd, controls):
    assert np.array_equal(paint(sd, *controls), paint(sd))


def test_more_weight_is_further_from_the_unguided_picture(sd):
    plain = paint(sd)
    distances = [np.abs(paint(sd, unit(weight=weight)) - plain).mean() for weight in (0.0, 0.25, 0.5, 1.0)]
    assert distances == sorted(set(distances))


def test_the_three_modes_paint_three_pictures(sd):
    modes = ("Balanced", "My prompt is more important", "ControlNet is more important")
    pictures = [paint(sd, unit(mode=mode)) for mode in modes]
    assert all(np.abs(a - b).max() > 1 for i, a in enumerate(pictures) for b in pictures[:i])


def test_in_two_modes_early_layers_count_less_and_one_spares_the_negative_prompt(sd):
    call = ModelCall(torch.randn(2, 4, 6, 8), torch.tensor(500), torch.randn(2, 77, 32), None, 1)
    plain, prompt, control = (
        sd._controlnets.guides([unit(mode=mode)])[0].residuals(call)
        for mode in ("Balanced", "My prompt is more important", "ControlNet is more important")
    )
    layers = len(plain)
    for depth, (a, b, c) in enumerate(zip(plain, prompt, control, strict=True)):
        assert torch.allclose(a * 0.825 ** (layers - 1 - depth), b, atol=1e-6)
        assert torch.equal(c[1], b[1])
        assert not c[0].any()


def test_a_mask_keeps_the_guidance_within_it(sd):
    left = np.zeros((48, 64), np.float32)
    left[:, :32] = 1
    whole, half = (sd._controlnets.guides([unit(mask=mask)])[0] for mask in (None, left))
    call = ModelCall(torch.randn(1, 4, 6, 8), torch.tensor(500), torch.randn(1, 77, 32), None, 0)
    for a, b in zip(whole.residuals(call), half.residuals(call), strict=True):
        middle = a.shape[-1] // 2
        assert torch.equal(a[..., :middle], b[..., :middle])
        assert not b[..., middle:].any()


def test_a_start_picture_is_guided_too(sd):
    init = card(SIZE)
    plain, guided = (paint(sd, *units, init=init, denoise=0.6) for units in ((), (unit(),)))
    assert np.abs(plain - guided).max() > 1


def test_guidance_of_one_calls_the_model_without_the_negative_prompt(sd):
    alone = [
        paint(sd, unit(mode=mode), cfg_scale=1.0) for mode in ("My prompt is more important", "ControlNet is more important")
    ]
    assert np.array_equal(*alone)


# -- files --------------------------------------------------------------------------------------------------------------


def test_networks_are_found_by_name_as_folders_and_as_files(folder, tmp_path, sd):
    net = diffusers.ControlNetModel.from_pretrained(folder / "sd_nets/one")
    wide = diffusers.ControlNetModel.from_unet(sd._pipe.unet)
    wide.load_state_dict({**wide.state_dict(), **{k: v for k, v in net.state_dict().items() if "cond_embedding" not in k}})
    torch.nn.init.normal_(wide.controlnet_cond_embedding.conv_out.weight, std=0.2)
    save_file(wide.state_dict(), tmp_path / "alone.safetensors")
    net.save_pretrained(tmp_path / "deep/inside/of_it")
    assert set(find_controlnets([str(tmp_path)])) == {"alone", "of_it"}
    assert set(find_controlnets([str(tmp_path / "deep/inside/of_it")])) == {"of_it"}
    assert find_controlnets([str(tmp_path / "nowhere")]) == {}
    both = DiffusersEngine.load(folder / "sd", device="cpu", controlnet_folders=[str(tmp_path)])
    assert np.array_equal(paint(both, Control("of_it", MAPS["one"])), paint(sd, unit()))
    assert np.abs(paint(both, Control("alone", MAPS["one"])) - paint(sd)).max() > 1


def broken(path):
    path.mkdir()
    (path / "config.json").write_text(json.dumps({"_class_name": "ControlNetModel", "cross_attention_dim": 32}))
    (path / "diffusion_pytorch_model.safetensors").write_bytes(b"nonsense")


def of_another_kind(path):
    path.mkdir()
    (path / "config.json").write_text(json.dumps({"_class_name": "SD3ControlNetModel"}))


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda path: None, "there is no ControlNet 'net'; name its folder with --controlnet DIR"),
        (broken, "cannot be used as a ControlNet of this model"),
        (of_another_kind, "a SD3ControlNetModel; this engine runs ControlNetModels"),
        (lambda path: save_file({"a": torch.zeros(1)}, path.with_suffix(".safetensors")), "cannot be used as a ControlNet"),
    ],
)
def test_what_is_no_network_is_one_line(folder, tmp_path, make, words):
    make(tmp_path / "net")
    engine = DiffusersEngine.load(folder / "sd", device="cpu", controlnet_folders=[str(tmp_path)])
    with pytest.raises(EngineError) as caught:
        paint(engine, Control("net", MAPS["one"]))
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_network_of_another_family_is_told(folder):
    engine = DiffusersEngine.load(folder / "sd", device="cpu", controlnet_folders=[str(folder / "sdxl_nets")])
    with pytest.raises(EngineError, match="made for another family of models than this checkpoint"):
        paint(engine, unit())


def test_a_misspelt_name_is_corrected_and_a_host_module_refused(sd):
    with pytest.raises(EngineError, match="did you mean"):
        paint(sd, Control("onne", MAPS["one"]))
    with pytest.raises(EngineError, match="openpose: this engine has no pre-processors of that name"):
        paint(sd, unit(module="openpose"))


def test_a_picture_of_another_size_is_refused(sd):
    with pytest.raises(ValueError, match="64"):
        paint(sd, Control("one", card((32, 48))))
