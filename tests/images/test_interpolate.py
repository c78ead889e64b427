"""Frames between frames: their moments, what moves, what is covered, borders, cuts, stills, films that go round."""

from fractions import Fraction
from itertools import pairwise

import cv2
import numpy as np
import pytest

from lib_anim.images.interpolate import blended, followed, resampled, similarity

SIZE = (256, 192)


def texture(seed, size=(640, 480)):
    """Soft spots, coarse and fine."""
    rng = np.random.default_rng(seed)
    layers = [cv2.resize(rng.uniform(0, 255, (n, n, 3)), size, interpolation=cv2.INTER_CUBIC) for n in (12, 24, 48)]
    return np.clip(0.5 * layers[0] + 0.3 * layers[1] + 0.2 * layers[2], 0, 255).astype(np.uint8)


GROUND, PATCH = texture(1), texture(2)


def scene(t, pan=(4.0, 1.5), walk=(-3.0, 2.0)):
    """Ground under a camera that pans, and a disc that goes its own way; t counts frames."""
    width, height = SIZE
    window = np.array([[1, 0, 150 + pan[0] * t], [0, 1, 120 + pan[1] * t]])
    picture = cv2.warpAffine(GROUND, window, SIZE, flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP).astype(float)
    x, y = 150 + walk[0] * t, 80 + walk[1] * t
    yy, xx = np.mgrid[0:height, 0:width]
    disc = np.clip(40.5 - np.hypot(xx - x, yy - y), 0, 1)[..., None]
    own = cv2.warpAffine(
        PATCH, np.array([[1, 0, 300 - x], [0, 1, 200 - y]]), SIZE, flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    )
    return np.rint(picture * (1 - disc) + own * disc).astype(np.uint8)


def psnr(one, other):
    return 10 * np.log10(255**2 / np.mean((one.astype(float) - other) ** 2))


def grey(level):
    return np.full((24, 32, 3), level, np.uint8)


def levels(frames, step, **how):
    """The grey of each frame of a film of greys, seen at other moments."""
    return [int(frame[0, 0, 0]) for frame in resampled(map(grey, frames), Fraction(step), blended, **how)]


@pytest.mark.parametrize("share", [0.25, 0.5, 0.75])
def test_what_moves_is_where_it_was_at_that_moment(share):
    one, moment, other = scene(0), scene(2 * share), scene(2)
    (made,), (mixed,) = followed(one, other, [share]), blended(one, other, [share])
    assert psnr(made, moment) > 35
    assert psnr(made, moment) > psnr(mixed, moment) + 9


def test_several_moments_are_those_made_one_by_one():
    several = list(followed(scene(0), scene(2), [0.25, 0.5]))
    for share, frame in zip((0.25, 0.5), several, strict=True):
        assert np.array_equal(next(followed(scene(0), scene(2), [share])), frame)


def test_what_comes_in_at_the_border_is_taken_from_the_frame_that_shows_it():
    pan = {"pan": (12.0, 0.0), "walk": (0.0, 0.0)}
    one, moment, other = scene(0, **pan), scene(1, **pan), scene(2, **pan)
    (made,) = followed(one, other, [0.5])
    for side in (slice(0, 10), slice(-10, None)):
        assert psnr(made[:, side], moment[:, side]) > 31  # 29 with as much of the border of the other frame


def test_ground_beside_a_disc_is_not_a_double_exposure():
    """The ring that the disc covers or uncovers is nearer to the truth than in the mixture by far."""
    walk = {"pan": (0.0, 0.0), "walk": (6.0, 0.0)}
    one, moment, other = scene(0, **walk), scene(1, **walk), scene(2, **walk)
    (made,), (mixed,) = followed(one, other, [0.5]), blended(one, other, [0.5])
    ring = np.abs(one.astype(int) - other).max(axis=2) > 8
    assert psnr(made[ring], moment[ring]) > psnr(mixed[ring], moment[ring]) + 9.5  # 8.7 by the motion of one side alone


@pytest.mark.parametrize("size", [(1, 1), (7, 5), (8, 200), (33, 31), (700, 20)])
def test_frames_of_any_size(size):
    one, other = (np.full((size[1], size[0], 3), level, np.uint8) for level in (10, 30))
    (made,) = followed(one, other, [0.5])
    assert made.shape == one.shape
    assert abs(int(made[0, 0, 0]) - 20) <= 1


@pytest.mark.parametrize(
    ("step", "how", "seen"),
    [
        ("1", {}, [0, 40, 80]),
        ("1/2", {}, [0, 20, 40, 60, 80, 80]),
        ("1/4", {}, [0, 10, 20, 30, 40, 50, 60, 70, 80, 80, 80, 80]),
        ("2/3", {}, [0, 27, 53, 80, 80]),
        ("2/5", {}, [0, 16, 32, 48, 64, 80, 80, 80]),
        ("1/2", {"period": 3}, [0, 20, 40, 60, 80, 40]),  # and on with 0
        ("1/4", {"period": 3}, [0, 10, 20, 30, 40, 50, 60, 70, 80, 60, 40, 20]),
        ("1/2", {"period": 4}, [0, 20, 40, 60, 80, 80]),  # it was stopped before its end
    ],
)
def test_a_film_is_seen_at_other_moments(step, how, seen):
    assert levels([0, 40, 80], step, **how) == seen


def test_films_of_no_frame_and_of_one():
    assert levels([], "1/2") == []
    assert levels([7], "1/2") == [7, 7]
    assert levels([7], "1/2", period=1) == [7, 7]


def test_frames_that_are_there_are_passed_on():
    frames = [scene(t) for t in range(3)]
    made = list(resampled(iter(frames), Fraction(1, 3), followed))
    assert len(made) == 9
    assert [frame is made[3 * index] for index, frame in enumerate(frames)] == [True] * 3


def test_a_still_is_a_still():
    """Nobody looks for motion in it: noise of one level would be moved about."""

    def never(one, other, shares):
        raise AssertionError

    one = scene(0)
    other = one.copy()
    other[::2] ^= 1
    assert [made is one for made in list(resampled([one, other, one], Fraction(1, 2), never))[:2]] == [True, True]


def test_nothing_is_made_over_a_cut():
    frames, cuts = [scene(0), scene(1), texture(8, SIZE), texture(8, SIZE)], []
    made = list(resampled(frames, Fraction(1, 4), followed, at_cut=cuts.append))
    assert cuts == [2]
    over = [0 if np.array_equal(frame, frames[1]) else 2 if np.array_equal(frame, frames[2]) else None for frame in made[4:9]]
    assert over == [0, 0, 2, 2, 2]


def test_a_film_that_goes_round_over_a_cut_is_not_closed():
    frames, cuts = [scene(0), scene(1), texture(8, SIZE)], []
    list(resampled(frames, Fraction(1, 2), followed, period=3, at_cut=cuts.append))
    assert cuts == [2, 3]


def test_frames_of_a_restless_film_are_no_cuts():
    """Painted anew each time: none is like the one before, and none is of another scene."""
    rng, cuts = np.random.default_rng(3), []
    spots = [cv2.resize(rng.normal(0, 70, (24, 32, 3)), SIZE, interpolation=cv2.INTER_CUBIC) for _ in range(16)]
    frames = [np.clip(scene(t) + spot, 0, 255).astype(np.uint8) for t, spot in enumerate(spots)]
    assert max(similarity(one, other) for one, other in pairwise(frames)) < 0.6
    list(resampled(frames, Fraction(1, 2), blended, at_cut=cuts.append))
    assert all(cut < 6 for cut in cuts)


@pytest.mark.parametrize(
    ("name", "other", "alike"),
    [
        ("the camera pans", scene(4), True),
        (
            "it turns far",
            np.ascontiguousarray(cv2.warpAffine(scene(0), cv2.getRotationMatrix2D((128, 96), 10, 1.1), SIZE)),
            True,
        ),
        ("it gets darker", (scene(1) * 0.7).astype(np.uint8), True),
        ("another scene", texture(8, SIZE), False),
        ("black", np.zeros_like(scene(0)), False),
    ],
)
def test_scenes_are_told_apart(name, other, alike):
    assert (similarity(scene(0), other) > 0.6) == alike, name
