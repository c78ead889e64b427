"""Camera moves against the measured tables (512x512, "output pixel <- source position"), and lopsided pictures."""

import cv2
import numpy as np
import pytest

from lib_anim.images.camera import (
    equivalent_translation_z,
    move_2d,
    move_3d,
    nearest_distances,
    perspective_flip,
    rotation,
    widened,
)
from tests.helpers import frame, letters

SIZE = (512, 512)
POINTS = [(256, 256), (384, 256), (256, 384), (128, 128)]


def sources(warp):
    return [tuple(float(v) for v in warp.positions[y, x]) for x, y in POINTS]


@pytest.mark.parametrize(
    ("move", "expected"),
    [
        ({"translate_px": (10, 0)}, [(246, 256), (374, 256), (246, 384), (118, 128)]),
        ({"translate_px": (0, 10)}, [(256, 246), (384, 246), (256, 374), (128, 118)]),
        ({"angle_deg": 10}, [(256, 256), (382.06, 278.23), (233.77, 382.06), (152.17, 107.72)]),
        ({"zoom": 1.1}, [(256, 256), (372.36, 256), (256, 372.36), (139.64, 139.64)]),
        ({"zoom": 1.1, "translate_px": (10, 0)}, [(246, 256), (362.36, 256), (246, 372.36), (129.64, 139.64)]),
        ({"zoom": 1.1, "centre": (0.25, 0.75)}, [(244.36, 267.64), (360.73, 267.64), (244.36, 384), (128, 151.27)]),
        ({"angle_deg": 10, "centre": (0, 0)}, [(207.66, 296.56), (333.71, 318.79), (185.43, 422.62), (103.83, 148.28)]),
        (
            {"angle_deg": 10, "zoom": 1.1, "translate_px": (20, -10)},
            [(236, 266), (350.6, 286.21), (215.79, 380.6), (141.61, 131.2)],
        ),
    ],
)
def test_2d_is_as_measured(move, expected):
    assert sources(move_2d(SIZE, **move)) == [pytest.approx(point, abs=0.01) for point in expected]


@pytest.mark.parametrize(
    ("move", "expected"),
    [
        ({"translate": (10, 0, 0)}, [(274.32, 256), (402.32, 256), (274.32, 384), (146.32, 128)]),
        ({"translate": (0, 10, 0)}, [(256, 237.68), (384, 237.68), (256, 365.68), (128, 109.68)]),
        ({"translate": (0, 0, 10)}, [(255.95, 255.95), (374.36, 255.95), (255.95, 374.36), (137.58, 137.58)]),
        ({"translate": (0, 0, 1.75)}, [(255.99, 255.99), (382.41, 255.99), (255.99, 382.41), (129.58, 129.58)]),
        ({"translate": (0, 0, -10)}, [(256.05, 256.05), (392.71, 256.05), (256.05, 392.71), (119.35, 119.35)]),
        ({"translate": (0, 0, 10), "aspect": 2}, [(255.97, 255.95), (379.21, 255.95), (255.97, 374.36), (132.75, 137.58)]),
        ({"rotate_deg": (5, 0, 0)}, [(256, 224.01), (383.31, 224.01), (255.95, 342.11), (121.05, 89.68)]),
        ({"rotate_deg": (0, 5, 0)}, [(287.97, 256), (422.41, 256.04), (287.97, 383.37), (169.73, 137.08)]),
        ({"rotate_deg": (0, 5, 0), "fov_deg": 40}, [(317.52, 255.99), (457.81, 256.08), (317.52, 382.67), (208.4, 145.44)]),
        ({"rotate_deg": (0, 0, 5)}, [(255.92, 256.09), (384.61, 272.04), (239.97, 384.71), (143.25, 111.43)]),
        ({"rotate_deg": (0, 0, 10)}, [(255.85, 256.18), (386.63, 287.92), (224.11, 386.89), (156.88, 93.54)]),
        (
            {"translate": (5, 0, 10), "rotate_deg": (0, 2, 0)},
            [(279.04, 255.94), (400.48, 255.96), (279.04, 374.26), (164.65, 141.36)],
        ),
        ({"rotate_deg": (2, 3, 4)}, [(274.22, 241.94), (406.7, 254.75), (261.16, 366.63), (160.8, 102.37)]),
    ],
)
def test_3d_is_as_measured(move, expected):
    # the table was read off warped pictures, to about 0.06 of a pixel
    assert sources(move_3d(SIZE, **move)) == [pytest.approx(point, abs=0.06) for point in expected]


@pytest.mark.parametrize(("fov", "x"), [(40, 365.41), (90, 377.27), (120, 380.12), (-70, 393.64)])
def test_3d_view_angle_as_measured(fov, x):
    assert sources(move_3d(SIZE, translate=(0, 0, 10), fov_deg=fov))[1][0] == pytest.approx(x, abs=0.06)


def test_3d_units_are_half_widths():
    wide = (768, 512)
    assert move_3d(wide, translate=(10, 0, 0)).positions[256, 384, 0] - 384 == pytest.approx(27.44, abs=0.06)
    assert 256 - move_3d(wide, translate=(0, 10, 0)).positions[256, 384, 1] == pytest.approx(18.32, abs=0.06)


def _grid_sample_positions(size, translate, rotate_deg, fov_deg, aspect, depth):
    """The formula of the reference, written out with torch's own sampling grid."""
    import torch

    width, height = size
    x, y, z = np.radians(rotate_deg)
    turn = (
        torch.tensor([[1, 0, 0], [0, np.cos(x), -np.sin(x)], [0, np.sin(x), np.cos(x)]])
        @ torch.tensor([[np.cos(y), 0, np.sin(y)], [0, 1, 0], [-np.sin(y), 0, np.cos(y)]])
        @ torch.tensor([[np.cos(z), -np.sin(z), 0], [np.sin(z), np.cos(z), 0], [0, 0, 1]])
    )
    gy, gx = torch.meshgrid(torch.linspace(-1, 1, height), torch.linspace(-1, 1, width), indexing="ij")
    points = torch.stack([gx, gy, torch.as_tensor(depth, dtype=torch.float32).expand(height, width)], -1).double()
    moved = points @ turn + torch.tensor([-translate[0], translate[1], -translate[2]]) / 200
    lens = 1 / np.tan(np.radians(fov_deg) / 2)
    offset = torch.stack(
        [
            lens / aspect * (moved[..., 0] / moved[..., 2] - points[..., 0] / points[..., 2]),
            lens * (moved[..., 1] / moved[..., 2] - points[..., 1] / points[..., 2]),
        ],
        -1,
    )
    identity = torch.nn.functional.affine_grid(
        torch.tensor([[[1.0, 0, 0], [0, 1, 0]]]), [1, 1, height, width], align_corners=False
    )
    return (identity[0].double() - offset).numpy()


@pytest.mark.parametrize("depth", [1.0, "scene"])
@pytest.mark.parametrize(("rotate", "aspect"), [((0, 0, 0), 1.0), ((0, 0, 7), 1.0), ((2, -3, 4), 1.6)])
def test_3d_samples_what_torch_samples(depth, rotate, aspect):
    torch = pytest.importorskip("torch")
    size = (96, 64)
    rng = np.random.default_rng(3)
    scene = 1.2 + cv2.GaussianBlur(rng.random((64, 96)).astype(np.float32), (0, 0), 6) if depth == "scene" else depth
    picture = cv2.GaussianBlur(rng.integers(0, 256, (64, 96, 3)).astype(np.uint8), (0, 0), 2)
    warp = move_3d(
        size, translate=(4, -3, 12), rotate_deg=rotate, fov_deg=65, aspect=aspect, depth=None if depth == 1.0 else scene,
        sampling="bilinear",
    )  # fmt: skip
    grid = _grid_sample_positions(size, (4, -3, 12), rotate, 65, aspect, scene)
    source = torch.tensor(picture.astype(np.float64)).permute(2, 0, 1)[None]
    expected = torch.nn.functional.grid_sample(source, torch.tensor(grid)[None], padding_mode="border", align_corners=False)
    difference = np.abs(warp(picture) - expected[0].permute(1, 2, 0).numpy())
    assert difference.mean() < 0.4  # rounding and OpenCV's 1/32 pixel
    assert difference.max() < 6


def test_flat_scenes_are_matrices_while_they_can_be():
    for move in (
        {"translate": (3, 2, 9)},
        {"rotate_deg": (0, 0, 5)},
        {"translate": (1, 1, 1), "rotate_deg": (0, 0, -9), "aspect": 1.5},
    ):
        warp = move_3d((64, 48), **move)
        dense = move_3d((64, 48), **move, depth=np.ones((48, 64), np.float32))
        assert warp.matrix is not None
        assert dense.matrix is None
        assert np.abs(warp.positions - dense.positions).max() < 1e-3
    assert move_3d((64, 48), rotate_deg=(1, 0, 0)).matrix is None


def test_no_move_is_no_move():
    for warp in (move_2d(SIZE), move_3d(SIZE), perspective_flip(SIZE)):
        assert warp.is_identity


@pytest.mark.parametrize("angles", [(10, 0, 0), (0, 25, 0), (0, 0, -30), (5, -12, 30)])
@pytest.mark.parametrize("view", [40, 53, 110])
def test_flip_against_its_four_corners(angles, view):
    """Corners turned in space and projected one by one, OpenCV's homography from the four pairs."""
    from lib_anim.images.camera import rotation

    theta, phi, gamma = angles
    width, height = 640, 360
    diagonal, half = np.hypot(width, height), np.radians(view) / 2
    distance, side = diagonal / (2 * np.sin(half)), diagonal / np.cos(half)
    corners = np.array([[-1, 1, 0], [1, 1, 0], [1, -1, 0], [-1, -1, 0]]) * (width / 2, height / 2, 0)
    seen = corners @ rotation(phi, gamma, theta).T
    seen[:, 2] -= distance
    projected = seen[:, :2] / np.tan(half) / -seen[:, 2:]
    target = np.stack(
        [(projected[:, 0] + 1) * side / 2 - (side - width) / 2, (1 - projected[:, 1]) * side / 2 - (side - height) / 2], 1
    )
    source = np.array([[0, 0], [width, 0], [width, height], [0, height]])
    expected = np.linalg.inv(cv2.getPerspectiveTransform(source.astype(np.float32), target.astype(np.float32)))
    warp = perspective_flip((width, height), theta_deg=theta, phi_deg=phi, gamma_deg=gamma, view_angle_deg=view)
    assert warp.matrix == pytest.approx(expected / expected[2, 2], abs=2e-4)


def test_flip_roll_is_a_turn_about_the_middle():
    assert np.abs(perspective_flip(SIZE, theta_deg=10).matrix - move_2d(SIZE, angle_deg=10).matrix).max() < 1e-9


PICTURE = frame("RG..", "B...", "....", "...W")


@pytest.mark.parametrize(
    ("move", "expected"),
    [
        ({"translate_px": (1, 0)}, ["RRG.", "BB..", "....", "...."]),
        ({"translate_px": (0, 1)}, ["RG..", "RG..", "B...", "...."]),
        ({"translate_px": (1, 2), "border": "wrap"}, ["....", "W...", ".RG.", ".B.."]),
        ({"angle_deg": 90, "centre": (0.375, 0.375)}, ["...W", "....", "G...", "RB.."]),
        ({"zoom": 9, "centre": (0.25, 0)}, ["GGGG"] * 4),
        ({"zoom": 9, "centre": (0, 0.25)}, ["BBBB"] * 4),
    ],
)
def test_2d_on_a_lopsided_picture(move, expected):
    assert letters(move_2d((4, 4), sampling="nearest", **move)(PICTURE)) == expected


def test_a_quarter_turn_is_numpys():
    turned = move_2d((4, 4), angle_deg=90, centre=(0.375, 0.375), sampling="nearest")(PICTURE)
    assert letters(turned) == letters(np.rot90(PICTURE))


def test_3d_on_a_lopsided_picture():
    picture = np.zeros((64, 64, 3), np.uint8)
    picture[20:28, 40:48] = 255

    def centre(**move):
        moved = move_3d((64, 64), **move)(picture)[..., 0].astype(float)
        ys, xs = np.mgrid[:64, :64]
        return (moved * xs).sum() / moved.sum(), (moved * ys).sum() / moved.sum()

    x, y = centre()
    assert centre(translate=(10, 0, 0))[0] < x - 1
    assert centre(translate=(0, 10, 0))[1] > y + 1
    assert centre(translate=(0, 0, 20))[0] > x + 0.5  # away from the middle
    assert centre(rotate_deg=(5, 0, 0))[1] > y + 1  # looks up
    assert centre(rotate_deg=(0, 5, 0))[0] < x - 1  # looks right
    assert centre(rotate_deg=(0, 0, 10))[1] < y - 1  # what is right of the middle rises: counter-clockwise


@pytest.mark.parametrize("mean", [40, 200])
def test_moving_does_not_darken(mean):
    picture = np.random.default_rng(0).integers(mean - 30, mean + 31, (64, 64, 3)).astype(np.uint8)
    moved = picture
    for _ in range(50):
        moved = move_3d((64, 64), translate=(0.3, 0.2, 0.5), rotate_deg=(0.1, 0, 0.3))(moved)
    assert moved.mean() == pytest.approx(picture.mean(), abs=2.0)


STEPPED = np.where(np.arange(64) < 32, 1.2, 2.0).astype(np.float32)[None].repeat(64, axis=0)


@pytest.mark.parametrize(
    ("beyond", "there"),
    [
        ({"translate": (0, 0, 250)}, {"translate": (0, 0, 198)}),  # 1 is the scene, and 0.01 before it the step ends
        ({"translate": (9, 0, 1e6)}, {"translate": (9, 0, 198)}),
        ({"translate": (0, 0, 300), "depth": STEPPED}, {"translate": (0, 0, 238), "depth": STEPPED}),
        ({"translate": (0, 0, 198)}, {"translate": (0, 0, 198)}),
    ],
)
def test_a_step_ends_in_front_of_the_scene(beyond, there):
    ended, wanted = move_3d((64, 64), **beyond).positions, move_3d((64, 64), **there).positions
    assert np.isfinite(ended).all()
    assert np.abs(ended - wanted).max() < 0.05


def test_a_turn_that_takes_the_scene_along_ends_in_front_of_it_too():
    assert np.isfinite(move_3d((64, 64), rotate_deg=(80, 0, 0), translate=(0, 0, 100)).positions).all()


def test_how_near_the_scene_comes():
    none, forward = np.zeros(3), np.array([0.0, 100.0, 150.0])
    assert nearest_distances(none, none, forward).tolist() == pytest.approx([1.0, 0.5, 0.25])
    assert nearest_distances(none, none, forward, nearest=1.2).tolist() == pytest.approx([1.2, 0.7, 0.45])


@pytest.mark.parametrize("turn", [(20, 0, 0), (0, 20, 0), (15, -25, 0), (-10, 5, 70)])
def test_after_a_turn_it_is_a_corner_of_the_scene(turn):
    corners = np.array([[x, y, 1.0] for x in (-1, 1) for y in (-1, 1)]) @ rotation(*turn)
    distance = nearest_distances(np.array([turn[0]]), np.array([turn[1]]), 0.0)
    assert distance.tolist() == pytest.approx([corners[:, 2].min()])


@pytest.mark.parametrize("depth", [None, "scene"])
def test_the_nearest_that_the_scene_may_come_is_a_hundredth(depth):
    depth = None if depth is None else np.linspace(1.0, 2.0, 64 * 48, dtype=np.float32).reshape(48, 64)
    near, end = (move_3d((64, 48), translate=(0, 0, forward), depth=depth).positions for forward in (197.9, 198))
    assert np.abs(near - end).max() > 1e-3  # 0.0105 is left, and then 0.01
    for forward in (198.1, 199.9, 200.1):
        assert np.abs(move_3d((64, 48), translate=(0, 0, forward), depth=depth).positions - end).max() < 1e-3


def test_the_same_speed_in_3d():
    z = equivalent_translation_z(1.02)
    assert z == pytest.approx(2.71, abs=0.005)
    assert move_3d(SIZE, translate=(0, 0, z)).matrix[0, 0] == pytest.approx(move_2d(SIZE, zoom=1.02).matrix[0, 0], abs=1e-4)


# -- distances that move with a picture -----------------------------------------------------------------------------------


def scene_with_a_post(column):
    """A post of 6 pixels at distance 1, from `column` on, before a wall at distance 2."""
    depth = np.full((48, 64), 2.0, np.float32)
    depth[:, column : column + 6] = 1.0
    return depth


def post(depth):
    """The first and the last column of what is near."""
    near = np.flatnonzero(depth[24] < 1.5)
    return int(near[0]), int(near[-1])


def test_what_is_near_is_widened_by_its_parallax_where_it_has_arrived():
    def step(depth):
        return move_3d((64, 48), translate=(30.0, 0.0, 0.0), fov_deg=90.0, depth=depth)

    by = [64 / 2 * 30.0 / 200.0 / distance for distance in (1.0, 2.0)]  # pixels to the left, of what is near and of the wall
    reach = 1 + int(np.ceil(by[0] - by[1]))
    assert post(widened(scene_with_a_post(30), step)) == (30 - reach, 35 + reach)
