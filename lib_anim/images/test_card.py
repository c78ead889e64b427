"""Pictures that make motion and masks visible: a test card, an outline and a tint for any picture."""

from __future__ import annotations

import cv2
import numpy as np

from lib_anim.images.blend import blend, mix
from lib_anim.images.frame import Frame, Mask, to_uint8

TINT, TINT_OPACITY = (255, 0, 144), 0.5  # as on the page, in javascript/page/mask.mjs


def test_card(size: tuple[int, int]) -> Frame:
    """Draw a grid, rings around the centre, and a different colour in each corner, so that every motion is visible."""
    width, height = size
    x, y = np.meshgrid(np.linspace(0, 1, width, dtype=np.float32), np.linspace(0, 1, height, dtype=np.float32))
    corners = np.array([[214, 96, 77], [244, 199, 102], [67, 130, 180], [90, 174, 97]], np.float32)  # TL TR BL BR
    top = corners[0] * (1 - x)[..., None] + corners[1] * x[..., None]
    bottom = corners[2] * (1 - x)[..., None] + corners[3] * x[..., None]
    card = to_uint8(top * (1 - y)[..., None] + bottom * y[..., None])
    step, centre = max(min(width, height) // 8, 4), (width // 2, height // 2)
    for at in range(centre[0] % step, width, step):
        cv2.line(card, (at, 0), (at, height), (245, 245, 245), 1, cv2.LINE_AA)
    for at in range(centre[1] % step, height, step):
        cv2.line(card, (0, at), (width, at), (245, 245, 245), 1, cv2.LINE_AA)
    for radius in range(step, min(width, height) // 2 + 1, step):
        cv2.circle(card, centre, radius, (40, 44, 52), max(1, step // 16), cv2.LINE_AA)
    return card


def outlined(frame: Frame, weight: float) -> Frame:
    """Draw a white rectangle inset by a sixth of the shorter side; `weight` is 0 invisible .. 1 opaque."""
    height, width = frame.shape[:2]
    inset, thickness = min(width, height) // 6, max(1, min(width, height) // 128)
    outline = frame.copy()
    cv2.rectangle(outline, (inset, inset), (width - 1 - inset, height - 1 - inset), (255, 255, 255), thickness)
    return mix(outline, frame, weight, 1.0 - weight)


def tinted(frame: Frame, mask: Mask) -> Frame:
    """Tint a picture where a mask is white."""
    share = mask * np.float32(TINT_OPACITY)
    return blend(frame, np.full_like(frame, TINT), np.float32(1.0) - share, share)
