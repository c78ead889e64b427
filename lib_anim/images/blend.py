"""Two pictures made one, and how far they differ."""

from __future__ import annotations

import cv2
import numpy as np


def mix(one: np.ndarray, other: np.ndarray, one_share: float, other_share: float) -> np.ndarray:
    """The sum of two pictures (H, W, 3), each times its share, rounded and clipped to the type of the first."""
    depth = cv2.CV_8U if one.dtype == np.uint8 else cv2.CV_32F
    return cv2.addWeighted(one, one_share, other, other_share, 0.0, dtype=depth)


def blend(one: np.ndarray, other: np.ndarray, one_weights: np.ndarray, other_weights: np.ndarray) -> np.ndarray:
    """The mean of two pictures (H, W, 3), pixel by pixel by their weights: (H, W) float32, of any sum above 0."""
    return cv2.blendLinear(one, other, one_weights, other_weights)


def difference(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """How far two pictures of one type differ, without sign: the same shape and type."""
    return cv2.absdiff(one, other)
