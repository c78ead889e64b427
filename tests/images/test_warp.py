"""Warps compose, invert, and know what they uncover."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from lib_anim.images.camera import move_2d, move_3d, perspective_flip
from lib_anim.images.warp import Warp
from tests.helpers import frame, letters

SIZE = (120, 90)


def scene():
    """A depth that bends the map without tearing it."""
    x, y = np.meshgrid(np.linspace(0, 3, SIZE[0]), np.linspace(0, 2, SIZE[1]))
    return (1.5 + 0.2 * np.sin(x) * np.cos(2 * y)).astype(np.float32)


MATRIX = move_2d(SIZE, angle_deg=4, zoom=1.05, translate_px=(3, -2))
FLIP = perspective_flip(SIZE, phi_deg=8, gamma_deg=-5)
FLAT = move_3d(SIZE, translate=(2, 1, 6), rotate_deg=(1.5, -2, 1))
DEEP = move_3d(SIZE, translate=(2, 1, 6), rotate_deg=(1, 1, 1), depth=scene())
KINDS = {"matrix": MATRIX, "flip": FLIP, "flat": FLAT, "deep": DEEP}


def pixels():
    return np.stack(np.meshgrid(np.arange(SIZE[0]), np.arange(SIZE[1])), axis=2).astype(np.float32)


def smooth_picture():
    rng = np.random.default_rng(1)
    return cv2.GaussianBlur(rng.integers(0, 256, (SIZE[1], SIZE[0], 3)).astype(np.uint8), (0, 0), 4)


@pytest.mark.parametrize("second", KINDS)
@pytest.mark.parametrize("first", KINDS)
def test_one_warp_then_another(first, second):
    a, b = KINDS[first], KINDS[second]
    both = a.then(b)
    picture = smooth_picture()
    inside = (both.uncovered() < 0.01) & (b.uncovered() < 0.01)
    assert inside.mean() > 0.6
    difference = np.abs(both(picture).astype(int) - b(a(picture)))[inside]
    assert difference.mean() < 0.6
    assert (both.matrix is not None) == (a.matrix is not None and b.matrix is not None)


@pytest.mark.parametrize("kind", KINDS)
def test_there_and_back(kind):
    warp = KINDS[kind]
    back = warp.inverse()
    for loop, inside in ((warp.then(back), back), (back.then(warp), warp)):
        covered = inside.uncovered() < 0.01
        distance = np.linalg.norm(loop.positions - pixels(), axis=2)
        assert covered.mean() > 0.6
        assert distance[covered].max() < 0.15


def test_ten_moves_are_one():
    path = Warp.identity(SIZE)
    rng = np.random.default_rng(2)
    picture = walked = cv2.GaussianBlur(rng.integers(0, 256, (SIZE[1], SIZE[0], 3)).astype(np.uint8), (0, 0), 0.8)
    for _ in range(10):
        step = move_3d(SIZE, translate=(1, 0.5, 2), rotate_deg=(0.5, -0.7, 0.4), sampling="bilinear")
        path, walked = path.then(step), step(walked)
    inside = path.uncovered() < 0.01
    sharp = cv2.Laplacian(path(picture), cv2.CV_32F)[inside].std()
    worn = cv2.Laplacian(walked, cv2.CV_32F)[inside].std()

    assert np.abs(cv2.blur(path(picture), (9, 9)).astype(int) - cv2.blur(walked, (9, 9)))[inside].mean() < 2.0
    assert sharp > 1.3 * worn  # resampled once, not ten times
    loop = path.then(path.inverse())
    covered = path.inverse().uncovered() < 0.01
    assert np.linalg.norm(loop.positions - pixels(), axis=2)[covered].max() < 0.3


def test_identities_change_nothing():
    identity = Warp.identity(SIZE)
    picture = smooth_picture()
    assert identity(picture) is picture
    assert identity.then(FLAT) is FLAT
    assert np.array_equal(FLAT.then(identity).positions, FLAT.positions)
    assert identity.uncovered().max() == 0


@pytest.mark.parametrize("first", [Warp.identity(SIZE), *KINDS.values()], ids=["identity", *KINDS])
@pytest.mark.parametrize("second", [Warp.identity(SIZE), MATRIX, DEEP], ids=["identity", "matrix", "deep"])
def test_border_and_sampling_are_those_of_the_second(first, second):
    both = first.then(replace(second, border="reflection", sampling="nearest"))
    assert (both.size, both.border, both.sampling) == (SIZE, "reflection", "nearest")


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_map_keeps_to_its_border(kind):
    white = np.full((SIZE[1], SIZE[0], 3), 255, np.uint8)
    away = move_2d(SIZE, translate_px=(40, 0)).then(KINDS[kind])
    assert replace(away, border="replicate")(white).min() == 255
    assert replace(away, border="zeros")(white)[45, 10].max() == 0
    assert replace(away, border="replicate").uncovered()[45, 10] == 1.0
    # what OpenCV does at such an edge counts, not what it does by default
    assert np.array_equal(replace(away, border="wrap")(white), white)


@pytest.mark.parametrize("border", ["replicate", "wrap"])
@pytest.mark.parametrize("kind", ["identity", *KINDS])
def test_masks_are_float32(kind, border):
    warp = replace({"identity": Warp.identity(SIZE), **KINDS}[kind], border=border)
    assert warp.uncovered().dtype == np.float32
    assert warp.uncovered().shape == SIZE[::-1]


@pytest.mark.parametrize(
    ("border", "expected"),
    [("replicate", "RRRG"), ("wrap", "B.RG"), ("reflection", "GRRG"), ("zeros", "..RG")],
)
def test_borders(border, expected):
    picture = frame("RG.B")
    picture[0, 2] = (0, 0, 0)
    moved = move_2d((4, 1), translate_px=(2, 0), border=border, sampling="nearest")(picture)
    wanted = {"wrap": ".BRG"}.get(border, expected)
    assert letters(moved) == [wanted]


def test_what_is_uncovered():
    shift = move_2d((6, 4), translate_px=(2, -1))
    assert shift.uncovered().tolist() == [[1, 1, 0, 0, 0, 0]] * 3 + [[1] * 6]
    assert move_2d((6, 4), translate_px=(2, -1), border="wrap").uncovered().max() == 0
    assert move_2d((6, 4), zoom=1.5).uncovered().max() < 0.51  # at most the half pixel of the rim
    half = move_2d((6, 4), translate_px=(1.5, 0)).uncovered()[0]
    assert half[:3] == pytest.approx([1, 0.5, 0])


def test_depth_edges_are_uncovered():
    """A near post in front of a far wall: the camera steps aside, and what the post hid is nothing's picture."""
    depth = np.full((60, 100), 2.0, np.float32)
    depth[:, 40:60] = 1.0
    move = move_3d((100, 60), translate=(12, 0, 0), depth=depth)
    torn = move.uncovered()[10:50]
    flat = move_3d((100, 60), translate=(12, 0, 0)).uncovered()[10:50]
    assert torn[:, 30:70].max() == 1.0
    assert flat[:, 30:70].max() == 0.0
    assert torn[:, 5:30].max() == 0.0


@pytest.mark.parametrize(("times", "torn"), [(1, 0), (3.9, 0), (4.1, 1), (20, 1)])
@pytest.mark.parametrize("axis", [0, 1], ids=["across", "down"])
@pytest.mark.parametrize("usual", [1.0, 3.0], ids=["as it is", "zoomed"])
def test_ground_is_a_picture_of_itself_until_it_is_stretched_four_times_as_much_as_the_rest(times, torn, axis, usual):
    steps = np.ones(SIZE[::-1], np.float32)  # how far each pixel's source is from that of the pixel before it
    patch = (slice(30, 60), slice(50, 80))
    steps[patch] = 1.0 / times
    grid = pixels()
    grid[..., axis] = np.cumsum(steps, axis=1 - axis) - 1.0
    uncovered = Warp(SIZE, grid=grid / usual).uncovered()
    expected = np.zeros(SIZE[::-1], np.float32)
    # a square of four pixels is judged, and its first one marked: the steps begin one pixel earlier
    expected[(slice(30, 60), slice(49, 79)) if axis == 0 else (slice(29, 59), slice(50, 80))] = torn
    assert uncovered.dtype == np.float32
    assert np.array_equal(uncovered, expected)


def test_what_is_stretched_reaches_to_the_edge():
    grid = pixels()
    grid[..., 0] = np.minimum(grid[..., 0], 100)
    assert Warp(SIZE, grid=grid).uncovered().tolist() == [[0] * 100 + [1] * 20] * SIZE[1]


@pytest.mark.parametrize("angle", [60, -100, 180])
def test_a_turn_stretches_nothing(angle):
    turned = move_2d(SIZE, angle_deg=angle)
    dense = Warp(SIZE, grid=turned.positions)
    assert np.abs(dense.uncovered() - turned.uncovered()).max() < 0.1  # OpenCV's 1/32 pixel at the rim


def torn_at(x, y):
    """No move, but for a square of 10 pixels that leads nowhere."""
    torn = np.zeros(SIZE[::-1], np.float32)
    torn[y : y + 10, x : x + 10] = 1.0
    return Warp(SIZE, grid=pixels(), torn=torn)


ASIDE = move_2d(SIZE, translate_px=(30, 20), border="wrap")
ASIDE_DENSE = Warp(SIZE, grid=ASIDE.positions, border="wrap")


@pytest.mark.parametrize(
    ("first", "second", "squares"),
    [
        (torn_at(40, 30), ASIDE, [(70, 50)]),  # what was torn before goes along
        (torn_at(40, 30), ASIDE_DENSE, [(70, 50)]),
        (ASIDE, torn_at(40, 30), [(40, 30)]),  # what the second move tears stays where it is
        (ASIDE_DENSE, torn_at(40, 30), [(40, 30)]),
        (torn_at(40, 30).then(ASIDE), torn_at(10, 60), [(70, 50), (10, 60)]),
        (torn_at(40, 30), Warp.identity(SIZE), [(40, 30)]),
        (Warp.identity(SIZE), torn_at(40, 30), [(40, 30)]),
    ],
)
def test_what_is_torn_stays_torn_when_moves_are_joined(first, second, squares):
    expected = np.zeros(SIZE[::-1], np.float32)
    for x, y in squares:
        expected[y : y + 10, x : x + 10] = 1.0
    assert np.array_equal(first.then(second).torn, expected)
    assert (first.then(second).uncovered() >= expected).all()


def test_moves_that_tear_nothing_are_not_torn_when_joined():
    assert DEEP.then(MATRIX).torn is None
    assert MATRIX.then(DEEP).torn is None


def test_a_map_that_bends_much_is_undone_in_many_rounds():
    grid = pixels()
    grid[..., 0] += 6 * np.sin(pixels()[..., 0] / 10)  # so steep that each round leaves more than half of the error
    bent = Warp(SIZE, grid=grid)
    back = bent.inverse()
    assert back.torn is None
    assert np.abs(back.then(bent).positions - pixels())[:, 20:100].max() < 0.1


def test_an_inverse_says_where_there_is_none():
    grid = pixels()
    grid[:, 60:, 0] = 59 - (grid[:, 60:, 0] - 60)  # folds back upon itself
    folded = Warp(SIZE, grid=grid)
    assert folded.inverse().torn.dtype == np.float32
    assert folded.inverse().uncovered()[:, 70:].mean() > 0.9
    assert FLAT.inverse().torn is None


@pytest.mark.parametrize("value", [0.0, np.inf, np.nan])
def test_a_move_without_an_inverse_leads_nowhere(value):
    matrix = np.eye(3)
    matrix[1, 1] = value
    back = Warp(SIZE, matrix=matrix, border="wrap").inverse()
    assert back.matrix is None
    assert np.array_equal(back.positions, pixels())
    assert np.array_equal(back.uncovered(), np.ones(SIZE[::-1]))
    assert back.torn.dtype == np.float32
    assert back.border == "wrap"


def test_the_inverse_of_a_matrix_is_one():
    back = move_2d(SIZE, translate_px=(3, -2)).inverse()
    assert back.matrix.tolist() == [[1, 0, 3], [0, 1, -2], [0, 0, 1]]
    assert back.grid is None


@pytest.mark.parametrize("kind", ["turned", "turned and nearer", "far below"])
def test_a_dense_map_is_undone_from_the_matrix_nearest_to_it(kind):
    """Turned by a right angle, or moved by half a picture, no search from where a pixel is would arrive."""
    moves = {
        "turned": {"angle_deg": 90},
        "turned and nearer": {"angle_deg": 90, "zoom": 2},
        "far below": {"translate_px": (0, 45), "zoom": 0.7},
    }
    warp = move_2d(SIZE, **moves[kind]).then(DEEP)
    assert warp.matrix is None
    back = warp.inverse()
    assert back.torn is None
    covered = back.uncovered() < 0.01
    assert covered.mean() > 0.2
    assert np.linalg.norm(warp.then(back).positions - pixels(), axis=2)[covered].max() < 0.15


def test_a_map_of_one_point_leads_nowhere_else():
    grid = np.full((SIZE[1], SIZE[0], 2), 30.0, np.float32)
    back = Warp(SIZE, grid=grid).inverse()
    assert np.isfinite(back.positions).all()


def test_floats_and_masks_move_too():
    mask = np.zeros((4, 6), np.float32)
    mask[1, 1] = 1.0
    moved = move_2d((6, 4), translate_px=(2, 1), sampling="bilinear")(mask)
    assert moved[2, 3] == 1.0
    assert moved.sum() == 1.0
