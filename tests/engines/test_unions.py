"""ControlNet Union in the diffusers engine: against diffusers' own pipeline, by kind; folders, files and faults."""

import json

import diffusers
import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from lib_anim.engines.base import Control
from lib_anim.engines.catalog import EngineSpec
from lib_anim.engines.diffusers.controlnets import find_controlnets
from lib_anim.engines.diffusers.engine import DiffusersEngine
from lib_anim.engines.diffusers.unions import KINDS
from lib_anim.errors import EngineError
from lib_anim.images.test_card import test_card as card
from tests import tiny
from tests.engines.test_controlnets import SIZE, asked

HAS_UNIONS = hasattr(diffusers, "ControlNetUnionModel")
needs_unions = pytest.mark.skipif(not HAS_UNIONS, reason="this diffusers has no ControlNet Union")


def network(unet, kinds=8):
    """A union whose zero layers are none, so that it acts."""
    torch.manual_seed(4)
    make = diffusers.ControlNetUnionModel
    config = make.from_unet(unet, conditioning_embedding_out_channels=(8, 16, 24, 32)).config
    config = {name: value for name, value in config.items() if not name.startswith("_")}
    width = unet.config.block_out_channels[0]
    net = make.from_config({**config, "num_control_type": kinds, "num_trans_channel": width, "num_proj_channel": width})
    blocks = (
        net.controlnet_cond_embedding.conv_out,
        net.spatial_ch_projs,
        *net.controlnet_down_blocks,
        net.controlnet_mid_block,
    )
    for part in blocks:
        torch.nn.init.normal_(part.weight, std=0.2)
    return net


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("models")
    pipe = tiny.sdxl(made)
    pipe.save_pretrained(made / "sdxl")
    if HAS_UNIONS:
        network(pipe.unet).save_pretrained(made / "nets/union")
        (made / "files").mkdir()
        save_file(network(pipe.unet).state_dict(), made / "files/promax.safetensors")
        network(pipe.unet, 6).save_pretrained(made / "files/small")
    return made


@pytest.fixture(scope="module")
def engine(folder):
    nets = [str(folder / "nets"), str(folder / "files")]
    return DiffusersEngine.load(folder / "sdxl", device="cpu", controlnet_folders=nets)


def paint(engine, *controls):
    return engine.sample(asked(*controls)).frame.astype(int)


def unit(kind, name="union", **changes):
    return Control(f"{name} ({kind})", card(SIZE), **changes)


def by_diffusers(engine, folder, kind, weight):
    """The same picture by diffusers' own pipeline."""
    pipe = diffusers.StableDiffusionXLControlNetUnionPipeline.from_pretrained(
        folder / "sdxl", controlnet=diffusers.ControlNetUnionModel.from_pretrained(folder / "nets/union")
    )
    pipe.scheduler = diffusers.DDIMScheduler.from_config(pipe.scheduler.config, timestep_spacing="leading", steps_offset=1)
    pipe.set_progress_bar_config(disable=True)
    return (
        pipe(
            "a cat",
            negative_prompt="a dog",
            control_image=[torch.from_numpy(card(SIZE)).permute(2, 0, 1)[None] / 255],
            control_mode=[KINDS.index(kind)],
            controlnet_conditioning_scale=weight,
            width=64,
            height=48,
            num_inference_steps=5,
            guidance_scale=4.0,
            latents=torch.randn((4, 6, 8), generator=torch.Generator().manual_seed(3))[None],
            output_type="np",
        ).images[0]
        * 255
    )


@needs_unions
@pytest.mark.parametrize(("kind", "weight"), [("openpose", 1.0), ("canny", 0.6), ("inpaint", 1.0)])
def test_it_paints_what_diffusers_paints(engine, folder, kind, weight):
    made = paint(engine, unit(kind, weight=weight))
    assert np.abs(made - by_diffusers(engine, folder, kind, weight)).max() <= 1.0
    assert np.abs(made - paint(engine)).max() > 3


@needs_unions
def test_each_kind_paints_another_picture_and_the_network_is_loaded_once(engine):
    pictures = [paint(engine, unit(kind)) for kind in ("openpose", "depth", "tile")]
    assert all(np.abs(a - b).max() > 0 for i, a in enumerate(pictures) for b in pictures[:i])
    assert sum(path.name == "union" for path in engine._controlnets._nets) == 1


@needs_unions
def test_a_single_file_is_the_same_network(engine):
    assert np.array_equal(paint(engine, unit("depth", "promax")), paint(engine, unit("depth")))


@needs_unions
def test_every_kind_is_a_controlnet_of_its_own_name(folder):
    found = find_controlnets([str(folder / "nets"), str(folder / "files")])
    expected = [f"{name} ({kind})" for name, kinds in (("union", 8), ("promax", 8), ("small", 6)) for kind in KINDS[:kinds]]
    assert sorted(found) == sorted(expected)
    spec = EngineSpec("diffusers", model=str(folder / "sdxl"), controlnets=(str(folder / "nets"),))
    assert "union (softedge)" in spec.capabilities().controls


@needs_unions
@pytest.mark.parametrize("name", ["union", "union (lines)", "small (tile)"])
def test_a_kind_that_there_is_not_is_told(engine, name):
    with pytest.raises(EngineError, match=r"there is no ControlNet '.*'; did you mean '\w+ \(\w+\)'"):
        paint(engine, Control(name, card(SIZE)))


@needs_unions
def test_a_damaged_union_is_one_line(folder, tmp_path):
    weights = network(tiny.sdxl(tmp_path).unet).state_dict()
    save_file({name: weight for name, weight in weights.items() if "mid_block" not in name}, tmp_path / "odd.safetensors")
    engine = DiffusersEngine.load(folder / "sdxl", device="cpu", controlnet_folders=[str(tmp_path)])
    with pytest.raises(EngineError) as caught:
        paint(engine, unit("canny", "odd"))
    assert "odd.safetensors: cannot be used as a ControlNet of this model" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("kinds", [None, "many", 2, 99])
def test_odd_configurations_do_no_harm(tmp_path, kinds):
    (tmp_path / "net").mkdir()
    config = {"_class_name": "ControlNetUnionModel", "num_control_type": kinds}
    (tmp_path / "net/config.json").write_text(json.dumps(config))
    assert len(find_controlnets([str(tmp_path)])) == {2: 2, 99: 8}.get(kinds, 1)


def test_a_diffusers_without_unions_says_so(folder, tmp_path, monkeypatch):
    (tmp_path / "net").mkdir()
    config = {"_class_name": "ControlNetUnionModel", "num_control_type": 6, "cross_attention_dim": 64}
    (tmp_path / "net/config.json").write_text(json.dumps(config))
    engine = DiffusersEngine.load(folder / "sdxl", device="cpu", controlnet_folders=[str(tmp_path)])
    monkeypatch.setattr("lib_anim.engines.diffusers.unions.CLASS", "ControlNetUnionModel_")
    monkeypatch.setitem(engine._controlnets._files, "net", tmp_path / "net")
    (tmp_path / "net/config.json").write_text(json.dumps({**config, "_class_name": "ControlNetUnionModel_"}))
    with pytest.raises(EngineError, match=r"this diffusers has no ControlNet Union; take 0\.32 or newer"):
        paint(engine, Control("net", card(SIZE)))
