"""Optical flow against motion that is known, and the frames between painted ones that follow it."""

import cv2
import numpy as np
import pytest

from lib_anim.images.flow import flow_by, midway
from lib_anim.shot.reel import Reel, render
from tests.helpers import Painter, shot

METHODS = ["DIS Medium", "DIS Fine", "DIS Fast", "Farneback"]
SIZE = (160, 120)


def ground(seed=3):
    """A soft lopsided texture, larger than a frame."""
    rough = np.random.default_rng(seed).integers(20, 235, (36, 48, 3)).astype(np.float32)
    return np.clip(cv2.resize(rough, (480, 360), interpolation=cv2.INTER_CUBIC), 0, 255).astype(np.uint8)


def scene(t, size=SIZE):
    """A patch that travels 3 right and 1 down a frame over ground that stands still."""
    picture = ground()[100 : 100 + size[1], 100 : 100 + size[0]].copy()
    patch = ground(9)[50:98, 60:108]
    x, y = 14 + 3 * t, 20 + t
    picture[y : y + 48, x : x + 48] = patch
    return picture


def far(a, b):
    return float(np.abs(a.astype(float) - b.astype(float)).mean())


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("shift", [(3, 0), (-2, 4), (6, -3)])
def test_a_shifted_picture_flows_by_its_shift(method, shift):
    dx, dy = shift
    one, other = (ground()[100 + y : 220 + y, 100 + x : 260 + x].copy() for x, y in ((0, 0), (-dx, -dy)))
    flow = flow_by(method)(one, other)
    assert flow.shape == (120, 160, 2)
    assert flow[30:90, 30:130].reshape(-1, 2).mean(axis=0) == pytest.approx(shift, abs=0.35)


def test_a_large_picture_is_followed_as_far(monkeypatch):
    """Measured at half the size, told in pixels of the whole."""
    one, other = (ground()[40:300, x : x + 350].copy() for x in (60, 52))
    flow = flow_by("DIS Medium")(one, other)
    assert flow.shape == (260, 350, 2)
    assert np.median(flow[..., 0]) == pytest.approx(8, abs=0.4)


@pytest.mark.parametrize("share", [0.25, 0.5, 0.75])
def test_both_pictures_meet_at_the_moment_between(share):
    one, other, moment = scene(0), scene(4), scene(round(4 * share))
    flow = flow_by("DIS Medium")
    to_one, to_other = midway(flow(one, other), share)
    plain = cv2.addWeighted(one, 1 - share, other, share, 0)
    followed = cv2.addWeighted(to_one(one), 1 - share, to_other(other), share, 0)
    assert far(followed, moment) < 0.7 * far(plain, moment)


def test_no_flow_is_no_move():
    nothing = np.zeros((120, 160, 2), np.float32)
    for warp in midway(nothing, 0.5):
        assert far(warp(scene(0)), scene(0)) == 0


# -- films ----------------------------------------------------------------------------------------------------------------


def film(method, factor="0:(1)", cadence=4, **changes):
    painter = Painter(lambda request: scene(request.index))
    settings = {"W": 160, "H": 120, "max_frames": 13, "diffusion_cadence": cadence, "sampling_mode": "bicubic"}
    reel = Reel(shot(**settings, optical_flow_cadence=method, cadence_flow_factor_schedule=factor, **changes))
    return [rendered.frame for rendered in render(reel, painter)]


@pytest.mark.parametrize(
    ("method", "share"), [("DIS Medium", 0.75), ("DIS Fast", 0.75), ("DIS Fine", 0.75), ("Farneback", 0.8), ("RAFT", 0.75)]
)
def test_between_frames_are_nearer_to_the_truth_than_a_dissolve(method, share):
    truth, plain, followed = film("None", cadence=1), film("None"), film(method)
    error = [np.mean([far(a, b) for a, b in zip(film_, truth, strict=True)]) for film_ in (plain, followed)]
    assert error[1] < share * error[0], error
    for painted in (0, 4, 8, 12):
        assert np.array_equal(followed[painted], truth[painted])


def test_a_factor_of_nothing_is_the_plain_dissolve():
    assert all(np.array_equal(a, b) for a, b in zip(film("DIS Medium", "0:(0)"), film("None"), strict=True))


def test_the_camera_is_not_measured_twice():
    """Pictures come to be compared on one camera position, so a mere camera move leaves the flow nothing to do."""
    moved = {"animation_mode": "2D", "translation_x": "0:(4)"}

    def paint(request):
        left = 160 - 4 * request.index
        return ground()[100:220, left : left + 160].copy()

    def of(method):
        settings = {"W": 160, "H": 120, "max_frames": 5, "diffusion_cadence": 4, "sampling_mode": "bicubic"}
        return [r.frame for r in render(Reel(shot(**settings, **moved, optical_flow_cadence=method)), Painter(paint))]

    for plain, followed in zip(of("None"), of("DIS Medium"), strict=True):
        assert far(plain[20:-20, 30:-30], followed[20:-20, 30:-30]) < 1.0


def test_raft_is_replaced_and_that_is_said():
    assert any("RAFT" in note for note in shot(optical_flow_cadence="RAFT", diffusion_cadence=3).notes)
