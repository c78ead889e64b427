"""Optical flow between two pictures, and the pictures in between.

A flow is (H, W, 2): `other[p + flow[p]]` shows what `one[p]` shows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from lib_anim.images.frame import Frame, Grey, Mask, Vectors
from lib_anim.images.warp import Warp, landing

Flow = Callable[[Frame, Frame], Vectors]  # (one, other) -> flow
ENOUGH = 320  # pixels of the longer side; above, flow is computed at half size, which loses nothing visible

_ALIKE = 16  # levels of grey, of 255: the most by which two pictures of the same thing may differ
SHORTEST = 32  # pixels of a side at least for DIS: DIS Fast searches patches of 8 at a quarter of the size


def flow_by(method: str) -> Flow:
    """Return the flow function of a method: "DIS Medium", "DIS Fine", "DIS Fast" or "Farneback"."""
    calculate = _farneback if method == "Farneback" else dis(method)

    def between(one: Frame, other: Frame) -> Vectors:
        size = one.shape[1], one.shape[0]
        return scaled(calculate(*(_grey(frame, _enough(size)) for frame in (one, other))), size)

    return between


def _enough(size: tuple[int, int]) -> tuple[int, int]:
    """Return the size at which the flow of pictures of a size is computed."""
    return (size[0] // 2, size[1] // 2) if max(size) > ENOUGH else size


def scaled(flow: Vectors, size: tuple[int, int]) -> Vectors:
    """Resize a flow to (width, height) and scale its vectors to match."""
    if flow.shape[1::-1] == size:
        return flow
    stretch = (np.array(size) / flow.shape[1::-1]).astype(np.float32)
    resized = cv2.resize(flow, size, interpolation=cv2.INTER_LINEAR)
    resized *= stretch
    return resized


def midway(flow: Vectors, share: float, *, border: str = "replicate", sampling: str = "bicubic") -> tuple[Warp, Warp]:
    """Return the warps of two pictures to the moment `share` (0 one .. 1 other) between them.

    `flow` leads from `one` to `other`. Motion is assumed to be linear, and the flow at a pixel of the in-between picture to be
    that at the same pixel of `one`. Using the opposite flow too costs twice as much and gave worse pictures.
    """
    size = flow.shape[1::-1]
    to_one, to_other = (landing(np.float32(part) * flow) for part in (-share, 1.0 - share))
    return (
        Warp(size, grid=to_one, border=border, sampling=sampling),
        Warp(size, grid=to_other, border=border, sampling=sampling),
    )


def dis(method: str) -> Callable[[Grey, Grey], Vectors]:
    """Return dense inverse search (Kroeger et al. 2016) of two grey pictures of one size, "DIS Fast" to "DIS Fine".

    OpenCV's object caches its pyramids, so it is not thread-safe. It reads out of bounds where a side is shorter than a patch
    at its finest scale, so such pictures are padded with their edge.
    """
    presets = {"DIS Fast": cv2.DISOPTICAL_FLOW_PRESET_FAST, "DIS Medium": cv2.DISOPTICAL_FLOW_PRESET_MEDIUM}
    search = cv2.DISOpticalFlow_create(presets.get(method, cv2.DISOPTICAL_FLOW_PRESET_MEDIUM))
    if method == "DIS Fine":
        search.setFinestScale(0)
        search.setGradientDescentIterations(192)
        search.setPatchSize(8)
        search.setPatchStride(4)

    def between(one: Grey, other: Grey) -> Vectors:
        height, width = one.shape
        lack = max(0, SHORTEST - height), max(0, SHORTEST - width)
        if any(lack):
            one, other = (cv2.copyMakeBorder(grey, 0, lack[0], 0, lack[1], cv2.BORDER_REPLICATE) for grey in (one, other))
        flow: Vectors = search.calc(one, other, None)
        return np.ascontiguousarray(flow[:height, :width])

    return between


def _farneback(one: Grey, other: Grey) -> Vectors:
    return cv2.calcOpticalFlowFarneback(one, other, None, 0.5, 5, 21, 5, 7, 1.2, 0)


def agreement(there: Vectors, back: Vectors, unit: float = 1.0) -> Mask:
    """Return 1 where a flow and the opposite one lead from a pixel to itself again, else 0: (H, W) float32.

    The tolerance is that of Sundaram, Brox and Keutzer (2010): |u + v|² <= 0.01 (|u|² + |v|²) + 0.5, in units of `unit` pixels.
    """
    returned = cv2.remap(back, landing(there.copy()), None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    lengths = _squared(there) + _squared(returned)
    returned += there
    return (_squared(returned) <= np.float32(0.01) * lengths + np.float32(0.5 * unit * unit)).astype(np.float32)


def _squared(flow: Vectors) -> NDArray[np.float32]:
    """Return the squared length of every vector."""
    return cv2.transform(flow * flow, np.ones((1, 2)))


def explained(flow: Flow, before: Frame, now: Frame, blur_px: float) -> tuple[Vectors, Mask]:
    """Return the flow from `now` back to `before`, and where it explains what `now` shows: 1 it does .. 0 it does not.

    It does where the opposite flow leads back, and where both show nearly the same, so not after a cut; but not beside places
    where it does not, since flow is smooth across borders. The mask is made at the size at which flow is computed, and blurred
    by a Gaussian of `blur_px`.
    """
    back, there = flow(now, before), flow(before, now)
    whole = now.shape[1], now.shape[0]
    size = _enough(whole)
    share = _explains(scaled(back, size), scaled(there, size), _grey(now, size), _grey(before, size), whole[0] // size[0])
    share = share if size == whole else cv2.resize(share, whole, interpolation=cv2.INTER_LINEAR)
    return back, cv2.GaussianBlur(share, (0, 0), blur_px) if blur_px else share


def _explains(back: Vectors, there: Vectors, now: Grey, before: Grey, shrink: int) -> Mask:
    """Return where flows of pictures that are shrunk to a whole part of their size explain what `now` shows: 1 .. 0."""
    moved = replace(along(back), sampling="bilinear")(before)
    alike = cv2.blur(cv2.absdiff(now, moved), (3, 3)) <= _ALIKE
    beside = 5 if shrink == 1 else 3
    return cv2.erode(agreement(back, there, 1.0 / shrink) * alike, np.ones((beside, beside), np.uint8))


def _grey(frame: Frame, size: tuple[int, int]) -> Grey:
    """Return the brightness of a frame at a size."""
    grey = cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY)
    return grey if frame.shape[1::-1] == size else cv2.resize(grey, size, interpolation=cv2.INTER_AREA)


def along(back: Vectors, share: Mask | float = 1.0, lost: Mask | None = None) -> Warp:
    """Return the warp that moves a picture by a `share` of the flow `back` to it; it is torn where the flow is `lost`."""
    steps = np.empty_like(back)
    for axis in (0, 1):
        np.multiply(back[..., axis], np.asarray(share, np.float32), out=steps[..., axis])
    return Warp(back.shape[1::-1], grid=landing(steps), torn=lost)
