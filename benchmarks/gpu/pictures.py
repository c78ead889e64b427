"""Whether a card paints what the CPU paints."""

from __future__ import annotations

import copy
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.gpu.random_models import random_pipeline
from benchmarks.gpu.table import EXACT, FULL, HALF, SEA, Place, compare, difference, engine_of, row, small_model
from lib_anim.engines.diffusers.checkpoint import quietly
from lib_anim.engines.diffusers.engine import DiffusersEngine
from lib_anim.images.test_card import test_card

SMALL = replace(SEA, size=(128, 128))


def equality(place: Place) -> None:
    """equality: the small model, 256x256, 12 steps, beside the CPU in full precision"""
    reference, loaded = small_model("cpu"), small_model(place.device)
    over = replace(SEA, init=reference.sample(SEA).frame, denoise=0.55, seed=6)
    fade = np.linspace(0, 1, 256, dtype=np.float32)[None].repeat(256, 0)
    requests = {
        "from nothing": SEA,
        "over a picture": over,
        "with a soft mask": replace(over, mask=fade, denoise=0.9),
        "weights, AND, two chunks": replace(over, prompts=((f"(the sea:1.4) at dawn{', clouds' * 50} AND hills :0.6", 1.0),)),
    }
    engines = {
        "full precision": (engine_of(small_model("cpu")._pipe, place.device), FULL),
        "as loaded": (loaded, HALF),
        "low VRAM": (small_model(place.device, low_vram=True), HALF),
    }
    row("precision as loaded", str(loaded._pipe.unet.dtype).removeprefix("torch."), "float16 on a card")
    for name, request in requests.items():
        expected = reference.sample(request).frame
        for kind, (engine, limits) in engines.items():
            compare(f"{name}, {kind}", engine.sample(request).frame, expected, limits)
    compare("the same request twice", loaded.sample(over).frame, loaded.sample(over).frame, EXACT)
    large = replace(over, size=(640, 640), init=test_card((640, 640)), steps=2)
    tiled, whole = (engines[kind][0].sample(large).frame for kind in ("low VRAM", "as loaded"))
    compare("low VRAM beside without, 640x640 in tiles of 512", tiled, whole, HALF)


def samplers(place: Place) -> None:
    """samplers: the small model, 128x128, over a picture, 9 of 12 steps, beside the CPU in full precision"""
    reference, loaded = small_model("cpu"), small_model(place.device)
    for sampler in loaded.capabilities.samplers if place.has_card else ("Euler a",):
        request = replace(SMALL, init=test_card((128, 128)), denoise=0.7, sampler=sampler)
        compare(sampler, loaded.sample(request).frame, reference.sample(request).frame, HALF)


def networks(place: Place) -> None:
    """a LoRA and a textual inversion, made up, in the small model, 128x128"""
    request = replace(SMALL, prompts=(("the sea at sunset, gleam <lora:made:1>", 1.0),))
    with tempfile.TemporaryDirectory() as folder:
        _write_networks(Path(folder))
        named = {"lora_folders": [folder], "embedding_folders": [folder]}
        expected = small_model("cpu", **named).sample(request).frame
        for name, low_vram in (("as loaded", False), ("low VRAM", True)):
            engine = small_model(place.device, low_vram=low_vram, **named)
            plain = engine.sample(SMALL).frame
            frame = engine.sample(request).frame
            compare(f"beside the CPU, {name}", frame, expected, HALF)
            row(f"what they change, {name}", f"mean {difference(frame, plain).mean():.3f}", "more than 1")
            compare(f"gone when nobody asks, {name}", engine.sample(SMALL).frame, plain, FULL)


def _write_networks(folder: Path) -> None:
    import torch
    from safetensors.torch import save_file

    generator = torch.Generator().manual_seed(1)
    key = "lora_unet_up_blocks_0_attentions_0_transformer_blocks_0_attn2_to_v"
    down, up = torch.randn(4, 128, generator=generator), torch.randn(128, 4, generator=generator)
    weights = {f"{key}.lora_down.weight": down, f"{key}.lora_up.weight": up, f"{key}.alpha": torch.tensor(0.4)}
    save_file(weights, folder / "made.safetensors")
    save_file({"emb_params": torch.randn(2, 128, generator=generator)}, folder / "gleam.safetensors")


def shapes(place: Place) -> None:
    """random models of checkpoints' shapes, 128x128, 3 of 4 steps over a picture, beside the same weights on the CPU"""
    size = (128, 128) if place.has_card else (64, 64)
    request = replace(SEA, size=size, steps=4, init=test_card(size), denoise=0.6)
    for family in ("SD 1", "SDXL"):
        pipeline = random_pipeline(family, place.device, place.dtype, narrow=not place.has_card)
        twin = _on_the_cpu(pipeline)
        frame, expected = engine_of(pipeline, place.device).sample(request).frame, twin.sample(request).frame
        name = family if place.has_card else f"{family}, narrow, 64x64"
        compare(f"{name}, a picture whose levels spread {expected.std():.0f}", frame, expected, HALF)


def _on_the_cpu(pipeline: object) -> DiffusersEngine:
    """A copy of a pipeline in full precision."""
    import torch

    parts = {name: copy.deepcopy(part) for name, part in pipeline.components.items()}
    if "safety_checker" in parts:
        parts["requires_safety_checker"] = False
    with quietly():
        twin = type(pipeline)(**parts).to(torch.float32)
    return engine_of(twin, "cpu")
