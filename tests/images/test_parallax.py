"""Steps through a scene with distances: what covers what, and what comes to light."""

import numpy as np
import pytest

from lib_anim.images.camera import move_3d
from lib_anim.images.parallax import occluding

WIDTH, HEIGHT = 160, 96
LEFT, TOP, RIGHT, BOTTOM = 60, 30, 100, 66  # of a card, its first row and column and those after its last
CARD, WALL = 1.0, 2.0

MOVES = {
    "sideways": {"translate": (20.0, 0.0, 0.0)},
    "to the other side": {"translate": (-20.0, 0.0, 0.0)},
    "down": {"translate": (0.0, 15.0, 0.0)},
    "forward": {"translate": (0.0, 0.0, 8.0)},
    "back": {"translate": (0.0, 0.0, -8.0)},
    "sideways, turning": {"translate": (12.0, 0.0, 3.0), "rotate_deg": (0.0, 1.0, 2.0)},
    "a little": {"translate": (3.0, 0.0, 0.0)},
    "far": {"translate": (70.0, 0.0, 0.0)},
}


def scene(card=CARD, wall=WALL):
    distance = np.full((HEIGHT, WIDTH), wall, np.float32)
    distance[TOP:BOTTOM, LEFT:RIGHT] = card
    return distance


def stepping(move):
    return lambda depth, size=(WIDTH, HEIGHT): move_3d(size, depth=depth, **move)


def on_card(positions, rim=0.0):
    x, y = positions[..., 0], positions[..., 1]
    across = (x > LEFT - 0.5 - rim) & (x < RIGHT - 0.5 + rim)
    return across & (y > TOP - 0.5 - rim) & (y < BOTTOM - 0.5 + rim)


@pytest.mark.parametrize("card", [CARD, 1.3])
@pytest.mark.parametrize("move", MOVES.values(), ids=MOVES)
def test_two_planes_move_as_the_formula_says_and_the_near_one_covers(move, card):
    """Of each pixel it is known which plane it shows, and where that is read; the rim that comes along is left open."""
    distance, step = scene(card), stepping(move)
    if card != CARD:
        distance[10, 20] = CARD  # so that the card is neither the nearest nor the farthest
    near, far = step(card).positions, step(WALL).positions
    warp = occluding(distance, step)
    holes = np.zeros(distance.shape, bool) if warp.torn is None else warp.torn > 0
    sure = on_card(near, -0.5)
    assert np.abs(warp.positions - near)[sure].max() < 0.01
    elsewhere = ~on_card(near, 1.5) & ~on_card(far, 1.5)
    elsewhere[:28, :60] = False  # what that pixel covers and uncovers
    assert np.abs(warp.positions - far)[elsewhere & ~holes].max() < 0.01


@pytest.mark.parametrize("move", MOVES.values(), ids=MOVES)
def test_what_the_near_plane_hid_before_is_uncovered(move):
    """The wall's pixels that the card hid are holes, unless it hides them still; others are none. A rim of a pixel is left."""
    step = stepping(move)
    near, far = step(CARD).positions, step(WALL).positions
    torn = occluding(scene(), step).torn
    holes = np.zeros((HEIGHT, WIDTH), bool) if torn is None else torn > 0
    assert holes[on_card(far, -1.0) & ~on_card(near, 1.0)].all()
    assert not holes[(~on_card(far, 1.5) & ~on_card(near, 1.5)) | on_card(near, -1.0)].any()


def test_holes_are_as_wide_as_the_parallax():
    step = stepping(MOVES["sideways"])
    parallax = float((step(CARD).positions - step(WALL).positions)[48, 80, 0])
    assert occluding(scene(), step).torn[48].sum() == pytest.approx(parallax, abs=1.0)


def test_what_comes_along_in_a_hole_is_the_wall():
    warp = occluding(scene(), stepping(MOVES["sideways"]))
    assert not on_card(warp.positions[warp.torn > 0], -0.5).any()


def test_nothing_tears_in_a_slope_or_at_rest():
    slope = np.linspace(1.0, 2.0, WIDTH, dtype=np.float32)[None].repeat(HEIGHT, axis=0)
    assert occluding(slope, stepping(MOVES["sideways"])).torn is None
    rest = occluding(scene(), stepping({}))
    assert rest.torn is None
    assert np.abs(rest.positions - stepping({})(1.0).positions).max() < 1e-3


def test_a_plane_is_a_plane_at_any_distance():
    step = stepping(MOVES["sideways, turning"])
    for distance in (0.5, 1.0, 7.0):
        whole = step(np.full((HEIGHT, WIDTH), distance, np.float32))
        assert np.abs(step(distance).positions - whole.positions).max() < 0.01
    flat = stepping({"translate": (9.0, -4.0, 6.0), "rotate_deg": (0.0, 0.0, 5.0)})
    assert flat(3.0).matrix is not None
    assert np.abs(flat(3.0).positions - flat(np.full((HEIGHT, WIDTH), 3.0, np.float32)).positions).max() < 0.01


def test_a_card_that_comes_near_shows_no_wall_through_itself():
    """Its pixels are drawn apart, to more than twice its size."""
    step = stepping({"translate": (0.0, 0.0, 58.0)})
    warp = occluding(scene(), step)
    near = step(CARD).positions
    inside = on_card(near, -1.0)
    assert inside.sum() > 4 * (RIGHT - LEFT - 2) * (BOTTOM - TOP - 2)
    assert np.abs(warp.positions - near)[inside].max() < 0.01
    assert not (warp.torn[inside] > 0).any()


def test_one_that_comes_out_of_the_middle_goes_its_own_way():
    """Its parallax is not a straight line between those of the planes before and behind it."""
    distance, step = scene(card=1.4, wall=3.0), stepping({"translate": (0.0, 0.0, 30.0)})
    distance[2:6, 2:6] = CARD
    warp = occluding(distance, step)
    near = step(1.4).positions
    leading = on_card(near) & (near[..., 0] > RIGHT - 2)
    assert leading.any()
    assert np.abs(warp.positions - near)[leading].max() < 0.01


@pytest.mark.filterwarnings("ignore:overflow")
@pytest.mark.parametrize(
    "translate", [(1e30, 0.0, 0.0), (1e300, -1e300, 0.0), (0.0, 0.0, 1e30), (0.0, 0.0, 199.0), (0.0, 0.0, -1e9)]
)
def test_steps_beyond_all_bounds_are_taken(translate):
    warp = occluding(scene(), stepping({"translate": translate}))
    assert warp.positions.shape == (HEIGHT, WIDTH, 2)
