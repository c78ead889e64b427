"""Masks: float32 (H, W), 1 where an operation applies. language/mask_expressions.py combines them by expressions."""

from __future__ import annotations

import cv2
import numpy as np

from lib_anim.images.frame import Frame, Mask

_SLOPE = 0.05  # of the values of `within`: masks of a threshold without one flicker


def of_frame(frame: Frame) -> Mask:
    """Return a frame's luma as a mask."""
    return np.divide(cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY), np.float32(255.0))


def within(values: Mask, low: float, high: float) -> Mask:
    """Return where values are from `low` to `high`: 1 there, falling to 0 over a distance of 0.05 outside."""
    outside = np.maximum(np.float32(low) - values, values - np.float32(high))
    inside: Mask = np.clip(1.0 - outside / np.float32(_SLOPE), 0.0, 1.0)
    return inside


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


def grown(mask: Mask, reach_px: int) -> Mask:
    """Dilate a mask by a square of `reach_px` pixels to each side; erode it where that is below 0."""
    kernel = np.ones((2 * abs(reach_px) + 1, 2 * abs(reach_px) + 1), np.uint8)
    return mask if reach_px == 0 else cv2.dilate(mask, kernel) if reach_px > 0 else cv2.erode(mask, kernel)


def feathered(mask: Mask, sigma_px: float) -> Mask:
    """Blur a mask with a Gaussian that reaches 2.5 sigma, as WebUIs do, so that it stays 0 farther away."""
    if sigma_px <= 0.0:
        return mask
    side = 2 * int(2.5 * sigma_px + 0.5) + 1
    return np.clip(cv2.GaussianBlur(mask, (side, side), sigma_px, borderType=cv2.BORDER_REPLICATE), 0.0, 1.0)


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
