"""Masks: (H, W) float32 in 0..1, white where something happens. Expressions of them are in mask_expr.py."""

from __future__ import annotations

import cv2
import numpy as np

from lib_anim.frame import Frame


def of_frame(frame: Frame) -> np.ndarray:
    """How light a frame is, as a mask."""
    return cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) / np.float32(255.0)


def fitted(mask: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """A mask stretched to `size` (width, height), without the swing at edges that sharper ways have: black stays black."""
    smaller = mask.shape[1] >= size[0] and mask.shape[0] >= size[1]
    return cv2.resize(mask, size, interpolation=cv2.INTER_AREA if smaller else cv2.INTER_LINEAR)


def adjusted(mask: np.ndarray, brightness: float, contrast: float) -> np.ndarray:
    """A mask times `brightness`, then `contrast` times as far from its mean; 1 leaves it as it is."""
    if brightness == contrast == 1.0:
        return mask
    lit = np.clip(mask * np.float32(brightness), 0.0, 1.0)
    mean = lit.mean()
    return np.clip(mean + np.float32(contrast) * (lit - mean), 0.0, 1.0)
