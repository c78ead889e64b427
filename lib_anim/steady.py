"""What keeps a film steady: small changes taken back."""

from __future__ import annotations

import cv2
import numpy as np

from lib_anim.frame import Frame

_AROUND = 2.0  # pixels: sigma within which a change is judged as a whole


def temporal_filter(painted: Frame, moved: Frame, fresh: np.ndarray, share: float, tolerance: float) -> Frame:
    """`painted` with `share` (0..1) of its small differences from `moved` taken back.

    A difference of d levels, mean over its surroundings, counts exp(-(d / tolerance)²), so that what is really new passes
    (Welsch's weight); where `fresh` ((H, W) float32, 0..1) is 1 there is nothing to compare with.
    """
    change = cv2.cvtColor(cv2.absdiff(painted, moved), cv2.COLOR_RGB2GRAY).astype(np.float32)
    around = cv2.GaussianBlur(change, (0, 0), _AROUND)
    back = cv2.exp(around * around * np.float32(-1.0 / tolerance**2)) * (np.float32(share) * (1.0 - fresh))
    return cv2.blendLinear(painted, moved, 1.0 - back, back)
