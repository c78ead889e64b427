"""Masks: float32 (H, W), 1 where an operation applies. language/mask_expressions.py combines them by expressions."""

from __future__ import annotations

import cv2
import numpy as np

from lib_anim.images.frame import Frame, Mask


def of_frame(frame: Frame) -> Mask:
    """Return a frame's luma as a mask."""
    return np.divide(cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY), np.float32(255.0))


def fitted(mask: Mask, size: tuple[int, int]) -> Mask:
    """Stretch a mask to `size` (width, height). Interpolation is linear, since sharper kernels overshoot at edges."""
    smaller = mask.shape[1] >= size[0] and mask.shape[0] >= size[1]
    return cv2.resize(mask, size, interpolation=cv2.INTER_AREA if smaller else cv2.INTER_LINEAR)


def adjusted(mask: Mask, brightness: float, contrast: float) -> Mask:
    """Multiply a mask by `brightness`, then its distance from its mean by `contrast`; clip to 0..1. 1 changes nothing."""
    if brightness == contrast == 1.0:
        return mask
    lit: Mask = np.clip(mask * np.float32(brightness), 0.0, 1.0)
    mean = lit.mean()
    spread: Mask = np.clip(mean + np.float32(contrast) * (lit - mean), 0.0, 1.0)
    return spread


def widened(mask: Mask, reach_px: int) -> Mask:
    """Dilate a mask by `reach_px` pixels and blur it with a sigma of half as much; nowhere below the original mask."""
    around = cv2.dilate(mask, np.ones((2 * reach_px + 1, 2 * reach_px + 1), np.uint8))
    return np.maximum(cv2.GaussianBlur(around, (0, 0), reach_px / 2), mask)


def softened(mask: Mask, side_px: int) -> Mask:
    """Average a mask over a square window of odd side; pixels outside of the mask count as 0."""
    return cv2.blur(mask, (side_px, side_px), borderType=cv2.BORDER_CONSTANT)


def equalized(mask: Mask) -> Mask:
    """Spread the values of a mask evenly over 0..1; one of a single value stays as it is."""
    spread: Mask = np.divide(cv2.equalizeHist(np.rint(mask * 255.0).astype(np.uint8)), np.float32(255.0))
    return spread


def stretched(mask: Mask, low: float, high: float) -> Mask:
    """Stretch a mask so that its percentiles `low` and `high` become 0 and 1; one of a single value stays as it is."""
    least, most = np.percentile(mask, (min(low, high), max(low, high)))
    if most - least < 1e-6:
        return mask
    wide: Mask = np.clip((mask - np.float32(least)) / np.float32(most - least), 0.0, 1.0)
    return wide
