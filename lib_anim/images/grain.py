"""Detail: the fine energy of a picture, and noise that puts back just what a move took of it.

A band is what lies between two blurs of the luminance: light - G(0.7), the finest, and G(0.7) - G(1.5), G(s) being the
light blurred by a Gaussian of sigma s pixels. Its energy is its square, in squared levels.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from lib_anim.images.frame import Channels, Frame, Grey, Mask
from lib_anim.images.noise import normal

PerBand = NDArray[np.float64]  # (bands,)

SIGMAS = (0.7, 1.5)  # pixels; a move by interpolation leaves what is coarser nearly whole
_REACH = 6  # pixels: so far the widest of them looks
_PLACE = 9  # pixels: the side of the square in which detail counts as being in one place
_WIDE = 2 * _PLACE + 1  # pixels; what is narrower, its place included, is a line or an edge, which grain cannot mend
_MISSED = 0.02  # of a band's energy; less than that is not


def luminance(frame: Frame) -> Grey:
    """What the energy is that of."""
    return cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY)


def energy(light: Grey) -> Channels:
    """How much detail there is, and where: (H, W, bands)."""
    bands = _bands(light.astype(np.float32))
    return np.square(bands, out=bands)


def grain(size: tuple[int, int], rng: np.random.Generator) -> Channels:
    """Noise for each band, independent of that for the others, of mean energy 1: (H, W, bands)."""
    width, height = size
    drawn = normal((len(SIGMAS) * height, width), rng).reshape(-1, height, width)
    unit = np.sqrt(_powers().mean(axis=1)).astype(np.float32)
    return np.dstack([_bands(field)[..., band] / unit[band] for band, field in enumerate(drawn)])


def put_back(frame: Frame, noise: Channels, wanted: Channels, fresh: Mask, share: float) -> Frame:
    """`frame` with `share` (0..1) of the energy that it lacks, as `grain`, the same on red, green and blue.

    `wanted` is the energy that the picture before the move had, moved along. Means over what has texture and is not
    `fresh` say how much is missing: m = mean(wanted) - mean(energy), a number for each band. Grain of
    band c with a mean energy of q_c gives K_bc·q_c to band b; so K·q = share·m with q ≥ 0. It goes where the texture is:
    around a pixel of energy e, lone lines and edges left out (opening), its amplitude is √(q_c·e / mean(e)). What lacks
    nothing is returned as it is.
    """
    has = energy(luminance(frame))
    around = cv2.blur(has, (_PLACE, _PLACE))
    local = cv2.morphologyEx(around, cv2.MORPH_OPEN, np.ones((_WIDE, _WIDE), np.uint8))
    seen = _seen(fresh) & cv2.compare(local[..., 0], 0.5 * around[..., 0], cv2.CMP_GT)
    target = _mean(wanted, seen)
    missing = target - _mean(has, seen)
    missing[missing < _MISSED * target] = 0.0
    if not missing.any():
        return frame
    scale = np.sqrt(_solved(share * missing) / np.maximum(_mean(local, seen), 1e-6))
    added = (cv2.sqrt(local) * noise) @ scale.astype(np.float32) * (1.0 - fresh)
    return cv2.add(frame, cv2.merge([np.rint(added).astype(np.int16)] * 3), dtype=cv2.CV_8U)


def _bands(light: NDArray[np.float32]) -> Channels:
    """The bands of (H, W): (H, W, bands)."""
    blurred = (light, *(cv2.GaussianBlur(light, (0, 0), sigma) for sigma in SIGMAS))
    return cv2.merge([cv2.subtract(fine, coarse) for fine, coarse in pairwise(blurred)])


def _seen(fresh: Mask) -> Grey:
    """255 where a band sees nothing that is fresh, else 0."""
    covered = cv2.compare(fresh, 0.0, cv2.CMP_EQ)
    around = np.ones((2 * _REACH + 1, 2 * _REACH + 1), np.uint8)
    return cv2.erode(covered, around) if fresh.any() else covered


def _mean(energies: Channels, seen: Grey) -> PerBand:
    """0 where nothing is seen."""
    return np.array(cv2.mean(energies, seen)[: len(SIGMAS)])


@lru_cache(maxsize=1)
def _powers() -> NDArray[np.float64]:
    """What each band lets through of white noise of energy 1, by frequency: (bands, n)."""
    impulse = np.zeros((64, 64), np.float32)
    impulse[32, 32] = 1.0
    return np.square(np.abs(np.fft.fft2(_bands(impulse), axes=(0, 1)))).reshape(-1, len(SIGMAS)).T


def _solved(missing: PerBand) -> PerBand:
    """q ≥ 0 of K·q = missing. A band that gets enough of what is meant for others gets none of its own."""
    powers = _powers()
    gives = powers @ powers.T / powers.sum(axis=1)  # K
    on = missing > 0.0
    while on.any():
        q = np.zeros(len(SIGMAS))
        q[on] = np.linalg.solve(gives[np.ix_(on, on)], missing[on])
        if (q >= 0.0).all():
            return q
        on &= q > 0.0
    return np.zeros(len(SIGMAS))
