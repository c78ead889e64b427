"""Distances from what networks see: their scale over time, what is no number, Deforum's ranks."""

import numpy as np
import pytest

from lib_anim.images.depth import equalised, from_nearness, is_flat, mended, rescaled, steadied

ALL = np.ones((48, 64), bool)


def scene(shift=0, lower=0.0):
    """A floor that comes nearer, with a post before it, which stands `shift` pixels to the right."""
    nearness = np.linspace(0.1 + lower, 0.9, 48, dtype=np.float32)[:, None].repeat(64, axis=1)
    nearness[10:30, 20 + shift : 32 + shift] = 0.8
    return nearness


def test_the_range_of_a_first_picture_is_one_to_two():
    distance = from_nearness(scene() * 70.0 - 9.0)
    assert (distance.min(), distance.max()) == (1.0, 2.0)
    assert distance[0, 0] == 2.0
    assert distance[20, 25] < distance[20, 5]
    assert np.abs(distance - from_nearness(scene())).max() < 1e-4


@pytest.mark.parametrize(("gain", "zero"), [(1.0, 0.0), (3.0, 5.0), (0.01, -2.0), (900.0, 1e4)])
def test_gain_and_zero_of_a_network_do_not_matter(gain, zero):
    before = from_nearness(scene())
    assert np.abs(steadied(scene() * gain + zero, before, ALL) - before).max() < 0.01


def test_what_changes_in_a_part_of_the_picture_changes_only_that():
    """A least-squares fit would follow the new thing; the picture's own range too."""
    before, seen = from_nearness(scene()), scene()
    seen[:14, :40] = 3.0  # something comes very near
    after = steadied(seen, before, ALL)
    assert np.abs(after - before)[16:].max() < 0.06
    assert np.abs(from_nearness(seen) - before)[16:].max() > 0.3


def test_uncovered_parts_have_no_say():
    before, known = from_nearness(scene()), ALL.copy()
    known[:, :40] = False
    wrong = np.where(known, before, np.float32(1.0))
    assert np.abs(steadied(scene() * 2.0, wrong, known) - before).max() < 0.02


@pytest.mark.parametrize("other", [scene()[::-1], np.random.default_rng(1).random((48, 64)).astype(np.float32)])
def test_after_a_cut_a_picture_is_a_first_one(other):
    assert np.array_equal(steadied(other, from_nearness(scene()), ALL), from_nearness(other))


def test_the_range_comes_back_little_by_little():
    distance = from_nearness(scene()) * 0.5 + 1.0  # the camera has come to where all is far
    ranges = []
    for _ in range(80):
        distance = steadied(scene(), distance, ALL)
        ranges.append(float(distance.max() - distance.min()))
    assert ranges[0] < 0.55
    assert np.all(np.diff(ranges) > -1e-3)
    assert ranges[-1] > 0.9


def test_metres_keep_their_scale():
    before = np.float32(10.0) - 8.0 * scene()
    assert np.abs(rescaled(before * 1.3, before, ALL) / before - 1.0).max() < 0.02
    assert np.array_equal(rescaled(before * 1.3, before, ~ALL), before * 1.3)


def test_what_is_no_number_is_the_farthest():
    values = np.array([[1.0, 2.0], [np.nan, np.inf]], np.float32)
    assert mended(values, far_is_great=True).tolist() == [[1.0, 2.0], [2.0, 2.0]]
    assert mended(values, far_is_great=False).tolist() == [[1.0, 2.0], [1.0, 1.0]]


@pytest.mark.parametrize(("low", "high", "flat"), [(0, 0, True), (7, 7, True), (1e5, 1e5 + 0.01, True), (0, 1e-3, False)])
def test_the_same_everywhere_is_flat(low, high, flat):
    assert is_flat(np.array([[low, high]], np.float32)) is flat


def test_classic_ranks_as_measured_of_deforum():
    """A ramp is itself, whatever its curve, but where it is nearly level; two levels have the ranks 1 and 0.5 (measured)."""
    ramp = np.linspace(0.0, 1.0, 64, dtype=np.float32)[None].repeat(8, axis=0)
    assert np.abs(equalised(ramp, far_is_great=False) - (2.0 - ramp)).max() < 0.02
    assert np.abs(equalised(ramp**3, far_is_great=True) - (1.0 + ramp))[:, 16:].max() < 0.03
    halves = np.where(np.arange(64) < 32, 0.0, 1.0).astype(np.float32)[None].repeat(8, axis=0)
    assert sorted(set(equalised(halves, far_is_great=False).ravel().tolist())) == pytest.approx([1.0, 1.5], abs=1e-3)
