"""Few keys for cameras with a key on every frame: what they add up to is measured, not what each is."""

import numpy as np
import pytest

from lib_anim.images.camera_keys import column_keys, steps_keys
from lib_anim.images.camera_pose import camera_errors, cameras_of, steps_of

RNG = np.random.default_rng(3)


def smooth(n):
    t = np.linspace(0.0, 6.0, n)[:, None]
    return np.hstack([5 * np.sin(t), 3 * np.cos(1.5 * t), 4 + 3 * np.sin(t)]), np.hstack(
        [np.sin(t), 0.8 * np.cos(t), np.cos(2 * t)]
    )


def lines(n):
    frames, columns = np.arange(n), [((0, 37, n), (0, 5, -3)), ((0, n), (2, 2)), ((0, n), (1, -4))]
    return np.stack([np.interp(frames, *column) for column in columns], 1), np.stack(
        [np.interp(frames, (0, 90, n), (0, 1, -1))] * 3, 1
    )


def trembling(n):
    translate, rotate = smooth(n)
    return translate + RNG.normal(0.0, 0.2, (n, 3)), rotate + RNG.normal(0.0, 0.02, (n, 3))


def column(keys, n):
    return np.interp(np.arange(n), keys.frames, keys.values)


def filmed(cameras, tolerance):
    """The cameras of a film with the keys, and how many there are of each of its six schedules."""
    keys = steps_keys(cameras, tolerance)
    translate, rotate = (np.stack([column(one, len(cameras)) for one in three], axis=1) for three in keys)
    return cameras_of(translate, rotate), [len(one.frames) for three in keys for one in three]


@pytest.mark.parametrize(
    ("steps", "n", "tolerance", "most"),
    [
        (smooth, 250, 1e-4, 350),  # of 1500
        (smooth, 250, 1e-3, 150),
        (smooth, 250, 1e-2, 80),
        (smooth, 2300, 1e-2, 250),  # longer than what is fitted at once
        (lines, 200, 1e-4, 17),
        (lines, 200, 0.0, 17),
        (trembling, 250, 2e-2, 120),
        (trembling, 250, 1e-4, 1500),
        (smooth, 250, 0.0, 1500),
        (smooth, 3, 1e-4, 18),
        (smooth, 2, 1e-4, 6),
    ],
)
def test_the_path_stays_within_the_tolerance(steps, n, tolerance, most):
    cameras = cameras_of(*steps(n))
    made, counts = filmed(cameras, tolerance)
    assert camera_errors(made, cameras).max() <= tolerance + 1e-8  # the numbers are rounded
    assert sum(counts) <= most


def test_lines_get_their_own_keys_back():
    cameras = cameras_of(*lines(200))
    translate, rotate = steps_keys(cameras, 1e-6)
    assert translate[0].frames.tolist() == [0, 37, 199]
    assert translate[1].frames.tolist() == [0]
    assert translate[1].values == pytest.approx([2.0])
    assert translate[2].frames.tolist() == [0, 199]
    assert translate[2].values[0] == pytest.approx(1.0)  # that of frame 0, into which no step is made
    assert rotate[1].frames.tolist() == [0, 90, 199]


def test_errors_of_steps_do_not_add_up():
    """Steps that are each within the tolerance lead far from the path; the keys do not."""
    cameras, tolerance = cameras_of(*smooth(400)), 1e-3
    translate, rotate = steps_of(cameras)
    drifted = cameras_of(translate + 200 * tolerance / 2, rotate + np.degrees(tolerance) / 4)
    assert camera_errors(drifted, cameras).max() > 50 * tolerance
    assert camera_errors(filmed(cameras, tolerance)[0], cameras).max() <= tolerance


@pytest.mark.parametrize(
    ("n", "tolerance", "most"), [(200, 1e-3, 60), (200, 1e-1, 8), (2500, 1e-3, 80), (200, 0.0, 200), (1, 1e-3, 1)]
)
def test_a_column_stays_within_the_tolerance(n, tolerance, most):
    values = 60.0 + 20.0 * np.sin(np.linspace(0.0, 9.0, n))
    keys = column_keys(values, lambda wanted, made: np.abs(made / wanted - 1.0), tolerance)
    assert np.abs(column(keys, n) / values - 1.0).max() <= tolerance + 1e-11
    assert len(keys.frames) <= most
