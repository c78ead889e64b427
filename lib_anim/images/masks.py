"""Masks, white where something happens. Expressions of them are in language/mask_expressions.py."""

from __future__ import annotations

import cv2
import numpy as np

from lib_anim.images.frame import Frame, Mask


def of_frame(frame: Frame) -> Mask:
    """How light a frame is, as a mask."""
    return np.divide(cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY), np.float32(255.0))


def fitted(mask: Mask, size: tuple[int, int]) -> Mask:
    """A mask stretched to `size` (width, height), without the swing at edges that sharper ways have: black stays black."""
    smaller = mask.shape[1] >= size[0] and mask.shape[0] >= size[1]
    return cv2.resize(mask, size, interpolation=cv2.INTER_AREA if smaller else cv2.INTER_LINEAR)


def adjusted(mask: Mask, brightness: float, contrast: float) -> Mask:
    """A mask times `brightness`, then `contrast` times as far from its mean; 1 leaves it as it is."""
    if brightness == contrast == 1.0:
        return mask
    lit: Mask = np.clip(mask * np.float32(brightness), 0.0, 1.0)
    mean = lit.mean()
    spread: Mask = np.clip(mean + np.float32(contrast) * (lit - mean), 0.0, 1.0)
    return spread


def widened(mask: Mask, reach_px: int) -> Mask:
    """A mask grown by `reach_px` pixels, with a soft rim of half as much; it nowhere falls below itself."""
    around = cv2.dilate(mask, np.ones((2 * reach_px + 1, 2 * reach_px + 1), np.uint8))
    return np.maximum(cv2.GaussianBlur(around, (0, 0), reach_px / 2), mask)


def softened(mask: Mask, side_px: int) -> Mask:
    """The mean of a mask over a square window of odd side round every pixel; outside of the mask is black."""
    return cv2.blur(mask, (side_px, side_px), borderType=cv2.BORDER_CONSTANT)
