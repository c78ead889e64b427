"""What depth costs at 512x512, given the map: the warp of a 3D step beside moving a picture by a map that is there already.

A card stands before a floor; the camera passes it by 3 pixels of parallax, and by 18.
"""

from __future__ import annotations

from functools import partial

import cv2
import numpy as np

from benchmarks.measure import head, median_ms, row
from lib_anim.images.camera import move_3d
from lib_anim.images.depth import from_nearness, steadied
from lib_anim.images.parallax import occluding

SIDE = 512
MOVES = {
    "3 pixels sideways": {"translate": (4.0, 0.0, 0.0)},
    "forward": {"translate": (0.0, 0.0, 3.0)},
    "turning half a degree": {"translate": (3.0, 0.0, 1.0), "rotate_deg": (0.0, 0.5, 0.0)},
    "18 pixels sideways": {"translate": (20.0, 0.0, 0.0)},
}


def run() -> None:
    """Print the table."""
    head("depth, 512x512, milliseconds; plain is cv2.remap, bicubic")
    nearness = np.linspace(0.0, 0.8, SIDE, dtype=np.float32)[:, None].repeat(SIDE, axis=1)
    nearness[100:300, 150:350] = 1.0
    distance = from_nearness(nearness)
    picture = np.random.default_rng(0).integers(0, 256, (SIDE, SIDE, 3), np.uint8)
    for name, move in MOVES.items():
        step = partial(_step, move)
        grid = step(distance).positions
        plain = median_ms(lambda grid=grid: cv2.remap(picture, grid, None, cv2.INTER_CUBIC))
        row(f"near covers far, {name}", median_ms(lambda step=step: occluding(distance, step)), plain)
        row(f"classic, {name}", median_ms(lambda step=step: step(distance)), plain)
    known = np.ones((SIDE, SIDE), bool)
    row("steadied by the picture before", median_ms(lambda: steadied(nearness * 3.0, distance, known)), plain)


def _step(move, depth, size=(SIDE, SIDE)):
    return move_3d(size, depth=depth, **move)
