"""What each feature adds to a frame at 512x512: the same film with it and without it, frame by frame in line."""

from __future__ import annotations

import statistics
import time

from benchmarks.measure import head, row
from lib_anim.engines.base import Capabilities
from lib_anim.engines.preview import Passthrough
from lib_anim.features.open import make_shot
from lib_anim.plan.plan import make_plan
from lib_anim.settings import settings as settings_file
from lib_anim.shot.reel import Reel
from lib_anim.shot.steps import Tools

FILM = {
    "anim_version": "bench",
    "W": 512,
    "H": 512,
    "seed": 1,
    "max_frames": 17,
    "diffusion_cadence": 1,
    "zoom": "0:(1.02)",
    "color_coherence": "None",
    "noise_schedule": 0,
    "amount_schedule": 0,
}
BETWEEN = {"diffusion_cadence": 4}
# name -> (what switches it on, what both films have besides)
FEATURES = {
    "colour coherence LAB": ({"color_coherence": "LAB"}, {}),
    "temporal filter": ({"temporal_filter_schedule": "0:(0.5)"}, {}),
    "drift governor": ({"governor_schedule": "0:(0.5)"}, {}),
    "noise, Perlin": ({"noise_schedule": "0:(0.065)"}, {}),
    "noise, detail": ({"noise_type": "detail", "noise_schedule": "0:(1)"}, {}),
    "sharpen": ({"amount_schedule": "0:(0.1)"}, {}),
    "contrast": ({"contrast_schedule": "0:(1.05)"}, {}),
    "mirror": ({"mirror": "Quad"}, {}),
    "kaleidoscope": ({"kaleidoscope_schedule": "0:(6)"}, {}),
    "kaleidoscope that turns": ({"kaleidoscope_schedule": "0:(6)", "kaleidoscope_angle_schedule": "0:(t)"}, {}),
    "tunnel": ({"tunnel_schedule": "0:(1)"}, {}),
    "echo": ({"echo_schedule": "0:(0.3)"}, {}),
    "glow": ({"glow_schedule": "0:(0.5)"}, {}),
    "grade": ({"exposure_schedule": "0:(0.5)", "saturation_schedule": "0:(1.2)"}, {}),
    "camera shake": ({"shake_name": "Hand-held"}, {}),
    "uncovered denoise": ({"uncovered_denoise_schedule": "0:(0.8)"}, {"zoom": "0:(0.98)"}),
    "flow cadence, DIS Fast": ({"optical_flow_cadence": "DIS Fast"}, BETWEEN),
    "flow cadence, DIS Medium": ({"optical_flow_cadence": "DIS Medium"}, BETWEEN),
    "flow redo, DIS Medium": ({"optical_flow_redo_generation": "DIS Medium"}, {}),
}


def run() -> None:
    """Print the table: milliseconds a frame with the feature, beside the film without it."""
    head("features, 512x512, milliseconds a frame with and without")
    for name, (on, both) in FEATURES.items():
        row(name, frame_ms({**both, **on}), frame_ms(both))


def frame_ms(changes: dict[str, object]) -> float:
    """Median over spans, divided by their frames; everything in line, the first two spans left out."""
    shot = make_shot(make_plan(settings_file.parse({**FILM, **changes})), Tools(Capabilities(words=frozenset({"soft_mask"}))))
    reel, engine, times = Reel(shot), Passthrough(), []
    while True:
        began = time.perf_counter()
        take = reel.ask()
        if take is None:
            break
        count = sum(1 for _ in reel.take(engine.sample_take(take)))
        times.append((time.perf_counter() - began) * 1e3 / count)
    return statistics.median(times[2:])
