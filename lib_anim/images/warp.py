"""Warps: one move of a picture as a backward map, from each pixel of the moved picture to its source.

Conventions:
    pixel centres are at whole numbers, x to the right, y down, origin at the top left pixel
    `src_from_dst`: the position in the source of a pixel of the moved picture (a backward map)
    size is (width, height); a move keeps the size

A warp is a 3x3 matrix where possible, otherwise a dense grid. Warps compose and invert, so that any number of moves resamples
a picture once, and a warp computes what it uncovers.
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

_ROUNDS = 12  # iterations at most for an inverse; usual camera moves need three
_CLOSE_ENOUGH = 0.02  # pixels; the iteration for an inverse ends when a step is smaller
_LOST = 1.0  # pixels; where the last step was larger, there is no inverse
_TORN = 0.25  # of the median area: a pixel stretched more than four times counts as uncovered


@dataclass(frozen=True, eq=False)
class Warp:
    """A backward map: exactly one of `matrix` and `grid`, both src_from_dst in pixels.

    `torn` (H, W) is 1 where the map is invalid. `border`, a key of BORDER, says how pixels outside are replaced; `sampling`, a
    key of SAMPLING, how pixels are interpolated.
    """

    size: tuple[int, int]
    matrix: Matrix | None = None
    grid: Vectors | None = None
    border: str = "replicate"
    sampling: str = "bicubic"
    torn: Mask | None = None

    @classmethod
    def identity(cls, size: tuple[int, int]) -> Warp:
        """Return the warp that moves nothing."""
        return cls(size, matrix=np.eye(3))

    @cached_property
    def is_identity(self) -> bool:
        """Whether the warp moves nothing."""
        return self.matrix is not None and np.allclose(self.matrix, np.eye(3), rtol=0.0, atol=1e-9)

    def __call__(self, picture: NDArray[Pixel]) -> NDArray[Pixel]:
        """Move a picture, (H, W) or (H, W, C); uint8 is rounded and clipped."""
        if self.is_identity:
            return picture
        return self._sample(picture, SAMPLING[self.sampling], BORDER[self.border])

    def then(self, after: Warp) -> Warp:
        """Return the composition: this warp, then `after`. Border and sampling are those of `after`."""
        if self.is_identity:
            return after
        if after.is_identity:
            return replace(self, border=after.border, sampling=after.sampling)
        if self.matrix is not None and after.matrix is not None:
            return replace(after, matrix=self.matrix @ after.matrix)
        torn = _union(after.torn, None if self.torn is None else after._move_mask(self.torn))
        if self.matrix is not None:
            return replace(after, grid=_transform(self.matrix, after.positions), torn=torn)
        landing = after.positions
        return replace(after, matrix=None, grid=landing + _sample_at(self._displacement, landing), torn=torn)

    def inverse(self) -> Warp:
        """Return the inverse warp, `torn` where the iteration does not converge to within a pixel.

        A dense map is A ∘ (p + d(p)) with A the best-fitting matrix and d the residual. Its inverse is q ∘ A⁻¹ with
        q(y) = y - d(q(y)), solved by fixed-point iteration from q = y.
        """
        if self.matrix is not None:
            if not np.isfinite(self.matrix).all() or np.linalg.det(self.matrix) == 0.0:  # overflow of an extreme zoom
                return replace(self, matrix=None, grid=_pixel_grid(self.size), torn=np.ones(self.size[::-1], np.float32))
            return replace(self, matrix=_invert(self.matrix), torn=None)
        back = _invert(self.nearest_matrix())
        pixels = _pixel_grid(self.size)
        rest = _transform(back, self.positions) - pixels
        start = _transform(back, pixels)
        guess = start - _sample_at(rest, start)
        for _ in range(_ROUNDS):
            before, guess = guess, start - _sample_at(rest, guess)
            step = cv2.absdiff(guess, before)
            if step[::8, ::8].max() < _CLOSE_ENOUGH:
                break
        lost = (step[..., 0] > _LOST) | (step[..., 1] > _LOST)
        return replace(self, grid=guess, torn=lost.astype(np.float32) if lost.any() else None)

    def nearest_matrix(self) -> Matrix:
        """Return the matrix, or the one that fits the grid best."""
        return _fit_matrix(self.positions) if self.matrix is None else self.matrix

    def uncovered(self) -> Mask:
        """Return 1 where no pixel of the source lands, 0 where one does: (H, W)."""
        width, height = self.size
        if self.border == "wrap" or self.is_identity:
            uncovered: Mask = np.zeros((height, width), np.float32)
        else:
            uncovered = 1.0 - self._move_mask(np.ones((height, width), np.float32))
        for torn in (self.torn, self._find_stretched()):
            if torn is not None:
                uncovered = np.maximum(uncovered, torn)
        return uncovered

    @property
    def positions(self) -> Vectors:
        """The source position of each pixel, (H, W, 2). Raises ValueError without a matrix and a grid."""
        if self.matrix is not None:
            return _transform(self.matrix, _pixel_grid(self.size))
        if self.grid is None:
            raise ValueError("a warp has a matrix or a grid")
        return self.grid

    @cached_property
    def _displacement(self) -> Vectors:
        return self.positions - _pixel_grid(self.size)

    def _move_mask(self, mask: Mask) -> Mask:
        """Move a mask; pixels outside of it are 0."""
        return self._sample(mask, cv2.INTER_LINEAR, cv2.BORDER_CONSTANT)

    def _sample(self, picture: NDArray[Pixel], sampling: int, border: int) -> NDArray[Pixel]:
        if self.matrix is None:
            return cv2.remap(picture, self.positions, None, sampling, borderMode=border)
        flags = sampling | cv2.WARP_INVERSE_MAP
        if np.array_equal(self.matrix[2], (0.0, 0.0, 1.0)):
            return cv2.warpAffine(picture, self.matrix[:2], self.size, flags=flags, borderMode=border)
        return cv2.warpPerspective(picture, self.matrix, self.size, flags=flags, borderMode=border)

    def _find_stretched(self) -> Mask | None:
        """Return 1 where neighbouring pixels have nearly the same source, such as beside the edge of a near object."""
        if self.grid is None:
            return None
        across, down = np.diff(self.grid[:-1], axis=1), np.diff(self.grid[:, :-1], axis=0)
        area = across[..., 0] * down[..., 1] - across[..., 1] * down[..., 0]  # (H-1, W-1): source area of each pixel
        usual = float(np.median(np.abs(area[::8, ::8])))
        torn = (area < _TORN * usual).astype(np.float32)
        return np.pad(torn, ((0, 1), (0, 1)), mode="edge")


def landing(steps: Vectors) -> Vectors:
    """Return where steps from every pixel lead, (H, W, 2). `steps`, its argument, becomes the result."""
    steps[..., 0] += np.arange(steps.shape[1], dtype=np.float32)
    steps[..., 1] += np.arange(steps.shape[0], dtype=np.float32)[:, None]
    return steps


def _pixel_grid(size: tuple[int, int]) -> Vectors:
    """Return the position of every pixel: (H, W, 2)."""
    width, height = size
    grid = np.empty((height, width, 2), np.float32)
    grid[..., 0] = np.arange(width, dtype=np.float32)
    grid[..., 1] = np.arange(height, dtype=np.float32)[:, None]
    return grid


def _transform(matrix: Matrix, points: Vectors) -> Vectors:
    if np.array_equal(matrix[2], (0.0, 0.0, 1.0)):
        return cv2.transform(points, matrix[:2])
    return cv2.perspectiveTransform(points, matrix)


def _sample_at(field: Vectors, places: Vectors) -> Vectors:
    """Sample a field at `places`, with its edge replicated.

    Only displacements are sampled, which are small and smooth: OpenCV's precision of 1/32 pixel would be visible on positions.
    """
    return cv2.remap(field, places, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def _fit_matrix(grid: Vectors) -> Matrix:
    """Fit a matrix to a coarse sample of a grid by least squares; the identity where none fits."""
    height, width = grid.shape[:2]
    x, y = np.meshgrid(*(np.linspace(0, count - 1, 16).astype(int) for count in (width, height)))
    points = np.stack([x.ravel(), y.ravel()], axis=1).astype(np.float64)
    matrix, _ = cv2.findHomography(points, grid[y.ravel(), x.ravel()].astype(np.float64), 0)
    corners = np.array([[0, 0, 1], [width, 0, 1], [0, height, 1], [width, height, 1]], np.float64)
    if matrix is None or not abs(np.linalg.det(matrix)) > 1e-9:
        return np.eye(3)
    usable = (corners @ matrix[2] > 0).all() and (corners @ _invert(matrix)[2] > 0).all()
    return matrix if usable else np.eye(3)


def _invert(matrix: Matrix) -> Matrix:
    return np.linalg.inv(matrix).astype(np.float64, copy=False)  # NumPy's stubs do not know the type


def _union(a: Mask | None, b: Mask | None) -> Mask | None:
    if a is None or b is None:
        return a if b is None else b
    return np.maximum(a, b)
