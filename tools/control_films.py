"""The films of docs/control.md: `python -m tools.control_films [edges walking]` makes them, in two minutes each on a CPU.

Each shows what guides at the left, and at the right what the bundled small model painted.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from lib_anim.images.frame import Frame, read_picture
from lib_anim.images.skeleton import draw_skeletons
from lib_anim.media.encode import VideoWriter
from lib_anim.media.pose_files import read_track
from lib_anim.settings.settings import load
from lib_anim.version import __version__
from tools.tiny_model.canvas import View
from tools.tiny_model.landscape import Land, draw_land

ROOT = Path(__file__).parents[1]
SIDE, N_FRAMES, FPS, SHIFT = 256, 40, 12, 6  # pixels that the drawing moves on from frame to frame
DRAWING = Land("day", 0.5, "mountains", horizon=0.6, thing="balloon", thing_colour="red", seed=5)
EDGES = {
    **{"anim_version": __version__, "W": SIDE, "H": SIDE, "max_frames": N_FRAMES, "fps": FPS, "seed": 3, "batch_name": "edges"},
    **{"animation_mode": "2D", "zoom": "0:(1)", "translation_x": f"0:({-SHIFT})", "strength_schedule": "0:(0.35)"},
    **{"steps": 12, "scale": 4, "color_coherence": "None", "noise_schedule": "0:(0.02)", "prompt_blend": "smooth"},
    **{"cn_1_enabled": True, "cn_1_model": "edges", "cn_1_module": "canny", "cn_1_threshold_a": 60, "cn_1_threshold_b": 120},
    "prompts": {
        "0": "mountains at dawn, a red balloon",
        "13": "mountains at sunset, a red balloon",
        "26": "mountains at night, full moon, stars, a red balloon",
    },
}


def edges(folder: Path) -> Iterator[Frame]:
    """Paint a drawn film over along its edges: mountains that pass by, from dawn to night."""
    drawing = (draw_land(DRAWING, View(SIDE, 700)) * 255 + 0.5).astype(np.uint8)
    drawn = [np.ascontiguousarray(drawing[:, x : x + SIDE]) for x in range(110, 110 + SHIFT * N_FRAMES, SHIFT)]
    with VideoWriter(folder / "drawn.mkv", (SIDE, SIDE), FPS) as video:
        for frame in drawn:
            video.write(frame)
    settings = folder / "edges.json"
    settings.write_text(json.dumps({**EDGES, "cn_1_vid_path": str(folder / "drawn.mkv")}), encoding="utf-8")
    return side_by_side(drawn, paint(settings, folder / "films"))


def walking(folder: Path) -> Iterator[Frame]:
    """Paint a person that walks through a landscape by ten key poses."""
    settings, poses = (ROOT / f"settings_defaults/{name}.json" for name in ("walking_person", "poses/walking_person"))
    film, track = load(settings), read_track(str(poses))
    size = film.integer("W"), film.integer("H")
    skeletons = (draw_skeletons(track.at(index, size), size) for index in range(film.integer("max_frames")))
    return side_by_side(skeletons, paint(settings, folder))


def paint(settings: Path, out: Path) -> Iterator[Frame]:
    """Make a film and return its frames. Raises SystemExit."""
    from lib_anim.__main__ import main as anim

    if status := anim(["run", str(settings), "--out", str(out)]):
        sys.exit(status)
    (run,) = out.iterdir()
    return (read_picture(str(file)) for file in sorted((run / "frames").glob("*.png")))


def side_by_side(*films: Iterable[Frame]) -> Iterator[Frame]:
    """Join films of one size and length, from left to right."""
    return (np.hstack(frames) for frames in zip(*films, strict=True))


def write(frames: Iterator[Frame], file: Path, fps: int) -> None:
    """Write an animated WebP that goes on for ever."""
    first, *others = (Image.fromarray(frame) for frame in frames)
    first.save(file, save_all=True, append_images=others, duration=round(1000 / fps), loop=0, quality=60, method=6)


FILMS = {"edges": edges, "walking": walking}


def main(names: list[str]) -> None:
    """Make the films of these names, or all."""
    for name in names or FILMS:
        with tempfile.TemporaryDirectory() as folder:
            write(FILMS[name](Path(folder)), ROOT / f"docs/{name}.webp", FPS)


if __name__ == "__main__":
    main(sys.argv[1:])
