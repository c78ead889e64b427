"""People drawn as pose networks read them."""

import numpy as np
import pytest

from lib_anim.images.skeleton import COLOURS, LIMBS, POINTS, draw_skeletons


def standing(x=64.0):
    """Eighteen points, each at a place of its own."""
    return np.array([(x + 3 * (i % 5) - 6, 8 + 6 * i) for i in range(POINTS)], float)


def test_a_point_has_its_own_colour_and_the_ground_is_black():
    body = standing()
    picture = draw_skeletons([body], (128, 128))
    assert picture.shape == (128, 128, 3)
    assert picture[0, 0].tolist() == [0, 0, 0]
    for point, colour in zip(body, COLOURS, strict=True):
        x, y = point.astype(int)
        assert picture[y, x].tolist() == list(colour)


@pytest.mark.parametrize("limb", range(len(LIMBS)))
def test_a_limb_lies_between_its_points_and_is_darker(limb):
    body = np.full((POINTS, 2), np.nan)
    body[LIMBS[limb][0]], body[LIMBS[limb][1]] = (20, 64), (108, 64)
    picture = draw_skeletons([body], (128, 128))
    assert picture[64, 64].tolist() == [int(0.6 * c) for c in COLOURS[limb]]
    assert not picture[:56].any()
    assert not picture[72:].any()


def test_a_missing_point_takes_its_limbs_with_it():
    body = standing()
    body[3] = np.nan  # the right elbow
    alone = np.full((POINTS, 2), np.nan)
    alone[4] = body[4]  # the wrist stays
    picture = draw_skeletons([body], (128, 128))
    shown = draw_skeletons([alone], (128, 128)).any(axis=2)
    assert (picture[shown] > 0).any()
    whole = draw_skeletons([standing()], (128, 128))
    assert (whole.any(axis=2) & ~picture.any(axis=2)).sum() > 10


def test_nobody_and_people_outside_are_drawn_too():
    assert not draw_skeletons([], (64, 32)).any()
    far = standing() * 1e9
    assert draw_skeletons([far, standing(20)], (64, 160)).any()


@pytest.mark.parametrize("size", [(512, 512), (1024, 1024), (2048, 2048)])
def test_limbs_are_as_thick_for_the_picture_at_every_size(size):
    body = np.full((POINTS, 2), np.nan)
    body[1], body[2] = (size[0] * 0.1, size[1] / 2), (size[0] * 0.9, size[1] / 2)
    column = (draw_skeletons([body], size)[:, size[0] // 2, 0] > 70).sum()  # half covered, or more
    assert column == pytest.approx(size[1] * 8 / 512, abs=2.5)
