"""What the diffusers engine does on a card, beside the CPU: pictures, times, memory, faults survived. Runs anywhere, and says
on what; without a card the models of checkpoints' sizes are narrow ones, so that every row's code still runs.

A row is a name, a figure, and what it is compared with. Pictures are compared in levels, 0..255.
"""

from __future__ import annotations

import gc
import importlib.metadata
import os
import platform
import time
import traceback

from benchmarks.gpu import costs, faults, pictures
from benchmarks.gpu.card import Watch
from benchmarks.gpu.table import Place, row

PACKAGES = ("torch", "diffusers", "transformers", "accelerate", "peft", "xformers", "onnxruntime", "numpy")
PARTS = (
    *(pictures.equality, pictures.samplers, pictures.networks, pictures.shapes),
    *(costs.attention, costs.low_vram, costs.films, costs.flow),
    *(faults.black, faults.out_of_memory, faults.refused),
)


def run() -> None:
    """Print the table."""
    import torch

    place = Place("cuda", torch.float16) if torch.cuda.is_available() else Place("cpu", torch.float32)
    began = time.perf_counter()
    _say_where(place)
    for part in PARTS:
        print(f"\n{part.__doc__}", flush=True)
        started = time.perf_counter()
        try:
            part(place)
        except Exception as error:  # one fault must not cost the other figures
            row("FAILED", type(error).__name__, "no fault")
            traceback.print_exc()
        gc.collect()
        if place.has_card:
            torch.cuda.empty_cache()
        print(f"  ({time.perf_counter() - started:.0f} s)", flush=True)
    print(f"\n{time.perf_counter() - began:.0f} s in all", flush=True)


def _say_where(place: Place) -> None:
    import torch

    versions = []
    for name in PACKAGES:
        try:
            versions.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            versions.append(f"no {name}")
    with Watch(place.has_card) as watch:
        pass
    print(f"\ngpu: Python {platform.python_version()}, {', '.join(versions)}")
    print(f"on {watch.name or f'a CPU, {torch.get_num_threads()} threads of {os.cpu_count()}'}", flush=True)
