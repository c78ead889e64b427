"""Two pictures made one, and how far they differ."""

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
    """The sum of two pictures (H, W, 3), each times its share, rounded and clipped to the type of the first."""
    if one.dtype == np.uint8:
        return cv2.addWeighted(one, one_share, other, other_share, 0.0, dtype=cv2.CV_8U)
    return cv2.addWeighted(one, one_share, other, other_share, 0.0, dtype=cv2.CV_32F)


def blend(one: NDArray[Pixel], other: NDArray[Pixel], one_weights: Mask, other_weights: Mask) -> NDArray[Pixel]:
    """The mean of two pictures (H, W, 3), pixel by pixel by their weights, of any sum above 0."""
    return cv2.blendLinear(one, other, one_weights, other_weights)


def difference(one: NDArray[Pixel], other: NDArray[Pixel]) -> NDArray[Pixel]:
    """How far two pictures of one type differ, without sign: the same shape and type."""
    return cv2.absdiff(one, other)
