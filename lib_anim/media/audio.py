"""Analysis of sound: the level of its bands, onsets, tempo and beats.

Onset strength, tempo and beats follow D. P. W. Ellis, "Beat Tracking by Dynamic Programming" (Journal of New Music
Research 36, 2007). A sound is read once, in chunks; only the power of 76 bands is stored, 86 times a second: 26 kB a second.
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

from lib_anim.media.sound import Samples, read_sound

Values = NDArray[np.float64]  # (n,)
Places = NDArray[np.intp]  # (n,): indices of rows or bins
Powers = NDArray[np.float32]  # (rows, bands): mean squares

RATE = 22_050  # samples a second
HIGHEST = RATE / 2  # Hz: the Nyquist frequency
MOST_S = 3600.0  # seconds; the rest of a longer sound is ignored
SILENCE = 1e-4  # a level (-80 dB of full scale); anything below counts as silence

_SIZE, _HOP = 1024, 256  # samples: the window and the hop of the short-time Fourier transform
_ROWS = RATE / _HOP  # windows (rows) a second
_WINDOW = (0.5 - 0.5 * np.cos(2.0 * np.pi * np.arange(_SIZE) / _SIZE)).astype(np.float32)

_ONSET_DISTANCE = 3  # windows (35 ms): minimum distance of onsets
_GAIN = 1e3  # gain over the mean power before the logarithm: onsets 30 dB below it still count
_LAGS = np.arange(int(_ROWS * 60 / 240), int(_ROWS * 60 / 40) + 1)  # rows a beat, for 240 .. 40 beats a minute
_USUAL_BPM, _SPREAD = 120.0, 0.9  # centre of the tempo prior, and its standard deviation in octaves
_LEAST_CORRELATION = 0.05  # minimum autocorrelation at a beat's lag; below there is no tempo
_TIGHTNESS = 100.0  # weight of (log(interval / period))² against onset strength


def _band_starts() -> Places:
    """Return the first bin of each band: single bins up to 500 Hz, then twelfths of an octave, without bin 0."""
    last = _SIZE // 2
    octaves = np.log2(last / 24)
    above = 24 * 2.0 ** (np.arange(int(12 * octaves) + 1) / 12)
    return np.unique(np.concatenate([np.arange(1, 24), np.rint(above)])).astype(np.intp)


_STARTS = _band_starts()
_EDGES = (np.append(_STARTS, _SIZE // 2 + 1) - 0.5) * RATE / _SIZE  # Hz; band k lies from edge k to edge k + 1


class Beats(NamedTuple):
    """Times of beats in seconds, and the tempo in beats a minute."""

    times: Values
    bpm: float


class Sound:
    """An analysed sound. Frames are given by their edges in seconds: (n + 1,) for n frames."""

    def __init__(self, pieces: Iterable[Samples]):
        """Analyse a sound from its consecutive `pieces`, at RATE."""
        self._samples = 0
        self._power = self._analyse(pieces)
        self._beats: dict[float, Beats | None] = {}

    @staticmethod
    def read(path: Path, seconds: float, ffmpeg: str | None = None) -> Sound:
        """Read the first `seconds` of a file's sound; without one the sound is empty. The last files are cached.

        Raises OSError for a missing file, and VideoError without ffmpeg.
        """
        state = path.stat()
        return _read(path, (state.st_mtime_ns, state.st_size), min(seconds, MOST_S), ffmpeg)

    def level(self, edges: Values, low: float = 0.0, high: float = HIGHEST) -> Values:
        """Return the root mean square of the band `low`..`high` Hz for each frame: (n,), 0..1."""
        share = np.clip(np.minimum(high, _EDGES[1:]) - np.maximum(low, _EDGES[:-1]), 0.0, None) / np.diff(_EDGES)
        total = np.concatenate([[0.0], np.cumsum(self._power @ share.astype(np.float32), dtype=np.float64)]) / _ROWS
        # a window represents the hop around its centre
        times = (np.arange(len(total)) - 0.5) / _ROWS - 0.5 * _SIZE / RATE
        return np.sqrt(np.maximum(np.diff(np.interp(edges, times, total)), 0.0) / np.diff(edges))

    def onsets(self, edges: Values) -> Values:
        """Return for each frame the strength of the strongest onset nearest to its start, 0 without one: (n,).

        Onsets before the first frame are none of the film's.
        """
        around = sliding_window_view(np.pad(self._strength, _ONSET_DISTANCE), 2 * _ONSET_DISTANCE + 1).max(axis=1)
        rows = np.flatnonzero((self._strength > 0.0) & (self._strength == around))
        rows = rows[_row_times(rows) >= 1.5 * edges[0] - 0.5 * edges[1]]
        frames = np.searchsorted(0.5 * (edges[1:] + edges[:-1]), _row_times(rows))
        strongest = np.zeros(len(edges))
        np.maximum.at(strongest, frames, self._strength[rows])
        return strongest[:-1]

    def beats(self, bpm: float = 0.0) -> Beats | None:
        """Return the beats at about `bpm` a minute, or at the detected tempo if 0; None if there are none."""
        if bpm not in self._beats:
            self._beats[bpm] = self._track(bpm)
        return self._beats[bpm]

    @property
    def seconds(self) -> float:
        """Length of what was read, in seconds."""
        return self._samples / RATE

    @cached_property
    def silent(self) -> bool:
        """Whether the whole sound is below SILENCE."""
        return float(self._power.sum(axis=1).max()) < SILENCE**2

    def _analyse(self, pieces: Iterable[Samples]) -> Powers:
        """Return the power of each band in each window. The first window ends where the sound begins."""
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
        """Onset strength: the rise of all bands from window to window, above its mean over the second around: (n - 1,)."""
        gain = _GAIN / max(float(self._power.sum(axis=1).mean()), SILENCE**2)
        rises = np.zeros(len(self._power) - 1)
        for band in self._power.T:
            rises += np.maximum(np.diff(np.log1p(gain * band)), 0.0)
        # smoothed, so that the alignment of a note with the windows does not matter
        return _smooth(rises - _smooth(rises, np.ones(int(_ROWS) | 1)), np.hanning(9))

    def _track(self, bpm: float) -> Beats | None:
        if self.silent:
            return None
        strength = self._strength
        period = _ROWS * 60 / bpm if bpm else _find_period(strength)
        if not period:
            return None
        rows = _trim(_best_chain(strength, period), strength)
        if len(rows) < 2:
            return None
        times = _row_times(_refine(rows, strength))
        return Beats(times, bpm or 60.0 * (len(times) - 1) / (times[-1] - times[0]))


@lru_cache(maxsize=3)
def _read(path: Path, state: tuple[int, int], seconds: float, ffmpeg: str | None) -> Sound:
    """Read a sound. `state` identifies the file's content, so that a replaced file is read again."""
    return Sound(read_sound(path, RATE, seconds, ffmpeg))


def _band_powers(windows: NDArray[np.float32]) -> Powers:
    spectra = np.fft.rfft(windows * _WINDOW)
    powers = spectra.real**2 + spectra.imag**2
    return np.add.reduceat(powers, _STARTS, axis=1).astype(np.float32) * np.float32(2.0 / (_SIZE * np.sum(_WINDOW**2)))


def _row_times(rows: Values | Places) -> Values:
    """Return the times of rows of the onset strength in seconds: an onset shows a quarter window before the centre."""
    return np.maximum((rows + 0.5) / _ROWS - 0.25 * _SIZE / RATE, 0.0)


def _smooth(values: Values, weights: Values) -> Values:
    """Smooth values by normalised weights, with zeros beyond both ends."""
    half = len(weights) // 2
    return np.convolve(values, weights / weights.sum())[half : half + len(values)]


def _find_period(strength: Values) -> float | None:
    """Return the rows a beat of the likeliest tempo; None for a sound that is not periodic.

    Ellis's rule: autocorrelation weighted by the tempo prior, plus half of its value at two or three times the lag.
    """
    lags = np.arange(3 * _LAGS[-1] + 2)
    again = _autocorrelation(strength, len(lags))
    likely = again * np.exp(-0.5 * (np.log2(60.0 * _ROWS / np.maximum(lags, 1) / _USUAL_BPM) / _SPREAD) ** 2)
    # the maximum of neighbours, since three beats are seldom a whole number of rows
    near = np.maximum(likely[1:-1], np.maximum(likely[:-2], likely[2:]))
    scores = likely[_LAGS] + 0.5 * np.maximum(near[2 * _LAGS - 1], near[3 * _LAGS - 1])
    peak = (again[_LAGS] > again[_LAGS - 1]) & (again[_LAGS] >= again[_LAGS + 1]) & (again[_LAGS] > _LEAST_CORRELATION)
    return float(_LAGS[np.argmax(np.where(peak, scores, -np.inf))]) if peak.any() else None


def _autocorrelation(values: Values, count: int) -> Values:
    """Return the autocorrelation (count,), 1 at lag 0, with the values padded by zeros."""
    size = 1 << (len(values) + count).bit_length()
    products = np.fft.irfft(np.abs(np.fft.rfft(values, size)) ** 2, size)[:count]
    return products / products[0] if products[0] > 0.0 else products


def _best_chain(strength: Values, period: float) -> Places:
    """Return the rows of the best chain of beats about `period` rows apart (Ellis's dynamic programming)."""
    strength = strength / max(float(strength.std()), 1e-12)
    shortest, longest = max(1, round(period / 2)), round(2 * period)
    steps = np.arange(longest, shortest - 1, -1)  # possible distances to the beat before, longest first
    cost = _TIGHTNESS * np.log(steps / period) ** 2
    scores = np.concatenate([np.zeros(longest), strength])  # the score of the best chain that ends at each row
    before = np.empty(len(strength), np.intp)  # the beat before; below 0 at the start of a chain
    for first in range(0, len(strength), shortest):  # blocks of rows that cannot depend on each other
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


def _refine(rows: Places, strength: Values) -> Values:
    """Refine rows to fractions: the maximum of the parabola through each strength and its neighbours."""
    before, here, after = (np.pad(strength, 1)[rows + step] for step in range(3))
    bend = np.where((here >= before) & (here >= after), before - 2.0 * here + after, -np.inf)
    return rows + 0.5 * (before - after) / np.minimum(bend, -1e-12)


def _trim(rows: Places, strength: Values) -> Places:
    """Drop beats before the first and after the last one that has an onset."""
    found = strength[rows]
    strong = np.flatnonzero(found > 0.25 * np.sqrt(np.mean(found**2)))
    return rows[strong[0] : strong[-1] + 1] if strong.size else rows[:0]
