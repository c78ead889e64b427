"""Poses between two key poses: limbs turn and keep their length, where straight lines would shrink them.

Coordinates are in pixels of the picture, since angles need square ones.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lib_anim.images.skeleton import LIMBS, POINTS, Body

NECK = 1  # where a body hangs from
_PARENTS = {child: parent for parent, child in LIMBS}  # in LIMBS each parent stands before its children


def tween(before: Body, after: Body, share: float) -> Body:
    """Return the pose `share` 0..1 of the way: the neck goes straight, every limb turns the shorter way.

    Lengths change evenly. A point that is missing in one of them is missing. A point without its parent goes straight too.
    """
    straight = before + (after - before) * share
    body = np.full((POINTS, 2), np.nan)
    body[NECK] = straight[NECK]
    for child, parent in _PARENTS.items():
        limbs = before[child] - before[parent], after[child] - after[parent]
        hangs = np.isfinite([*limbs, body[parent]]).all()
        body[child] = body[parent] + _turned(*limbs, share) if hangs else straight[child]
    return body


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
    """Return the mean of the points that are there; readers leave out people without any."""
    middle: Body = np.nanmean(body, axis=0)
    return middle
