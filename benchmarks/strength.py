"""How far a painted picture is from what it is painted over, by denoise: with a WebUI's count of steps and with exact strength.

`python -m benchmarks.strength PICTURE` also draws the curves.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from functools import partial
from pathlib import Path
from time import process_time

import numpy as np

from lib_anim.engines.base import Engine, SampleRequest
from lib_anim.engines.strength import EXACT, WEBUI, Levels, exact_levels
from lib_anim.runs.plot import Line, panels

STEPS = (4, 20)
DENOISES = [k / 100 for k in range(10, 91, 2)]
SHOWN = (0.3, 0.4, 0.5, 0.6, 0.7)
ASKED = SampleRequest(
    0, (128, 128), (("a red circle on a blue background", 1.0),), seed=5, steps=20, cfg_scale=4.0, sampler="Euler"
)


def run(picture: Path | None = None) -> None:
    """Print the table; draw the curves to `picture`."""
    from lib_anim.engines.diffusers.checkpoint import BUNDLED
    from lib_anim.engines.diffusers.engine import DiffusersEngine

    engine = DiffusersEngine.load(BUNDLED, device="cpu")
    over = replace(ASKED, init=engine.sample(ASKED).frame, seed=9)
    curves: dict[str, list[Line]] = {}
    print(f"\nstrength: mean distance to the picture before, in levels\n{'denoise':24}" + "".join(f"{d:>8}" for d in SHOWN))
    for steps in STEPS:
        ways = {way: distances(engine, replace(over, steps=steps, strength_steps=way)) for way in (WEBUI, EXACT)}
        for way, found in ways.items():
            print(f"{f'{steps} steps, {way}':24}" + "".join(f"{found[DENOISES.index(d)]:8.1f}" for d in SHOWN))
        curves[f"{steps} steps: distance to the picture before, in levels"] = [(DENOISES, found) for found in ways.values()]
    print(f"levels of exact strength: {cost_ms():.2f} ms a picture")
    if picture:
        panels(curves, (WEBUI, EXACT), picture, below="denoise (1 - strength)")


def distances(engine: Engine, over: SampleRequest) -> list[float]:
    """Return the mean distance to what is painted over, for each of DENOISES."""
    assert over.init is not None
    init = over.init.astype(float)
    return [float(np.abs(engine.sample(replace(over, denoise=denoise)).frame - init).mean()) for denoise in DENOISES]


def cost_ms(times: int = 200) -> float:
    """Return the processor time of one picture's levels, of the dearest scheduler."""
    from lib_anim.engines.diffusers.sigmas import model_sigmas
    from lib_anim.settings.samplers import SCHEDULERS

    sigmas = model_sigmas(np.cumprod(1 - np.linspace(0.00085**0.5, 0.012**0.5, 1000) ** 2))
    dearest = 0.0
    for name in SCHEDULERS[1:]:
        ladder = partial(_ladder, name, sigmas)
        exact_levels(0.3, 4, sigmas, ladder)  # what is made once
        began = process_time()
        for k in range(times):
            exact_levels(0.3 + k / 1000, 4, sigmas, ladder)
        dearest = max(dearest, 1000 * (process_time() - began) / times)
    return dearest


def _ladder(name: str, sigmas: Levels, steps: int) -> Levels:
    from lib_anim.engines.diffusers.sigmas import spaced

    return spaced(name, steps, sigmas)


if __name__ == "__main__":
    run(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
