"""Effects: mirror, kaleidoscope, tunnel, glow, grade. Numbers and pictures in, pictures out.

Mirror, kaleidoscope and tunnel move pixels, so they also accept masks: (H, W) or (H, W, C), uint8 or float32. Applying one of
them repeatedly converges to a picture that it leaves unchanged, so it can be applied to every frame that is fed back.
`centre` is in fractions of the size: 0 is the first pixel's centre, 1 the last one's.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from lib_anim.images.frame import Frame, Pixel, to_uint8
from lib_anim.images.warp import Warp

Levels = NDArray[np.float64]  # any shape, 0..1
Places = NDArray[np.intp]  # (n,): indices of columns or rows

_SEAM = 0.25  # width of the tunnel's seam, as a share of the way from a copy's rim to the centre
_LUMA = np.array([0.299, 0.587, 0.114])  # ITU-R BT.601, as in color.grayscale
_COARSEST = 8  # a glow is blurred on a picture at most this many times smaller


def towards(picture: NDArray[Pixel], other: NDArray[Pixel], share: float) -> NDArray[Pixel]:
    """Blend from `picture` (share 0) to `other` (share 1)."""
    return other if share == 1.0 else cv2.addWeighted(picture, 1.0 - share, other, share, 0.0)


def mirror(picture: NDArray[Pixel], *, sideways: bool, down: bool) -> NDArray[Pixel]:
    """Mirror the left half onto the right, the top half onto the bottom, or both."""
    mirrored = picture.copy()
    height, width = picture.shape[:2]
    if sideways:
        mirrored[:, width - width // 2 :] = mirrored[:, : width // 2][:, ::-1]
    if down:
        mirrored[height - height // 2 :] = mirrored[: height // 2][::-1]
    return mirrored


def kaleidoscope(
    size: tuple[int, int],
    folds: int,
    *,
    angle_deg: float = 0.0,
    centre: tuple[float, float] = (0.5, 0.5),
) -> Warp:
    """Return the warp that repeats one wedge of π/`folds` around `centre`, every second one mirrored.

    Let a be a point's angle from `angle_deg`, counter-clockwise on screen. The point is read at its own distance from `centre`
    and at angle |a - k·2π/folds|, with the whole number k that minimises it. It is folded over one line after another, each
    of which halves the angle, so that positions inside the wedge stay exact and bilinear sampling adds no blur when the warp
    is applied again. Outside of the picture is its reflection.
    """
    x, y = _centre_px(size, centre)
    right = np.arange(size[0], dtype=np.float32) - np.float32(x)
    up = np.float32(y) - np.arange(size[1], dtype=np.float32)[:, None]
    start, halvings = np.radians(angle_deg), int(np.ceil(np.log2(folds)))
    for line in (start + np.pi, *(start + np.pi / folds * 2**k for k in reversed(range(halvings)))):
        normal = np.float32(np.sin(line)), np.float32(-np.cos(line))  # towards the side that stays
        beyond = 2.0 * np.minimum(right * normal[0] + up * normal[1], 0.0)
        right, up = right - beyond * normal[0], up - beyond * normal[1]
    grid = np.stack([np.float32(x) + right, np.float32(y) - up], axis=2)
    return Warp(size, grid=grid, border="reflection", sampling="bilinear")


def tunnel(picture: NDArray[Pixel], ratio: float, *, centre: tuple[float, float] = (0.5, 0.5)) -> NDArray[Pixel]:
    """Draw the picture `ratio` times smaller in its own centre, and again in that copy, until a copy is a point.

    T(p) = (1 - w)·picture(p) + w·T(c + ratio·(p - c)), with w = smoothstep((1 - ratio·n) / _SEAM) and n the length of p - c in
    half sides of the picture. Copy j covers n < 1 / ratio^j and is computed from copy j - 1.
    """
    size, middle = picture.shape[1::-1], _centre_px(picture.shape[1::-1], centre)
    x, y = (np.float32(2.0 / side) * (np.arange(side) - at).astype(np.float32) for side, at in zip(size, middle, strict=True))
    done = picture.astype(np.float32)
    for count in range(1, int(np.log(max(size)) / np.log(ratio)) + 1):
        columns, rows = (np.flatnonzero(np.abs(axis) < ratio**-count) for axis in (x, y))
        if not (columns.size and rows.size):
            break
        box = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
        distance = np.sqrt(np.square(x[columns]) + np.square(y[rows, None]))
        inwards = np.clip((1.0 - ratio * distance) / _SEAM, 0.0, 1.0)
        weight = inwards * inwards * (3.0 - 2.0 * inwards)
        done[box] = cv2.blendLinear(
            picture[box].astype(np.float32), _shrink(done, ratio, middle, (columns, rows)), 1.0 - weight, weight
        )
    finished = _round(done) if picture.dtype == np.uint8 else done
    return finished.astype(picture.dtype, copy=False)


def glow(frame: Frame, amount: float, *, radius_px: float = 16.0, threshold: float = 0.7) -> Frame:
    """Blur what is brighter than `threshold` (0..1) by `radius_px` and screen it over the frame.

    out = v + g·(1 - v) with g = amount·blur(max(v - threshold, 0)) / (1 - threshold), each channel separately, v in 0..1. The
    blur is a Gaussian with sigma `radius_px`. A wide one is computed on a smaller picture: area averaging and bilinear
    enlarging together have a variance of 1/4 of a coarse pixel squared, which is subtracted from the Gaussian's.
    """
    if amount == 0.0:
        return frame
    height, width = frame.shape[:2]
    coarse = int(np.clip(2.0 ** np.floor(np.log2(radius_px)), 1, _COARSEST))
    bright = cv2.subtract(frame, (255.0 * threshold,) * 4).astype(np.float32)
    small = cv2.resize(bright, (max(1, width // coarse), max(1, height // coarse)), interpolation=cv2.INTER_AREA)
    sigma = np.sqrt((radius_px / coarse) ** 2 - (coarse > 1) / 4.0)
    small = cv2.GaussianBlur(small, (0, 0), sigma, borderType=cv2.BORDER_REFLECT)
    light = cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR)
    scale = amount / (255.0 * (1.0 - threshold))
    return cv2.add(frame, cv2.multiply(255 - frame, light, scale=scale, dtype=cv2.CV_8U))


def grade(
    frame: Frame,
    *,
    exposure_stops: float = 0.0,
    lift: float = 0.0,
    gamma: float = 1.0,
    gain: float = 1.0,
    saturation: float = 1.0,
) -> Frame:
    """Grade a frame: exposure in linear light, then lift, gain and gamma on sRGB values, then saturation.

    v' = (gain·(v + lift·(1 - v)))^(1/gamma), clipped to 0..1; then grey of the same luma + `saturation`·(colour - grey).
    """
    light = _to_linear(np.arange(256) / 255.0) * 2.0**exposure_stops
    lifted = _to_srgb(np.clip(light, 0.0, 1.0))
    curve = np.clip(gain * (lifted + lift * (1.0 - lifted)), 0.0, 1.0) ** (1.0 / gamma)
    levels = (255.0 * curve).astype(np.float32)
    if saturation == 1.0:
        return cv2.LUT(frame, to_uint8(levels))
    mixed = saturation * np.eye(3) + (1.0 - saturation) * _LUMA
    return _round(cv2.transform(cv2.LUT(frame, levels), mixed))


def _centre_px(size: tuple[int, int], centre: tuple[float, float]) -> tuple[float, float]:
    """Convert a place in fractions of the size to pixels."""
    return (size[0] - 1) * centre[0], (size[1] - 1) * centre[1]


def _shrink(
    picture: NDArray[np.float32], ratio: float, middle: tuple[float, float], pixels: tuple[Places, Places]
) -> NDArray[np.float32]:
    """Return the pixels (columns, rows) of `picture` shrunk `ratio` times about `middle`, averaged against aliasing."""
    columns, rows = pixels
    wide = int(ratio - 1.0) // 2 * 2 + 1  # odd; bilinear sampling averages the rest
    smooth = cv2.blur(picture, (wide, wide)) if wide > 1 else picture
    offset = (middle[0] + ratio * (columns[0] - middle[0]), middle[1] + ratio * (rows[0] - middle[1]))
    matrix = np.array([[ratio, 0.0, offset[0]], [0.0, ratio, offset[1]]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return cv2.warpAffine(smooth, matrix, (columns.size, rows.size), flags=flags, borderMode=cv2.BORDER_REFLECT)


def _to_linear(values: Levels) -> Levels:
    """Convert sRGB values in 0..1 to linear light (IEC 61966-2-1)."""
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def _to_srgb(light: Levels) -> Levels:
    """Convert linear light to sRGB values in 0..1."""
    return np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1.0 / 2.4) - 0.055)


def _round(values: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Round and clip float32 to uint8 in one pass."""
    return cv2.add(values, 0.0, dtype=cv2.CV_8U)
