"""Painting within masks: which part is enlarged, what it is put back into, what painting begins from."""

import numpy as np
import pytest

from lib_anim.images.inpaint import Part, drawn_in, filled, hard, over, part_around, solid
from lib_anim.images.masks import feathered, grown, within
from lib_anim.images.noise import generator
from tests.helpers import frame, letters

SIZE = (160, 80)


def box(left, top, right, bottom):
    mask = np.zeros((80, 160), np.float32)
    mask[top:bottom, left:right] = 0.3
    return mask


@pytest.mark.parametrize(
    ("corners", "padding", "part"),
    [
        ((60, 20, 100, 40), 0, (60, 20, 40, 20)),
        ((60, 20, 100, 40), 5, (50, 15, 60, 30)),  # as high as it must be, and as wide as the film's shape
        ((60, 20, 70, 60), 0, (25, 20, 80, 40)),
        ((0, 70, 30, 80), 0, (0, 65, 30, 15)),  # in the corner it is shifted in
        ((140, 0, 160, 20), 0, (120, 0, 40, 20)),
        ((79, 39, 81, 41), 0, (70, 35, 20, 10)),  # an eighth at least
        ((0, 0, 160, 1), 0, (0, 0, 160, 80)),
        ((60, 20, 100, 40), 512, (0, 0, 160, 80)),
        ((0, 0, 0, 0), 4, (0, 0, 160, 80)),  # a black mask
    ],
)
def test_the_part_around_a_mask_has_the_shape_of_the_whole(corners, padding, part):
    assert part_around(box(*corners), padding) == part


@pytest.mark.parametrize("seed", range(50))
def test_a_part_holds_all_of_its_mask(seed):
    rng = np.random.default_rng(seed)
    shape = tuple(int(side) for side in rng.integers(8, 70, 2))
    mask = (rng.random(shape) > 0.995).astype(np.float32)
    part = part_around(mask, int(rng.integers(0, 5)))
    assert part.cut(mask).sum() == mask.sum()
    assert part.left >= 0
    assert part.top >= 0
    assert part.left + part.width <= shape[1]
    assert part.top + part.height <= shape[0]


def test_a_part_is_put_back_where_it_was_taken():
    picture = frame("RGBW", "BRGY", "Y.RG", "GBY.")
    part = Part(1, 2, 2, 2)
    assert letters(part.cut(picture)) == [".R", "BY"]
    white = np.full((4, 4, 3), 255, np.uint8)
    assert letters(part.pasted(picture, white)) == ["RGBW", "BRGY", "YWWG", "GWW."]
    assert letters(picture) == ["RGBW", "BRGY", "Y.RG", "GBY."]
    assert Part(0, 0, 4, 4).enlarged(picture).tolist() == picture.tolist()
    assert part.enlarged_mask(np.float32([[0, 0, 0, 0]] * 2 + [[0, 0.25, 1, 0]] * 2)).tolist() == [[0.25, 0.25, 1, 1]] * 4


def test_what_is_kept_stays_to_the_byte():
    kept = np.arange(768, dtype=np.uint8).reshape(16, 16, 3)
    painted = 255 - kept
    weights = np.zeros((16, 16), np.float32)
    weights[:, 8:12], weights[:, 12:] = 0.5, 1.0
    mixed = over(painted, kept, weights)
    assert np.array_equal(mixed[:, :8], kept[:, :8])
    assert np.array_equal(mixed[:, 12:], painted[:, 12:])
    assert np.abs(mixed[:, 8:12].astype(int) - 127).max() <= 1


def test_colours_are_drawn_in_from_the_nearest_border():
    picture = np.zeros((64, 64, 3), np.uint8)
    picture[:, :16], picture[:, 48:], mask = (200, 0, 0), (0, 0, 100), np.zeros((64, 64), np.float32)
    mask[:, 16:48] = 1.0
    found = drawn_in(picture, mask).astype(int)
    assert np.abs(found[32, 18] - (200, 0, 0)).max() < 45
    assert np.abs(found[32, 45] - (0, 0, 100)).max() < 45
    assert np.abs(found[32, 32] - (100, 0, 50)).max() < 25
    assert (np.diff(found[32, 16:48, 0]) <= 1).all()  # no black in between, no ring
    assert np.array_equal(drawn_in(picture, mask * 0 + 1), picture)


@pytest.mark.parametrize("how", ["fill", "latent noise", "latent nothing"])
def test_a_fill_is_mixed_in_by_the_mask(how):
    picture, mask = np.full((32, 32, 3), 200, np.uint8), np.zeros((32, 32), np.float32)
    picture[:, :16], mask[:, 8:24], mask[:, 12:20] = 100, 0.5, 1.0
    found, again = (filled(picture, mask, how, generator(1, 2)) for _ in range(2))
    assert np.array_equal(found, again)
    assert np.array_equal(found[:, :8], picture[:, :8])
    assert np.array_equal(found[:, 24:], picture[:, 24:])
    assert not np.array_equal(found[:, 12:20], picture[:, 12:20])


def test_shapes_of_masks():
    mask = np.zeros((9, 41), np.float32)
    mask[:, 20:] = 1.0
    assert grown(mask, 3)[4].argmax() == 17
    assert grown(mask, -3)[4].argmax() == 23
    soft = feathered(mask, 4.0)[4]
    assert (soft[9], soft[31]) == (0.0, 1.0)
    assert 0.0 < soft[10] < 0.02 < 0.4 < soft[19] < 0.5 < soft[20] < 0.6
    assert feathered(mask, 0.0) is mask
    assert solid(np.float32([[0, 0.0625, 0.125, 1]])).tolist() == [[0, 0.5, 1, 1]]
    assert hard(np.float32([[0, 0.001, 1]])).tolist() == [[0, 1, 1]]
    assert within(np.float32([[0.2, 0.275, 0.3, 0.5, 0.525, 0.6]]), 0.3, 0.5)[0] == pytest.approx(
        [0, 0.5, 1, 1, 0.5, 0], abs=1e-5
    )
