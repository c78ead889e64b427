"""Poses between two key poses: limbs turn and keep their length, where straight lines would shrink them.

Coordinates are in pixels of the picture, since angles need square ones.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lib_anim.images.skeleton import BONES, FACE, LEFT_HAND, LIMBS, POINTS, RIGHT_HAND, Body

NOSE, NECK, RIGHT_WRIST, LEFT_WRIST = 0, 1, 4, 7  # a body hangs from the neck
_HANDS = ((LEFT_HAND.start, LEFT_WRIST), (RIGHT_HAND.start, RIGHT_WRIST))
_PARENTS = {  # each parent stands before its children
    **{child: parent for parent, child in LIMBS},
    **dict(_HANDS),
    **{first + child: first + parent for first, _ in _HANDS for parent, child in BONES},
}


def tween(before: Body, after: Body, share: float) -> Body:
    """Return the pose `share` 0..1 of the way: the neck goes straight, every limb and finger turns the shorter way.

    Lengths change evenly. A point that is missing in one of them is missing. A point without its parent goes straight too. Both
    poses have as many points.
    """
    body = before + (after - before) * share
    for child, parent in _PARENTS.items():
        if child >= len(body) or not np.isfinite(body[child]).all():
            continue
        limbs = before[child] - before[parent], after[child] - after[parent]
        if np.isfinite([*limbs, body[parent]]).all():
            body[child] = body[parent] + _turned(*limbs, share)
    body[FACE] = _face(before, after, body, share)
    return body


def _face(before: Body, after: Body, body: Body, share: float) -> Body:
    """Return the face: it moves with the nose and turns with the line from the neck to it; without these it goes straight."""
    heads = np.array([one[NOSE] - one[NECK] for one in (before, after, body)])
    if not np.isfinite(heads).all() or not np.hypot(*heads.T).all():
        return body[FACE]
    turns = [np.exp(1j * np.arctan2(y, x)) for x, y in heads]
    first, last = (_complex(one[FACE] - one[NOSE]) / turn for one, turn in zip((before, after), turns, strict=False))
    face = (first + (last - first) * share) * turns[2]
    moved: Body = np.stack([face.real, face.imag], axis=1) + body[NOSE]
    return moved


def _complex(points: Body) -> NDArray[np.complex128]:
    return points[:, 0] + 1j * points[:, 1]


def _turned(before: Body, after: Body, share: float) -> Body:
    """Interpolate two vectors by angle and length."""
    (angle, turn), lengths = _angles(before, after), (np.hypot(*before), np.hypot(*after))
    length, at = lengths[0] + (lengths[1] - lengths[0]) * share, angle + turn * share
    return np.array([length * np.cos(at), length * np.sin(at)])


def _angles(before: Body, after: Body) -> tuple[float, float]:
    """Return the first vector's angle, and by how much it turns to the second, -π..π."""
    first, second = (float(np.arctan2(limb[1], limb[0])) for limb in (before, after))
    return first, (second - first + np.pi) % (2 * np.pi) - np.pi


def matched(before: Sequence[Body], after: Sequence[Body]) -> list[tuple[Body, Body]]:
    """Pair the people of two key poses, the nearest ones first; who has no partner is in no pair."""
    apart = sorted(
        (float(np.hypot(*(_middle(b) - _middle(a)))), i, k) for i, a in enumerate(before) for k, b in enumerate(after)
    )
    left, right = set(range(len(before))), set(range(len(after)))
    pairs: list[tuple[int, int]] = []
    for _, i, k in apart:
        if i in left and k in right:
            pairs.append((i, k))
            left.remove(i)
            right.remove(k)
    return [(before[i], after[k]) for i, k in sorted(pairs)]


def _middle(body: Body) -> Body:
    """Return the mean of the body's points, or of hands and face alone; readers leave out people without any."""
    points = body[:POINTS] if np.isfinite(body[:POINTS]).any() else body
    middle: Body = np.nanmean(points, axis=0)
    return middle
