"""Contexts: the pictures of a clip that a motion module looks over at a time, and how their outputs are joined.

The schedule is that of the AnimateDiff extension, known as uniform contexts: at every step contexts begin elsewhere, so that
their borders do not show.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from lib_anim.engines.clips import Contexts

_BITS = 64


def contexts_of(n_pictures: int, rule: Contexts, step: int) -> list[list[int]]:
    """Return the contexts at a sampling step: the pictures of each in the order in which the model sees them."""
    if n_pictures <= rule.length:
        return [list(range(n_pictures))]
    found: list[list[int]] = []
    for gap in gaps(n_pictures, rule):
        for start in _starts(n_pictures, rule, gap, _shuffled(step)):
            pictures = [(start + place * gap) % n_pictures for place in range(rule.length)]
            wraps = pictures[-1] < pictures[0]
            open_end = rule.closed_loop == "N" and gap == 1 and wraps
            found += _ends(n_pictures, rule.length, found) if open_end else [pictures]
    return found


def gaps(n_pictures: int, rule: Contexts) -> list[int]:
    """Return the distances between pictures of a context: 1, 2, 4, …; no more than a clip of this length can use."""
    useful = math.ceil(math.log2(n_pictures / rule.length)) + 1
    return [2**level for level in range(max(min(rule.stride, useful), 1))]


def weights_of(n_pictures: int, blend: str) -> list[float]:
    """Return the weights of a context's pictures in a mean: 1, 2, 3, 3, 2, 1 for a pyramid."""
    if blend == "pyramid":
        return [float(min(place, n_pictures - 1 - place) + 1) for place in range(n_pictures)]
    return [1.0] * n_pictures


def free_noise_order(n_pictures: int, rule: Contexts, shuffles: Sequence[Sequence[int]]) -> list[int]:
    """Return which picture's noise each picture gets (FreeNoise, Qiu et al. 2023, arXiv:2310.15169).

    The first context keeps its own. After it each window of a context's step has the noise of the window a context before,
    shuffled by the next of `shuffles`, which are orders of that many places.
    """
    order = list(range(n_pictures))
    step = rule.length - rule.shared
    for shuffle, begin in zip(shuffles, range(rule.length, n_pictures, step), strict=True):
        window = order[begin - rule.length : begin - rule.length + step]
        order[begin : begin + step] = [window[place] for place in shuffle][: n_pictures - begin]
    return order


def _starts(n_pictures: int, rule: Contexts, gap: int, offset: float) -> range:
    pad = round(n_pictures * offset)
    stop = n_pictures + pad - (0 if rule.closed_loop == "A" else rule.shared)
    return range(int(offset * gap) + pad, stop, rule.length * gap - rule.shared)


def _ends(n_pictures: int, length: int, found: list[list[int]]) -> Iterator[list[int]]:
    """Yield the last and the first context of an open clip, as far as they are not there yet."""
    for pictures in (list(range(n_pictures - length, n_pictures)), list(range(length))):
        if pictures not in found:
            yield pictures


def _shuffled(step: int) -> float:
    """Return the bits of a step's number, read backwards, as a fraction: 0, 1/2, 1/4, 3/4, 1/8, …"""
    return int(f"{step:0{_BITS}b}"[::-1], 2) / 2.0**_BITS
