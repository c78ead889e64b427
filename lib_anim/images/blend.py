"""Mixing, blending and comparing two pictures."""

from __future__ import annotations

from typing import overload

import cv2
import numpy as np
from numpy.typing import NDArray

from lib_anim.images.frame import Channels, Frame, Mask, Pixel


@overload
def mix(one: Frame, other: Frame | Channels, one_share: float, other_share: float) -> Frame: ...
@overload
def mix(one: Channels, other: Frame | Channels, one_share: float, other_share: float) -> Channels: ...
def mix(one: Frame | Channels, other: Frame | Channels, one_share: float, other_share: float) -> Frame | Channels:
    """Return one·one_share + other·other_share of two pictures (H, W, 3), rounded and clipped to the type of the first."""
    if one.dtype == np.uint8:
        return cv2.addWeighted(one, one_share, other, other_share, 0.0, dtype=cv2.CV_8U)
    return cv2.addWeighted(one, one_share, other, other_share, 0.0, dtype=cv2.CV_32F)


def blend(one: NDArray[Pixel], other: NDArray[Pixel], one_weights: Mask, other_weights: Mask) -> NDArray[Pixel]:
    """Return the mean of two pictures (H, W, 3), weighted pixel by pixel. Weights are (H, W); their sum is above 0."""
    return cv2.blendLinear(one, other, one_weights, other_weights)


def difference(one: NDArray[Pixel], other: NDArray[Pixel]) -> NDArray[Pixel]:
    """Return the absolute difference of two pictures of the same shape and type."""
    return cv2.absdiff(one, other)
