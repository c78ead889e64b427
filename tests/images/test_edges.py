"""Canny's edges."""

import numpy as np

from lib_anim.images.edges import canny
from lib_anim.images.test_card import test_card as card


def halves():
    frame = np.zeros((48, 64, 3), np.uint8)
    frame[:, 32:] = 200
    return frame


def test_an_edge_is_a_white_line_on_black():
    found = canny(halves(), 100, 200)
    assert set(np.unique(found)) == {0, 255}
    assert np.flatnonzero(found[24, :, 0]).tolist() in ([31], [32])
    assert np.array_equal(found[..., 0], found[..., 2])
    assert not canny(np.full((48, 64, 3), 90, np.uint8), 100, 200).any()


def test_thresholds_may_come_in_either_order_and_weak_edges_go():
    frame = card((64, 48))
    assert np.array_equal(canny(frame, 50, 200), canny(frame, 200, 50))
    assert canny(frame, 10, 20).sum() > canny(frame, 300, 600).sum()
