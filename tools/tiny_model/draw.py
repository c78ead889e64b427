"""Captioned pictures from a generator: the whole world this model knows.

>>> scene = choose(np.random.default_rng(0))       # a Land or Shapes
>>> draw(scene, 128, 128)                          # (128, 128, 3) uint8
>>> caption(scene, np.random.default_rng(1))       # one of many wordings
"""

import zlib

import cv2
import numpy as np

from .canvas import View
from .landscape import Land, choose_land, draw_land
from .objects import Shapes, choose_shapes, draw_shapes
from .words import caption

__all__ = ["Scene", "caption", "choose", "draw", "draw_crop", "reserved"]

Scene = Land | Shapes
LANDSCAPES = 0.66  # share of landscapes among the scenes
RESERVED = 9  # one combination in so many is kept for the evaluation


def reserved(scene: Scene) -> bool:
    """Is this combination kept for the evaluation? Such scenes are never drawn or captioned in training.

    Shapes are told apart by (shape, its colour, background), landscapes by (time, ground, what stands behind it).
    """
    if isinstance(scene, Land):
        keys = [f"{scene.time}/{scene.ground}/{scene.back}"]
    else:
        keys = [f"{item.shape}/{item.colour}/{scene.background}" for item in scene.items]
    return any(zlib.crc32(key.encode()) % RESERVED == 0 for key in keys)


def choose(rng: np.random.Generator, *, held_out: bool = False) -> Scene:
    """A random scene for training, or one of the reserved ones."""
    while True:
        scene = choose_land(rng) if rng.random() < LANDSCAPES else choose_shapes(rng)
        if reserved(scene) == held_out:
            return scene


def draw(scene: Scene, height: int, width: int) -> np.ndarray:
    """The scene as (height, width, 3) uint8 RGB."""
    view = View(height, width)
    picture = draw_land(scene, view) if isinstance(scene, Land) else draw_shapes(scene, view)
    return (picture * 255 + 0.5).astype(np.uint8)


def draw_crop(scene: Scene, height: int, width: int, rng: np.random.Generator) -> np.ndarray:
    """A window into a landscape drawn up to 1.5 times larger, as a camera that has moved in sees it.

    Half of the windows come soft from a smaller drawing, like a frame that has been zoomed.
    """
    if not isinstance(scene, Land):
        return draw(scene, height, width)
    zoom = rng.uniform(1.0, 1.5)
    sharp = rng.random() < 0.5
    tall, wide = (round(n * (zoom if sharp else 1)) for n in (height, width))
    picture = draw(scene, tall, wide)
    top, left = rng.uniform(0.15, 0.7) * (1 - 1 / zoom) * tall, rng.uniform(0, 1) * (1 - 1 / zoom) * wide
    if sharp:
        return picture[int(top) : int(top) + height, int(left) : int(left) + width].copy()
    dst_from_src = np.float32([[zoom, 0, -zoom * left], [0, zoom, -zoom * top]])
    return cv2.warpAffine(picture, dst_from_src, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
