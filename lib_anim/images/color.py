"""Colour and detail of single frames: matching, contrast, grey, sharpening.

Matching changes a frame's colours to those of a reference, each channel of a colour space separately. All results are
rounded and clipped to uint8.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from lib_anim.images.frame import Frame, to_uint8

Histogram = NDArray[np.float64]  # (3, 256), or (256,) of one channel: the share of pixels that have each value
Table = NDArray[np.float64]  # the same shapes: the new value for each value

# OpenCV's codes to and from each space; the classic pairs take RGB for BGR as Deforum does, which swaps red and blue
SPACES: Mapping[str, tuple[int, int] | None] = {
    "RGB": None,
    "LAB": (cv2.COLOR_RGB2LAB, cv2.COLOR_LAB2RGB),
    "HSV": (cv2.COLOR_RGB2HSV_FULL, cv2.COLOR_HSV2RGB_FULL),
    "LAB classic": (cv2.COLOR_BGR2LAB, cv2.COLOR_LAB2BGR),
    "HSV classic": (cv2.COLOR_BGR2HSV, cv2.COLOR_HSV2BGR),
}


@dataclass(frozen=True)
class ColorReference:
    """The colours to match: the histogram of each channel of `space`."""

    space: str
    histogram: Histogram

    @classmethod
    def of(cls, frame: Frame, space: str) -> ColorReference:
        """Return the colours of a frame of any size in one of SPACES."""
        return cls(space, _histogram(_convert(frame, space, 0)))


def match_histogram(frame: Frame, reference: ColorReference, strength: float = 1.0) -> Frame:
    """Match each channel's distribution to the reference's by rank; `strength` is 0 for the frame itself .. 1 for a full match.

    A value v becomes F_ref⁻¹(F(v)), F being the cumulative distributions, interpolated between values that the reference has.
    """
    channels = _convert(frame, reference.space, 0)
    table = [_rank_table(own, wanted) for own, wanted in zip(_histogram(channels), reference.histogram, strict=True)]
    return _apply_table(channels, np.stack(table), reference.space, strength)


def match_tint(frame: Frame, reference: ColorReference) -> Frame:
    """Match the distributions of colour to those of a reference in LAB, by rank; lightness stays.

    WebUIs correct colours so: they match all of LAB and put the lightness of the picture back.
    """
    channels = _convert(frame, reference.space, 0)
    table = [_rank_table(own, wanted) for own, wanted in zip(_histogram(channels), reference.histogram, strict=True)]
    return _apply_table(channels, np.stack([np.arange(256.0), *table[1:]]), reference.space, 1.0)


def match_mean_std(frame: Frame, reference: ColorReference, strength: float = 1.0) -> Frame:
    """Match each channel's mean and standard deviation to the reference's (Reinhard et al., "Color transfer", 2001)."""
    channels = _convert(frame, reference.space, 0)
    values = np.arange(256.0)
    table = []
    for own, wanted in zip(_histogram(channels), reference.histogram, strict=True):
        (mean, std), (mean_wanted, std_wanted) = _mean_std(own), _mean_std(wanted)
        table.append((values - mean) * (std_wanted / std if std > 1e-6 else 1.0) + mean_wanted)
    return _apply_table(channels, np.stack(table), reference.space, strength)


def contrast(frame: Frame, factor: float) -> Frame:
    """Multiply by `factor` and clip. (Deforum overflows instead: 200·1.5 becomes 44.)"""
    return frame if factor == 1.0 else cv2.convertScaleAbs(frame, alpha=max(factor, 0.0))


def grayscale(frame: Frame) -> Frame:
    """Return the frame's luma (ITU-R BT.601) in three equal channels."""
    return cv2.cvtColor(cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)


def unsharp_mask(frame: Frame, amount: float, *, kernel: int = 5, sigma: float = 1.0, threshold: float = 0.0) -> Frame:
    """Return (1 + amount)·frame - amount·blur where frame and blur differ by at least `threshold`, else the frame.

    `kernel` is the Gaussian's width in pixels; an even one is raised by 1. `sigma` is in pixels; 0 lets OpenCV derive it from
    the width.
    """
    if amount == 0.0:
        return frame
    blurred = cv2.GaussianBlur(frame, (int(kernel) | 1, int(kernel) | 1), sigma)
    sharp = cv2.addWeighted(frame, 1.0 + amount, blurred, -amount, 0.0)
    if threshold > 0.0:
        weak = cv2.absdiff(frame, blurred) < threshold
        sharp = np.where(weak, frame, sharp)
    return sharp


def _convert(frame: Frame, space: str, direction: int) -> Frame:
    codes = SPACES[space]
    return frame if codes is None else cv2.cvtColor(frame, codes[direction])


def _histogram(channels: Frame) -> Histogram:
    """Return the histogram (3, 256) of the channels; each row sums to 1."""
    counts = [cv2.calcHist([channels], [c], None, [256], [0, 256]).ravel() for c in range(3)]
    shares: Histogram = np.stack(counts).astype(np.float64) / (channels.shape[0] * channels.shape[1])
    return shares


def _rank_table(own: Histogram, wanted: Histogram) -> Table:
    present = np.flatnonzero(wanted)
    table: Table = np.interp(np.cumsum(own), np.cumsum(wanted)[present], present)
    return table


def _mean_std(histogram: Histogram) -> tuple[float, float]:
    values = np.arange(256.0)
    mean = float(histogram @ values)
    variance = float(histogram @ (values - mean) ** 2)
    return mean, float(np.sqrt(max(variance, 0.0)))


def _apply_table(channels: Frame, table: Table, space: str, strength: float) -> Frame:
    """Look up every channel in its row of `table`, blended by `strength` with the identity, and convert back to RGB."""
    partial = (1.0 - strength) * np.arange(256.0) + strength * table
    lookup = np.ascontiguousarray(to_uint8(partial).T[None])  # (1, 256, 3)
    return _convert(cv2.LUT(channels, lookup), space, 1)
