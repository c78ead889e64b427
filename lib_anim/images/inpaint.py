"""Painting within a mask: what it starts from, and the part of a picture that is painted enlarged."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from lib_anim.images.blend import blend
from lib_anim.images.frame import Frame, Mask, Pixel, resized, to_uint8
from lib_anim.images.noise import gaussian

_LEAST_SHARE = 8  # a part is at least an eighth of the picture: more enlarged, it has nothing that a model could go by
_SOLID = 8.0  # of a mask: from 1/8 on a pixel is all paint; below it melts into what is kept


class Part(NamedTuple):
    """A rectangle of a picture, in pixels."""

    left: int
    top: int
    width: int
    height: int

    def cut(self, picture: NDArray[Pixel]) -> NDArray[Pixel]:
        """Return this part of a frame or a mask."""
        part = picture[self.top : self.top + self.height, self.left : self.left + self.width]
        return np.ascontiguousarray(part)

    def enlarged(self, frame: Frame) -> Frame:
        """Return this part of a frame, in the size of the frame."""
        return resized(self.cut(frame), (frame.shape[1], frame.shape[0]))

    def enlarged_mask(self, mask: Mask) -> Mask:
        """Return this part of a mask, in the size of the mask."""
        # each pixel keeps one of the mask's own values, since a hard mask is to stay hard
        return cv2.resize(self.cut(mask), (mask.shape[1], mask.shape[0]), interpolation=cv2.INTER_NEAREST)

    def pasted(self, frame: Frame, painted: Frame) -> Frame:
        """Return `frame` with a painted enlargement of this part in its place."""
        whole = frame.copy()
        rows, columns = slice(self.top, self.top + self.height), slice(self.left, self.left + self.width)
        whole[rows, columns] = resized(painted, (self.width, self.height))
        return whole


def part_around(mask: Mask, padding_px: int) -> Part:
    """Return the smallest part with all pixels of a mask that are above 0, and `padding_px` around them, in the proportions of
    the mask; it has an eighth of its sides at least.
    """
    height, width = mask.shape
    columns, rows = np.flatnonzero(mask.any(axis=0)), np.flatnonzero(mask.any(axis=1))
    if not len(columns):
        return Part(0, 0, width, height)
    (left, right), (top, bottom) = _padded(columns, padding_px, width), _padded(rows, padding_px, height)
    share = max((right - left) / width, (bottom - top) / height, 1.0 / _LEAST_SHARE)
    wide, high = max(round(share * width), right - left), max(round(share * height), bottom - top)
    return Part(_shifted_in(left, right, wide, width), _shifted_in(top, bottom, high, height), wide, high)


def _padded(places: NDArray[np.intp], padding_px: int, side: int) -> tuple[int, int]:
    return max(int(places[0]) - padding_px, 0), min(int(places[-1]) + 1 + padding_px, side)


def _shifted_in(begin: int, end: int, length: int, side: int) -> int:
    """Return where a stretch of `length` pixels about the middle of begin..end begins, so that it lies in 0..side."""
    return min(max((begin + end - length) // 2, 0), side - length)


def over(painted: Frame, kept: Frame, weights: Mask) -> Frame:
    """Composite `painted` over `kept`; where the weights are 0, `kept` stays to the byte."""
    rest: Mask = np.float32(1.0) - weights
    return blend(painted, kept, weights, rest)


def solid(mask: Mask) -> Mask:
    """Return the weights of what was painted with a soft mask: it says how much is painted, so its greys are all paint."""
    weights: Mask = np.minimum(mask * np.float32(_SOLID), np.float32(1.0))
    return weights


def hard(mask: Mask) -> Mask:
    """Return a mask that is 1 wherever `mask` is above 0."""
    return (mask > 0.0).astype(np.float32)


def filled(frame: Frame, mask: Mask, how: str, rng: np.random.Generator) -> Frame:
    """Return what painting within a mask starts from. `how` is a value of the setting `fill`:

    original         the frame itself
    fill             its colours around the mask, drawn in
    latent noise     noise about mid grey, for engines that do not put it into latents
    latent nothing   mid grey, which is near what latents of zero look like
    """
    if how == "original":
        return frame
    if how == "fill":
        return over(drawn_in(frame, mask), frame, mask)
    field = 0.0 if how == "latent nothing" else 127.5 * gaussian((frame.shape[1], frame.shape[0]), rng)
    return over(to_uint8(np.full(frame.shape, 127.5, np.float32) + field), frame, mask)


def drawn_in(frame: Frame, mask: Mask) -> Frame:
    """Return a frame whose masked pixels have the colours around the mask, smoother the farther inside.

    The push-pull of Gortler et al., "The Lumigraph" (1996): pyramids of colours times weights and of weights; what a level
    does not know comes from the coarser one. A picture that is masked all over stays as it is.
    """
    known = (mask <= 0.0).astype(np.float32)
    if not known.any():
        return frame
    levels = [(frame * known[..., None], known)]
    while min(levels[-1][1].shape) > 1 and not levels[-1][1].all():
        colours, weights = levels[-1]
        levels.append((_halved(colours), _halved(weights)))
    found = np.full(levels[-1][0].shape, frame[known > 0.0].mean(axis=0), np.float32)
    for colours, weights in reversed(levels):
        found = cv2.resize(found, (weights.shape[1], weights.shape[0]), interpolation=cv2.INTER_LINEAR)
        own = colours / np.maximum(weights, np.float32(1e-6))[..., None]
        share = np.where(weights > 0.0, np.minimum(weights * 4.0, 1.0), 0.0)[..., None]
        found = own * share + found * (1.0 - share)
    return to_uint8(found)


def _halved(values: NDArray[np.float32]) -> NDArray[np.float32]:
    return cv2.resize(values, (-(-values.shape[1] // 2), -(-values.shape[0] // 2)), interpolation=cv2.INTER_AREA)
