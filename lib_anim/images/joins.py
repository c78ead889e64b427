"""Joins of clips: what it takes to make pictures that were painted once more what they were before."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from lib_anim.images.frame import Frame, to_uint8
from lib_anim.images.metrics import fine, lab, rgb

Frames = NDArray[np.uint8]  # (n, H, W, 3)

_MOST = 2.0  # factors are limited to 1/2 .. 2
_INSIDE = (3.0, 252.0)  # levels between which a pixel was not clipped
_FEWEST = 64  # pixels that tell a factor; of fewer only the mean is matched
_LEAST_SPREAD = 4.0  # levels; likewise
_LEAST_DETAIL = 0.05  # CIELAB units; less is not scaled


@dataclass(frozen=True, eq=False)
class Match:
    """`gain` and `offset` in levels, of each channel (3,), then the factor `detail` of the fine part of L."""

    gain: NDArray[np.float64]
    offset: NDArray[np.float64]
    detail: float = 1.0

    def __call__(self, frame: Frame) -> Frame:
        """Return a picture with its light, colours and detail changed."""
        lit = to_uint8((frame * self.gain + self.offset).astype(np.float32))
        if self.detail == 1.0:
            return lit
        colours = lab(lit)
        colours[..., 0] += np.float32(self.detail - 1.0) * fine(colours[..., 0])
        return rgb(colours)


def matching(painted: Frames, wanted: Frames) -> Match:
    """Return what makes the pictures `painted` (n, H, W, 3) the pictures `wanted`, by least squares of each channel."""
    fits = [_line(painted[..., k].ravel(), wanted[..., k].ravel()) for k in range(3)]
    light = Match(np.array([gain for gain, _ in fits]), np.array([offset for _, offset in fits]))
    now, then = (_detail(pictures) for pictures in ([light(one) for one in painted], wanted))
    if min(now, then) < _LEAST_DETAIL:
        return light
    return Match(light.gain, light.offset, float(np.clip(then / now, 1.0 / _MOST, _MOST)))


def _line(painted: NDArray[np.uint8], wanted: NDArray[np.uint8]) -> tuple[float, float]:
    """Return gain and offset from the levels `painted` to `wanted`, by the pixels that neither clips."""
    x, y = painted.astype(np.float64), wanted.astype(np.float64)
    low, high = _INSIDE
    inside = (x > low) & (x < high) & (y > low) & (y < high)
    if inside.sum() >= _FEWEST:
        x, y = x[inside], y[inside]
    gain = 1.0
    if len(x) >= _FEWEST and x.std() >= _LEAST_SPREAD:
        gain = float(np.clip(np.mean((x - x.mean()) * (y - y.mean())) / x.var(), 1.0 / _MOST, _MOST))
    return gain, float(y.mean() - gain * x.mean())


def _detail(pictures: Iterable[Frame]) -> float:
    """Return the root mean square of the fine part of L."""
    return float(np.mean([cv2.norm(fine(lab(one)[..., 0])) / (one.size / 3.0) ** 0.5 for one in pictures]))
