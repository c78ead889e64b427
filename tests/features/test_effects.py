"""Looks: pixels against plain numpy, and where in the loop they stand."""

import cv2
import numpy as np
import pytest

from lib_anim.errors import SettingsError
from lib_anim.images.camera import rotation_about
from lib_anim.images.color import grayscale
from lib_anim.images.effects import glow, grade, kaleidoscope, mirror, towards, tunnel
from lib_anim.images.test_card import test_card as card
from lib_anim.images.warp import Warp
from lib_anim.runs.folder import pack, unpack
from lib_anim.shot.canvas import Canvas
from lib_anim.shot.reel import Reel, render
from tests.helpers import Painter, flat, frame, letters, noisy, problems_of, shot

SIZE = (91, 64)  # lopsided, one side odd
SIDEWAYS, DOWN = {"sideways": True, "down": False}, {"sideways": False, "down": True}
QUAD = {"sideways": True, "down": True}


def soft(size=SIZE, sigma=3.0, seed=3):
    rng = np.random.default_rng(seed)
    blurred = cv2.GaussianBlur(rng.integers(0, 256, (size[1], size[0], 3)).astype(np.float32), (0, 0), sigma)
    return cv2.normalize(blurred, None, 0, 255, cv2.NORM_MINMAX).astype(np.uint8)


def read(picture, x, y, around=200):
    """`picture` read between pixels, at arrays of places; outside lies its reflection."""
    picture = np.pad(picture, [(around, around), (around, around), (0, 0)], mode="symmetric")
    x, y = x + around, y + around
    left, top = np.floor(x).astype(int), np.floor(y).astype(int)
    right, below = (x - left)[..., None], (y - top)[..., None]
    upper = picture[top, left] * (1 - right) + picture[top, left + 1] * right
    lower = picture[top + 1, left] * (1 - right) + picture[top + 1, left + 1] * right
    return upper * (1 - below) + lower * below


def places(size=SIZE, centre=(0.5, 0.5)):
    """The middle, and every pixel's x and y from there."""
    middle = (size[0] - 1) * centre[0], (size[1] - 1) * centre[1]
    x, y = np.meshgrid(np.arange(size[0]) - middle[0], np.arange(size[1]) - middle[1])
    return middle, x, y


# -- mirror -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("halves", "rows", "expected"),
    [
        (SIDEWAYS, ("RGB.", "YW.."), ["RGGR", "YWWY"]),
        (SIDEWAYS, ("RGBW.", "YW..."), ["RGBGR", "YW.WY"]),  # the one in the middle is its own mirror image
        (DOWN, ("RG", "B.", "YW"), ["RG", "B.", "RG"]),
        (QUAD, ("RGB", "W.Y", "...", "YYY"), ["RGR", "W.W", "W.W", "RGR"]),
    ],
)
def test_one_half_becomes_the_mirror_image_of_the_other(halves, rows, expected):
    picture = frame(*rows)
    assert letters(mirror(picture, **halves)) == expected
    assert letters(picture) == list(rows)  # which stays as it was
    assert np.array_equal(mirror(picture[..., 0], **halves), mirror(picture, **halves)[..., 0])  # masks too


@pytest.mark.parametrize("halves", [SIDEWAYS, DOWN, QUAD])
def test_mirrored_twice_is_mirrored_once(halves):
    once = mirror(soft(), **halves)
    assert np.array_equal(mirror(once, **halves), once)


def test_a_share_of_the_way():
    a, b = np.full((2, 3, 3), 100, np.uint8), np.full((2, 3, 3), 200, np.uint8)
    assert [int(towards(a, b, share)[0, 0, 0]) for share in (0.0, 0.25, 1.0)] == [100, 125, 200]
    assert towards(np.float32([[0.0]]), np.float32([[1.0]]), 0.25)[0, 0] == 0.25


# -- kaleidoscope -----------------------------------------------------------------------------------------------------------


def folded(folds, angle_deg, centre, size=SIZE):
    """Where each pixel comes from, by its angle: (H, W, 2)."""
    middle, x, y = places(size, centre)
    start, step = np.radians(angle_deg), 2 * np.pi / folds
    angle = np.arctan2(-y, x) - start
    angle = start + np.abs(angle - step * np.rint(angle / step))
    return np.stack([middle[0] + np.hypot(x, y) * np.cos(angle), middle[1] - np.hypot(x, y) * np.sin(angle)], axis=2)


@pytest.mark.parametrize("folds", [1, 2, 3, 5, 6, 7, 12, 64])
@pytest.mark.parametrize(("angle", "centre"), [(0, (0.5, 0.5)), (25, (0.3, 0.8)), (-170, (0.5, 0.1)), (400, (0, 1))])
def test_every_wedge_is_the_first_one(folds, angle, centre):
    grid = kaleidoscope(SIZE, folds, angle_deg=angle, centre=centre).positions
    assert np.abs(grid - folded(folds, angle, centre)).max() < 1e-3


@pytest.mark.parametrize(
    ("folds", "angle", "expected"),
    [
        (1, 0, ["RRGG", "RBBG", "RBBG", "RRGG"]),  # the upper half, downwards
        (1, 180, ["WY..", "WYR.", "WYR.", "WY.."]),  # the lower one, upwards
        (2, 0, ["GGGG", "GBBG", "GBBG", "GGGG"]),  # the quarter at the upper right, all round
        (2, 90, ["RRRR", "RBBR", "RBBR", "RRRR"]),  # a quarter on, counter-clockwise
    ],
)
def test_which_wedge_it_is(folds, angle, expected):
    picture = frame("RRGG", "RBBG", "WYR.", "WY..")
    assert letters(kaleidoscope((4, 4), folds, angle_deg=angle)(picture)) == expected


@pytest.mark.parametrize("folds", [2, 3, 5, 6])
def test_turned_by_one_fold_it_looks_the_same(folds):
    size, centre = (121, 96), (0.4, 0.55)
    middle, x, y = places(size, centre)
    done = kaleidoscope(size, folds, angle_deg=17, centre=centre)(soft(size, 5.0))
    turned = Warp(size, matrix=np.linalg.inv(rotation_about(middle, 360 / folds)), sampling="bilinear")(done)
    inside = np.hypot(x, y) < 38  # away from what a turn brings in from outside
    assert np.abs(done.astype(int) - turned)[inside].max() <= 6  # two readings between pixels
    assert np.abs(done.astype(int) - turned)[inside].mean() < 0.6
    assert np.abs(soft(size, 5.0).astype(int) - done)[inside].mean() > 15


def test_its_wedge_stays_to_the_pixel_however_often():
    size, (_, x, y) = (120, 96), places((120, 96))
    warp, picture = kaleidoscope(size, 6, angle_deg=40), soft((120, 96), 1.0)
    angle = (np.degrees(np.arctan2(-y, x)) - 40) % 360
    wedge = (angle > 0.5) & (angle < 29.5)
    once = warp(picture)
    again = once
    for _ in range(20):
        again = warp(again)
    inside = np.hypot(x, y) < 44
    assert np.array_equal(again[wedge], picture[wedge])
    assert np.abs(again.astype(int) - once)[inside].mean() < 0.5  # its edges see their own reflection now


# -- tunnel -----------------------------------------------------------------------------------------------------------------


def dug(picture, ratio, centre, rounds):
    """The tunnel by its definition, one whole picture a round: T = (1 - w)·picture + w·T(c + ratio·(p - c))."""
    size = picture.shape[1::-1]
    middle, x, y = places(size, centre)
    inwards = np.clip((1 - ratio * np.hypot(2 * x / size[0], 2 * y / size[1])) / 0.25, 0, 1)
    weight = (inwards**2 * (3 - 2 * inwards))[..., None]
    done = picture.astype(float)
    for _ in range(rounds):
        done = (1 - weight) * picture + weight * read(done, middle[0] + ratio * x, middle[1] + ratio * y)
    return done


@pytest.mark.parametrize("centre", [(0.5, 0.5), (0.42, 0.6)])
@pytest.mark.parametrize("ratio", [1.5, 2.0, 2.3, 2.9])
def test_a_tunnel_is_the_picture_in_itself(ratio, centre):
    picture = soft()
    _, x, y = places(SIZE, centre)
    away = np.hypot(x, y) > 2  # the innermost rounds are smaller than a pixel
    difference = np.abs(tunnel(picture, ratio, centre=centre) - dug(picture, ratio, centre, 8))
    assert difference[away].max() < 5.0  # OpenCV reads at 1/32 of a pixel, round by round
    assert difference[away].mean() < 0.15
    assert np.abs(picture - dug(picture, ratio, centre, 8))[away].mean() > 1.5


def test_a_tunnel_does_the_same_to_a_mask():
    mask = soft()[..., 0]
    dug_mask = tunnel(mask.astype(np.float32) / 255, 2.0)
    assert dug_mask.dtype == np.float32
    assert np.abs(255 * dug_mask - tunnel(mask, 2.0)).max() <= 0.51


def test_the_seam_of_a_tunnel_is_soft():
    """Dark in the middle, bright at the rim: where the rim meets the middle the light changes step by step."""
    size = (320, 200)
    _, x, y = places(size)
    ramp = np.clip(255 * np.hypot(2 * x / size[0], 2 * y / size[1]), 0, 255)
    done = tunnel(np.repeat(ramp[..., None], 3, axis=2).astype(np.uint8), 2.0).astype(int)[100, 160:, 0]
    seam = slice(60, 80)  # from n = 0.375 to 0.5 of 160 pixels
    assert done[seam].max() - done[seam].min() > 40  # there is something to be bridged
    assert np.abs(np.diff(done[seam])).max() <= 8


@pytest.mark.parametrize("ratio", [3.0, 5.0, 6.0, 7.0, 8.0])
def test_small_rounds_do_not_glitter(ratio):
    """Fine stripes come out grey, not as stripes of some other width."""
    stripes = np.zeros((256, 256, 3), np.uint8)
    stripes[:, ::2] = 255
    _, x, y = places((256, 256))
    n = np.hypot(x, y) / 128
    ring = tunnel(stripes, ratio)[(n < 0.7 / ratio) & (n > 1.3 / ratio**2)]
    assert np.abs(ring.astype(int) - 127).max() < 45


@pytest.mark.parametrize("size", [(8, 8), (9, 4), (1, 3)])
@pytest.mark.parametrize("centre", [(0.5, 0.5), (0.0, 1.0), (-3.0, 7.0)])
def test_small_pictures_and_far_centres(size, centre):
    picture = np.full((size[1], size[0], 3), 80, np.uint8)
    assert (tunnel(picture, 2.0, centre=centre) == 80).all()
    assert (kaleidoscope(size, 5, centre=centre)(picture) == 80).all()


# -- glow and grade ---------------------------------------------------------------------------------------------------------


def gaussian(picture, sigma):
    """A Gaussian blur in float64, outside lies the reflection."""
    reach = int(4 * sigma) + 1
    weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    for axis in (0, 1):
        padded = np.pad(picture, [(reach, reach) if a == axis else (0, 0) for a in range(3)], mode="symmetric")
        picture = np.apply_along_axis(np.convolve, axis, padded, weights / weights.sum(), mode="valid")
    return picture


@pytest.mark.parametrize(
    ("amount", "radius", "threshold"),
    [(0.5, 1.5, 0.4), (1.0, 3.0, 0.6), (0.8, 6.0, 0.0), (2.0, 11.0, 0.8), (0.5, 16.0, 0.5), (4.0, 2.0, 0.0)],
)
def test_glow_is_a_screened_gaussian(amount, radius, threshold):
    picture = soft((152, 104), 4.0)
    v = picture / 255.0
    light = amount * gaussian(np.maximum(v - threshold, 0), radius) / (1 - threshold)
    expected = 255 * np.clip(v + light * (1 - v), 0, 1)
    difference = np.abs(glow(picture, amount, radius_px=radius, threshold=threshold) - expected)
    assert difference.max() < 2.5
    assert difference.mean() < 0.6
    assert np.abs(expected - picture).mean() > 1.5


def test_what_is_dark_does_not_glow():
    dark = np.full((40, 56, 3), 120, np.uint8)
    assert np.array_equal(glow(dark, 2.0, threshold=0.5), dark)
    assert glow(dark, 0.0) is dark
    lamp = dark.copy()
    lamp[20, 28] = (255, 120, 0)
    lit = glow(lamp, 4.0, radius_px=2, threshold=0.5)
    assert lit[20, 31, 0] > 120
    assert (lit[..., 1:] == lamp[..., 1:]).all()  # a red lamp sheds red light


def graded(v, exposure=0.0, lift=0.0, gamma=1.0, gain=1.0, saturation=1.0):
    """The formula, pixel by pixel, of values in 0..1."""
    light = np.where(v <= 0.04045, v / 12.92, ((v + 0.055) / 1.055) ** 2.4) * 2**exposure
    light = np.clip(light, 0, 1)
    v = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    v = np.clip(gain * (v + lift * (1 - v)), 0, 1) ** (1 / gamma)
    luma = (v @ [0.299, 0.587, 0.114])[..., None]
    return np.clip(luma + saturation * (v - luma), 0, 1)


@pytest.mark.parametrize(
    "how",
    [
        {"exposure": 1.0},
        {"exposure": -2.5},
        {"lift": 0.2},
        {"lift": -0.3},
        {"gamma": 2.2},
        {"gain": 1.7},
        {"saturation": 0.0},
        {"saturation": 2.5},
        {"exposure": 0.7, "lift": 0.1, "gamma": 0.6, "gain": 0.8, "saturation": 1.4},
    ],
)
def test_grading_is_its_formula_rounded_once(how):
    picture = np.random.default_rng(1).integers(0, 256, (37, 53, 3), np.uint8)
    names = {"exposure_stops" if name == "exposure" else name: value for name, value in how.items()}
    assert np.abs(grade(picture, **names) - 255 * graded(picture / 255.0, **how)).max() <= 0.51


def test_fixed_points_of_grading():
    ends = np.array([[[0, 0, 0], [255, 255, 255]]], np.uint8)
    picture = card((64, 48))
    assert np.array_equal(grade(picture), picture)
    assert grade(ends, lift=0.3)[0, 1].tolist() == [255] * 3
    assert grade(ends, gain=0.5)[0, 0].tolist() == [0] * 3
    assert np.array_equal(grade(ends, gamma=3.0), ends)
    assert np.abs(grade(picture, saturation=0.0).astype(int) - grayscale(picture)).max() <= 1


# -- in the loop ------------------------------------------------------------------------------------------------------------


def filmed(painter=noisy, **changes):
    engine = Painter(painter)
    return engine.requests, [one.frame for one in render(Reel(shot(**changes)), engine)]


SYMMETRIC = {
    "mirror": ({"mirror": "quad"}, lambda picture: mirror(picture, **QUAD)),
    "kaleidoscope": ({"kaleidoscope_schedule": 2}, kaleidoscope((64, 48), 2)),
    "tunnel": ({"tunnel_schedule": 1, "tunnel_ratio_schedule": 3}, lambda picture: tunnel(picture, 3.0)),
}


@pytest.mark.parametrize("cadence", [1, 3])
@pytest.mark.parametrize("name", SYMMETRIC)
def test_the_painter_gets_it_and_every_frame_shows_it(name, cadence):
    on, look = SYMMETRIC[name]
    film = {"max_frames": 8, "diffusion_cadence": cadence, "translation_x": "0:(4)"}
    (requests, frames), (plain, bare) = filmed(**film, **on), filmed(**film)
    assert np.array_equal(requests[1].init, look(plain[1].init))
    assert np.array_equal(requests[1].moved, plain[1].moved)  # as it was before anything was done to it
    assert np.array_equal(frames[0], look(bare[0]))  # the first one too, though nothing was before it
    if name != "tunnel":  # whose seam is not yet in what a look is done to again
        assert all(np.array_equal(one, look(one)) for one in frames)  # also between painted ones, and after the last


def stripes(request):
    return np.tile(np.arange(64, dtype=np.uint8)[None, :, None], (48, 1, 3)) * np.uint8(3)


def test_half_a_mirror_shows_both():
    _, whole = filmed(stripes, max_frames=2, mirror="Left/right")
    _, half = filmed(stripes, max_frames=2, mirror="Left/right", mirror_schedule="0:(0.5)")
    _, none = filmed(stripes, max_frames=2)
    assert np.abs(half[0] - (whole[0] / 2.0 + none[0] / 2.0)).max() <= 0.5


def test_a_schedule_begins_and_ends():
    requests, frames = filmed(max_frames=5, kaleidoscope_schedule="0:(0.4), 2:(1.6), 3:(0)", strength_schedule="0:(1)")
    symmetric = [np.array_equal(one, kaleidoscope((64, 48), 2)(one)) for one in frames]
    assert symmetric == [False, False, True, True, True]  # strength 1: what was folded in stays
    assert len(requests) == 1


def test_frames_between_turn_with_their_own_numbers():
    on = {"kaleidoscope_schedule": 3, "kaleidoscope_angle_schedule": "0:(t*10)", "strength_schedule": 1}
    _, frames = filmed(lambda request: soft((64, 48)), max_frames=4, diffusion_cadence=4, **on)
    for index, one in enumerate(frames):
        assert np.array_equal(one, kaleidoscope((64, 48), 3, angle_deg=10 * index)(soft((64, 48))))


@pytest.mark.parametrize("name", SYMMETRIC)
def test_what_is_fresh_goes_along(name):
    """Shifted right, the left edge is fresh; after the look, all that shows it is, and nothing else."""
    _, look = SYMMETRIC[name]
    shifted = Canvas(card((64, 48))).moved(Warp((64, 48), matrix=np.array([[1, 0, -10], [0, 1, 0], [0, 0, 1.0]])))
    done = shifted.rearranged(look)
    assert np.array_equal(done.frame, look(shifted.frame))
    assert np.abs(done.fresh - look(shifted.fresh)).max() < 1e-6
    expected = {"mirror": [1, 0, 1], "kaleidoscope": [0, 0, 0], "tunnel": [1, 0, 0]}[name]
    assert [int(done.fresh[20, x]) for x in (4, 30, 60)] == expected
    assert not Canvas(card((64, 48))).rearranged(look).fresh.any()  # nothing moved
    assert np.array_equal(done.edited(card((64, 48))).fresh, done.fresh)


def test_mirrored_in_is_carried_over_for_the_painter():
    requests, _ = filmed(
        max_frames=2, mirror="Left/right", translation_x="0:(-16)", uncovered_denoise_schedule="0:(0.9)", W=128, H=64
    )
    assert requests[1].mask is None  # the right edge, where the shift uncovered something, shows the left one


# -- echo -------------------------------------------------------------------------------------------------------------------


def test_echoes_are_painted_frames_fading():
    """0, 100, 200 painted: shown is each with half of (what stays 0.6 of the old, 0.4 of the new) from before it."""
    _, frames = filmed(
        lambda request: np.full((48, 64, 3), 100 * request.index, np.uint8),
        max_frames=3,
        echo_schedule="0:(0.5)",
        echo_decay_schedule="0:(0.6)",
    )
    assert [int(one[0, 0, 0]) for one in frames] == [0, 50, 120]


LONG = {"max_frames": 60, "W": 8, "H": 8, "echo_schedule": "0:(0.3)", "echo_decay_schedule": "0:(0.8)"}


def test_trails_are_painted_over_and_faint_ones_end():
    requests, frames = filmed(lambda request: flat(request) * 0 + (255 if request.index == 0 else 9), **LONG)
    assert np.array_equal(requests[1].init, frames[0])
    assert np.array_equal(requests[2].init, frames[1])
    assert frames[1][0, 0, 0] > 60
    assert frames[-1][0, 0, 0] == 9


@pytest.mark.parametrize("cadence", [1, 3])
def test_stopped_anywhere_and_restored_trails_go_on_to_the_byte(cadence):
    on = {"echo_schedule": "0:(0.4)", "mirror": "Quad", "tunnel_schedule": "0:(0.5)", "color_coherence": "LAB"}
    film = {**on, "max_frames": 10, "diffusion_cadence": cadence, "zoom": "0:(1.03)"}
    _, whole = filmed(**film)
    for stop in range(len(shot(**film).plan.spans)):
        reel, again, engine, frames = Reel(shot(**film)), Reel(shot(**film)), Painter(noisy), []
        for _ in range(stop):
            frames += reel.take(engine.sample_take(reel.ask()))
        again.restore(unpack(pack(reel.state())))  # as it is on disk
        frames += render(again, engine)
        assert all(np.array_equal(a.frame, b) for a, b in zip(frames, whole, strict=True)), stop


def test_an_echo_that_is_switched_on_when_a_run_goes_on_begins_there():
    reel, again = Reel(shot(max_frames=3)), Reel(shot(max_frames=3, echo_schedule="0:(0.5)"))
    list(reel.take(Painter(flat).sample_take(reel.ask())))
    again.restore(reel.state())
    assert [int(one.frame[0, 0, 0]) for one in render(again, Painter(lambda r: flat(r) * 20))] == [20, 30]


# -- on what is shown -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("cadence", [1, 3])
def test_glow_and_grade_are_shown_and_not_fed_back(cadence):
    film = {"max_frames": 5, "diffusion_cadence": cadence}
    on = {
        "exposure_schedule": "0:(-t/2)",
        "glow_schedule": "0:(1)",
        "glow_radius_schedule": 4,
        "saturation_schedule": "0:(0.5)",
    }
    (requests, frames), (plain, bare) = filmed(**film, **on), filmed(**film)
    assert all(np.array_equal(a.init, b.init) for a, b in zip(requests[1:], plain[1:], strict=True))
    for index, (one, before) in enumerate(zip(frames, bare, strict=True)):
        expected = grade(glow(before, 1.0, radius_px=4.0), exposure_stops=-index / 2, saturation=0.5)
        assert np.array_equal(one, expected), index


@pytest.mark.parametrize(
    "off",
    [
        {"mirror": "Quad", "mirror_schedule": 0},
        {"mirror_schedule": 1},
        {"kaleidoscope_schedule": "0:(0.3)"},
        {"kaleidoscope_angle_schedule": "0:(t)", "tunnel_ratio_schedule": 4},
        {"echo_decay_schedule": 0.9},
        {"glow_radius_schedule": 3, "glow_threshold_schedule": 0},
        {"exposure_schedule": 0, "gamma_schedule": 1, "gain_schedule": 1, "lift_schedule": 0, "saturation_schedule": 1},
    ],
)
def test_looks_that_do_nothing_are_absent(off):
    assert [name for name, _ in shot(**off).features] == [name for name, _ in shot().features]


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"mirror": "sideways"}, 'mirror: there is no "sideways"; choose one of None, Left/right, Top/bottom, Quad'),
        ({"mirror": "Quads"}, "mirror: there is no \"Quads\"; did you mean 'Quad'?"),
        ({"mirror": True}, "mirror: there is no true; choose one of None, Left/right, Top/bottom, Quad"),
        ({"tunnel_ratio_schedule": 1}, "tunnel_ratio_schedule, frame 0: 1 is out of range; keep it from 1.5 to 8"),
        ({"gamma_schedule": "0:(1), 4:(0)"}, "gamma_schedule, frame 4: 0 is out of range; keep it from 0.1 to 10"),
        ({"echo_schedule": "0:(half)"}, "echo_schedule"),
        ({"look_center_x_schedule": "0:(1/0)"}, "look_center_x_schedule"),
        ({"kaleidoscope_schedule": False}, "kaleidoscope_schedule: false is not a schedule; write 0:(1)"),
    ],
)
def test_bad_values(changes, line):
    with pytest.raises(SettingsError) as error:
        shot(**changes)
    assert any(one.startswith(line) for one in problems_of(error)), problems_of(error)
