"""Frames between the frames of a film: by blending, or along the motion that optical flow sees.

Shares are 0 at the first of two frames .. 1 at the second. Runs and settings are unknown here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from math import ceil

import cv2
import numpy as np
from numpy.typing import NDArray

from lib_anim.images.blend import mix
from lib_anim.images.flow import along, dis, scaled
from lib_anim.images.frame import Frame, Grey, Mask, Pixel, Vectors

Between = Callable[[Frame, Frame, Sequence[float]], Iterator[Frame]]  # (one, other, shares) -> the frames at these shares

_WHOLE, _MEASURED = 320, 480  # pixels of the longer side: motion of larger frames is measured at half the size or less
_AROUND = 5  # pixels: the window over which two motions are compared
_LEAST = np.float32(1e-3)  # weight of what lies beyond a border, which counts where neither frame shows a pixel
_ALIKE = 1  # levels: frames that nowhere differ by more are one still

_CUT_SIDE, _CUT_LEVEL = 96, 32  # pixels at which the motion over a cut is measured, and both sides of it compared
_CUT = 0.6  # similarity below which two frames are of two scenes,
_DROP = 0.65  # if it is below this share of the usual one too: frames of a restless film are never alike
_FOLLOWS = 0.2  # how fast the usual similarity follows that of each pair
_STABLE = (0.03 * 255) ** 2  # SSIM's constant, levels squared, for surfaces without structure


def blended(one: Frame, other: Frame, shares: Sequence[float]) -> Iterator[Frame]:
    """Yield mixtures of the two frames."""
    return (mix(one, other, 1.0 - share, share) for share in shares)


def followed(one: Frame, other: Frame, shares: Sequence[float]) -> Iterator[Frame]:
    """Yield both frames moved along the optical flow to the moment of each share, and mixed there.

    Motion is assumed to be linear. At each pixel of the moment, of the motion that the flow from `one` brings there and that
    of the opposite flow, the one is taken under which both frames show the same: so what is covered or uncovered between them
    has the motion of the side on which it is seen. What only one frame shows, beyond the other's border, is taken from it.
    """
    size = _measured_size(one.shape[1::-1])
    greys = [cv2.resize(cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY), size, interpolation=cv2.INTER_AREA) for frame in (one, other)]
    search = dis("DIS Half")
    there, back = search(*greys), search(*reversed(greys))
    for share in shares:
        motion = _motion_at(greys, there, back, share)
        yield _meet(one, other, motion, share)


def _measured_size(size: tuple[int, int]) -> tuple[int, int]:
    """Return the (width, height) at which the motion of frames of a size is measured."""
    shrink = 1.0 if max(size) <= _WHOLE else min(0.5, _MEASURED / max(size))
    return max(round(size[0] * shrink), 1), max(round(size[1] * shrink), 1)


def _motion_at(greys: Sequence[Grey], there: Vectors, back: Vectors, share: float) -> Vectors:
    """Return the motion from the first frame to the second of what is at each pixel at the moment `share`."""
    # one step of the fixed-point iteration v(p) = flow(p - share v); further ones change nothing that is measured
    forth, reverse = _moved(there, there, -share), -_moved(back, back, share - 1.0)
    opposite = _mismatch(greys, reverse, share) < _mismatch(greys, forth, share)
    return np.where(opposite[..., None], reverse, forth)


def _moved(picture: NDArray[Pixel], motion: Vectors, part: float) -> NDArray[Pixel]:
    """Return what lies a `part` of the motion away from each pixel."""
    return replace(along(motion, part), sampling="bilinear")(picture)


def _mismatch(greys: Sequence[Grey], motion: Vectors, share: float) -> Grey:
    """Return by how many levels the frames differ around each pixel, if this motion brings them to the moment."""
    one, other = _moved(greys[0], motion, -share), _moved(greys[1], motion, 1.0 - share)
    return cv2.blur(cv2.absdiff(one, other), (_AROUND, _AROUND))


def _seen(motion: Vectors, part: float) -> Mask:
    """Return 1 where the frame that lies a `part` of the motion away shows the pixel, almost 0 beyond its border."""
    whole = np.ones(motion.shape[:2], np.float32)
    shown = cv2.remap(whole, along(motion, part).positions, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
    return np.maximum(shown, _LEAST)


def _meet(one: Frame, other: Frame, motion: Vectors, share: float) -> Frame:
    """Move both frames to the moment and mix them; the motion may have been measured at a smaller size."""
    size = one.shape[1::-1]
    parts = (-share, 1.0 - share)
    weights = [np.float32(1.0 - abs(part)) * _seen(motion, part) for part in parts]
    one_weight, other_weight = (cv2.resize(weight, size, interpolation=cv2.INTER_LINEAR) for weight in weights)
    whole = scaled(motion, size)
    return cv2.blendLinear(_moved(one, whole, parts[0]), _moved(other, whole, parts[1]), one_weight, other_weight)


# -- films --------------------------------------------------------------------------------------------------------------------


def resampled(
    frames: Iterable[Frame],
    step: Fraction,
    between: Between,
    *,
    period: int | None = None,
    at_cut: Callable[[int], None] = lambda _index: None,
) -> Iterator[Frame]:
    """Yield what a film shows at 0, step, 2 step … , where its frames stand at 0, 1, 2 … ; each lasts 1.

    Frames that are met are passed on unchanged. `period` is after how many frames a film begins anew: its last frame is
    followed by the first one. Any other film ends with its last frame. A still is a still. Nothing is made between two
    scenes: the nearer frame is shown, and `at_cut` is called with the index of the second scene's first frame.
    """
    cuts = _Cuts()
    for index, (one, other) in enumerate(_pairs(frames, period)):
        places = range(ceil(index / step), ceil((index + 1) / step))
        shares = [float(place * step - index) for place in places]
        if 0.0 in shares:
            yield one
        inner = [share for share in shares if share]
        if inner and cv2.absdiff(one, other).max() <= _ALIKE:
            yield from (one for _ in inner)
        elif inner and cuts.between(one, other):
            at_cut(index + 1)
            yield from (one if share < 0.5 else other for share in inner)
        elif inner:
            yield from between(one, other, inner)


def _pairs(frames: Iterable[Frame], period: int | None) -> Iterator[tuple[Frame, Frame]]:
    """Yield each frame with the one that follows it."""
    source = iter(frames)
    first = one = next(source, None)
    if one is None or first is None:
        return
    count = 1
    for count, other in enumerate(source, 2):  # noqa: B007
        yield one, other
        one = other
    yield one, first if count == period else one


class _Cuts:
    """Finds the pairs of frames that are of two scenes: less alike than _CUT, and than those before them."""

    def __init__(self) -> None:
        self._usual = 1.0

    def between(self, one: Frame, other: Frame) -> bool:
        """Return whether there is a cut between the next two frames of a film."""
        alike = similarity(one, other)
        cut = alike < min(_CUT, _DROP * self._usual)
        self._usual += _FOLLOWS * (alike - self._usual)
        return cut


def similarity(one: Frame, other: Frame) -> float:
    """Return how alike two frames are apart from motion and light, 1 for the same: the mean contrast and structure of SSIM
    (Wang et al. 2004) of small pictures."""
    side = (_CUT_SIDE, _CUT_SIDE)
    before, after = (cv2.resize(cv2.cvtColor(f, cv2.COLOR_RGB2GRAY), side, interpolation=cv2.INTER_AREA) for f in (one, other))
    moved = _moved(after, dis("DIS Half")(before, after), 1.0)
    return _structure(*(cv2.resize(grey, (_CUT_LEVEL, _CUT_LEVEL), interpolation=cv2.INTER_AREA) for grey in (before, moved)))


def _structure(one: Grey, other: Grey) -> float:
    x, y = one.astype(np.float32), other.astype(np.float32)
    mean_x, mean_y = _local_mean(x), _local_mean(y)
    var_x, var_y = _local_mean(x * x) - mean_x**2, _local_mean(y * y) - mean_y**2
    covariance = _local_mean(x * y) - mean_x * mean_y
    return float(((2.0 * covariance + _STABLE) / (var_x + var_y + _STABLE)).mean())


def _local_mean(values: NDArray[np.float32]) -> NDArray[np.float32]:
    return cv2.GaussianBlur(values, (0, 0), 1.5)
