"""Colours against scikit-image's histogram matching where it is installed, and against plain arithmetic."""

import cv2
import numpy as np
import pytest

from lib_anim.images.color import SPACES, ColorReference, contrast, grayscale, match_histogram, match_mean_std, unsharp_mask
from lib_anim.images.test_card import test_card as card


def blotches(seed, low=0, high=255):
    rng = np.random.default_rng(seed)
    soft = cv2.GaussianBlur(rng.integers(0, 256, (90, 120, 3)).astype(np.uint8), (0, 0), 5)
    return cv2.normalize(soft, None, low, high, cv2.NORM_MINMAX)


def cdf_match(source, reference):
    """Histogram matching of one channel, value by value."""
    values, counts = np.unique(source, return_counts=True)
    wanted, wanted_counts = np.unique(reference, return_counts=True)
    quantiles = np.cumsum(counts) / source.size
    mapped = np.interp(quantiles, np.cumsum(wanted_counts) / reference.size, wanted)
    return mapped[np.searchsorted(values, source)]


@pytest.mark.parametrize("space", SPACES)
def test_matching_is_per_channel_histogram_matching(space):
    picture, reference = blotches(1), card((70, 50))
    codes = SPACES[space]
    there, wanted = (x if codes is None else cv2.cvtColor(x, codes[0]) for x in (picture, reference))
    expected = np.stack([np.rint(cdf_match(there[..., c], wanted[..., c])) for c in range(3)], axis=2).astype(np.uint8)
    expected = expected if codes is None else cv2.cvtColor(expected, codes[1])
    matched = match_histogram(picture, ColorReference.of(reference, space))
    assert np.abs(matched.astype(int) - expected).mean() < 0.2


@pytest.mark.parametrize("space", SPACES)
@pytest.mark.parametrize("match", [match_histogram, match_mean_std])
def test_matching_to_itself_changes_next_to_nothing(space, match):
    picture = blotches(2, 40, 210)
    moved = match(picture, ColorReference.of(picture, space))
    assert np.abs(moved.astype(int) - picture).mean() < 1.5


@pytest.mark.parametrize("match", [match_histogram, match_mean_std])
def test_strength_is_a_share(match):
    picture, reference = blotches(3, 0, 120), ColorReference.of(blotches(4, 100, 255), "RGB")
    means = [match(picture, reference, strength).mean() for strength in (0.0, 0.5, 1.0)]
    assert means[0] == picture.mean()
    assert means[1] == pytest.approx((means[0] + means[2]) / 2, abs=0.6)
    assert means[2] > means[0] + 50


def test_mean_and_spread_arrive():
    reference = blotches(5, 90, 160)
    matched = match_mean_std(blotches(6), ColorReference.of(reference, "RGB"))
    assert matched.mean((0, 1)) == pytest.approx(reference.mean((0, 1)), abs=0.6)
    assert matched.std((0, 1)) == pytest.approx(reference.std((0, 1)), abs=0.8)


def test_a_red_reference_makes_red_and_classic_swaps():
    grey = np.full((20, 20, 3), 128, np.uint8)
    grey[:10] = 100
    red = np.full((20, 20, 3), (200, 40, 40), np.uint8)
    red[:10] = (180, 20, 20)
    for space in ("RGB", "LAB", "HSV", "LAB classic"):
        matched = match_histogram(grey, ColorReference.of(red, space))
        assert matched[..., 0].mean() > matched[..., 2].mean() + 100, space


def test_a_hundred_rounds_stay():
    picture = blotches(7, 30, 220)
    reference = ColorReference.of(picture, "LAB")
    matched = picture
    for _ in range(100):
        matched = match_histogram(matched, reference)
    assert np.abs(matched.mean((0, 1)) - picture.mean((0, 1))).max() < 1.0


@pytest.mark.parametrize(
    ("value", "factor", "expected"), [(200, 1.5, 255), (201, 0.5, 100), (10, 2.55, 26), (77, 1.0, 77), (5, 0.0, 0)]
)
def test_contrast_rounds_and_clips(value, factor, expected):
    assert contrast(np.full((4, 4, 3), value, np.uint8), factor)[0, 0, 0] == expected


def test_unsharp_as_measured():
    point = np.zeros((9, 9, 3), np.uint8)
    point[4, 4] = 100
    assert unsharp_mask(point, 0.1)[4, 4].tolist() == [108] * 3
    assert unsharp_mask(point, 0.1, threshold=100)[4, 4].tolist() == [100] * 3
    assert unsharp_mask(point, 0.0) is point
    assert np.array_equal(unsharp_mask(point, 0.3, kernel=4), unsharp_mask(point, 0.3, kernel=5))


def test_unsharp_against_numpy():
    picture = blotches(8)
    blur = cv2.GaussianBlur(picture, (7, 7), 2.0).astype(float)
    expected = np.clip(np.rint(1.5 * picture - 0.5 * blur), 0, 255)
    assert np.abs(unsharp_mask(picture, 0.5, kernel=7, sigma=2.0) - expected).max() <= 1


def test_grey_is_luma():
    grey = grayscale(np.array([[[255, 0, 0], [0, 255, 0], [0, 0, 255]]], np.uint8))
    assert grey[0, :, 0].tolist() == [76, 150, 29]
    assert (grey[..., 0] == grey[..., 1]).all()
    assert (grey[..., 0] == grey[..., 2]).all()
