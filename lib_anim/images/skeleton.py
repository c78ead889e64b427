"""People as skeletons, drawn as OpenPose draws them: what pose networks were trained to read.

A body has 18 points: nose, neck, right shoulder, elbow, wrist, the same on the left, right hip, knee, ankle, the same on the
left, right eye, left eye, right ear, left ear. "Right" is the person's own. A left hand, a right hand and a face can follow. A
hand has 21 points: the wrist, then four of each finger, outwards, from the thumb on. A face has 70: jaw, brows, nose, eyes and
lips, as dlib numbers them, and the pupils.
"""

from __future__ import annotations

import colorsys
from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from lib_anim.images.frame import Frame

Colour = tuple[int, int, int]
Body = NDArray[np.float64]  # (18, 2), or (130, 2) with hands and face: x and y in pixels; NaN where a point is missing

POINTS, OF_HAND, OF_FACE = 18, 21, 70
LEFT_HAND = slice(POINTS, POINTS + OF_HAND)
RIGHT_HAND = slice(LEFT_HAND.stop, LEFT_HAND.stop + OF_HAND)
FACE = slice(RIGHT_HAND.stop, RIGHT_HAND.stop + OF_FACE)
BONES = tuple((4 * finger + joint if joint else 0, 4 * finger + joint + 1) for finger in range(5) for joint in range(4))
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
_JOINT, _OF_FACE = (0, 0, 255), (255, 255, 255)
_DARKER = 0.6
# over the shorter side: half a limb's width, which is the radius of a point too; half a bone's width; the radius in a face
_STICK, _BONE, _DOT = 4 / 512, 1 / 512, 3 / 512
_FINE = 4  # fractional bits of the coordinates that OpenCV is given


def draw_skeletons(bodies: list[Body], size: tuple[int, int]) -> Frame:
    """Draw people on black; size is (width, height). A limb is drawn where both of its ends are there."""
    width, height = size
    picture = np.zeros((height, width, 3), np.uint8)
    stick = max(_STICK * min(size), 1.0)
    for body in bodies:
        for (a, b), colour in zip(LIMBS, COLOURS, strict=False):
            if np.isfinite(body[[a, b]]).all():
                _fill(picture, _ellipse(body[a], body[b], stick), _darker(colour))
        _dots(picture, body[:POINTS], COLOURS, stick)
        for hand in (body[LEFT_HAND], body[RIGHT_HAND]):
            _draw_hand(picture, hand)
        _dots(picture, body[FACE], [_OF_FACE] * OF_FACE, max(_DOT * min(size), 1.0))
    return picture


def _draw_hand(picture: Frame, hand: Body) -> None:
    shorter = min(picture.shape[:2])
    for n, (a, b) in enumerate(BONES if len(hand) else ()):
        if np.isfinite(hand[[a, b]]).all():
            _fill(picture, _bar(hand[a], hand[b], max(_BONE * shorter, 0.5)), _hue(n / len(BONES)))
    _dots(picture, hand, [_JOINT] * OF_HAND, max(_STICK * shorter, 1.0))


def _dots(picture: Frame, points: Body, colours: Sequence[Colour], radius: float) -> None:
    """Draw the points that are there."""
    across = np.array([radius, 0.0])
    for point, colour in zip(points, colours, strict=False):
        if np.isfinite(point).all():
            _fill(picture, _ellipse(point - across, point + across, radius), colour)


def _bar(a: Body, b: Body, half: float) -> Body:
    """Return the corners of a line from a to b that is 2 * half wide."""
    along = (b - a) / max(float(np.hypot(*(b - a))), 1e-6)
    across = np.array([-along[1], along[0]]) * half
    return np.array([a + across, b + across, b - across, a - across])


def _ellipse(a: NDArray[np.float64], b: NDArray[np.float64], half: float) -> NDArray[np.float64]:
    """Return the outline (32, 2) of an ellipse from a to b that is 2 * half wide in its middle."""
    along = (b - a) / 2
    length = max(float(np.hypot(*along)), 1e-6)
    across = np.array([-along[1], along[0]]) * (half / length)
    turn = np.linspace(0, 2 * np.pi, 32, endpoint=False)[:, None]
    return (a + b) / 2 + np.cos(turn) * along + np.sin(turn) * across


def _fill(picture: Frame, outline: NDArray[np.float64], colour: Colour) -> None:
    points = np.round(np.clip(outline, -8192, 8192) * 2**_FINE).astype(np.int32)
    cv2.fillPoly(picture, [points], colour, cv2.LINE_AA, _FINE)


def _darker(colour: Colour) -> Colour:
    red, green, blue = (int(c * _DARKER) for c in colour)
    return red, green, blue


def _hue(share: float) -> Colour:
    """Return a pure colour: 0 red, 1/3 green, 2/3 blue."""
    red, green, blue = (round(255 * level) for level in colorsys.hsv_to_rgb(share, 1.0, 1.0))
    return red, green, blue
