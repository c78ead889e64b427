"""People drawn as pose networks read them."""

import numpy as np
import pytest

from lib_anim.images.skeleton import BONES, COLOURS, FACE, LEFT_HAND, LIMBS, POINTS, RIGHT_HAND, draw_skeletons


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


def only(part, points):
    """A person of which only these points (n -> place) of a part are there."""
    body = np.full((FACE.stop, 2), np.nan)
    for n, place in points.items():
        body[part.start + n] = place
    return body


@pytest.mark.parametrize("hand", [LEFT_HAND, RIGHT_HAND])
@pytest.mark.parametrize(
    ("bone", "ends", "colour"),
    [(0, (0, 1), (255, 0, 0)), (4, (0, 5), (204, 255, 0)), (5, (5, 6), (128, 255, 0)), (19, (19, 20), (255, 0, 76))],
)
def test_a_bone_of_a_hand_has_the_hue_of_its_place_and_joints_are_blue(hand, bone, ends, colour):
    assert BONES[bone] == ends
    body = only(hand, dict(zip(ends, ((100, 256), (400, 256)), strict=True)))
    picture = draw_skeletons([body], (512, 512))
    assert np.abs(picture[256, 250].astype(int) - colour).max() <= 1
    assert (picture[:, 250].max(axis=1) > 60).sum() == pytest.approx(2, abs=1)
    assert picture[256, 100].tolist() == picture[256, 403].tolist() == [0, 0, 255]
    assert (picture[:, 98] == (0, 0, 255)).all(axis=1).sum() == pytest.approx(7, abs=1)


def test_a_missing_joint_takes_its_bones_with_it():
    places = {n: (20 + 5 * n, 60) for n in (0, 1, 2, 4)}
    picture = draw_skeletons([only(LEFT_HAND, places)], (128, 128))
    assert picture[60, 22].any()
    assert not picture[60, 34].any()  # 2 to 4, without 3


def test_points_of_a_face_are_white_and_smaller():
    picture = draw_skeletons([only(FACE, {0: (100, 100), 69: (300, 100)})], (512, 512))
    assert picture[100, 100].tolist() == picture[100, 300].tolist() == [255, 255, 255]
    assert (picture[100, :200].max(axis=1) > 127).sum() == pytest.approx(6, abs=1)


def test_a_body_of_eighteen_points_is_drawn_as_one_whose_hands_and_face_are_missing():
    body = np.full((FACE.stop, 2), np.nan)
    body[:POINTS] = standing()
    assert np.array_equal(draw_skeletons([body], (128, 128)), draw_skeletons([standing()], (128, 128)))
