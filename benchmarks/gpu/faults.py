"""What goes wrong on cards, provoked: is it survived, and is it said in one line?"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from benchmarks.gpu.card import MIB, limited
from benchmarks.gpu.table import EXACT, HALF, SEA, Place, compare, row, small_model
from lib_anim.engines.base import sample_or_retry
from lib_anim.engines.diffusers.checkpoint import quietly
from lib_anim.engines.diffusers.engine import DiffusersEngine
from lib_anim.errors import ModelError, OutOfMemory
from lib_anim.images.test_card import test_card


def black(place: Place) -> None:
    """half precision that overflows: the small model with an autoencoder whose first layers' numbers are too large for it"""
    requests = {"from nothing": SEA, "over a picture": replace(SEA, init=test_card((256, 256)), denoise=0.4)}
    for name, request in requests.items():
        import torch

        full, half = (_overflowing(place.device, dtype) for dtype in (torch.float32, torch.float16))
        compare(f"{name}, beside full precision", half.sample(request).frame, full.sample(request).frame, HALF)
        row("  precision from then on", str(half._pipe.vae.dtype).removeprefix("torch."), "float32")


def _overflowing(device: str, dtype: object) -> DiffusersEngine:
    """The small model with numbers of up to 30 000 in its autoencoder."""
    import torch

    engine = small_model(device)
    with quietly(), torch.no_grad():
        vae = engine._pipe.vae.to(dtype)
        for layer in (vae.decoder.conv_in, vae.encoder.conv_in):
            layer.weight *= 3e4 / layer.weight.abs().max()
    return engine


def out_of_memory(place: Place) -> None:
    """out of memory: the small model, and a limit on what torch may take"""
    if not place.has_card:
        print("  no card: not provoked")
        return
    engine = small_model(place.device)
    before = engine.sample(SEA).frame
    engine.free()
    with limited(left_mib=64):
        row("2048x2048 in 64 MiB", *_fault(lambda: engine.sample(replace(SEA, size=(2048, 2048), steps=1)), OutOfMemory))
        engine.free()
        compare("  the next picture in the same 64 MiB, beside before", engine.sample(SEA).frame, before, EXACT)
    with _garbage(), limited(left_mib=0):
        (sampled,) = sample_or_retry(engine, (SEA,))
    row(
        "memory that only the collector gives back",
        "survived" if "out_of_memory" in sampled.notes else "not provoked",
        "survived",
    )
    compare("  the picture, beside before", sampled.frame, before, EXACT)
    with limited(left_mib=0):
        row("loading a model without memory", *_fault(lambda: small_model(place.device), ModelError))


@contextmanager
def _garbage() -> Iterator[None]:
    """Memory of the card in circles that nothing collects by itself while this lasts."""
    import torch

    torch.cuda.empty_cache()
    gc.disable()
    circle: list[object] = [torch.empty(256 * MIB, dtype=torch.uint8, device="cuda")]
    circle.append(circle)
    del circle
    yield
    gc.enable()


def refused(_place: Place) -> None:
    """devices that are not there"""
    for device in ("cuda:99", "cuda:x", "cpu:1"):
        row(device, *_fault(lambda device=device: small_model(device), ModelError))


def _fault(work: Callable[[], object], expected: type[Exception]) -> tuple[str, str]:
    """The fault there is, and the one there should be with what was said."""
    try:
        work()
    except Exception as error:
        return type(error).__name__, f"{expected.__name__}; {' '.join(str(error).split())[:200]}"
    return "no fault", expected.__name__
