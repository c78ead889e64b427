"""What keeps a film steady: small changes taken back, and the look of its first pictures kept."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np

from lib_anim.images.frame import Frame, Mask
from lib_anim.images.metrics import Look, fine, lab, look_of, rgb

_AROUND = 2.0  # pixels: sigma within which a change is judged as a whole
_MOST = 1.5  # factors of a correction are from 1/1.5 to 1.5, so that an empty picture is not filled with amplified dust
_EMPTY = 0.05  # of CIELAB: spreads below are nothing to multiply


def temporal_filter(painted: Frame, moved: Frame, fresh: Mask, share: float, tolerance: float) -> Frame:
    """`painted` with `share` (0..1) of its small differences from `moved` taken back.

    A difference of d levels, mean over its surroundings, counts exp(-(d / tolerance)²), so that what is really new passes
    (Welsch's weight); where `fresh` is 1 there is nothing to compare with.
    """
    change = cv2.cvtColor(cv2.absdiff(painted, moved), cv2.COLOR_RGB2GRAY).astype(np.float32)
    around = cv2.GaussianBlur(change, (0, 0), _AROUND)
    back: Mask = cv2.exp(around * around * np.float32(-1.0 / tolerance**2)) * (np.float32(share) * (1.0 - fresh))
    return cv2.blendLinear(painted, moved, 1.0 - back, back)


class Correction(NamedTuple):
    """What was done to a frame's look: CIELAB units that were added, and factors."""

    lightness: float
    a: float
    b: float
    contrast: float
    saturation: float
    detail: float


def held(frame: Frame, wanted: Look, share: float) -> tuple[Frame, Correction]:
    """The frame with its look brought towards `wanted`, `share` (0..1) of the way, and how that was done.

    Light is stretched about its mean and its fine part once more, colour about grey; then means are shifted. A ratio goes
    `share` of its way as its power, so what a painter drives off by a factor q with every frame settles at
    q^((1 - share) / share) of what is wanted.
    """
    colours = lab(frame)
    detail = fine(colours[..., 0])
    now = look_of(colours, detail)
    contrast, saturation = (_ratio(now[k], wanted[k], share) for k in (3, 4))
    # stretching light stretches detail too, so the rest is what detail is still short of
    crisp = _ratio(now.detail * contrast, wanted.detail, share)
    mean = np.array((now.lightness, now.a * saturation, now.b * saturation))
    shift = share * (np.array(wanted[:3]) - mean)
    light = cv2.addWeighted(
        colours[..., 0], contrast, detail, contrast * (crisp - 1.0), now.lightness * (1.0 - contrast) + shift[0]
    )
    colour = (cv2.addWeighted(colours[..., k], saturation, colours[..., k], 0.0, float(shift[k])) for k in (1, 2))
    correction = Correction(float(shift[0]), float(shift[1]), float(shift[2]), contrast, saturation, crisp)
    return rgb(cv2.merge([light, *colour])), correction


def _ratio(now: float, wanted: float, share: float) -> float:
    if min(now, wanted) < _EMPTY:
        return 1.0
    return float(np.clip((wanted / now) ** share, 1.0 / _MOST, _MOST))
