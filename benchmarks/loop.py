"""How well films of the small model go round: the step from the last frame to the first, beside that between neighbours,
with `loop` and without it.
"""

from __future__ import annotations

import numpy as np

from benchmarks.coherence import FILM as COHERENCE_FILM
from benchmarks.coherence import MOVES as STRAIGHT
from benchmarks.coherence import OURS, filmed
from lib_anim.runs.report import totals

FRAMES = 48
FILM = {**COHERENCE_FILM, **OURS["Gentle"]}
MOVES = {
    **STRAIGHT,
    "2D turn": {"zoom": "0:(1)", "angle": "0:(2)"},
    "2D pan": {"zoom": "0:(1)", "translation_x": "0:(2)"},
}


def run() -> None:
    """Print the table."""
    from lib_anim.engines.diffusers.checkpoint import BUNDLED
    from lib_anim.engines.diffusers.engine import DiffusersEngine

    engine = DiffusersEngine.load(BUNDLED, device="cpu")
    print(
        f"\nloop: {FRAMES} frames; late is over the last quarter\n{'':36}{'error':>8}{'late':>8}{'seam':>8}{'over error':>12}"
    )
    for name, move in MOVES.items():
        for cadence in (1, 3):
            for loop in (True, False):
                curves = filmed(engine, {**FILM, **move, "diffusion_cadence": cadence, "loop": loop}, FRAMES)
                told, late = totals(curves), float(np.mean(curves.error[-FRAMES // 4 :]))
                label = f"{name}, cadence {cadence}, loop {'on' if loop else 'off'}"
                print(f"{label:36}{told['error']:8.2f}{late:8.2f}{curves.seam:8.2f}{told['seam']:12.2f}", flush=True)
