"""What is known of a frame without a painter, against positions that are computed here from the settings alone."""

from functools import reduce

import numpy as np
import pytest

from lib_anim.features.common.distances import scene_distances
from lib_anim.images.camera import move_3d
from lib_anim.images.warp import Warp
from lib_anim.shot.canvas import Canvas
from lib_anim.shot.guide import GREY, guide
from lib_anim.shot.spans import moved_to
from lib_anim.shot.steps import Tools
from tests.helpers import frame, letters, shot

STILL = {"translation_z": "0:(0)", "fov_schedule": "0:(90)", "use_depth_warping": False}
SIZE = WIDTH, HEIGHT = 64, 48
LOPSIDED = frame(*("".join("RGBYW."[(3 * x + 5 * y + x * y // 7) % 6] for x in range(WIDTH)) for y in range(HEIGHT)))


def after(n, start=LOPSIDED, depth=None, **changes):
    """The guide of the frame that is filmed n frames after the first one."""
    made = shot(max_frames=9, **changes)
    return guide(moved_to(made, Canvas(start, depth=depth), made.plan.order[1 : n + 1]), SIZE)


def shifted(x, y):
    return np.array([[1, 0, x], [0, 1, y], [0, 0, 1.0]])


def turned(degrees, zoom):
    """Counter-clockwise on screen, where y goes down, about the middle."""
    cos, sin = zoom * np.cos(np.radians(degrees)), zoom * np.sin(np.radians(degrees))
    middle = shifted(WIDTH / 2, HEIGHT / 2)
    return middle @ np.array([[cos, sin, 0], [-sin, cos, 0], [0, 0, 1]]) @ np.linalg.inv(middle)


STEPS = {  # what is set, and the matrix of one step, to where a pixel goes
    "shift": ({"translation_x": "0:(3)", "translation_y": "0:(-2)"}, shifted(3, -2)),
    "zoom out": ({"zoom": "0:(0.93)"}, turned(0, 0.93)),
    "turn": ({"angle": "0:(4)", "translation_x": "0:(1.3)"}, turned(4, 1) @ shifted(1.3, 0)),
    "cadence": ({"translation_x": "0:(3)", "diffusion_cadence": 4}, shifted(3, 0)),
    "backwards": ({"translation_x": "0:(3)", "translation_y": "0:(-2)", "reverse": True}, shifted(-3, 2)),
    # 200 units are the distance of the scene; a lens of 90 degrees shows as much to each side, half of the pixels
    "3D": ({"animation_mode": "3D", **STILL, "translation_x": "0:(-7.8125)", "translation_y": "0:(1)"}, shifted(1.25, 0.12)),
}


@pytest.mark.parametrize("n", [0, 1, 8])
@pytest.mark.parametrize(("changes", "step"), STEPS.values(), ids=STEPS)
def test_the_mask_is_what_the_moves_uncovered_and_the_rest_is_the_start_picture(changes, step, n):
    found = after(n, **changes)
    x, y = np.meshgrid(np.arange(WIDTH), np.arange(HEIGHT))
    origin = np.linalg.inv(np.linalg.matrix_power(step, n)) @ np.stack([x, y, np.ones_like(x)]).reshape(3, -1).astype(float)
    origin = (origin[:2] / origin[2]).reshape(2, HEIGHT, WIDTH)
    beyond = [np.maximum(-place, place - (side - 1)) for place, side in zip(origin, SIZE, strict=True)]
    covered = np.prod([np.clip(1.0 - pixels, 0.0, 1.0) for pixels in beyond], axis=0)  # the share of each pixel
    sure = np.abs(covered - 0.5) > 0.04  # OpenCV's positions are whole 32nds of a pixel
    assert np.array_equal(found.mask[sure], (covered < 0.5)[sure].astype(np.float32))
    assert sure.mean() > 0.98
    assert set(np.unique(found.mask)) <= {0.0, 1.0}
    assert (found.frame[found.mask == 1.0] == GREY).all()
    near = np.abs(origin - np.rint(origin)).max(axis=0) < 0.35  # where the nearest pixel is not in doubt
    known = (found.mask == 0.0) & near & sure
    assert known.sum() > 400
    column, row = np.clip(np.rint(origin).astype(int), 0, np.reshape(SIZE, (2, 1, 1)) - 1)
    assert np.array_equal(found.frame[known], LOPSIDED[row, column][known])


def test_a_picture_that_comes_back_is_known_again():
    found = after(8, translation_x="0:(9), 4:(9), 5:(-9), 8:(-9)")
    assert found.mask.sum() == 0
    assert letters(found.frame) == letters(LOPSIDED)


def test_of_no_canvas_nothing_is_known():
    found = guide(None, SIZE)
    assert (found.frame.shape, found.mask.shape) == ((HEIGHT, WIDTH, 3), (HEIGHT, WIDTH))
    assert (found.frame == GREY).all()
    assert (found.mask == 1.0).all()


# -- a near square in front of a far wall -------------------------------------------------------------------------

NEAR = slice(20, 32), slice(40, 56)  # rows and columns
DEPTH = np.full((HEIGHT, WIDTH), 2.0, np.float32)
DEPTH[NEAR] = 1.0
SCENE = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
SCENE[..., 2] = 255
SCENE[NEAR] = (255, 0, 0)
PARALLAX = {
    "animation_mode": "3D",
    **STILL,
    "use_depth_warping": True,
    "translation_x": "0:(9.375)",
}  # 1.5 and .75 pixels a step


@pytest.mark.parametrize("changes", [{}, {"reverse": True, "translation_x": "0:(-9.375)"}])
def test_what_is_near_goes_in_front_and_uncovers_behind_it(changes):
    found, rows = after(8, SCENE, lambda: DEPTH, **{**PARALLAX, **changes}), slice(21, 31)
    red = (found.frame[..., 0] > 200) & (found.mask == 0.0)
    assert red[rows].sum(axis=1) == pytest.approx(16, abs=2)  # it keeps its width
    assert np.flatnonzero(red[25])[[0, -1]] == pytest.approx((40 - 12, 55 - 12), abs=1)
    holes = found.mask[rows, 20:58].sum(axis=1)  # the wall moved 6 pixels, the square 12
    assert holes == pytest.approx(6, abs=2)
    assert found.mask[:18, :58].sum() == 0


@pytest.mark.parametrize(("translate", "reverse"), [(62.5, False), (-62.5, True)])
def test_a_long_step_moves_all_of_what_is_near(translate, reverse):
    """10 pixels, where the wall behind moves 8.3: its distances must be those of the frame that the step is computed in."""
    depth = np.where(DEPTH < 1.5, np.float32(1.0), np.float32(1.2))
    changes = {**PARALLAX, "translation_x": f"0:({translate})", "reverse": reverse}
    found = after(1, SCENE, lambda: depth, **changes)
    red = (found.frame[25, :, 0] > 200) & (found.mask[25] == 0.0)
    assert np.flatnonzero(red)[[0, -1]] == pytest.approx((40 - 10, 55 - 10), abs=0.6)


def test_in_a_film_the_depth_picture_stays_where_it_is():
    """A film is painted anew where the depth picture has it; a guide shows the same picture at all frames."""
    made = shot(max_frames=9, **PARALLAX, depth_shape="hill")
    scene = scene_distances(made.plan.settings, made.plan, Tools()).known
    step = move_3d(SIZE, translate=(9.375, 0, 0), fov_deg=90, depth=scene)
    film, along = (moved_to(made, Canvas(LOPSIDED, depth=depth), range(1, 9)) for depth in (None, lambda: scene))
    assert film.path.positions == pytest.approx(reduce(Warp.then, [step] * 8).positions, abs=1e-3)
    assert np.abs(film.path.positions - along.path.positions).max() > 0.2


def gratings(x, y):
    """Stripes and rings as fine as pixels, whose levels are known at every position."""
    rings = np.sin(0.6 * np.hypot(x - 100, y - 60))
    return np.stack([np.sin(0.9 * x + 0.3 * y), rings, np.sin(1.1 * y) * np.cos(0.5 * x)], axis=-1) * 100 + 127


def test_a_picture_that_is_moved_at_once_stays_sharp():
    made = shot(W=192, H=128, max_frames=41, zoom="0:(0.995)", angle="0:(0.15)", sampling_mode="bicubic")
    x, y = np.meshgrid(np.arange(192.0), np.arange(128.0))
    start = np.rint(gratings(x, y)).astype(np.uint8)
    canvas, often = Canvas(start), start
    for index in range(1, 41):
        canvas = moved_to(made, canvas, [index])
        often = moved_to(made, Canvas(often), [index]).frame
    inside = np.s_[32:96, 48:144]
    true = gratings(*np.moveaxis(canvas.path.positions.astype(float), -1, 0))[inside]
    found = guide(canvas, (192, 128)).frame
    at_once, frame_by_frame = (np.abs(picture[inside] - true).mean() for picture in (found, often))
    assert at_once < 2  # levels
    assert frame_by_frame > 10 * at_once
