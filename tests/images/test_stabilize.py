"""What keeps a film steady: the temporal filter against its formula, and in films."""

from statistics import NormalDist

import numpy as np
import pytest

from lib_anim.images.metrics import light_fields
from lib_anim.images.stabilize import temporal_filter
from lib_anim.images.test_card import test_card as card
from lib_anim.shot.reel import Reel, render
from tests.helpers import Painter, shot

SIZE = (56, 40)


def flat(level):
    return np.full((SIZE[1], SIZE[0], 3), level, np.uint8)


@pytest.mark.parametrize(
    ("painted", "moved", "fresh", "share", "tolerance"),
    [
        (120, 100, 0.0, 0.5, 40.0),
        (100, 120, 0.0, 0.5, 40.0),
        (120, 100, 0.0, 1.0, 255.0),
        (120, 100, 0.0, 0.95, 10.0),
        (250, 10, 0.0, 0.5, 40.0),
        (120, 100, 1.0, 0.5, 40.0),
        (120, 100, 0.25, 0.5, 40.0),
        (255, 255, 0.0, 0.5, 40.0),
    ],
)
def test_of_a_change_its_share_is_taken_back(painted, moved, fresh, share, tolerance):
    change = painted - moved
    expected = painted - share * np.exp(-((change / tolerance) ** 2)) * (1 - fresh) * change
    filtered = temporal_filter(flat(painted), flat(moved), np.full(SIZE[::-1], fresh, np.float32), share, tolerance)
    assert filtered.dtype == np.uint8
    assert np.abs(filtered - expected).max() <= 1.0


def test_a_large_change_passes_where_a_small_one_beside_it_does_not():
    painted, moved = flat(100), flat(100)
    painted[:, :20] = 110
    painted[:, 40:] = 240
    filtered = temporal_filter(painted, moved, np.zeros(SIZE[::-1], np.float32), 0.5, 40.0)
    assert filtered[20, 8, 0] == pytest.approx(105, abs=1)
    assert filtered[20, 50, 0] == 240


def test_a_change_is_judged_by_what_is_two_pixels_around_it():
    """Beside a straight edge the mean of the change is the normal distribution's share of it, in sigmas of two pixels."""
    painted, moved = flat(100), flat(100)
    painted[:, 28:] = 140
    filtered = temporal_filter(painted, moved, np.zeros(SIZE[::-1], np.float32), 0.5, 40.0)
    for inside in range(8):
        around = 40 * NormalDist(sigma=2.0).cdf(inside + 0.5)
        expected = 140 - 0.5 * np.exp(-((around / 40.0) ** 2)) * 40
        assert filtered[20, 28 + inside, 0] == pytest.approx(expected, abs=1.0)
    assert filtered[20, 29, 0] == 129  # 132 with a sigma of 1, 127 with one of 4


def flickering(request):
    """A card whose light jumps up and down by 12 levels."""
    return np.clip(card(request.size).astype(int) // 2 + 60 + 12 * (request.index % 2), 0, 255).astype(np.uint8)


def flicker(**changes):
    frames = [rendered.frame for rendered in render(Reel(shot(max_frames=12, **changes)), Painter(flickering))]
    light = np.array([light_fields(frame).mean() for frame in frames[4:]])
    return np.abs(np.diff(light, 2)).mean() / 2


def test_flicker_falls_by_what_a_recursive_mean_takes():
    # an alternation through y = (1 - a)·x + a·y_before comes out (1 - a) / (1 + a) as strong
    free, calm = flicker(), flicker(temporal_filter_schedule="0:(0.5)", temporal_filter_tolerance_schedule="0:(255)")
    assert free == pytest.approx(12, abs=0.5)
    assert calm / free == pytest.approx((1 - 0.5) / (1 + 0.5), abs=0.05)


def test_what_moves_with_the_camera_is_no_change():
    def still(request):
        return request.init if request.init is not None else card(request.size)

    changes = {"max_frames": 6, "translation_x": "0:(3)", "border": "wrap"}
    free, filtered = (
        [rendered.frame for rendered in render(Reel(shot(**changes, **more)), Painter(still))]
        for more in ({}, {"temporal_filter_schedule": "0:(0.9)"})
    )
    for one, other in zip(free, filtered, strict=True):
        assert np.abs(one.astype(int) - other).max() <= 1


def test_where_the_camera_uncovers_nothing_is_taken_back():
    def white(request):
        return np.full((request.size[1], request.size[0], 3), 130 if request.index else 120, np.uint8)

    film = shot(
        max_frames=2, translation_x="0:(16)", temporal_filter_schedule="0:(0.5)", temporal_filter_tolerance_schedule="0:(255)"
    )
    last = [rendered.frame for rendered in render(Reel(film), Painter(white))][-1]
    assert last[24, 4, 0] == 130
    assert last[24, 60, 0] == pytest.approx(125, abs=1)
