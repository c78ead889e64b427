"""How steady films of the small model are: Deforum's usual recipe beside the page's answers to "Coherence".

All films have the same prompt, seed, strength and number of paintings. The recipe is Perlin noise of 0.065, LAB colours of
the first frame and an unsharp mask of 0.1, filmed as Deforum does (`classic`). Then kinds of noise, side by side.
"""

from __future__ import annotations

import numpy as np

from lib_anim.engines.diffusers.checkpoint import BUNDLED
from lib_anim.features.open import make_shot
from lib_anim.page.questions import COHERENCE
from lib_anim.plan.plan import make_plan
from lib_anim.runs.report import Curves, curves_of, totals
from lib_anim.settings import settings as settings_file
from lib_anim.shot.reel import Reel, render
from lib_anim.shot.steps import Tools

FILM = {
    **{"W": 128, "H": 128, "fps": 12, "diffusion_cadence": 1, "seed": 7, "steps": 12, "sampler": "Euler"},
    "prompts": {"0": "mountains at sunset, sun"},
    "cfg_scale_schedule": "0:(4)",
    "strength_schedule": "0:(0.62)",
    "noise_schedule": "0:(0.065)",
    "amount_schedule": "0:(0.1)",
    "color_coherence": "LAB",
}
MOVES = {
    "2D zoom": {"zoom": "0:(1.02)"},
    "3D flat": {"animation_mode": "3D", "use_depth_warping": False, "zoom": "0:(1)", "translation_z": "0:(2)"},
}
RECIPE = {"classic": True}
OURS = {label: {"anim_version": "bench", **written} for label, written in COHERENCE.values()}
OURS["Firm, crisp"] = {**OURS["Firm"], "governor_detail_schedule": "0:(1.7)"}  # as much detail as the recipe drives up
NOISES = {
    "no noise": {"noise_schedule": 0},
    "Perlin 0.065": {},
    "detail": {"noise_type": "detail", "noise_schedule": "0:(1)"},
}
BRIEF, SHORT, LONG, LONGEST = 60, 120, 300, 1000  # frames
NAMES = ("error", "flicker", "drift", "contrast", "saturation")


def run() -> None:
    """Print the tables."""
    from lib_anim.engines.diffusers.engine import DiffusersEngine

    engine = DiffusersEngine.load(BUNDLED, device="cpu")
    for name, move in MOVES.items():
        _head(f"coherence: {name}, {SHORT} frames")
        recipe = _row("Deforum's recipe", filmed(engine, {**move, **RECIPE}, SHORT))
        for label, answer in OURS.items():
            _row(label, filmed(engine, {**move, **answer}, SHORT), recipe)
    _head(f"coherence: 2D zoom, {LONG} frames; detail late is that of the last ten over that of frames 5..14")
    for label, changes in (("Deforum's recipe", RECIPE), *OURS.items()):
        _row(label, filmed(engine, {**MOVES["2D zoom"], **changes}, LONG))
    _head(f"coherence: 2D zoom, {LONGEST} frames")
    _row("Firm", filmed(engine, {**MOVES["2D zoom"], **OURS["Firm"]}, LONGEST))
    for strength in (0.62, 0.85):
        _head(f"noise: 2D zoom, {BRIEF} frames, strength {strength}, not sharpened")
        film = {**MOVES["2D zoom"], "anim_version": "bench", "amount_schedule": 0, "strength_schedule": strength}
        for label, changes in NOISES.items():
            _row(label, filmed(engine, {**film, **changes}, BRIEF))


def filmed(engine: object, changes: dict[str, object], n_frames: int) -> Curves:
    """What the frames of a film look like; `changes` are those to FILM."""
    plan = make_plan(settings_file.parse({**FILM, **changes, "max_frames": n_frames}))
    shot = make_shot(plan, Tools(engine.capabilities))
    frames = (rendered.frame for rendered in render(Reel(shot), engine))
    return curves_of(frames, list(range(n_frames)))


def _head(title: str) -> None:
    columns = "".join(f"{name:>12}" for name in (*NAMES, "detail", "detail late"))
    print(f"\n{title}\n{'':20}{columns}", flush=True)


def _row(label: str, curves: Curves, recipe: dict[str, float] | None = None) -> dict[str, float]:
    """Print a film's figures; beside those of the recipe, error, flicker and detail over its own."""
    detail = np.array(curves.of("detail"))
    told = {**totals(curves), "detail": float(detail.mean())}
    late = float(detail[-10:].mean() / detail[5:15].mean())
    beside = (
        "" if recipe is None else "   " + ", ".join(f"{k} {told[k] / recipe[k]:.2f}" for k in ("error", "flicker", "detail"))
    )
    print(f"{label:20}" + "".join(f"{told[name]:12.2f}" for name in (*NAMES, "detail")) + f"{late:12.2f}{beside}", flush=True)
    return told
