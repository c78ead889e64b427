"""What a ControlNet unit adds between two calls of the engine at 512x512: its picture, by where it comes from."""

from __future__ import annotations

import json
import statistics
import tempfile
import time
from contextlib import closing
from pathlib import Path

import numpy as np

from benchmarks.measure import head, median_ms, row
from lib_anim.engines.preview import Passthrough
from lib_anim.engines.webui.api import _as_text
from lib_anim.features.open import open_shot
from lib_anim.images.frame import write_png
from lib_anim.images.skeleton import draw_skeletons
from lib_anim.images.test_card import test_card
from lib_anim.media.encode import VideoWriter
from lib_anim.runs.prefetch import Prefetch
from lib_anim.settings import settings as settings_file
from lib_anim.shot.reel import Reel
from lib_anim.shot.steps import Tools

SIZE, FRAMES = (512, 512), 16
LEAST_MS = 0.01  # what is less than this cannot be seen
PAINTS_S = 0.1  # of a picture: less than cards take
FILM = {
    **{"anim_version": "bench", "W": SIZE[0], "H": SIZE[1], "seed": 1, "max_frames": FRAMES, "zoom": "0:(1.02)"},
    **{"color_coherence": "None", "noise_schedule": 0, "amount_schedule": 0},
}
POSE = [
    *((0.5, 0.2), (0.5, 0.3), (0.4, 0.3), (0.35, 0.45), (0.3, 0.55), (0.6, 0.3), (0.65, 0.45), (0.7, 0.55), (0.45, 0.6)),
    *((0.42, 0.75), (0.4, 0.95), (0.55, 0.6), (0.58, 0.75), (0.6, 0.95), (0.48, 0.18), (0.52, 0.18), (0.45, 0.2), (0.55, 0.2)),
]


def run() -> None:
    """Print the table: milliseconds a frame with maps made ahead, beside maps made when they are asked for."""
    head("a ControlNet unit, 512x512, what it adds between two calls")
    with tempfile.TemporaryDirectory() as made:
        for name, unit in _units(Path(made)).items():
            row(name, *(max(_gap_ms(unit, ahead) - _gap_ms({}, ahead), LEAST_MS) for ahead in (True, False)))
    card, skeleton = test_card(SIZE), draw_skeletons([np.array(POSE) * SIZE], SIZE)
    row("over HTTP: a picture as text", median_ms(lambda: _as_text(card)))
    row("over HTTP: a skeleton as text", median_ms(lambda: _as_text(skeleton)))


def _units(folder: Path) -> dict[str, dict[str, object]]:
    """Write a picture, a folder, a video and a pose track, and return a unit for each."""
    (folder / "maps").mkdir()
    with VideoWriter(folder / "film.mp4", SIZE, 15) as video:
        for k in range(FRAMES):
            frame = np.roll(test_card(SIZE), 8 * k, axis=1)
            write_png(folder / f"maps/{k}.png", frame)
            video.write(frame)
    keys = {0: np.array(POSE), FRAMES: np.array(POSE) + 0.1}
    poses = {k: {"people": [{"pose_keypoints_2d": [v for x, y in key for v in (x, y, 1)]}]} for k, key in keys.items()}
    (folder / "track.json").write_text(json.dumps(poses))
    files = {name: {"cn_1_vid_path": str(folder / name)} for name in ("maps/0.png", "maps", "film.mp4", "track.json")}
    names = dict(zip(("a picture", "a folder", "a video", "a pose track"), files.values(), strict=True))
    canny = {"cn_1_module": "canny"}
    sources = {**names, "edges of a folder": {**files["maps"], **canny}}
    return {**sources, "edges of the moved picture": {"cn_1_source": "Moved picture", **canny}}


def _gap_ms(unit: dict[str, object], ahead: bool) -> float:
    """Median milliseconds from one answer to the next request; frames are drained outside, as in a run."""
    on = {"cn_1_enabled": True, "cn_1_model": "any", **unit} if unit else {}
    with closing(Prefetch()) as prefetch:
        tools = Tools(Passthrough.capabilities, prefetch=prefetch if ahead else None)
        reel, engine, gaps = Reel(open_shot(settings_file.parse({**FILM, **on}), tools=tools)), Passthrough(), []
        take = reel.ask()
        while take is not None:
            prefetch.engine_paints.set()
            time.sleep(PAINTS_S)
            answers = engine.sample_take(take)
            prefetch.engine_paints.clear()
            for _ in reel.take(answers):
                pass
            began = time.perf_counter()
            take = reel.ask()
            gaps.append((time.perf_counter() - began) * 1e3)
    return statistics.median(gaps[1:-1])
