"""Noise that is added before painting, so that the model makes detail from it.

A field is (H, W, 3) in -1..1 with mean 0, and a pure function of its generator, which `generator` makes from
(seed, frame index). Its strength is Deforum's (standard deviation 0.72 for Gaussian grain), so that amounts mean the same as
there. Unlike Deforum's, it works at any size and does not mix the picture with grey.
"""

from __future__ import annotations

from functools import lru_cache
from statistics import NormalDist

import cv2
import numpy as np
from numpy.typing import NDArray

from lib_anim.images.frame import Channels, Frame, Mask

Plane = NDArray[np.float32]  # (H, W), any numbers
Levels = NDArray[np.int16]  # (H, W, 3): differences of levels

_SAMPLES = 4  # per cell when an octave is drawn; enlarging it then costs a quarter and shows no difference


def generator(seed: int, index: int) -> np.random.Generator:
    """Return the random generator of one frame's noise."""
    return np.random.Generator(np.random.SFC64(np.random.SeedSequence([seed % 2**64, index])))


def gaussian(size: tuple[int, int], rng: np.random.Generator) -> Channels:
    """Draw even grain: a normal field clipped to -1..1."""
    width, height = size
    return np.clip(normal((height, width * 3), rng), -1.0, 1.0).reshape(height, width, 3)


def perlin(
    size: tuple[int, int],
    rng: np.random.Generator,
    *,
    cells: tuple[int, int] = (8, 8),
    octaves: int = 4,
    persistence: float = 0.5,
) -> Channels:
    """Draw grain in clouds: a normal field times (1 + `perlin_sum`) / 2, clipped to -1..1."""
    width, height = size
    envelope = 0.5 + 0.5 * perlin_sum(size, rng, cells=cells, octaves=octaves, persistence=persistence)
    planes = normal((3 * height, width), rng).reshape(3, height, width)
    planes *= envelope
    return cv2.merge(list(np.clip(planes, -1.0, 1.0, out=planes)))


def perlin_sum(
    size: tuple[int, int], rng: np.random.Generator, *, cells: tuple[int, int], octaves: int, persistence: float
) -> Plane:
    """Return the sum over octaves k of persistence^k · Perlin noise with cells·2^k cells.

    Perlin's gradient noise (Ken Perlin, "Improving noise", 2002) with unit gradients, times √2 to fill -1..1.
    """
    total = np.zeros((1, 1), np.float32)
    for octave in range(octaves):
        columns, rows = cells[0] << octave, cells[1] << octave
        samples = min(_SAMPLES, max(1, size[0] // columns), max(1, size[1] // rows))
        drawn = _gradient_noise(rows, columns, samples, rng) * np.float32(np.sqrt(2.0) * persistence**octave)
        total = cv2.resize(total, drawn.shape[::-1], interpolation=cv2.INTER_CUBIC) + drawn
    return cv2.resize(total, size, interpolation=cv2.INTER_CUBIC)


def levels(field: Channels, amount: float) -> Levels:
    """Return what a field of this amount (0..1) adds to a frame, in levels."""
    return cv2.addWeighted(field, 127.5 * amount, field, 0.0, 0.0, dtype=cv2.CV_16S)  # rounded in one pass


def add(frame: Frame, level: Levels, mask: Mask | None = None) -> Frame:
    """Add `level`, times `mask`, to a frame. The mean does not change."""
    if mask is not None:
        level = np.rint(level * mask[..., None]).astype(np.int16)
    return cv2.add(frame, level, dtype=cv2.CV_8U)


def mix_to_grey(frame: Frame, field: Channels, amount: float, mask: Mask | None = None) -> Frame:
    """Add noise as Deforum does: (1 - amount)·frame + amount·(mid grey + noise, where the mask is white)."""
    if mask is not None:
        field = field * np.rint(mask)[..., None]
    grey = cv2.addWeighted(field, 127.5, field, 0.0, 127.5, dtype=cv2.CV_8U)
    return cv2.addWeighted(frame, 1.0 - amount, grey, amount, 0.0)


def normal(shape: tuple[int, int], rng: np.random.Generator) -> Plane:
    """Draw a normal field of `shape` (rows, columns) by inverting the distribution at 256 equally likely quantiles.

    That is precise enough, since the result is rounded to whole levels.
    """
    count = shape[0] * shape[1]
    words = rng.bit_generator.random_raw(-(-count // 8)).astype("<u8")  # the same bytes on every machine
    return cv2.LUT(words.view(np.uint8)[:count].reshape(shape), _quantiles())


@lru_cache(maxsize=1)
def _quantiles() -> NDArray[np.float32]:
    return np.array([NormalDist().inv_cdf((k + 0.5) / 256) for k in range(256)], np.float32)


def _gradient_noise(rows: int, columns: int, samples: int, rng: np.random.Generator) -> Plane:
    """Return one octave of Perlin noise: (rows·samples, columns·samples).

    At offset (x, y) in a cell it is Σ over corners (r, d) of w_r(x)·w_d(y)·(g_x·(x - r) + g_y·(y - d)). The sum over r is
    computed first for whole rows of corners; the sum over d is a product with a small matrix.
    """
    angle = rng.random((rows + 1, columns + 1), np.float32) * np.float32(2.0 * np.pi)
    at = (np.arange(samples, dtype=np.float32) + 0.5) / samples
    fade = at * at * at * (at * (at * 6.0 - 15.0) + 10.0)
    weights = np.stack([1.0 - fade, fade])  # (2, samples)
    slopes = weights * np.stack([at, at - 1.0])
    across, down = (
        sum(gradient[:, r : columns + r, None] * factor[r] for r in (0, 1)).reshape(rows + 1, columns * samples)
        for gradient, factor in ((np.cos(angle), slopes), (np.sin(angle), weights))
    )
    corners = np.stack([across[:-1], across[1:], down[:-1], down[1:]], axis=1)  # (rows, 4, columns·samples)
    mixed: Channels = np.concatenate([weights, slopes]).T @ corners  # (rows, samples, columns·samples)
    return mixed.reshape(rows * samples, columns * samples)
