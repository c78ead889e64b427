"""Colour and detail of single frames: matching, contrast, grey, sharpening.

Matching brings a frame's colours to those of a reference, each channel of a colour space by itself. Everything ends
rounded and clipped.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from lib_anim.images.frame import Frame, to_uint8

Histogram = NDArray[np.float64]  # (3, 256), or (256,) of one channel: the share of pixels that have each value
Table = NDArray[np.float64]  # the same shapes: what becomes of each value

# to and from each space; the classic pair reads RGB as BGR, as Deforum does, so its "LAB" is that of a red-blue swapped picture
SPACES: Mapping[str, tuple[int, int] | None] = {
    "RGB": None,
    "LAB": (cv2.COLOR_RGB2LAB, cv2.COLOR_LAB2RGB),
    "HSV": (cv2.COLOR_RGB2HSV_FULL, cv2.COLOR_HSV2RGB_FULL),
    "LAB classic": (cv2.COLOR_BGR2LAB, cv2.COLOR_LAB2BGR),
    "HSV classic": (cv2.COLOR_BGR2HSV, cv2.COLOR_HSV2BGR),
}


@dataclass(frozen=True)
class ColorReference:
    """The colours to match: in `space`, the share of pixels that has each value of each channel."""

    space: str
    histogram: Histogram

    @classmethod
    def of(cls, frame: Frame, space: str) -> ColorReference:
        """The colours of a frame, of any size, in a space of SPACES."""
        return cls(space, _histogram(_converted(frame, space, 0)))


def match_histogram(frame: Frame, reference: ColorReference, strength: float = 1.0) -> Frame:
    """Every channel gets the reference's distribution, by the rank of its values; `strength` 0 is none of it, 1 all.

    A value v goes to the reference value at the same share of pixels: F_ref⁻¹(F(v)), interpolated between the values that
    the reference has.
    """
    channels = _converted(frame, reference.space, 0)
    table = [_rank_table(own, wanted) for own, wanted in zip(_histogram(channels), reference.histogram, strict=True)]
    return _mapped(channels, np.stack(table), reference.space, strength)


def match_mean_std(frame: Frame, reference: ColorReference, strength: float = 1.0) -> Frame:
    """Every channel gets the reference's mean and standard deviation (Reinhard et al., "Color transfer", 2001)."""
    channels = _converted(frame, reference.space, 0)
    values = np.arange(256.0)
    table = []
    for own, wanted in zip(_histogram(channels), reference.histogram, strict=True):
        (mean, std), (mean_wanted, std_wanted) = _mean_std(own), _mean_std(wanted)
        table.append((values - mean) * (std_wanted / std if std > 1e-6 else 1.0) + mean_wanted)
    return _mapped(channels, np.stack(table), reference.space, strength)


def contrast(frame: Frame, factor: float) -> Frame:
    """Brightness times `factor`, clipped (Deforum wraps round: 200·1.5 became 44)."""
    return frame if factor == 1.0 else cv2.convertScaleAbs(frame, alpha=max(factor, 0.0))


def grayscale(frame: Frame) -> Frame:
    """The frame without its colours (luma of ITU-R BT.601), still three channels."""
    return cv2.cvtColor(cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)


def unsharp_mask(frame: Frame, amount: float, *, kernel: int = 5, sigma: float = 1.0, threshold: float = 0.0) -> Frame:
    """(1 + amount)·frame - amount·blur, where the two differ by `threshold` or more; elsewhere the frame.

    `kernel` is the Gaussian's width in pixels (an even one counts as the next odd one), `sigma` its radius, 0 for the
    usual one of that width.
    """
    if amount == 0.0:
        return frame
    blurred = cv2.GaussianBlur(frame, (int(kernel) | 1, int(kernel) | 1), sigma)
    sharp = cv2.addWeighted(frame, 1.0 + amount, blurred, -amount, 0.0)
    if threshold > 0.0:
        weak = cv2.absdiff(frame, blurred) < threshold
        sharp = np.where(weak, frame, sharp)
    return sharp


def _converted(frame: Frame, space: str, direction: int) -> Frame:
    codes = SPACES[space]
    return frame if codes is None else cv2.cvtColor(frame, codes[direction])


def _histogram(channels: Frame) -> Histogram:
    """Of each channel; each row adds up to 1."""
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


def _mapped(channels: Frame, table: Table, space: str, strength: float) -> Frame:
    """Every channel through its row of `table`, `strength` of the way, and back to RGB."""
    partial = (1.0 - strength) * np.arange(256.0) + strength * table
    lookup = np.ascontiguousarray(to_uint8(partial).T[None])  # (1, 256, 3)
    return _converted(cv2.LUT(channels, lookup), space, 1)
