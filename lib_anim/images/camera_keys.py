"""Few keyframes for a recorded camera: values at every frame become keys with straight lines between them.

A film's schedules hold the camera's steps, whose errors add up to that of its place. So the keys are fitted, by least squares,
to the sums of the steps, and there are as many as the path that they add up to needs, within a tolerance.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from lib_anim.images.camera_pose import (
    Cameras,
    Errors,
    Steps,
    cameras_of,
    from_first,
    places_of,
    steps_of,
    translations_of,
    turn_errors,
    turns_of,
)

Column = NDArray[np.float64]  # (n,), a value at each frame
Measure = Callable[[Column], Errors]  # how far a column is from the recorded one, at each frame
Distance = Callable[[Column, Column], Errors]  # how far the second column is from the first, at each frame

_PART = 2000  # frames that are fitted at once
_MOST, _MOST_FITTED = 0.6, 400  # keys for each frame, and of a part; with more of them, every frame has one
_EXACT = 1e-10  # what numbers in a settings file are rounded to
_WORK = 3e8  # products of all fits that try to take keys of a column back
_STRICTER = 1.6 * 0.8 ** np.arange(11)  # shares of the tolerance that columns are fitted to, until they are within it together


@dataclass(frozen=True, eq=False)
class Keys:
    """Keys of one column: `frames`, ascending, and the `values` there. Before the first and after the last the value stays."""

    frames: NDArray[np.intp]
    values: NDArray[np.float64]


def steps_keys(cameras: Cameras, tolerance: float) -> tuple[list[Keys], list[Keys]]:
    """Return keys of the translations and of the rotations along and about x, y and z, for cameras on the axes of the
    first one.

    The cameras that the keys make are within `tolerance` of these, as `camera_errors` measures it.
    """
    n = len(cameras)
    translate, rotate, made = np.zeros((n, 3)), np.zeros((n, 3)), np.eye(4)
    for start in range(0, n - 1, _PART):  # from where the part before really ends, so that errors do not add up
        part = np.concatenate([made[None], cameras[start + 1 : start + 1 + _PART]])
        steps = _fitted_steps(from_first(part), tolerance)
        made = made @ cameras_of(*steps)[-1]
        translate[start + 1 : start + len(part)], rotate[start + 1 : start + len(part)] = (one[1:] for one in steps)
    return [_keys(column, first=1) for column in translate.T], [_keys(column, first=1) for column in rotate.T]


def column_keys(values: Column, off: Distance, tolerance: float) -> Keys:
    """Return keys of a column whose values count by themselves, within `tolerance` as `off` measures it."""
    made = values.copy()
    for start in range(0, len(values), _PART):
        part = values[start : start + _PART]
        fit = _Fit(part, partial(off, part), tolerance, summed=False)
        made[start : start + _PART] = fit.of(fit.fewer(fit.keys()))
    return _keys(made, first=0)


def _fitted_steps(cameras: Cameras, tolerance: float) -> tuple[Steps, Steps]:
    """Return translations and rotations that are straight between few frames. Half of the tolerance is for the turns; what
    they are off by is made up for by the translations."""
    turns, places = cameras[:, :3, :3], cameras[:, :3, 3]
    rotate = _fitted(
        steps_of(cameras)[1], lambda made: turn_errors(turns_of(made), turns), tolerance / 2.0, float(np.degrees(1))
    )
    made_turns = turns_of(rotate)

    def apart(made: Steps) -> Errors:
        errors: Errors = np.linalg.norm(places_of(made, made_turns) - places, axis=1)
        return errors

    return _fitted(translations_of(places, made_turns), apart, tolerance / 2.0, 200.0), rotate


def _fitted(steps: Steps, measure: Callable[[Steps], Errors], tolerance: float, unit: float) -> Steps:
    """Return steps that are straight between few frames, each column's own, and within the tolerance; `unit` of a column is 1
    of what is measured."""
    for share in tolerance * unit / np.sqrt(3.0) * _STRICTER if tolerance > 0.0 else ():
        fits = [_Fit(column, partial(_sum_off, column), share, summed=True) for column in steps.T]
        keys = [fit.keys() for fit in fits]
        made = np.stack([fit.of(one) for fit, one in zip(fits, keys, strict=True)], axis=1)
        if measure(made).max() <= tolerance:
            fewer = np.stack([fit.of(fit.fewer(one)) for fit, one in zip(fits, keys, strict=True)], axis=1)
            return fewer if measure(fewer).max() <= tolerance else made
    return steps


def _sum_off(wanted: Column, made: Column) -> Errors:
    """Return how far the sums over the frames after the first differ."""
    errors: Errors = np.abs(np.cumsum(made[1:] - wanted[1:]))
    return np.concatenate([[0.0], errors])


@dataclass(frozen=True, eq=False)
class _Fit:
    """Least squares fits of a column by lines between keys: of its sums over the frames after the first with `summed`, else of
    its values."""

    values: Column
    measure: Measure
    tolerance: float
    summed: bool

    def of(self, keys: list[int]) -> Column:
        """Return the column that these keys make."""
        n, first = len(self.values), int(self.summed)
        if len(keys) == n - first:
            return self.values
        place = np.interp(np.arange(n), keys, np.arange(len(keys)))
        hats = np.maximum(1.0 - np.abs(place[:, None] - np.arange(len(keys))), 0.0)
        basis, goal = hats, self.values
        if self.summed:
            basis, goal = np.cumsum(hats[1:], axis=0), np.cumsum(self.values[1:])
        square = basis.T @ basis
        at_keys = np.linalg.solve(square, basis.T @ goal)
        for _ in range(2):  # what the squares lost of the digits
            at_keys += np.linalg.solve(square, basis.T @ (goal - basis @ at_keys))
        column: Column = hats @ at_keys
        return column

    def keys(self) -> list[int]:
        """Return frames whose keys make the column within the tolerance: those of a few, if that can be."""
        first, n = int(self.summed), len(self.values)
        keys = sorted({first, n - 1})
        while len(keys) <= min(max(2.0, _MOST * n), _MOST_FITTED):
            wrong = self.measure(self.of(keys)) > self.tolerance
            if not wrong.any():
                return keys
            keys = sorted({*keys, *_new_keys(self.values, keys, wrong)})
        return list(range(first, n))

    def fewer(self, keys: list[int]) -> list[int]:
        """Return keys without those that are not needed, tried from those where the lines bend least."""
        if len(keys) == len(self.values) - int(self.summed):
            return keys
        bends = np.abs(np.diff(self.of(keys), n=2))
        tries = int(_WORK / (len(self.values) * len(keys) ** 2))
        for key in sorted(keys[1:-1], key=lambda key: float(bends[key - 1]))[:tries]:
            without = [one for one in keys if one != key]
            if self.measure(self.of(without)).max() <= self.tolerance:
                keys = without
        return keys


def _new_keys(values: Column, keys: list[int], wrong: NDArray[np.bool_]) -> set[int]:
    """Return a key within each stretch that has wrong frames, or is nearest to them if those have no room for one: where the
    values bend most, rather in the middle."""
    bends = np.zeros(len(values))
    bends[1:-1] = np.abs(np.diff(values, n=2)) + 1e-12
    roomy = [(start, stop) for start, stop in pairwise(keys) if stop - start > 1]
    places = np.flatnonzero(wrong)
    apart = [int(np.maximum(np.maximum(start + 1 - places, places - stop), 0).min()) for start, stop in roomy]
    found = set()
    for (start, stop), gap in zip(roomy, apart, strict=True):
        if gap == min(apart):
            inner = np.arange(start + 1, stop)
            found.add(int(inner[np.argmax(bends[inner] * np.minimum(inner - start, stop - inner))]))
    return found


def _keys(column: Column, first: int) -> Keys:
    """Return the keys of a column that make its values from the frame `first` on: where its straight stretches end."""
    frames, start = [first], first
    while start < len(column) - 1:
        start = _end_of_stretch(column, start)
        frames.append(start)
    kept = np.array(frames if np.ptp(column[first:]) > _EXACT else frames[:1], np.intp)
    return _from_frame_0(Keys(kept, np.round(column[kept], 10)))


def _end_of_stretch(column: Column, start: int) -> int:
    """Return the last frame up to which the values from `start` on stand on a line."""
    slope, reach = column[start + 1] - column[start], 16
    while True:
        ahead = np.arange(min(reach, len(column) - start))
        apart = np.abs(column[start : start + reach] - column[start] - slope * ahead)
        off = np.flatnonzero(apart > _EXACT * np.maximum(1.0, ahead / 4.0))
        if off.size or start + reach >= len(column):
            return start + int(off[0]) - 1 if off.size else len(column) - 1
        reach *= 4


def _from_frame_0(keys: Keys) -> Keys:
    """Return keys that begin at frame 0: a first line goes back to it if it is long, else there is one key more."""
    first = int(keys.frames[0])
    if first == 0 or len(keys.frames) == 1:
        return Keys(np.concatenate([[0], keys.frames[1:]]), keys.values)
    (start, then), (value, after) = keys.frames[:2], keys.values[:2]
    if then - start < 2:
        return Keys(np.concatenate([[0], keys.frames]), np.concatenate([[value], keys.values]))
    back = value - (after - value) / (then - start) * start
    return Keys(np.concatenate([[0], keys.frames[1:]]), np.concatenate([[np.round(back, 10)], keys.values[1:]]))
