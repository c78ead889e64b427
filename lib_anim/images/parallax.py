"""The warp of a camera's step through a scene whose distances are known: near things cover far ones, and uncover others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np

from lib_anim.images.frame import Mask, Matrix
from lib_anim.images.warp import Warp

Step = Callable[[Mask | float], Warp]  # the warp of a scene with distances (H, W), or of a plane at one distance

_MOST_PLANES = 32
_AGREES_PX = 0.75  # of parallax between the distance at which a pixel was met and that of where it is read


def occluding(distance: Mask, step: Step) -> Warp:
    """Return the warp of a step through a scene with the distances (H, W) float32 before it.

    What is near covers what is far. `torn` is 1 in holes, where nothing of the scene before can be seen; there a rim of the
    background comes along with what hid it. A rim of a pixel comes along everywhere, since warps that are composed are
    interpolated, which would cut what is near at its edges.
    """
    near, far = float(distance.min()), float(distance.max())
    first, last = (step(one).nearest_matrix() for one in (near, far))
    reach = _reach(first, last, distance.shape)
    arrived = _first_met(distance, (near, first), (far, last), int(np.clip(np.ceil(reach) + 1, 2, _MOST_PLANES)))
    warp = step(cv2.erode(arrived, np.ones((3, 3), np.uint8)))
    read = cv2.remap(distance, warp.positions, None, cv2.INTER_NEAREST, borderMode=cv2.BORDER_REPLICATE)
    allowed = np.float32(_AGREES_PX * (1.0 / near - 1.0 / far) / max(reach, 1e-9))  # of inverse distance
    holes = cv2.absdiff(1.0 / read, 1.0 / arrived) > allowed
    return replace(warp, torn=holes.astype(np.float32)) if holes.any() else warp


def _first_met(distance: Mask, near: tuple[float, Matrix], far: tuple[float, Matrix], count: int) -> Mask:
    """Return the distance of the first surface that every pixel's ray meets, among `count` planes from near to far.

    The maps of planes between these are interpolated linearly, as parallax is in inverse distance while the camera's step is
    small beside it; the caller checks what is met with the exact warp.
    """
    met = np.empty_like(distance)
    for share in np.linspace(0.0, 1.0, count):  # from the back to the front, so that the nearest counts
        plane = (far[0], near[0])[int(share)] if share in (0.0, 1.0) else 1.0 / (share / near[0] + (1.0 - share) / far[0])
        seen = _moved(distance, far[1] + share * (near[1] - far[1]))
        np.copyto(met, seen, where=seen <= np.float32(plane))
    return met


def _moved(distance: Mask, src_from_dst: Matrix) -> Mask:
    """Return distances moved by a matrix; none is made between two of them, so that edges stay sharp."""
    flags, size = cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP, (distance.shape[1], distance.shape[0])
    if np.array_equal(src_from_dst[2], (0.0, 0.0, 1.0)):
        return cv2.warpAffine(distance, src_from_dst[:2], size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return cv2.warpPerspective(distance, src_from_dst, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)


def _reach(one: Matrix, other: Matrix, shape: tuple[int, ...]) -> float:
    """Return the greatest distance between where two matrices lead, along an axis, in pixels: that of a corner."""
    corners = np.array([[x, y, 1.0] for x in (0.0, shape[1] - 1.0) for y in (0.0, shape[0] - 1.0)])
    ways = [(corners @ matrix.T)[:, :2] / (corners @ matrix.T)[:, 2:] for matrix in (one, other)]
    return float(np.abs(ways[0] - ways[1]).max())
