"""Metrics of how steady a film is: change between two frames apart from motion, and the look of one frame.

Levels are 0..255, CIELAB is D65 with L 0..100. Runs and settings are unknown here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from lib_anim.images.flow import dis
from lib_anim.images.frame import Channels, Frame, Vectors

Light = NDArray[np.float32]  # (H, W): luminance or L

BLOCKS = 16  # flicker is measured on a grid of BLOCKS x BLOCKS cells
SAME = 1.0  # levels: frames that nowhere differ by more count as identical
_TOLERANCE = (0.01, 0.5)  # of the forward-backward check: share of the squared lengths, and pixels squared
_FINE = 1.5  # pixels: sigma of the Gaussian that separates detail


class Look(NamedTuple):
    """One frame: mean CIELAB colour, spread of L, mean chroma, and detail (root mean square of its fine part of L)."""

    lightness: float
    a: float
    b: float
    contrast: float
    saturation: float
    detail: float


def lab(frame: Frame) -> Channels:
    """Convert an RGB frame to CIELAB (H, W, 3)."""
    return cv2.cvtColor(np.multiply(frame, np.float32(1.0 / 255.0)), cv2.COLOR_RGB2LAB)


def rgb(colours: Channels) -> Frame:
    """Convert CIELAB (H, W, 3) to a frame; colours outside of sRGB are clipped."""
    unit = cv2.cvtColor(colours, cv2.COLOR_LAB2RGB)
    return cv2.addWeighted(unit, 255.0, unit, 0.0, 0.0, dtype=cv2.CV_8U)


def look(frame: Frame) -> Look:
    """Measure the look of a frame."""
    colours = lab(frame)
    return look_of(colours, fine(colours[..., 0]))


def fine(light: Light) -> Light:
    """Return L minus its Gaussian blur."""
    return light - cv2.GaussianBlur(light, (0, 0), _FINE)


def look_of(colours: Channels, detail: Light) -> Look:
    """Measure the look from a frame's CIELAB values and the fine part of its L."""
    mean, spread = (part.ravel() for part in cv2.meanStdDev(colours))
    chroma = cv2.mean(cv2.magnitude(colours[..., 1], colours[..., 2]))[0]
    lightness, a, b = (float(value) for value in mean)
    return Look(lightness, a, b, float(spread[0]), chroma, float(cv2.norm(detail)) / detail.size**0.5)


def light_fields(frame: Frame) -> Light:
    """Return the mean luminance of each cell of the grid, (BLOCKS, BLOCKS), in levels."""
    grey = cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY).astype(np.float32)
    return cv2.resize(grey, (BLOCKS, BLOCKS), interpolation=cv2.INTER_AREA)


def flicker(before: Light, now: Light, after: Light) -> float:
    """Return mean |now - (before + after) / 2| over the cells, in levels.

    Light that rises or falls linearly is no flicker; light that alternates from frame to frame is.
    """
    return float(np.abs(now - (before + after) / 2.0).mean())


def join(errors: Sequence[float], at_border: Sequence[bool]) -> float | None:
    """Return the mean error of the pairs of frames at borders of clips over that of all others; None without one of both."""
    borders = [error for error, border in zip(errors, at_border, strict=True) if border]
    others = [error for error, border in zip(errors, at_border, strict=True) if not border]
    if not borders or not any(others):
        return None
    return float(np.mean(borders) / np.mean(others))


@dataclass(frozen=True)
class Neighbours:
    """Two consecutive frames: mean difference in levels where both show the same thing, and the share of such pixels."""

    error: float
    seen: float
    same: bool


class Follower:
    """Compares consecutive frames along their optical flow (DIS, preset medium), without pixels that only one shows."""

    def __init__(self) -> None:
        self._flow = dis("DIS Medium")

    def __call__(self, before: Frame, now: Frame) -> Neighbours:
        """Measure the warped error of two frames of the same size."""
        if np.abs(before.astype(np.int16) - now).max(initial=0) <= SAME:
            return Neighbours(0.0, 1.0, True)
        greys = [cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in (before, now)]
        back = self._flow(greys[1], greys[0])  # for each pixel of `now`, where it was
        there = self._flow(greys[0], greys[1])
        places = back + _pixel_grid(now.shape[1], now.shape[0])
        both = _is_consistent(back, _sample_at(there, places)) & _is_inside(places, now.shape)
        if not both.any():
            return Neighbours(float(np.abs(before.astype(np.float32) - now).mean()), 0.0, False)
        moved = _sample_at(before.astype(np.float32), places)
        return Neighbours(float(np.abs(moved - now)[both].mean()), float(both.mean()), False)


def delta_e(one: NDArray[np.floating[Any]], other: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    """Return the CIEDE2000 difference of CIELAB colours (…, 3); about 1 is just noticeable.

    Formula: Sharma, Wu, Dalal 2005, "The CIEDE2000 color-difference formula".
    """
    (l1, a1, b1), (l2, a2, b2) = (np.moveaxis(np.asarray(colour, np.float64), -1, 0) for colour in (one, other))
    mean_c7 = ((np.hypot(a1, b1) + np.hypot(a2, b2)) / 2.0) ** 7
    stretch = 1.5 - 0.5 * np.sqrt(mean_c7 / (mean_c7 + 25.0**7))
    c1, c2 = np.hypot(stretch * a1, b1), np.hypot(stretch * a2, b2)
    h1, h2 = (np.degrees(np.arctan2(b, stretch * a)) % 360.0 for a, b in ((a1, b1), (a2, b2)))
    grey = c1 * c2 == 0.0
    turn = np.where(grey, 0.0, (h2 - h1 + 180.0) % 360.0 - 180.0)
    turn = np.where((turn == -180.0) & (h2 > h1), 180.0, turn)
    mean_h = np.where(grey, h1 + h2, np.where(np.abs(h1 - h2) > 180.0, (h1 + h2 + 360.0) / 2.0 % 360.0, (h1 + h2) / 2.0))
    mean_l, mean_c = (l1 + l2) / 2.0, (c1 + c2) / 2.0
    weight = (
        1.0
        - 0.17 * np.cos(np.radians(mean_h - 30.0))
        + 0.24 * np.cos(np.radians(2.0 * mean_h))
        + 0.32 * np.cos(np.radians(3.0 * mean_h + 6.0))
        - 0.20 * np.cos(np.radians(4.0 * mean_h - 63.0))
    )
    off = (mean_l - 50.0) ** 2
    lightness = (l2 - l1) / (1.0 + 0.015 * off / np.sqrt(20.0 + off))
    chroma = (c2 - c1) / (1.0 + 0.045 * mean_c)
    hue = 2.0 * np.sqrt(c1 * c2) * np.sin(np.radians(turn / 2.0)) / (1.0 + 0.015 * mean_c * weight)
    spin = 60.0 * np.exp(-(((mean_h - 275.0) / 25.0) ** 2))
    tie = -2.0 * np.sqrt(mean_c**7 / (mean_c**7 + 25.0**7)) * np.sin(np.radians(spin))
    far: NDArray[np.float64] = np.sqrt(np.maximum(lightness**2 + chroma**2 + hue**2 + tie * chroma * hue, 0.0))
    return far


def _pixel_grid(width: int, height: int) -> Vectors:
    return np.dstack(np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32)))


def _sample_at(picture: Channels, places: Vectors) -> Channels:
    return cv2.remap(picture, places, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def _is_inside(places: Vectors, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    x, y = places[..., 0], places[..., 1]
    return (x >= 0.0) & (y >= 0.0) & (x <= shape[1] - 1.0) & (y <= shape[0] - 1.0)


def _is_consistent(back: Vectors, there: Vectors) -> NDArray[np.bool_]:
    """Return where following the flow back and forth ends near its start (Sundaram, Brox, Keutzer 2010, section 3)."""
    share, pixels = _TOLERANCE
    missed = np.square(back + there).sum(axis=-1)
    gone = np.square(back).sum(axis=-1) + np.square(there).sum(axis=-1)
    returned: NDArray[np.bool_] = missed <= share * gone + pixels
    return returned
