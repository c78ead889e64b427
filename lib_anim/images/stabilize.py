"""Stabilisation: the temporal filter and the correction of a frame's look."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np

from lib_anim.images.frame import Frame, Mask
from lib_anim.images.metrics import Look, fine, lab, look_of, rgb

_AROUND = 2.0  # pixels: sigma over which changes are averaged before they are weighted
_MOST = 1.5  # correction factors are limited to 1/1.5 .. 1.5, so that faint noise in an empty picture is not amplified
_EMPTY = 0.05  # CIELAB units: smaller spreads are not scaled


def temporal_filter(painted: Frame, moved: Frame, fresh: Mask, share: float, tolerance: float) -> Frame:
    """Return `painted` blended towards `moved` where they differ little.

    The weight is share·exp(-(d / tolerance)²) (Welsch's) with d the local mean difference in levels, so that large changes
    remain. It is 0 where `fresh` is 1, since nothing was there before.
    """
    change = cv2.cvtColor(cv2.absdiff(painted, moved), cv2.COLOR_RGB2GRAY).astype(np.float32)
    around = cv2.GaussianBlur(change, (0, 0), _AROUND)
    back: Mask = cv2.exp(around * around * np.float32(-1.0 / tolerance**2)) * (np.float32(share) * (1.0 - fresh))
    return cv2.blendLinear(painted, moved, 1.0 - back, back)


class Correction(NamedTuple):
    """How a frame's look was corrected: CIELAB units that were added, and factors."""

    lightness: float
    a: float
    b: float
    contrast: float
    saturation: float
    detail: float


def held(frame: Frame, wanted: Look, share: float) -> tuple[Frame, Correction]:
    """Correct a frame's look towards `wanted` by `share` (0..1); return the frame and the correction.

    L is scaled about its mean, its fine part once more, and chroma about grey; then the means are shifted. Factors are
    (wanted / now)^share, so an engine that changes a value by a factor q at every frame converges to
    q^((1 - share) / share) times the wanted value.
    """
    colours = lab(frame)
    detail = fine(colours[..., 0])
    now = look_of(colours, detail)
    contrast, saturation = (_ratio(now[k], wanted[k], share) for k in (3, 4))
    # scaling L scales detail too; `crisp` is the remaining factor
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
