"""What a sound says, in numbers: how loud its bands are, where notes begin, its tempo and its beats.

Onset strength, tempo and beats follow D. P. W. Ellis, "Beat Tracking by Dynamic Programming" (Journal of New Music
Research 36, 2007). A sound is heard once, piece by piece; what is kept of it is the power of 76 bands, 86 times a second,
which is 26 kB a second.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property, lru_cache
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from lib_anim.media.encode import Samples, read_sound

Values = NDArray[np.float64]  # (n,)
Places = NDArray[np.intp]  # (n,): numbers of rows or bins
Powers = NDArray[np.float32]  # (rows, bands): mean squares

RATE = 22_050  # samples a second
HIGHEST = RATE / 2  # Hz that can be told
MOST_S = 3600.0  # seconds that are heard at the most
SILENCE = 1e-4  # a level (-80 dB of the loudest there can be) below which there is nothing to hear

_SIZE, _HOP = 1024, 256  # samples of a window, and from one to the next
_ROWS = RATE / _HOP  # windows a second
_WINDOW = (0.5 - 0.5 * np.cos(2.0 * np.pi * np.arange(_SIZE) / _SIZE)).astype(np.float32)

_APART = 3  # windows (35 ms) within which there is one onset at the most
_COMPRESSION = 1e3  # of the mean power: what is 30 dB below it still counts for onsets
_LAGS = np.arange(int(_ROWS * 60 / 240), int(_ROWS * 60 / 40) + 1)  # rows a beat of 240 .. 40 beats a minute
_USUAL_BPM, _SPREAD = 120.0, 0.9  # the tempo thought likeliest, and how far from it others are likely, in octaves
_LEAST_AGAIN = 0.05  # correlation with itself a beat later below which nothing comes again
_TIGHTNESS = 100.0  # what a beat off its time costs, in onset strengths for the square of the logarithm


def _band_starts() -> Places:
    """The first bin of each band: bin by bin up to 500 Hz, then in twelfths of an octave; bin 0 is no sound."""
    last = _SIZE // 2
    octaves = np.log2(last / 24)
    above = 24 * 2.0 ** (np.arange(int(12 * octaves) + 1) / 12)
    return np.unique(np.concatenate([np.arange(1, 24), np.rint(above)])).astype(np.intp)


_STARTS = _band_starts()
_EDGES = (np.append(_STARTS, _SIZE // 2 + 1) - 0.5) * RATE / _SIZE  # Hz; band k lies from edge k to edge k + 1


class Beats(NamedTuple):
    """When beats fall, in seconds, and how many of them a minute has."""

    times: Values
    bpm: float


class Sound:
    """A sound that has been heard. Frames are given by their edges in seconds: (n + 1,) for n of them."""

    def __init__(self, pieces: Iterable[Samples]):
        """`pieces` of it one after the other, at RATE."""
        self._samples = 0
        self._power = self._heard(pieces)
        self._beats: dict[float, Beats | None] = {}

    @staticmethod
    def read(path: Path, seconds: float, ffmpeg: str | None = None) -> Sound:
        """The first `seconds` of a file's sound; an empty one where there is none. The last files are remembered.

        Raises OSError when the file is not there and VideoError when there is no ffmpeg.
        """
        state = path.stat()
        return _read(path, (state.st_mtime_ns, state.st_size), min(seconds, MOST_S), ffmpeg)

    def level(self, edges: Values, low: float = 0.0, high: float = HIGHEST) -> Values:
        """Root mean square of what lies between `low` and `high` Hz, for each frame: (n,), 0..1."""
        share = np.clip(np.minimum(high, _EDGES[1:]) - np.maximum(low, _EDGES[:-1]), 0.0, None) / np.diff(_EDGES)
        total = np.concatenate([[0.0], np.cumsum(self._power @ share.astype(np.float32), dtype=np.float64)]) / _ROWS
        # a window stands for the hop around its middle
        times = (np.arange(len(total)) - 0.5) / _ROWS - 0.5 * _SIZE / RATE
        return np.sqrt(np.maximum(np.diff(np.interp(edges, times, total)), 0.0) / np.diff(edges))

    def onsets(self, edges: Values) -> Values:
        """The strength of the strongest onset that each frame begins nearest to, 0 where there is none: (n,)."""
        around = sliding_window_view(np.pad(self._strength, _APART), 2 * _APART + 1).max(axis=1)
        rows = np.flatnonzero((self._strength > 0.0) & (self._strength == around))
        frames = np.searchsorted(0.5 * (edges[1:] + edges[:-1]), _times(rows))
        strongest = np.zeros(len(edges))
        np.maximum.at(strongest, frames, self._strength[rows])
        return strongest[:-1]

    def beats(self, bpm: float = 0.0) -> Beats | None:
        """Its beats, near `bpm` a minute or, with 0, at the tempo that is heard; None where none are."""
        if bpm not in self._beats:
            self._beats[bpm] = self._tracked(bpm)
        return self._beats[bpm]

    @property
    def seconds(self) -> float:
        """How long it is, as far as it was heard."""
        return self._samples / RATE

    @cached_property
    def silent(self) -> bool:
        """Whether there is nothing to hear in it."""
        return float(self._power.sum(axis=1).max()) < SILENCE**2

    def _heard(self, pieces: Iterable[Samples]) -> Powers:
        """The power in each band of the windows. The first ends where the sound begins."""
        rows, waiting = [], np.zeros(_SIZE, np.float32)
        for piece in chain(pieces, [None]):
            self._samples += 0 if piece is None else len(piece)
            waiting = np.concatenate([waiting, np.zeros(_SIZE, np.float32) if piece is None else piece])
            if len(waiting) < _SIZE:
                continue
            windows = sliding_window_view(waiting, _SIZE)[::_HOP]
            rows.append(_band_powers(windows))
            waiting = waiting[len(windows) * _HOP :]
        return np.concatenate(rows)

    @cached_property
    def _strength(self) -> Values:
        """How much louder the bands become from one window to the next, over the mean of the second around: (n - 1,)."""
        gain = _COMPRESSION / max(float(self._power.sum(axis=1).mean()), SILENCE**2)
        rises = np.zeros(len(self._power) - 1)
        for band in self._power.T:
            rises += np.maximum(np.diff(np.log1p(gain * band)), 0.0)
        # over a few windows, so that it does not matter how a note falls into them
        return _averaged(rises - _averaged(rises, np.ones(int(_ROWS) | 1)), np.hanning(9))

    def _tracked(self, bpm: float) -> Beats | None:
        if self.silent:
            return None
        strength = self._strength
        period = _ROWS * 60 / bpm if bpm else _period(strength)
        if not period:
            return None
        rows = _trimmed(_chain(strength, period), strength)
        if len(rows) < 2:
            return None
        times = _times(_between(rows, strength))
        return Beats(times, bpm or 60.0 * (len(times) - 1) / (times[-1] - times[0]))


@lru_cache(maxsize=3)
def _read(path: Path, state: tuple[int, int], seconds: float, ffmpeg: str | None) -> Sound:
    """`state` is that of the file, so that another one of its name is read anew."""
    return Sound(read_sound(path, RATE, seconds, ffmpeg))


def _band_powers(windows: NDArray[np.float32]) -> Powers:
    spectra = np.fft.rfft(windows * _WINDOW)
    powers = spectra.real**2 + spectra.imag**2
    return np.add.reduceat(powers, _STARTS, axis=1).astype(np.float32) * np.float32(2.0 / (_SIZE * np.sum(_WINDOW**2)))


def _times(rows: Values | Places) -> Values:
    """When what row k of the onset strength tells begins, in seconds: it is seen a quarter window before the middle."""
    return np.maximum((rows + 0.5) / _ROWS - 0.25 * _SIZE / RATE, 0.0)


def _averaged(values: Values, weights: Values) -> Values:
    """The weighted mean of the values around each; there are zeros before the first and after the last."""
    half = len(weights) // 2
    return np.convolve(values, weights / weights.sum())[half : half + len(values)]


def _period(strength: Values) -> float | None:
    """Rows a beat of the likeliest tempo, None where nothing comes again.

    Ellis's rule: autocorrelation, weighted by how likely the tempo is, and half of it at twice or three times the lag.
    """
    lags = np.arange(3 * _LAGS[-1] + 2)
    again = _autocorrelation(strength, len(lags))
    likely = again * np.exp(-0.5 * (np.log2(60.0 * _ROWS / np.maximum(lags, 1) / _USUAL_BPM) / _SPREAD) ** 2)
    # three beats are seldom a whole number of rows
    near = np.maximum(likely[1:-1], np.maximum(likely[:-2], likely[2:]))
    scores = likely[_LAGS] + 0.5 * np.maximum(near[2 * _LAGS - 1], near[3 * _LAGS - 1])
    peak = (again[_LAGS] > again[_LAGS - 1]) & (again[_LAGS] >= again[_LAGS + 1]) & (again[_LAGS] > _LEAST_AGAIN)
    return float(_LAGS[np.argmax(np.where(peak, scores, -np.inf))]) if peak.any() else None


def _autocorrelation(values: Values, count: int) -> Values:
    """(count,): 1 at lag 0; zeros where the values end."""
    size = 1 << (len(values) + count).bit_length()
    products = np.fft.irfft(np.abs(np.fft.rfft(values, size)) ** 2, size)[:count]
    return products / products[0] if products[0] > 0.0 else products


def _chain(strength: Values, period: float) -> Places:
    """The rows of the beats about `period` rows apart that together are strongest (Ellis's dynamic programming)."""
    strength = strength / max(float(strength.std()), 1e-12)
    shortest, longest = max(1, round(period / 2)), round(2 * period)
    steps = np.arange(longest, shortest - 1, -1)  # how far back the beat before may lie, the furthest first
    cost = _TIGHTNESS * np.log(steps / period) ** 2
    scores = np.concatenate([np.zeros(longest), strength])  # of the best chain that ends at each row
    before = np.empty(len(strength), np.intp)  # below 0 where a chain begins
    for first in range(0, len(strength), shortest):  # the beat before lies at least so far back: so many rows at once
        rows = np.arange(first, min(first + shortest, len(strength)))
        ways = sliding_window_view(scores[first : rows[-1] + len(steps)], len(steps)) - cost
        best = ways.argmax(axis=1)
        before[rows] = rows - steps[best]
        scores[longest + rows] += ways[np.arange(len(rows)), best]
    start = max(0, len(strength) - longest)
    row, beats = start + int(scores[longest + start :].argmax()), []
    while row >= 0:
        beats.append(row)
        row = before[row]
    return np.array(beats[::-1])


def _between(rows: Places, strength: Values) -> Values:
    """The rows as fractions: where the parabola through the strength at each and its neighbours is highest."""
    before, here, after = (np.pad(strength, 1)[rows + step] for step in range(3))
    bend = np.where((here >= before) & (here >= after), before - 2.0 * here + after, -np.inf)
    return rows + 0.5 * (before - after) / np.minimum(bend, -1e-12)


def _trimmed(rows: Places, strength: Values) -> Places:
    """The beats without those before the first and after the last at which something begins."""
    found = strength[rows]
    strong = np.flatnonzero(found > 0.25 * np.sqrt(np.mean(found**2)))
    return rows[strong[0] : strong[-1] + 1] if strong.size else rows[:0]
