"""The warp of a camera's step through a scene whose distances are known: near things cover far ones, and uncover others."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from lib_anim.images.frame import Mask, Vectors, bands
from lib_anim.images.warp import Warp

Values = NDArray[np.float32]
Size = tuple[int, int]

_AGREES_PX = 0.75  # of parallax between two distances of one surface
_LATTICE = 8  # points of a plane along an axis, from which its way is learned
_POINTS = np.indices((_LATTICE, _LATTICE), np.float32).reshape(2, -1)[::-1].T  # (64, 2), from 0 to 7
_TERMS = 4  # of a polynomial along an axis
_RIDGE = 1e-9  # added to the normal equations of a fit, for points that fall together
_FARTHEST = 1e4  # of a lattice that a point may move
_WIDEST = 8  # pixels of a crack in an enlarged surface


class Step(Protocol):
    """A step of the camera through a scene with distances (H, W), or past a plane at one distance."""

    def __call__(self, depth: Mask | float, *, size: Size = ...) -> Warp:
        """Return the warp, of pictures of another size if one is given."""


def occluding(distance: Mask, step: Step) -> Warp:
    """Return the warp of a step through a scene with the distances (H, W) float32 before it.

    What is near covers what is far. `torn` is 1 in holes, where nothing of the scene before can be seen; there a rim of the
    background comes along with what hid it. A rim of a pixel comes along everywhere, since warps that are composed are
    interpolated, which would cut what is near at its edges.
    """
    ways = _Ways.learned(distance, step)
    met = _landed(distance, ways)
    _fill_cracks(met, ways)
    _fill_holes(met, distance, ways)
    met = met[ways.cracks : -ways.cracks, ways.cracks : -ways.cracks]
    warp = step(cv2.erode(met, np.ones((3, 3), np.uint8)))
    hidden = _hidden_before(distance, warp.positions, met, ways.agrees)
    return replace(warp, torn=hidden.astype(np.float32)) if hidden.any() else warp


@dataclass(frozen=True)
class _Ways:
    """Where the pixels of a scene go. The camera's step itself says only where a pixel of the moved picture comes from.

    A way is a polynomial of the place in the picture, from -1 to 1 along each axis: terms (2, 4, 4) for x and y in pixels, by
    the powers of y and those of x. `forward` has three ways, for 1, u and u², where u grows with inverse distance from 0 at the
    farthest pixel to 1 at the nearest. `back` leads from the moved picture to the farthest plane.
    """

    forward: Values  # (3, 2, 4, 4)
    back: Values  # (2, 4, 4)
    inverse: tuple[float, float]  # inverse distance of the farthest pixel, and of the nearest
    agrees: float  # how much inverse distances of one surface differ at most
    cracks: int  # pixels between neighbours of the nearest plane after the step

    @classmethod
    def learned(cls, distance: Mask, step: Step) -> _Ways:
        """Learn the ways from planes at the farthest distance, the nearest, and one between."""
        size = distance.shape[1], distance.shape[0]
        far, near = 1.0 / float(distance.max()), 1.0 / float(distance.min())
        moved = _lattice(size)
        before = [_source(size, step, 1.0 / inverse) for inverse in (far, (far + near) / 2.0, near)]
        last, middle, first = (_fitted(places, moved, size) for places in before)
        forward = np.stack([last, 4.0 * middle - 3.0 * last - first, 2.0 * (last + first - 2.0 * middle)])
        agrees = _AGREES_PX * (near - far) / max(float(np.abs(before[2] - before[0]).max()), 1e-9)
        enlarged = float((np.ptp(moved, axis=0) / np.maximum(np.ptp(before[2], axis=0), 1e-9)).max())
        cracks = min(max(math.ceil(enlarged) - 1, 1), _WIDEST)
        return cls(forward, _fitted(moved, before[0], size), (far, near), agrees, cracks)


def _source(size: Size, step: Step, distance: float) -> Values:
    """Return where the points of the lattice come from with a plane, (n, 2) in pixels, none of them endlessly far."""
    shift: Values = step(distance, size=(_LATTICE, _LATTICE)).positions.reshape(-1, 2) - _POINTS
    return _lattice(size) + np.clip(np.nan_to_num(shift), -_FARTHEST, _FARTHEST) * (
        np.array(size, np.float32) / np.float32(_LATTICE)
    )


def _lattice(size: Size) -> Values:
    """Return the points of the lattice in a picture, (n, 2) in pixels."""
    return _POINTS * ((np.array(size, np.float32) - np.float32(1.0)) / np.float32(_LATTICE - 1))


def _fitted(places: Values, values: Values, size: Size) -> Values:
    """Return the polynomials of places (n, 2) that fit values (n, 2) best, (2, 4, 4)."""
    products = _products(places, size).astype(np.float64)
    terms = np.linalg.solve(products.T @ products + _RIDGE * np.eye(products.shape[1]), products.T @ values)
    return terms.T.reshape(2, _TERMS, _TERMS).astype(np.float32)


def _products(places: Values, size: Size) -> Values:
    """Return the products of the powers of places in a picture, (n, 16)."""
    x, y = (_powers(places[:, axis], size[axis]) for axis in (0, 1))
    return (y[:, :, None] * x[:, None, :]).reshape(len(places), _TERMS * _TERMS)


def _powers(pixels: Values, count: int) -> Values:
    """Return the powers of places along an axis, (n, 4)."""
    place = pixels * np.float32(2.0 / max(count - 1, 1)) - np.float32(1.0)
    square = place * place
    return np.stack([np.ones_like(place), place, square, square * place], axis=1)


def _landed(distance: Mask, ways: _Ways) -> Mask:
    """Return the distance of the nearest pixel that comes to each place, infinite where none comes.

    Around it is a margin of `ways.cracks` pixels without numbers.
    """
    (height, width), margin = distance.shape, ways.cracks
    stride = width + 2 * margin
    met = np.full((height + 2 * margin, stride), np.inf, np.float32)
    columns, rows = (_powers(np.arange(count, dtype=np.float32), count) for count in (width, height))
    across = ways.forward @ columns.T  # (3, 2, 4, W)
    far, near = ways.inverse
    for band in bands(distance.shape):
        u = (1.0 / distance[band] - np.float32(far)) * np.float32(1.0 / max(near - far, 1e-9))
        x, y = (_at(rows[band] @ across[:, axis], u, count) for axis, count in ((0, width), (1, height)))
        np.minimum.at(met.reshape(-1), ((y + margin) * stride + (x + margin)).ravel(), distance[band].ravel())
    _close(met[margin:-margin, margin:-margin], margin)
    for edge in (met[:margin], met[-margin:], met[:, :margin], met[:, -margin:]):
        edge.fill(np.nan)
    return met


def _close(met: Mask, cracks: int) -> None:
    """Hide what shows through cracks of an enlarged surface before it. Edges stay where they are."""
    kernel = np.ones((2 * cracks + 1, 2 * cracks + 1), np.uint8)
    closed = cv2.dilate(cv2.erode(met, kernel), kernel)
    np.copyto(met, closed, where=met < np.inf)


def _at(terms: Values, u: Mask, count: int) -> NDArray[np.int32]:
    """Return the pixel nearest to terms[0] + terms[1] u + terms[2] u² along an axis: 0 .. count - 1, or one beside them."""
    place = terms[2] * u
    place += terms[1]
    place *= u
    place += terms[0]
    np.clip(np.rint(place, out=place), -1, count, out=place)
    pixel: NDArray[np.int32] = place.astype(np.int32)
    return pixel


def _fill_cracks(met: Mask, ways: _Ways) -> None:
    """Give the cracks of an enlarged surface the distance of what is on both of their sides, if that is one surface."""
    flat, stride = met.reshape(-1), met.shape[1]
    for width in range(1, ways.cracks + 1):
        empty = np.flatnonzero(flat == np.inf)
        nearest = np.full(len(empty), np.inf, np.float32)
        for aside in (width, width * stride, width * (stride + 1), width * (stride - 1)):
            one, other = flat[empty - aside], flat[empty + aside]
            same = np.abs(1.0 / one - 1.0 / other) <= ways.agrees
            np.minimum(nearest, np.minimum(one, other), out=nearest, where=same)
        flat[empty] = nearest


def _fill_holes(met: Mask, distance: Mask, ways: _Ways) -> None:
    """Give holes the distance of what hid them: of what was before the farthest plane there."""
    size = distance.shape[1], distance.shape[0]
    empty = np.flatnonzero(met.reshape(-1) == np.inf)
    y, x = (
        _powers(place.astype(np.float32) - ways.cracks, count)
        for place, count in zip(np.divmod(empty, met.shape[1]), distance.shape, strict=True)
    )
    column, row = (
        np.clip(np.rint(np.einsum("nj,nj->n", y @ ways.back[axis], x)), 0, size[axis] - 1).astype(np.intp) for axis in (0, 1)
    )
    met.reshape(-1)[empty] = distance[row, column]


def _hidden_before(distance: Mask, positions: Vectors, met: Mask, agrees: float) -> NDArray[np.bool_]:
    """Return where what is read at `positions` is not at the distance that was met."""
    hidden = np.empty(distance.shape, np.bool_)
    for band in bands(distance.shape):
        read = cv2.remap(distance, positions[band], None, cv2.INTER_NEAREST, borderMode=cv2.BORDER_REPLICATE)
        apart = cv2.multiply(read, met[band], scale=agrees)  # |1/read - 1/met| > agrees, without division
        np.greater(cv2.absdiff(read, met[band]), apart, out=hidden[band])
    return hidden
