"""Detail: the fine energy of a picture, and noise that restores what resampling removed.

A band is the difference of two blurs of the luminance: light - G(0.7), the finest, and G(0.7) - G(1.5), where G(s) is the
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

SIGMAS = (0.7, 1.5)  # pixels; interpolation hardly changes coarser detail
_SUPPORT = 6  # pixels: radius of the widest Gaussian's support
_NEIGHBOURHOOD = 9  # pixels: side of the square over which local energy is averaged
_OPENING = 2 * _NEIGHBOURHOOD + 1  # pixels; a narrower region of energy is a line or an edge, which grain cannot restore
_NEGLIGIBLE = 0.02  # share of a band's energy; a smaller loss is ignored


def luminance(frame: Frame) -> Grey:
    """Return the luminance, whose energy is measured: (H, W)."""
    return cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY)


def energy(light: Grey) -> Channels:
    """Return the energy of each band at each pixel: (H, W, bands)."""
    bands = _bands(light.astype(np.float32))
    return np.square(bands, out=bands)


def grain(size: tuple[int, int], rng: np.random.Generator) -> Channels:
    """Draw independent noise for each band, with mean energy 1: (H, W, bands)."""
    width, height = size
    drawn = normal((len(SIGMAS) * height, width), rng).reshape(-1, height, width)
    unit = np.sqrt(_powers().mean(axis=1)).astype(np.float32)
    return np.dstack([_bands(field)[..., band] / unit[band] for band, field in enumerate(drawn)])


def put_back(frame: Frame, noise: Channels, wanted: Channels, fresh: Mask, share: float) -> Frame:
    """Add `share` (0..1) of the missing energy to `frame` as `grain`, equally to red, green and blue.

    `wanted` is the energy of the picture before the move, moved along. The missing energy of each band is
    m = mean(wanted) - mean(energy), where means are over textured pixels that are not `fresh`. Grain of band c with mean
    energy q_c contributes K_bc·q_c to band b, so K·q = share·m is solved with q ≥ 0. The grain follows the texture: at a
    pixel of local energy e, after an opening that removes lone lines and edges, its amplitude is √(q_c·e / mean(e)).
    A frame that lacks nothing is returned unchanged.
    """
    has = energy(luminance(frame))
    around = cv2.blur(has, (_NEIGHBOURHOOD, _NEIGHBOURHOOD))
    local = cv2.morphologyEx(around, cv2.MORPH_OPEN, np.ones((_OPENING, _OPENING), np.uint8))
    comparable = _comparable(fresh) & cv2.compare(local[..., 0], 0.5 * around[..., 0], cv2.CMP_GT)
    target = _mean(wanted, comparable)
    missing = target - _mean(has, comparable)
    missing[missing < _NEGLIGIBLE * target] = 0.0
    if not missing.any():
        return frame
    scale = np.sqrt(_solve(share * missing) / np.maximum(_mean(local, comparable), 1e-6))
    added = (cv2.sqrt(local) * noise) @ scale.astype(np.float32) * (1.0 - fresh)
    return cv2.add(frame, cv2.merge([np.rint(added).astype(np.int16)] * 3), dtype=cv2.CV_8U)


def _bands(light: NDArray[np.float32]) -> Channels:
    """Return the bands (H, W, bands) of (H, W)."""
    blurred = (light, *(cv2.GaussianBlur(light, (0, 0), sigma) for sigma in SIGMAS))
    return cv2.merge([cv2.subtract(fine, coarse) for fine, coarse in pairwise(blurred)])


def _comparable(fresh: Mask) -> Grey:
    """Return 255 where no fresh pixel is within the bands' support, else 0."""
    covered = cv2.compare(fresh, 0.0, cv2.CMP_EQ)
    around = np.ones((2 * _SUPPORT + 1, 2 * _SUPPORT + 1), np.uint8)
    return cv2.erode(covered, around) if fresh.any() else covered


def _mean(energies: Channels, comparable: Grey) -> PerBand:
    """Return the mean energies where `comparable`, 0 if it is empty."""
    return np.array(cv2.mean(energies, comparable)[: len(SIGMAS)])


@lru_cache(maxsize=1)
def _powers() -> NDArray[np.float64]:
    """Return the power spectrum of each band's filter: (bands, frequencies)."""
    impulse = np.zeros((64, 64), np.float32)
    impulse[32, 32] = 1.0
    return np.square(np.abs(np.fft.fft2(_bands(impulse), axes=(0, 1)))).reshape(-1, len(SIGMAS)).T


def _solve(missing: PerBand) -> PerBand:
    """Solve K·q = missing for q ≥ 0. A band that the grain of other bands already fills gets none of its own."""
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
