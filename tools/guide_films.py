"""The films of guides in docs/: `python -m tools.guide_films [follow mask …]` makes them, in two minutes each on a CPU.

Each shows what guides, or the film without it, at the left, and at the right what the bundled small model painted. What
guides is drawn: a landscape with a balloon that passes by, or stands.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from lib_anim.images.frame import Frame
from lib_anim.media.encode import VideoWriter
from lib_anim.version import __version__
from tools.control_films import ROOT, paint, side_by_side, write
from tools.tiny_model.canvas import View
from tools.tiny_model.depth_drawings import land_nearness
from tools.tiny_model.landscape import Land, draw_land

SIDE, N_FRAMES, FPS, SHIFT = 192, 24, 8, 4  # pixels that a drawing moves on from frame to frame
LAND = Land("day", 0.5, "mountains", horizon=0.6, thing="balloon", thing_colour="red", seed=5)
PASSING = replace(LAND, thing="")
HILLS = Land("day", 0.5, "hills", back="mountains", horizon=0.5, thing="house", seed=4)
SUNSET, NIGHT = "mountains at sunset", "mountains at night, full moon, stars"
Settings = Mapping[str, object]
BASE: Settings = {
    **{"anim_version": __version__, "W": SIDE, "H": SIDE, "max_frames": N_FRAMES, "fps": FPS, "seed": 3, "steps": 12},
    **{"diffusion_cadence": 1, "scale": 4, "zoom": "0:(1)", "color_coherence": "None", "noise_schedule": "0:(0.02)"},
    **{"prompt_blend": "smooth", "prompts": {"0": SUNSET}},
}
STILL: Settings = {"use_init": True, "init_image": "start.png", "strength": 1.0, "strength_schedule": "0:(0.6)"}


def follow(folder: Path) -> Iterator[Frame]:
    """Paint a drawn film over: each frame alone, and with what was painted carried on along what moves."""
    film = {**drawn_film(folder), "animation_mode": "Video Input", "strength_schedule": "0:(0.7)"}
    alone = painted(folder, "alone", film)
    return side_by_side(drawn_frames(), alone, painted(folder, "carried", film | {"video_carry_schedule": "0:(0.8)"}))


def hybrid(folder: Path) -> Iterator[Frame]:
    """Move a film as a drawn film moves, and mix some of that in."""
    mixed = {"hybrid_motion": "Optical Flow", "hybrid_flow_method": "DIS Medium", "hybrid_composite": "Normal"}
    film = {**drawn_film(folder), **mixed, "hybrid_comp_alpha_schedule": "0:(0.3)", "strength_schedule": "0:(0.6)"}
    return side_by_side(drawn_frames(), painted(folder, "hybrid", film))


def mask(folder: Path) -> Iterator[Frame]:
    """Paint the sky of a drawing from day to night; the rest stays."""
    save(folder / "start.png", drawn(LAND))
    sky = np.repeat((land_nearness(LAND, View(SIDE, SIDE)) == 0.0)[..., None], 3, axis=2).astype(np.uint8) * 255
    save(folder / "sky.png", sky)
    hours = {"0": "mountains by day, blue sky", "8": SUNSET, "18": NIGHT}
    film = {**STILL, "use_mask": True, "mask_file": "sky.png", "mask_overlay_blur": 1, "full_res_mask": False, "prompts": hours}
    return side_by_side([sky] * N_FRAMES, painted(folder, "mask", film))


def parallax(folder: Path) -> Iterator[Frame]:
    """Move past a drawing that stays, and paint what comes to light: over a flat scene, and with its depth."""
    save(folder / "start.png", drawn(HILLS))
    camera = {"animation_mode": "3D", "translation_x": "0:(6)", "translation_z": "0:(0)", "diffusion_cadence": 4}
    new = {"use_mask": True, "mask_schedule": "0:(uncovered())", "mask_grow": 1, "mask_overlay_blur": 1, "full_res_mask": False}
    words = {"prompts": {"0": "green hills by day, mountains behind, blue sky"}, "strength_schedule": "0:(0.5)"}
    flat = painted(folder, "flat", {**STILL, **camera, **new, **words, "use_depth_warping": False})
    return side_by_side(flat, painted(folder, "depth", {**STILL, **camera, **new, **words}))


def guided(folder: Path) -> Iterator[Frame]:
    """Pull a film towards three drawings, each from its own frame on."""
    hours = {0: LAND, 8: replace(LAND, time="sunset", hour=0.76), 16: replace(LAND, time="night", hour=1.0, stars=True)}
    for frame, land in hours.items():
        save(folder / f"{frame}.png", drawn(land))
    names = {str(frame): f"{frame}.png" for frame in hours}
    pull = {"tweening_frames_schedule": "0:(8)", "blendFactorMax": "0:(0.5)"}
    film = {"use_looper": True, "init_images": json.dumps(names), **pull}
    turns = (drawn(hours[max(frame for frame in hours if frame <= index)]) for index in range(N_FRAMES))
    return side_by_side(turns, painted(folder, "guided", film | {"prompts": {"0": "mountains, a red balloon"}}))


def interpolation(folder: Path) -> Iterator[Frame]:
    """Blend three prompts, each frame from nothing: with a seed for each frame, and with seeds that walk."""
    film = {"animation_mode": "Interpolation", "prompts": {"0": "the sea at dawn", "11": SUNSET, "22": NIGHT}}
    return side_by_side(painted(folder, "seeds", film), painted(folder, "walk", film | {"seed_walk": True}))


def drawn(land: Land) -> Frame:
    """Draw a landscape of the films' size."""
    return bytes_of(draw_land(land, View(SIDE, SIDE)))


def drawn_frames() -> Iterator[Frame]:
    """Draw a wide landscape that passes by."""
    wide = bytes_of(draw_land(PASSING, View(SIDE, 2 * SIDE + SHIFT * N_FRAMES)))
    return (np.ascontiguousarray(wide[:, x : x + SIDE]) for x in range(SIDE // 2, SIDE // 2 + SHIFT * N_FRAMES, SHIFT))


def drawn_film(folder: Path) -> Settings:
    """Write the wide landscape as a video, and return the settings that name it."""
    with VideoWriter(folder / "drawn.mkv", (SIDE, SIDE), FPS) as video:
        for frame in drawn_frames():
            video.write(frame)
    return {"video_init_path": "drawn.mkv"}


def bytes_of(picture: np.ndarray) -> Frame:
    """Return a drawing as a frame."""
    return (picture * 255 + 0.5).astype(np.uint8)


def save(file: Path, picture: Frame) -> None:
    """Write a PNG."""
    Image.fromarray(picture).save(file)


def painted(folder: Path, name: str, film: Settings) -> Iterator[Frame]:
    """Make a film of some settings over BASE, whose files are in `folder`, and return its frames."""
    settings = folder / f"{name}.json"
    settings.write_text(json.dumps({**BASE, **film, "batch_name": name}), encoding="utf-8")
    return paint(settings, folder / f"films of {name}")


FILMS = {
    "follow": follow,
    "hybrid": hybrid,
    "mask": mask,
    "parallax": parallax,
    "guided": guided,
    "interpolation": interpolation,
}


def main(names: list[str]) -> None:
    """Make the films of these names, or all."""
    for name in names or FILMS:
        with tempfile.TemporaryDirectory() as folder:
            write(FILMS[name](Path(folder)), ROOT / f"docs/{name}.webp", FPS)


if __name__ == "__main__":
    main(sys.argv[1:])
