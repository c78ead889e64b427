"""What a source video of 1080p at 30 frames a second costs a film of 512x512: hybrid video, following it, reading it ahead."""

from __future__ import annotations

import statistics
import subprocess
import tempfile
import time
from contextlib import closing
from pathlib import Path

from benchmarks.features import frame_ms
from benchmarks.measure import head, row
from lib_anim.engines.preview import Passthrough
from lib_anim.features.open import make_shot
from lib_anim.media.encode import find_ffmpeg
from lib_anim.plan.plan import make_plan
from lib_anim.runs.prefetch import Prefetch
from lib_anim.settings import settings as settings_file
from lib_anim.shot.reel import Reel
from lib_anim.shot.steps import Tools

FLOW = {"hybrid_motion": "Optical Flow", "hybrid_flow_method": "DIS Medium"}
MIX = {"hybrid_composite": "Normal"}
MASK = {"hybrid_comp_mask_type": "Difference", "hybrid_comp_mask_auto_contrast": True}
OVER = {"animation_mode": "Video Input"}
CARRIED = {**OVER, "video_carry_schedule": "0:(0.8)"}
# name -> what switches it on
FEATURES = {
    "hybrid flow, DIS Medium": FLOW,
    "hybrid flow and mix": {**FLOW, **MIX},
    "hybrid flow, DIS Fine, and mix": {**FLOW, **MIX, "hybrid_flow_method": "DIS Fine"},
    "hybrid flow, Farneback, and mix": {**FLOW, **MIX, "hybrid_flow_method": "Farneback"},
    "hybrid flow with consistency, and mix by a mask": {**FLOW, **MIX, **MASK, "hybrid_flow_consistency": True},
    "hybrid flow from the painted picture, and mix": {**FLOW, **MIX, "hybrid_motion_use_prev_img": True},
    "hybrid perspective and mix": {**MIX, "hybrid_motion": "Perspective"},
    "Video Input": OVER,
    "Video Input, carried on along the video": CARRIED,
}
BESIDE = {  # as above, where the painter leaves time for it
    "Video Input": OVER,
    "hybrid flow and mix": {**FLOW, **MIX},
    "hybrid flow, DIS Fine, and mix": {**FLOW, **MIX, "hybrid_flow_method": "DIS Fine"},
    "hybrid flow with consistency, and mix by a mask": {**FLOW, **MIX, **MASK, "hybrid_flow_consistency": True},
    "carried on": CARRIED,
}
_PAINTS_S = 0.1  # seconds of a picture, when the video is read meanwhile


def run() -> None:
    """Print the tables."""
    with tempfile.TemporaryDirectory() as folder:
        video = {"video_init_path": str(_write_video(Path(folder) / "video.mp4")), "W": 512, "H": 512, "max_frames": 17}
        head("video of 1080p in line, milliseconds a frame with and without")
        for name, on in FEATURES.items():
            row(name, frame_ms({**video, **on}), frame_ms({}))
        head("an engine of 100 ms, read ahead: milliseconds between pictures")
        for name, on in BESIDE.items():
            row(name, _gap_ms({**video, **on}), _gap_ms({}))


def _write_video(path: Path) -> Path:
    picture = ["-f", "lavfi", "-i", "testsrc2=size=1920x1080:rate=30:duration=2"]
    subprocess.run([find_ffmpeg(), "-v", "error", *picture, "-pix_fmt", "yuv420p", "-y", str(path)], check=True)
    return path


def _gap_ms(changes: dict[str, object]) -> float:
    """Median time between two pictures beyond what the engine takes; the first three left out."""
    film = {"anim_version": "bench", "seed": 1, "W": 512, "H": 512, "max_frames": 24, "diffusion_cadence": 1, **changes}
    with closing(Prefetch()) as helper:
        reel = Reel(make_shot(make_plan(settings_file.parse(film)), Tools(prefetch=helper)))
        engine, gaps, began = Passthrough(), [], time.perf_counter()
        while (take := reel.ask()) is not None:
            gaps.append((time.perf_counter() - began) * 1e3)
            helper.engine_paints.set()
            time.sleep(_PAINTS_S)
            answers = engine.sample_take(take)
            helper.engine_paints.clear()
            frames = reel.take(answers)
            list(frames)  # written by another thread in a run
            began = time.perf_counter()
        return statistics.median(gaps[3:])
