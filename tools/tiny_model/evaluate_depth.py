"""How well the small depth network orders the pixels of pictures that it never saw."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .depth_drawings import Drawing, choose_landscape, draw_with_depth

Estimate = Callable[[np.ndarray], np.ndarray]  # (H, W, 3) uint8 -> nearness (H, W)


def unseen(count: int, height: int, width: int) -> list[Drawing]:
    """Draw landscapes that are kept from training."""
    rng = np.random.default_rng(20_000)
    return [draw_with_depth(choose_landscape(rng, held_out=True), height, width) for _ in range(count)]


def rank_correlation(found: np.ndarray, wanted: np.ndarray) -> float:
    """Return Spearman's correlation: that of the ranks, where equal values share their mean rank."""
    return float(np.corrcoef(_ranks(found), _ranks(wanted))[0, 1])


def _ranks(values: np.ndarray) -> np.ndarray:
    _, which, counts = np.unique(np.round(values, 3), return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    return (ends - (counts - 1) / 2)[which.ravel()]


def correlations(estimate: Estimate, drawings: list[Drawing], change: Estimate = lambda picture: picture) -> np.ndarray:
    """Return the rank correlation of each drawing, whose picture is changed before it is estimated."""
    return np.array([rank_correlation(estimate(change(one.picture)), one.nearness) for one in drawings])
