"""Canny's edges; pictures brought to another shape."""

import numpy as np
import pytest

from lib_anim.images.edges import canny
from lib_anim.images.fitting import CROP, FILL, STRETCH, fitted_frame
from lib_anim.images.test_card import test_card as card


def halves(size=(64, 48), light=200):
    frame = np.zeros((size[1], size[0], 3), np.uint8)
    frame[:, size[0] // 2 :] = light
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


@pytest.mark.parametrize("how", [STRETCH, CROP, FILL])
@pytest.mark.parametrize("size", [(64, 48), (32, 96), (200, 40), (1, 1)])
def test_every_way_gives_the_size(how, size):
    assert fitted_frame(card((64, 48)), size, how).shape[1::-1] == size


def test_what_is_cropped_and_what_is_filled():
    frame = halves((64, 32))
    assert np.array_equal(fitted_frame(frame, (64, 32), CROP), frame)
    square = fitted_frame(frame, (32, 32), CROP)
    assert not square[:, :14].any()
    assert (square[:, 18:] > 190).all()
    filled = fitted_frame(np.full((32, 64, 3), 9, np.uint8), (64, 64), FILL)
    assert not filled[:15].any()
    assert not filled[-15:].any()
    assert (filled[17:47] == 9).all()
