"""Poses between key poses."""

import numpy as np
import pytest

from lib_anim.images.pose_tween import matched, tween
from lib_anim.images.skeleton import LIMBS
from tests.images.test_skeleton import standing


def lengths(body):
    return np.array([np.hypot(*(body[b] - body[a])) for a, b in LIMBS])


def turned(body, degrees):
    """The whole body, turned about its neck."""
    turn = np.deg2rad(degrees)
    return (body - body[1]) @ np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]]) + body[1]


@pytest.mark.parametrize("degrees", [30, 90, 170, -120])
@pytest.mark.parametrize("share", [0, 0.25, 0.5, 1])
def test_limbs_turn_and_keep_their_length(degrees, share):
    body = standing()
    assert np.allclose(tween(body, turned(body, degrees), share), turned(body, degrees * share))
    assert np.allclose(lengths(tween(body, turned(body, degrees), share)), lengths(body))


def test_the_neck_goes_straight_and_all_hang_from_it():
    body = standing()
    assert np.allclose(tween(body, body + np.array([20, 8]), 0.25), body + np.array([5, 2]))


def test_a_limb_turns_the_shorter_way():
    before, after = turned(standing(), 175), turned(standing(), -175)
    assert np.allclose(tween(before, after, 0.5), turned(standing(), 180))


def test_lengths_change_evenly():
    body = standing()
    wide = (body - body[1]) * 2 + body[1]
    assert np.allclose(lengths(tween(body, wide, 0.5)), 1.5 * lengths(body))


def test_a_point_that_is_missing_at_one_key_is_missing_and_its_hand_goes_straight():
    before, after = standing(), standing() + np.array([40, 0])
    before[3] = np.nan  # the right elbow
    body = tween(before, after, 0.5)
    assert np.isnan(body[3]).all()
    assert np.allclose(body[4], before[4] + np.array([20, 0]))
    assert np.isfinite(np.delete(body, 3, axis=0)).all()


def test_nearest_people_are_the_same_ones():
    left, right = standing(20), standing(200)
    assert [(a is left, b is left) for a, b in matched([left, right], [right, left])] == [(True, True), (False, False)]
    assert len(matched([left, right], [right])) == 1
    assert matched([], [left]) == []
