"""Distances from what depth networks see, whose scale and zero change from picture to picture.

Nearness is inverse distance up to a scale and a zero. A scene of nearness has distances in camera units, 1 nearest .. 2
farthest.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lib_anim.images.frame import Frame, Mask, to_uint8

NEAR, FAR = np.float32(1.0), np.float32(2.0)

_ENDS = (2.0, 98.0)  # percentiles of nearness that become 0 and 1, so that single pixels do not decide
_RETURN = 0.04  # share of the way back to these ends with each picture, so that a long way does not use the range up
_SAMPLES = 20_000  # pixels at most that a fit is made with
_LEAST = 0.05  # share of a picture that must be known from before
_UNLIKE = 0.6  # share of the usual difference between pixels that a fit leaves, above which a picture shows something else
_LEAST_RELIEF = 0.3  # of the relief before; a fit with less says nothing either
_BINS = 1024


def is_flat(seen: Mask) -> bool:
    """Return whether distances or nearness are the same everywhere, so that they say nothing."""
    return float(seen.max() - seen.min()) <= 1e-6 * max(float(np.abs(seen).max()), 1e-12)


def mended(seen: NDArray[np.floating[Any]], *, far_is_great: bool) -> Mask:
    """Return values (H, W) float32 in which those that are no numbers, or endless, are the farthest."""
    values: Mask = np.asarray(seen, np.float32)
    good = np.isfinite(values)
    if good.all():
        return values
    least, greatest = (values[good].min(), values[good].max()) if good.any() else (np.float32(0.0), np.float32(0.0))
    return np.where(good, values, greatest if far_is_great else least).astype(np.float32)


def from_nearness(seen: Mask) -> Mask:
    """Return the distances of a first picture: its own range of nearness becomes 2 .. 1."""
    scale, zero = _own_range(seen)
    return _distance(seen * scale + zero)


def steadied(seen: Mask, before: Mask, known: NDArray[np.bool_]) -> Mask:
    """Return the distances of a later picture.

    `before` has the distances of the picture before, moved to this one, where `known`. Scale and zero of `seen` are those with
    which the two agree for most pixels; then they go a little way to the picture's own range. A picture that does not resemble
    the one before, such as after a cut, is taken as a first one.
    """
    own = _own_range(seen)
    fit = _fitted(seen[known], FAR - before[known]) if known.mean() >= _LEAST else None
    scale, zero = own if fit is None else ((1.0 - _RETURN) * a + _RETURN * b for a, b in zip(fit, own, strict=True))
    return _distance(seen * np.float32(scale) + np.float32(zero))


def rescaled(metres: Mask, before: Mask, known: NDArray[np.bool_]) -> Mask:
    """Return distances in metres at the scale of those of the picture before, moved to this one, where `known`."""
    if known.mean() < _LEAST:
        return metres
    scale = float(np.median(before[known] / metres[known]))
    return (metres * np.float32((1.0 - _RETURN) * scale + _RETURN)).astype(np.float32)


def equalised(seen: Mask, *, far_is_great: bool) -> Mask:
    """Return distances as Deforum makes them: ranked within the picture, 1 nearest .. 2 farthest."""
    span = max(float(seen.max() - seen.min()), 1e-12)
    level = (seen - seen.min()) / np.float32(span)
    counts, edges = np.histogram(level, _BINS, (0.0, 1.0))
    rank: Mask = np.interp(level, edges[:-1], np.cumsum(counts) / level.size).astype(np.float32)
    return NEAR + rank if far_is_great else FAR - rank


def farness(distance: Mask) -> Mask:
    """Return how far things are as a mask: 0 at a distance of 1 .. 1 at 2 and beyond."""
    far: Mask = np.clip(distance - NEAR, 0.0, 1.0)
    return far


def as_picture(distance: Mask) -> Frame:
    """Return distances as a grey picture, as networks for depth are shown them: white is the nearest.

    Camera units go from white at 1 to black at 2; metres go as their inverse.
    """
    nearness = FAR - distance if float(distance.max()) <= FAR else np.maximum(distance.min(), 1e-6) / np.maximum(distance, 1e-6)
    return np.repeat(to_uint8(nearness * 255.0)[..., None], 3, axis=2)


def _distance(nearness: Mask) -> Mask:
    """Return the distances for nearness 0 .. 1."""
    return (FAR - np.clip(nearness, 0.0, 1.0)).astype(np.float32)


def _own_range(seen: Mask) -> tuple[float, float]:
    """Return the scale and the zero with which a picture's own range is 0 .. 1."""
    low, high = (float(value) for value in np.percentile(_sampled(seen.ravel()), _ENDS))
    if high - low <= 1e-6 * max(abs(high), 1e-12):  # nearly all of it is equally far
        low, high = float(seen.min()), float(seen.max())
    scale = 1.0 / max(high - low, 1e-12)
    return scale, -low * scale


def _fitted(seen: NDArray[np.float32], wanted: NDArray[np.float32]) -> tuple[float, float] | None:
    """Return scale and zero with seen * scale + zero = wanted for most pixels, None if the two do not resemble each other.

    The scale is the median of those of many pairs of pixels (Theil 1950, Sen 1968), so that what changed has no say while it
    is less than a quarter of the picture; then least squares over those that agree.
    """
    x, y = (_sampled(values).astype(np.float64) for values in (seen, wanted))
    others = np.random.default_rng(0).permutation(len(x))
    across, up = x - x[others], y - y[others]
    apart = np.abs(across) > max(float(np.percentile(np.abs(across), 10)), 1e-12)
    if not apart.any():
        return None
    scale = float(np.median(up[apart] / across[apart]))
    rest = np.abs(y - scale * x - np.median(y - scale * x))
    agree = rest <= 3.0 * float(np.median(rest)) + 1e-3
    scale, zero = _line(x[agree], y[agree])
    usual = float(np.abs(y - np.median(y)).mean())
    off = float(np.minimum(np.abs(y - scale * x - zero), usual).mean())
    return (scale, zero) if off < _UNLIKE * usual and scale * float(x.std()) > _LEAST_RELIEF * float(y.std()) else None


def _line(x: NDArray[np.float64], y: NDArray[np.float64]) -> tuple[float, float]:
    """Return the slope and the zero of the line through points by least squares."""
    middle, level = float(x.mean()), float(y.mean())
    slope = float(((x - middle) * (y - level)).sum() / max(float(((x - middle) ** 2).sum()), 1e-12))
    return slope, level - slope * middle


def _sampled(values: NDArray[np.float32]) -> NDArray[np.float32]:
    return values[:: max(values.size // _SAMPLES, 1)]
