"""People as skeletons, drawn as OpenPose draws them: what pose networks were trained to read.

A body has 18 points: nose, neck, right shoulder, elbow, wrist, the same on the left, right hip, knee, ankle, the same on the
left, right eye, left eye, right ear, left ear. "Right" is the person's own.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from lib_anim.images.frame import Frame

Body = NDArray[np.float64]  # (18, 2): x and y in pixels; NaN where a point is missing

POINTS = 18
LIMBS = (
    *((1, 2), (1, 5), (2, 3), (3, 4), (5, 6), (6, 7)),  # shoulders and arms
    *((1, 8), (8, 9), (9, 10), (1, 11), (11, 12), (12, 13)),  # trunk and legs
    *((1, 0), (0, 14), (14, 16), (0, 15), (15, 17)),  # head
)
COLOURS = (  # of the points; limb n has the n-th, darker
    *((255, 0, 0), (255, 85, 0), (255, 170, 0), (255, 255, 0), (170, 255, 0), (85, 255, 0)),
    *((0, 255, 0), (0, 255, 85), (0, 255, 170), (0, 255, 255), (0, 170, 255), (0, 85, 255)),
    *((0, 0, 255), (85, 0, 255), (170, 0, 255), (255, 0, 255), (255, 0, 170), (255, 0, 85)),
)
_DARKER = 0.6
_STICK = 4 / 512  # half a limb's width, and a point's radius, over the shorter side
_FINE = 4  # fractional bits of the coordinates that OpenCV is given


def draw_skeletons(bodies: list[Body], size: tuple[int, int]) -> Frame:
    """Draw people on black; size is (width, height). A limb is drawn where both of its ends are there."""
    width, height = size
    picture = np.zeros((height, width, 3), np.uint8)
    stick = max(_STICK * min(size), 1.0)
    across = np.array([stick, 0.0])
    for body in bodies:
        for (a, b), colour in zip(LIMBS, COLOURS, strict=False):
            if np.isfinite(body[[a, b]]).all():
                _fill(picture, _ellipse(body[a], body[b], stick), _darker(colour))
        for point, colour in zip(body, COLOURS, strict=True):
            if np.isfinite(point).all():
                _fill(picture, _ellipse(point - across, point + across, stick), colour)
    return picture


def _ellipse(a: NDArray[np.float64], b: NDArray[np.float64], half: float) -> NDArray[np.float64]:
    """Return the outline (32, 2) of an ellipse from a to b that is 2 * half wide in its middle."""
    along = (b - a) / 2
    length = max(float(np.hypot(*along)), 1e-6)
    across = np.array([-along[1], along[0]]) * (half / length)
    turn = np.linspace(0, 2 * np.pi, 32, endpoint=False)[:, None]
    return (a + b) / 2 + np.cos(turn) * along + np.sin(turn) * across


def _fill(picture: Frame, outline: NDArray[np.float64], colour: tuple[int, int, int]) -> None:
    points = np.round(np.clip(outline, -8192, 8192) * 2**_FINE).astype(np.int32)
    cv2.fillPoly(picture, [points], colour, cv2.LINE_AA, _FINE)


def _darker(colour: tuple[int, int, int]) -> tuple[int, int, int]:
    red, green, blue = (int(c * _DARKER) for c in colour)
    return red, green, blue
