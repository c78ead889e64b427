"""Small painting helpers shared by the drawings: coordinates, soft masks, noise. Knows nothing of what is drawn.

Convention: a picture is (H, W, 3) float32 in 0..1, RGB. Lengths are in picture heights, so a scene looks the same at
every size: y runs from 0 (top) to 1 (bottom), x from 0 to `aspect` = W/H, both at pixel centres.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property

import cv2
import numpy as np


@dataclass(frozen=True)
class View:
    """The picture's size in pixels, and its coordinates in picture heights; `left` and `top` are those of its corner."""

    height: int
    width: int
    left: float = 0
    top: float = 0

    @property
    def aspect(self) -> float:
        return self.width / self.height

    @cached_property
    def x(self) -> np.ndarray:
        return ((np.arange(self.width, dtype=np.float32) + 0.5) / self.height + np.float32(self.left))[None, :]  # (1, W)

    @cached_property
    def y(self) -> np.ndarray:
        return ((np.arange(self.height, dtype=np.float32) + 0.5) / self.height + np.float32(self.top))[:, None]  # (H, 1)

    def shifted(self, dx: float, dy: float) -> "View":
        """The view in which whatever is drawn comes out dx further right and dy further down, in heights."""
        return replace(self, left=self.left - dx, top=self.top - dy)


def rgb(*values: float) -> np.ndarray:
    """A colour from three bytes, as (3,) float32 in 0..1."""
    return np.array(values, np.float32) / 255


def mix(a, b, amount):
    """Linear blend: a where amount is 0, b where it is 1."""
    return a + (b - a) * amount


_collecting: list[list[np.ndarray]] = []


@contextmanager
def covers() -> Iterator[list[np.ndarray]]:
    """Collect the masks of all `blend` calls in the block, from the back to the front."""
    _collecting.append([])
    try:
        yield _collecting[-1]
    finally:
        _collecting.pop()


def blend(picture: np.ndarray, colour: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Lay a colour ((3,) or (H, W, 3)) over the picture where mask (H, W) is 1."""
    for masks in _collecting[-1:]:
        masks.append(mask)
    return picture + (colour - picture) * mask[..., None]


def smoothstep(low: float, high: float, value):
    """Hermite step 3t² - 2t³ between low and high."""
    t = np.clip((value - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)


def inside(view: View, distance) -> np.ndarray:
    """Coverage of a shape from its signed distance in heights (positive inside), one pixel of soft edge."""
    return np.clip(distance * view.height + 0.5, 0, 1)


def disc(view: View, x: float, y: float, radius: float) -> np.ndarray:
    """Mask (H, W) of a filled circle."""
    return inside(view, radius - np.hypot(view.x - x, view.y - y))


def glow(view: View, x: float, y: float, radius: float) -> np.ndarray:
    """A soft bump (H, W), 1 in the middle and 0.37 one radius away."""
    return np.exp(-((view.x - x) ** 2 + (view.y - y) ** 2) / radius**2)


def box(view: View, left: float, top: float, right: float, bottom: float) -> np.ndarray:
    """Mask (H, W) of an upright rectangle, with exact coverage at its edges."""
    h = view.height
    across = np.clip((right - view.x) * h + 0.5, 0, 1) * np.clip((view.x - left) * h + 0.5, 0, 1)
    down = np.clip((bottom - view.y) * h + 0.5, 0, 1) * np.clip((view.y - top) * h + 0.5, 0, 1)
    return across * down


def polygons(view: View, outlines: list[np.ndarray]) -> np.ndarray:
    """Mask (H, W) of filled outlines, each (n, 2) points (x, y) in heights; overlapping ones join."""
    mask = np.zeros((view.height, view.width), np.uint8)
    for outline in outlines:
        # 4 fractional bits; half a pixel off, since cv2 counts from pixel centres and we from pixel corners
        points = np.round(((np.asarray(outline) - (view.left, view.top)) * view.height - 0.5) * 16).astype(np.int32)
        cv2.fillPoly(mask, [points], 255, cv2.LINE_AA, 4)
    return mask.astype(np.float32) / 255


def ridge(rng: np.random.Generator, x: np.ndarray, frequency: float, octaves: int = 4) -> np.ndarray:
    """A smooth random line over x, about -1..1: octaves of sines, each half as high and about twice as fine."""
    total = np.zeros_like(x)
    for octave in range(octaves):
        pitch = frequency * 2**octave * rng.uniform(0.8, 1.25)
        total += 0.5**octave * np.sin(2 * np.pi * (pitch * x + rng.random()))
    return total / (2 - 0.5 ** (octaves - 1))


def noise(
    rng: np.random.Generator,
    view: View,
    cells_x: int,
    cells_y: int,
    octaves: int = 3,
    shift: tuple[float, float] | None = None,
) -> np.ndarray:
    """Soft 2-D noise (H, W) in about 0..1, made of random grids blown up; the same at every picture size.

    With a shift (x, y) in heights it goes round: what leaves on one side comes in on the other.
    """
    total = np.zeros((view.height, view.width), np.float32)
    for octave in range(octaves):
        grid = rng.random((cells_y * 2**octave + 2, cells_x * 2**octave + 2), dtype=np.float32)
        total += 0.5**octave * _blow_up(grid, view, shift)
    return total / (2 - 0.5 ** (octaves - 1))


def _blow_up(grid: np.ndarray, view: View, shift: tuple[float, float] | None) -> np.ndarray:
    if shift is None:
        return cv2.resize(grid, (view.width, view.height), interpolation=cv2.INTER_CUBIC)
    rows, columns = grid.shape
    map_x = (((np.arange(view.width) + 0.5) / view.width - shift[0] / view.aspect) % 1 * columns - 0.5).astype(np.float32)
    map_y = (((np.arange(view.height) + 0.5) / view.height - shift[1]) % 1 * rows - 0.5).astype(np.float32)
    maps = np.meshgrid(map_x, map_y)
    return cv2.remap(grid, *maps, cv2.INTER_CUBIC, borderMode=cv2.BORDER_WRAP)
