"""Guides: what is known of a frame before it is painted, as models take it that fill in the rest."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from lib_anim.images.frame import Frame, Mask
from lib_anim.shot.canvas import Canvas

GREY = 127  # level of all channels where nothing is known, as the makers of Wan VACE have it
_HALF = 0.5  # of a pixel: what is uncovered more than that is unknown


class Guide(NamedTuple):
    """A frame that is GREY where nothing is known, and `mask` (H, W) float32: 1 there, 0 elsewhere."""

    frame: Frame
    mask: Mask


def guide(canvas: Canvas | None, size: tuple[int, int]) -> Guide:
    """Return the guide of a frame of `size` from its canvas, whose uncovered parts are unknown; of None nothing is known."""
    if canvas is None:
        return Guide(np.full((size[1], size[0], 3), GREY, np.uint8), np.ones(size[::-1], np.float32))
    unknown = canvas.fresh > _HALF
    return Guide(np.where(unknown[..., None], np.uint8(GREY), canvas.frame), unknown.astype(np.float32))
