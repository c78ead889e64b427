"""Warps: one move of a picture, as a map from where a pixel goes to where it comes from.

Convention, of every warp:
    pixel centres lie at whole numbers, x to the right, y down, origin at the top left pixel
    `src_from_dst`: given a pixel of the moved picture, where in the picture before to look (a backward map)
    size is (width, height); a picture keeps its size

A warp is a 3x3 matrix while it can be and a dense grid where it must be. It composes and inverts, so that any number of
moves resamples a picture once, and it knows what it uncovers.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from lib_anim.images.frame import Mask, Matrix, Pixel, Vectors

SAMPLING = {"nearest": cv2.INTER_NEAREST, "bilinear": cv2.INTER_LINEAR, "bicubic": cv2.INTER_CUBIC}
BORDER = {
    "replicate": cv2.BORDER_REPLICATE,
    "border": cv2.BORDER_REPLICATE,
    "wrap": cv2.BORDER_WRAP,
    "reflection": cv2.BORDER_REFLECT,
    "zeros": cv2.BORDER_CONSTANT,
}

_ROUNDS = 12  # of looking for an inverse; three do for a usual camera
_CLOSE_ENOUGH = 0.02  # pixels; an inverse nearer than this is not improved further
_LOST = 1.0  # pixels; an inverse further off than this is no inverse
_TORN = 0.25  # of the usual share: ground stretched more than four times over is no longer a picture of it


@dataclass(frozen=True, eq=False)
class Warp:
    """A backward map: exactly one of `matrix` and `grid`, both src_from_dst in pixels.

    `torn` is 1 where the map is known to lead nowhere. `border` and `sampling` are keys of BORDER and
    SAMPLING: what stands in for pixels outside, and how pixels are interpolated.
    """

    size: tuple[int, int]
    matrix: Matrix | None = None
    grid: Vectors | None = None
    border: str = "replicate"
    sampling: str = "bicubic"
    torn: Mask | None = None

    @classmethod
    def identity(cls, size: tuple[int, int]) -> Warp:
        """The move that leaves everything where it is."""
        return cls(size, matrix=np.eye(3))

    @cached_property
    def is_identity(self) -> bool:
        """Whether the move is none at all."""
        return self.matrix is not None and np.allclose(self.matrix, np.eye(3), rtol=0.0, atol=1e-9)

    def __call__(self, picture: NDArray[Pixel]) -> NDArray[Pixel]:
        """`picture` moved: (H, W) or (H, W, C); rounded and clipped, never cut off."""
        if self.is_identity:
            return picture
        return self._sampled(picture, SAMPLING[self.sampling], BORDER[self.border])

    def then(self, after: Warp) -> Warp:
        """The one warp that does this move and then `after`. Border and sampling are those of `after`."""
        if self.is_identity:
            return after
        if after.is_identity:
            return replace(self, border=after.border, sampling=after.sampling)
        if self.matrix is not None and after.matrix is not None:
            return replace(after, matrix=self.matrix @ after.matrix)
        torn = _either(after.torn, None if self.torn is None else after._masked(self.torn))
        if self.matrix is not None:
            return replace(after, grid=_transformed(self.matrix, after.positions), torn=torn)
        landing = after.positions
        return replace(after, matrix=None, grid=landing + _looked_up(self._displacement, landing), torn=torn)

    def inverse(self) -> Warp:
        """The warp that undoes this one; `torn` where none does within a pixel.

        A dense map is A ∘ (p + d(p)) with A its best matrix and d what is left, so its inverse is q ∘ A⁻¹ with
        q(y) = y - d(q(y)), found by iterating from q = y.
        """
        if self.matrix is not None:
            if not np.isfinite(self.matrix).all() or np.linalg.det(self.matrix) == 0.0:  # so far away that numbers end
                return replace(self, matrix=None, grid=_pixels(self.size), torn=np.ones(self.size[::-1], np.float32))
            return replace(self, matrix=_inverse(self.matrix), torn=None)
        back = _inverse(_fitted_matrix(self.positions))
        pixels = _pixels(self.size)
        rest = _transformed(back, self.positions) - pixels
        start = _transformed(back, pixels)
        guess = start - _looked_up(rest, start)
        for _ in range(_ROUNDS):
            before, guess = guess, start - _looked_up(rest, guess)
            step = cv2.absdiff(guess, before)
            if step[::8, ::8].max() < _CLOSE_ENOUGH:
                break
        lost = (step[..., 0] > _LOST) | (step[..., 1] > _LOST)
        return replace(self, grid=guess, torn=lost.astype(np.float32) if lost.any() else None)

    def uncovered(self) -> Mask:
        """What the move brings in from nowhere: 0 where old picture lands, 1 where none does."""
        width, height = self.size
        if self.border == "wrap" or self.is_identity:
            uncovered: Mask = np.zeros((height, width), np.float32)
        else:
            uncovered = 1.0 - self._masked(np.ones((height, width), np.float32))
        for torn in (self.torn, self._stretched()):
            if torn is not None:
                uncovered = np.maximum(uncovered, torn)
        return uncovered

    @property
    def positions(self) -> Vectors:
        """Where each pixel comes from. Raises ValueError where there is neither a matrix nor a grid."""
        if self.matrix is not None:
            return _transformed(self.matrix, _pixels(self.size))
        if self.grid is None:
            raise ValueError("a warp has a matrix or a grid")
        return self.grid

    @cached_property
    def _displacement(self) -> Vectors:
        return self.positions - _pixels(self.size)

    def _masked(self, mask: Mask) -> Mask:
        """A mask moved along; 0 comes in from outside."""
        return self._sampled(mask, cv2.INTER_LINEAR, cv2.BORDER_CONSTANT)

    def _sampled(self, picture: NDArray[Pixel], sampling: int, border: int) -> NDArray[Pixel]:
        if self.matrix is None:
            return cv2.remap(picture, self.positions, None, sampling, borderMode=border)
        flags = sampling | cv2.WARP_INVERSE_MAP
        if np.array_equal(self.matrix[2], (0.0, 0.0, 1.0)):
            return cv2.warpAffine(picture, self.matrix[:2], self.size, flags=flags, borderMode=border)
        return cv2.warpPerspective(picture, self.matrix, self.size, flags=flags, borderMode=border)

    def _stretched(self) -> Mask | None:
        """1 where neighbouring pixels come from nearly one place (the flank of something near, seen past its edge)."""
        if self.grid is None:
            return None
        across, down = np.diff(self.grid[:-1], axis=1), np.diff(self.grid[:, :-1], axis=0)
        area = across[..., 0] * down[..., 1] - across[..., 1] * down[..., 0]  # (H-1, W-1) source pixels for each
        usual = float(np.median(np.abs(area[::8, ::8])))
        torn = (area < _TORN * usual).astype(np.float32)
        return np.pad(torn, ((0, 1), (0, 1)), mode="edge")


def _pixels(size: tuple[int, int]) -> Vectors:
    """The place of every pixel."""
    width, height = size
    grid = np.empty((height, width, 2), np.float32)
    grid[..., 0] = np.arange(width, dtype=np.float32)
    grid[..., 1] = np.arange(height, dtype=np.float32)[:, None]
    return grid


def _transformed(matrix: Matrix, points: Vectors) -> Vectors:
    if np.array_equal(matrix[2], (0.0, 0.0, 1.0)):
        return cv2.transform(points, matrix[:2])
    return cv2.perspectiveTransform(points, matrix)


def _looked_up(field: Vectors, places: Vectors) -> Vectors:
    """A field read at `places`, its edge going on for ever.

    Fields are displacements, small and smooth: OpenCV reads at 1/32 of a pixel, which would show on positions.
    """
    return cv2.remap(field, places, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def _fitted_matrix(grid: Vectors) -> Matrix:
    """The matrix nearest to a grid, by least squares over a coarse sample of it."""
    height, width = grid.shape[:2]
    x, y = np.meshgrid(*(np.linspace(0, count - 1, 16).astype(int) for count in (width, height)))
    points = np.stack([x.ravel(), y.ravel()], axis=1).astype(np.float64)
    matrix, _ = cv2.findHomography(points, grid[y.ravel(), x.ravel()].astype(np.float64), 0)
    corners = np.array([[0, 0, 1], [width, 0, 1], [0, height, 1], [width, height, 1]], np.float64)
    if matrix is None or not abs(np.linalg.det(matrix)) > 1e-9:
        return np.eye(3)
    usable = (corners @ matrix[2] > 0).all() and (corners @ _inverse(matrix)[2] > 0).all()
    return matrix if usable else np.eye(3)


def _inverse(matrix: Matrix) -> Matrix:
    return np.linalg.inv(matrix).astype(np.float64, copy=False)  # it is, but NumPy's stubs do not tell


def _either(a: Mask | None, b: Mask | None) -> Mask | None:
    if a is None or b is None:
        return a if b is None else b
    return np.maximum(a, b)
