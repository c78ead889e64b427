"""Optical flow between two pictures, and the pictures in between.

A flow is (H, W, 2): `other[p + flow[p]]` shows what `one[p]` shows.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from lib_anim.images.frame import Frame, Grey, Vectors
from lib_anim.images.warp import Warp

Flow = Callable[[Frame, Frame], Vectors]  # (one, other) -> flow
ENOUGH = 320  # pixels of the longer side; above, flow is computed at half size, which loses nothing visible

SHORTEST = 32  # pixels of a side at least for DIS: DIS Fast searches patches of 8 at a quarter of the size


def flow_by(method: str) -> Flow:
    """Return the flow function of a method: "DIS Medium", "DIS Fine", "DIS Fast" or "Farneback"."""
    calculate = _farneback if method == "Farneback" else dis(method)

    def between(one: Frame, other: Frame) -> Vectors:
        greys = [cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in (one, other)]
        height, width = greys[0].shape
        shrunk = max(width, height) > ENOUGH
        if shrunk:
            greys = [cv2.resize(grey, (width // 2, height // 2), interpolation=cv2.INTER_AREA) for grey in greys]
        flow = calculate(*greys)
        if shrunk:
            flow = scaled(flow, (width, height))
        return flow

    return between


def scaled(flow: Vectors, size: tuple[int, int]) -> Vectors:
    """Resize a flow to (width, height) and scale its vectors to match."""
    if flow.shape[1::-1] == size:
        return flow
    stretch = (np.array(size) / flow.shape[1::-1]).astype(np.float32)
    return cv2.resize(flow * stretch, size, interpolation=cv2.INTER_LINEAR)


def midway(flow: Vectors, share: float, *, border: str = "replicate", sampling: str = "bicubic") -> tuple[Warp, Warp]:
    """Return the warps of two pictures to the moment `share` (0 one .. 1 other) between them.

    `flow` leads from `one` to `other`. Motion is assumed to be linear, and the flow at a pixel of the in-between picture to be
    that at the same pixel of `one`. Using the opposite flow too costs twice as much and gave worse pictures.
    """
    size = flow.shape[1::-1]
    places = Warp.identity(size).positions
    to_one, to_other = (places + np.float32(part) * flow for part in (-share, 1.0 - share))
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
