"""How steady a film is, in numbers: what changes between two frames beside the motion, and what one frame looks like.

Levels are 0..255, CIELAB is D65 with L 0..100. Nothing here knows of runs or settings.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from lib_anim.images.flow import dis
from lib_anim.images.frame import Channels, Frame, Vectors

Light = NDArray[np.float32]  # (H, W): luminance or L

BLOCKS = 16  # flicker is looked for in a grid of so many fields a side
SAME = 1.0  # levels: frames that nowhere differ by more are one frame twice
_CONSISTENT = (0.01, 0.5)  # a flow there and back may miss by so much of its length, and by so many pixels
_FINE = 1.5  # pixels: what a Gaussian of this sigma takes away is detail


class Look(NamedTuple):
    """One frame: mean CIELAB colour, spread of L, mean chroma, and detail (root mean square of its fine part of L)."""

    lightness: float
    a: float
    b: float
    contrast: float
    saturation: float
    detail: float


def lab(frame: Frame) -> Channels:
    """CIELAB of an RGB frame: (H, W, 3)."""
    return cv2.cvtColor(np.multiply(frame, np.float32(1.0 / 255.0)), cv2.COLOR_RGB2LAB)


def rgb(colours: Channels) -> Frame:
    """The frame of a `lab`; what no screen shows is cut to what it does."""
    unit = cv2.cvtColor(colours, cv2.COLOR_LAB2RGB)
    return cv2.addWeighted(unit, 255.0, unit, 0.0, 0.0, dtype=cv2.CV_8U)


def look(frame: Frame) -> Look:
    """What a frame looks like, in six numbers."""
    colours = lab(frame)
    return look_of(colours, fine(colours[..., 0]))


def fine(light: Light) -> Light:
    """The fine part of L: what a Gaussian takes away."""
    return light - cv2.GaussianBlur(light, (0, 0), _FINE)


def look_of(colours: Channels, detail: Light) -> Look:
    """`look` of a frame's `lab` and the fine part of its L."""
    mean, spread = (part.ravel() for part in cv2.meanStdDev(colours))
    chroma = cv2.mean(cv2.magnitude(colours[..., 1], colours[..., 2]))[0]
    lightness, a, b = (float(value) for value in mean)
    return Look(lightness, a, b, float(spread[0]), chroma, float(cv2.norm(detail)) / detail.size**0.5)


def light_fields(frame: Frame) -> Light:
    """Mean luminance of each field of the grid, (BLOCKS, BLOCKS), in levels."""
    grey = cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY).astype(np.float32)
    return cv2.resize(grey, (BLOCKS, BLOCKS), interpolation=cv2.INTER_AREA)


def flicker(before: Light, now: Light, after: Light) -> float:
    """How far `now` stands out of the line between its neighbours, mean over the fields, in levels.

    Light that rises or falls evenly is no flicker; light that goes up and down from frame to frame is all of it.
    """
    return float(np.abs(now - (before + after) / 2.0).mean())


@dataclass(frozen=True)
class Neighbours:
    """Two frames in a row: mean difference in levels where both show the same thing, and the share of such pixels."""

    error: float
    seen: float
    same: bool


class Follower:
    """Compares neighbours along their optical flow (DIS, preset medium), pixels that only one of them shows left out."""

    def __init__(self) -> None:
        self._flow = dis("DIS Medium")

    def __call__(self, before: Frame, now: Frame) -> Neighbours:
        """The warped error of two frames of one size."""
        if np.abs(before.astype(np.int16) - now).max(initial=0) <= SAME:
            return Neighbours(0.0, 1.0, True)
        greys = [cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in (before, now)]
        back = self._flow(greys[1], greys[0])  # for each pixel of `now`, where it was
        there = self._flow(greys[0], greys[1])
        places = back + _pixels(now.shape[1], now.shape[0])
        both = _consistent(back, _looked_up(there, places)) & _inside(places, now.shape)
        if not both.any():
            return Neighbours(float(np.abs(before.astype(np.float32) - now).mean()), 0.0, False)
        moved = _looked_up(before.astype(np.float32), places)
        return Neighbours(float(np.abs(moved - now)[both].mean()), float(both.mean()), False)


def delta_e(one: NDArray[np.floating[Any]], other: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    """CIEDE2000 of CIELAB colours (…, 3): 1 is about the least that can be seen.

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


def _pixels(width: int, height: int) -> Vectors:
    return np.dstack(np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32)))


def _looked_up(picture: Channels, places: Vectors) -> Channels:
    return cv2.remap(picture, places, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def _inside(places: Vectors, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    x, y = places[..., 0], places[..., 1]
    return (x >= 0.0) & (y >= 0.0) & (x <= shape[1] - 1.0) & (y <= shape[0] - 1.0)


def _consistent(back: Vectors, there: Vectors) -> NDArray[np.bool_]:
    """Where going back and there again ends up where it began (Sundaram, Brox, Keutzer 2010, section 3)."""
    share, pixels = _CONSISTENT
    missed = np.square(back + there).sum(axis=-1)
    gone = np.square(back).sum(axis=-1) + np.square(there).sum(axis=-1)
    returned: NDArray[np.bool_] = missed <= share * gone + pixels
    return returned
