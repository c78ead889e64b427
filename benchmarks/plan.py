"""How long it takes to work out a whole film, beside numpy working out the same formulas."""

from __future__ import annotations

import numpy as np

from benchmarks.measure import head, median_ms, row
from lib_anim.language.expressions import _parse
from lib_anim.plan.plan import make_plan
from lib_anim.settings import settings as settings_file

FORMULAS = {
    "zoom": "1.0025 + 0.002*sin(1.25*3.14*t/30)",
    "angle": "5*sin(t/10)",
    "translation_x": "10*cos(t/15)",
    "translation_y": "3*sin(t/7) + 2*cos(t/11)",
    "translation_z": "1.75 + 0.5*sin(t/30)",
    "rotation_3d_x": "0.2*sin(t/25)",
    "rotation_3d_y": "0.3*cos(t/35)",
    "rotation_3d_z": "0.1*sin(t/45)",
    "strength_schedule": "0.65 - 0.1*(t % 12 < 1)",
    "cfg_scale_schedule": "7 + sin(t/20)",
}


def run() -> None:
    """Print the table."""
    for count in (1, 10):
        head(f"plan, {count} formula{'s' * (count > 1)}")
        chosen = dict(list(FORMULAS.items())[:count])
        for n_frames in (120, 1_000, 10_000, 50_000):
            row(f"{n_frames} frames, the formulas' columns", *_columns(chosen, n_frames))
            row(f"{n_frames} frames, the whole plan", _plan(chosen, n_frames))


def _settings(chosen: dict[str, str], n_frames: int):
    given = {key: f"0:({text})" for key, text in chosen.items()}
    return settings_file.parse({"anim_version": "bench", "seed": 1, "max_frames": n_frames, **given})


def _plan(chosen: dict[str, str], n_frames: int) -> float:
    settings = _settings(chosen, n_frames)

    def work() -> None:
        _parse.cache_clear()
        make_plan(settings)

    return median_ms(work)


def _columns(chosen: dict[str, str], n_frames: int) -> tuple[float, float]:
    from lib_anim.language.schedules import Schedule, Timeline

    timeline = Timeline(n_frames)

    def ours() -> None:
        _parse.cache_clear()
        for key, text in chosen.items():
            Schedule.parse(f"0:({text})", name=key).values(timeline)

    def plain() -> None:
        t = np.arange(n_frames, dtype=float)
        for text in chosen.values():
            eval(text, {"t": t, "sin": np.sin, "cos": np.cos})

    return median_ms(ours), median_ms(plain)
