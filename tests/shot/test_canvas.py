"""Canvases: where moves put the pixels, what is fresh then, how far the scene is, and what edits keep of all that."""

import numpy as np
import pytest

from lib_anim.images.test_card import test_card as card
from lib_anim.images.warp import Warp
from lib_anim.shot.canvas import Canvas
from tests.helpers import frame, letters

SIZE = (8, 2)
PICTURE = frame("RGBYRGBY", "YBGRYBGR")
OTHER = frame("WWWWRRRR", "WWWWRRRR")
HALVES = np.float32([[1, 1, 1, 1, 2, 2, 2, 2]] * 2)  # near at the left


def right(pixels, **more):
    """A move to the right."""
    return Warp(SIZE, matrix=np.array([[1, 0, -pixels], [0, 1, 0], [0, 0, 1.0]]), **{"border": "zeros", **more})


def mirrored(picture):
    return picture[:, ::-1]


class Estimate:
    """Near at the left and far at the right, whatever the picture; remembers what it was asked about."""

    def __init__(self):
        self.pictures = []

    def __call__(self, picture):
        self.pictures.append(picture)
        return HALVES


CHANGES = [
    # what is done to a canvas, its first row, what is fresh of that, the pixels it has travelled
    (lambda one: one, "RGBYRGBY", [0, 0, 0, 0, 0, 0, 0, 0], None),
    (lambda one: one.moved(right(2)), "..RGBYRG", [1, 1, 0, 0, 0, 0, 0, 0], 2),
    (lambda one: one.moved(right(2)).moved(right(1)), "...RGBYR", [1, 1, 1, 0, 0, 0, 0, 0], 3),
    (lambda one: one.moved(right(2)).moved(right(-2)), "RGBYRGBY", [0, 0, 0, 0, 0, 0, 0, 0], 0),  # resampled once: all is there
    (lambda one: one.edited(OTHER), "WWWWRRRR", [0, 0, 0, 0, 0, 0, 0, 0], None),
    (lambda one: one.moved(right(2)).edited(OTHER), "WWWWRRRR", [1, 1, 0, 0, 0, 0, 0, 0], 2),
    (lambda one: one.moved(right(2)).edited(OTHER).edited(PICTURE), "RGBYRGBY", [1, 1, 0, 0, 0, 0, 0, 0], 2),
    (lambda one: one.moved(right(2)).edited(OTHER).moved(right(1)), ".WWWWRRR", [1, 1, 1, 0, 0, 0, 0, 0], 3),
    (lambda one: one.moved(right(2)).edited(OTHER).moved(right(-1)), "WWWRRRR.", [1, 0, 0, 0, 0, 0, 0, 1], 1),
    (lambda one: one.edited(OTHER).moved(right(1)), ".WWWWRRR", [1, 0, 0, 0, 0, 0, 0, 0], 1),
    (lambda one: one.rearranged(mirrored), "YBGRYBGR", [0, 0, 0, 0, 0, 0, 0, 0], None),
    (lambda one: one.moved(right(2)).rearranged(mirrored), "GRYBGR..", [0, 0, 0, 0, 0, 0, 1, 1], 2),
    (lambda one: one.moved(right(2)).rearranged(mirrored).moved(right(1)), ".GRYBGR.", [1, 0, 0, 0, 0, 0, 0, 1], 3),
]


@pytest.mark.parametrize(("change", "row", "fresh", "travelled"), CHANGES)
def test_moves_and_edits(change, row, fresh, travelled):
    canvas = change(Canvas(PICTURE))
    assert letters(canvas.frame)[0] == row
    assert canvas.fresh.tolist() == [fresh, fresh]
    assert canvas.fresh.dtype == np.float32
    assert (None if canvas.travel is None else -canvas.travel.matrix[0, 2]) == travelled


def test_many_moves_resample_once():
    picture, canvas = card((64, 48)), Canvas(card((64, 48)))
    step = Warp((64, 48), matrix=np.array([[1, 0, -0.5], [0, 1, 0], [0, 0, 1.0]]), sampling="bilinear")
    for _ in range(4):
        canvas = canvas.moved(step)
    assert np.array_equal(canvas.frame[:, 2:], picture[:, :-2])  # four half pixels are two whole ones, without blur


def test_what_is_fresh_stays_between_0_and_1_whatever_a_look_does():
    canvas = Canvas(PICTURE).moved(right(2)).rearranged(lambda picture: picture * 3 - 1)
    assert canvas.fresh[0].tolist() == [1, 1, 0, 0, 0, 0, 0, 0]


def test_notes_stay_with_a_canvas():
    canvas = Canvas(PICTURE, notes={"seed": 7})
    assert canvas.moved(right(1)).edited(OTHER).rearranged(mirrored).notes == {"seed": 7}


@pytest.mark.parametrize(
    ("change", "distances"),
    [
        (lambda one: one, [1, 1, 1, 1, 2, 2, 2, 2]),
        (lambda one: one.moved(right(2)), [1, 1, 1, 1, 1, 1, 2, 2]),  # no border is as near as the camera
        (lambda one: one.moved(right(2)).edited(OTHER), [1, 1, 1, 1, 1, 1, 2, 2]),
        (lambda one: one.moved(right(2)).edited(OTHER).moved(right(1)), [1, 1, 1, 1, 1, 1, 1, 2]),
        (lambda one: one.moved(right(2)).rearranged(mirrored), [2, 2, 1, 1, 1, 1, 1, 1]),
        (lambda one: one.moved(right(0.5)), [1, 1, 1, 1, 2, 2, 2, 2]),  # near or far, nothing between them
    ],
)
def test_distance_is_moved_with_the_picture_and_survives_what_is_done_to_it(change, distances):
    assert change(Canvas(PICTURE).with_depth(Estimate())).distance[0].tolist() == distances


def test_distance_is_estimated_once_when_somebody_looks_and_of_the_picture_before_its_moves():
    estimate = Estimate()
    moved = Canvas(PICTURE).moved(right(2)).with_depth(estimate)
    further = moved.moved(right(1))
    assert estimate.pictures == []
    assert moved.with_depth(Estimate()) is moved
    assert further.distance is further.distance
    assert moved.distance is not None
    assert [one is PICTURE for one in estimate.pictures] == [True]


@pytest.mark.parametrize("change", [row[0] for row in CHANGES])
def test_where_nobody_estimated_there_is_no_distance(change):
    canvas = change(Canvas(PICTURE))
    assert (canvas.depth, canvas.distance) == (None, None)


def test_an_estimate_may_find_nothing():
    canvas = Canvas(PICTURE, depth=lambda: None)
    for one in (canvas, canvas.moved(right(1)), canvas.edited(OTHER), canvas.rearranged(mirrored)):
        assert one.distance is None
