"""What pictures and films cost on a card: milliseconds, memory, load."""

from __future__ import annotations

import gc
import json
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.gpu.card import Watch, busy_ms, peak_mib
from benchmarks.gpu.random_models import random_pipeline
from benchmarks.gpu.table import HALF, SEA, Place, compare, engine_of, row, small_model
from benchmarks.measure import median_ms
from lib_anim.engines.base import Engine, SampleRequest
from lib_anim.engines.diffusers.engine import DiffusersEngine
from lib_anim.features.open import make_shot
from lib_anim.images.frame import read_picture
from lib_anim.images.test_card import test_card
from lib_anim.plan.plan import make_plan
from lib_anim.runs.film import film
from lib_anim.runs.folder import RunFolder
from lib_anim.runs.prefetch import Prefetch
from lib_anim.settings import settings as settings_file
from lib_anim.shot.steps import Tools

DAWN = Path(__file__).parents[2] / "settings_defaults" / "dawn_to_night.json"
FRAMES = 5  # of the random models' films
SIDES = {"SD 1": 512, "SDXL": 1024}
CHANGES = {
    **{"max_frames": FRAMES, "diffusion_cadence": 1, "steps": 20, "animation_mode": "3D", "use_depth_warping": False},
    **{"translation_z": "0:(2)", "amount_schedule": "0:(0.1)"},
}
PROCESSORS = {"AttnProcessor2_0": "SDPA", "XFormersAttnProcessor": "xformers", "AttnProcessor": "written out"}
STAGES = ("_encode", "_sample_latents", "_decode")


def attention(place: Place) -> None:
    """kinds of attention in random models of checkpoints' shapes: 12 of 20 steps over a picture, peak memory of each stage"""
    for family in SIDES:
        pipeline, request, name = _random(family, place)
        engine = engine_of(pipeline, place.device)
        own = type(next(iter(pipeline.unet.attn_processors.values()))).__name__
        row(f"{name}, taken by itself", PROCESSORS[own], "xformers where it runs, else SDPA")
        expected = engine.sample(request).frame
        for processor, kind in PROCESSORS.items():
            try:
                _set_attention(pipeline, processor)
                frame = engine.sample(request).frame
            except Exception as error:
                row(f"{name}, {kind}", "does not run", f"{type(error).__name__}: {' '.join(str(error).split())[:200]}")
                continue
            _measure(f"{name}, {kind}", engine, request, place)
            if place.has_card:
                row("  of which the card computes", f"{busy_ms(partial(engine.sample, request)):.0f} ms")
            compare("  beside the one taken", frame, expected, HALF)
        _forget(engine)


def low_vram(place: Place) -> None:
    """--low-vram in the same models, beside painting without"""
    for family in SIDES:
        pipeline, request, name = _random(family, place)
        expected = engine_of(pipeline, place.device).sample(request).frame
        engine = engine_of(pipeline, place.device, low_vram=True)
        compare(f"{name}, beside that without", engine.sample(request).frame, expected, HALF)
        _measure(f"{name}, low VRAM", engine, request, place)
        _forget(engine)


def films(place: Place) -> None:
    """films to disk, PNG files and x264 written meanwhile: engine_ms, gap_ms (medians)"""
    dawn = {**json.loads(DAWN.read_text(encoding="utf-8")), "max_frames": 24 if place.has_card else 16}
    engine = small_model(place.device)
    engine.sample(SEA)
    one, other = (
        _filmed(f"dawn_to_night, {dawn['max_frames']} frames, the small model", engine, dawn, place) for _ in range(2)
    )
    row("frames that differ between the two films", sum(a != b for a, b in zip(one, other, strict=True)), "0")
    for family, side in SIDES.items() if place.has_card else ():
        for told, low in (("", False), (", low VRAM", True)):
            engine = engine_of(random_pipeline(family, place.device, place.dtype), place.device, low_vram=low)
            _filmed(f"{family}, {side}x{side}, {FRAMES} frames{told}", engine, {**dawn, **CHANGES, "W": side, "H": side}, place)
            _forget(engine)


def flow(_place: Place) -> None:
    """flow by a small network in ONNX, 512x512"""
    try:
        import onnxruntime

        from lib_anim.models.raft import raft
        from tests.flow_network import write_network

        with tempfile.TemporaryDirectory() as folder:
            follow = raft(write_network(Path(folder) / "flow.onnx"))
    except ImportError as error:
        row("not measured", error.name, "onnxruntime, onnx")
        return
    row("onnxruntime can run on", ", ".join(onnxruntime.get_available_providers()), "CUDAExecutionProvider")
    one = test_card((512, 512))
    shifted = np.roll(one, (2, 3), axis=(0, 1))
    found = follow(one, shifted)[128:-128, 128:-128].reshape(-1, 2).mean(axis=0)
    row("the flow of a shift by (3, 2)", f"({found[0]:.1f}, {found[1]:.1f})", "(3, 2)")
    row(f"on {follow.session.get_providers()[0]}", f"{median_ms(lambda: follow(one, shifted), runs=5, warm_up=1):.1f} ms")


def _random(family: str, place: Place) -> tuple[Any, SampleRequest, str]:
    """A random model, a request that suits it, and their name."""
    side = SIDES[family] if place.has_card else 64
    pipeline = random_pipeline(family, place.device, place.dtype, narrow=not place.has_card)
    steps = 20 if place.has_card else 1
    request = replace(SEA, size=(side, side), steps=steps, init=test_card((side, side)), denoise=0.6)
    return pipeline, request, f"{family}{'' if place.has_card else ', narrow, one step'}, {side}x{side}"


def _set_attention(pipeline: Any, processor: str) -> None:
    from diffusers.models import attention_processor

    pipeline.unet.set_attn_processor(getattr(attention_processor, processor)())


def _measure(name: str, engine: DiffusersEngine, request: SampleRequest, place: Place) -> None:
    """Print how long a picture takes, and the peak memory of its stages."""
    elapsed = median_ms(lambda: engine.sample(request), runs=2 if place.has_card else 1, warm_up=1)
    row(name, f"{elapsed:.0f} ms")
    if not place.has_card:
        return
    with _watched(engine) as peaks:
        engine.sample(request)
    row("  memory, MiB: encode, sample, decode", ", ".join(f"{mib:.0f}" for mib in peaks))


@contextmanager
def _watched(engine: DiffusersEngine) -> Iterator[list[float]]:
    """The peak memory of the stages of pictures painted while this lasts, one after the other."""
    peaks: list[float] = []

    def noting(work: Callable) -> Callable:
        def noted(*given: object) -> object:
            peak_mib()
            result = work(*given)
            peaks.append(peak_mib())
            return result

        return noted

    for stage in STAGES:
        setattr(engine, stage, noting(getattr(engine, stage)))
    yield peaks
    for stage in STAGES:
        delattr(engine, stage)


def _filmed(name: str, engine: Engine, written: dict[str, object], place: Place) -> list[bytes]:
    """Film, and print what the summary says of it; the frames' pixels."""
    settings, prefetch = settings_file.parse(written), Prefetch()
    shot = make_shot(make_plan(settings), Tools(engine.capabilities, prefetch=prefetch))
    if place.has_card:
        peak_mib()
    with tempfile.TemporaryDirectory() as out, Watch(place.has_card) as watch:
        folder = RunFolder.create(out, "film", settings)
        told = film(shot, engine, folder, prefetch=prefetch)
        frames = [read_picture(path).tobytes() for path in sorted(folder.frames.iterdir())]
        folder.close()
    prefetch.close()
    row(f"{name}: engine_ms", f"{told['engine_ms']:.1f}")
    row("  gap_ms", f"{told['gap_ms']:.1f}", f"{told['painted']} painted in {told['seconds']:.1f} s, {told['video']}")
    if place.has_card:
        row("  peak memory", f"{peak_mib():.0f} MiB", watch.said())
    return frames


def _forget(engine: DiffusersEngine) -> None:
    engine.close()
    gc.collect()
