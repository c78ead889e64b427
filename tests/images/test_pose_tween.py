"""Poses between key poses."""

import numpy as np
import pytest

from lib_anim.images.pose_tween import matched, tween
from lib_anim.images.skeleton import BONES, FACE, LEFT_HAND, LIMBS, POINTS, RIGHT_HAND
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


def whole():
    """A person with hands at the wrists and a face about the nose."""
    body = np.concatenate([standing(), np.zeros((FACE.stop - POINTS, 2))])
    for hand, wrist in ((LEFT_HAND, 7), (RIGHT_HAND, 4)):
        body[hand] = body[wrist] + np.array([(1 + n, 2 * (n % 4) + 1) for n in range(21)])
    body[FACE] = body[0] + np.array([(n % 10 - 5, n // 10 - 3) for n in range(70)])
    return body


def bones(body, hand):
    return np.array([np.hypot(*(body[hand][b] - body[hand][a])) for a, b in BONES])


@pytest.mark.parametrize("degrees", [30, 90, 170, -120])
@pytest.mark.parametrize("share", [0, 0.25, 0.5, 1])
def test_hands_and_face_turn_with_the_body(degrees, share):
    made = tween(whole(), turned(whole(), degrees), share)
    assert np.allclose(made, turned(whole(), degrees * share))


def test_fingers_turn_about_their_wrist_and_keep_their_length():
    before, after = whole(), whole()
    around = after[LEFT_HAND][0]
    after[LEFT_HAND] = (after[LEFT_HAND] - around) @ np.array([[0, 1], [-1, 0]]) + around
    made = tween(before, after, 0.5)
    assert np.allclose(bones(made, LEFT_HAND), bones(before, LEFT_HAND))
    assert np.allclose(made[RIGHT_HAND], before[RIGHT_HAND])
    straight = (before + after) / 2
    assert bones(straight, LEFT_HAND).sum() < 0.8 * bones(before, LEFT_HAND).sum()


def test_a_face_moves_with_the_nose_and_changes_evenly():
    before, after = whole(), whole()
    after[FACE] = (after[FACE] - after[0]) * 2 + after[0]
    after += np.array([30, 10])
    made = tween(before, after, 0.5)
    assert np.allclose(made[FACE] - made[0], (before[FACE] - before[0]) * 1.5)


@pytest.mark.parametrize("gone", [0, 1])
def test_without_a_nose_or_neck_a_face_goes_straight(gone):
    before, after = whole(), turned(whole(), 60)
    before[gone] = np.nan
    assert np.allclose(tween(before, after, 0.5)[FACE], (before[FACE] + after[FACE]) / 2)


def test_a_missing_joint_stays_missing_and_the_hand_of_a_missing_arm_stays():
    before, after = whole(), whole() + np.array([10, 0])
    before[LEFT_HAND.start + 6] = after[FACE.start + 3] = before[4] = np.nan
    made = tween(before, after, 0.5)
    lost = [4, LEFT_HAND.start + 6, FACE.start + 3]
    assert np.isnan(made[lost]).all()
    assert np.allclose(np.delete(made, lost, axis=0), np.delete(whole() + np.array([5, 0]), lost, axis=0))


def test_people_are_matched_by_their_bodies_not_by_their_hands():
    near, far = whole(), whole() + np.array([60, 0])
    near[LEFT_HAND] += 500
    assert [(a is near, b is far) for a, b in matched([near], [standing(), far])] == [(True, False)]


@pytest.mark.parametrize(("wrist", "hand", "other"), [(7, LEFT_HAND, RIGHT_HAND), (4, RIGHT_HAND, LEFT_HAND)])
def test_a_hand_hangs_from_the_wrist_of_its_own_arm(wrist, hand, other):
    before, after = whole(), whole()
    moving = [wrist, *range(hand.start, hand.stop)]
    after[moving] = (after[moving] - after[wrist - 1]) @ np.array([[0, 1], [-1, 0]]) + after[wrist - 1]  # about the elbow
    made = tween(before, after, 0.5)
    assert np.allclose(made[other], before[other])
    apart = [np.hypot(*(body[hand.start] - body[wrist])) for body in (before, made)]
    assert np.allclose(*apart)
    assert np.hypot(*(made[wrist] - before[wrist])) > 1
