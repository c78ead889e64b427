"""Edges of a picture, as ControlNets for edges are shown them."""

from __future__ import annotations

import cv2
import numpy as np

from lib_anim.images.frame import Frame


def canny(frame: Frame, low: float, high: float) -> Frame:
    """Return Canny's edges, white on black: those above `high` (0..255), and those above `low` beside them."""
    low, high = sorted((low, high))
    found = cv2.Canny(cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY), low, high)
    return np.repeat(found[..., None], 3, axis=2)
