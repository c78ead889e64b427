"""Audio signals: properties of the film's sound that formulas can use, one value per frame, computed on first use.

The sound is the file of `soundtrack_path` from `soundtrack_start` seconds on, whether or not it is added to the video. The
level of frame t is measured from t/fps to (t+1)/fps seconds after that; a beat or an onset belongs to the frame whose start
is nearest. Levels and onsets are normalised over the film: 1 is the value up to which the sorted values make up 95 % of
their sum. If no beats are detected, they follow from the setting `bpm` alone, the first one on frame 0.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, cached_property, partial
from pathlib import Path

import numpy as np

from lib_anim.errors import FieldError, Problem, SettingsError, VideoError
from lib_anim.files import RECORDING, check_file
from lib_anim.language.functions import Signal, Values, names_signal
from lib_anim.media.audio import HIGHEST, MOST_S, Beats, Sound
from lib_anim.media.download import check_is_path
from lib_anim.messages import Message
from lib_anim.settings.settings import Settings
from lib_anim.settings.table import FIELDS

KEY, START = "soundtrack_path", "soundtrack_start"
_REMEDY = "write the path of a sound file"
_LEAST_BPM = 20  # beats per minute
_NOISE_FLOOR = 1 / 200  # of the whole sound's level (-46 dB): a band below it all the time is not amplified to 1


def signals(settings: Settings, ffmpeg: str | None = None) -> dict[str, Signal]:
    """Return a function (frames, *numbers) -> values for each of functions.SIGNALS, for Timeline.signals.

    These raise FieldError if a formula uses them wrongly or there is no sound, and SettingsError for a faulty sound file.
    """
    found = _Signals(settings, ffmpeg)
    by_name: dict[str, Callable[..., Values]] = {
        "beat": found.beat,
        "beat_phase": found.beat_phase,
        "bpm": found.bpm,
        "onset": found.onset,
        "rms": found.rms,
        "band": found.band,
    }
    return {name: partial(_sample, cache(signal)) for name, signal in by_name.items()}


def _sample(signal: Callable[..., Values], frames: Values, *numbers: float) -> Values:
    """Sample a signal at `frames`; frames before or after the film have the value of its first or last frame."""
    values: Values = signal(*numbers)
    return values[np.clip(frames, 0, len(values) - 1).astype(np.intp)]


def remarks(settings: Settings) -> list[str]:
    """Return notes for people: that the film is longer than the part of the sound that is analysed."""
    seconds = settings.number(START) + settings.integer("max_frames") / settings.number("fps")
    schedules = (settings.text(key) for key, field in FIELDS.items() if field.kind == "schedule")
    if seconds <= MOST_S or not settings.text(KEY) or not any(map(names_signal, schedules)):
        return []
    n, file = round(MOST_S / 60), Path(settings.text(KEY)).name
    return [Message("formulas hear the first {n} minutes of {file}; what follows is silence to them", n=n, file=file)]


def sound_file(settings: Settings) -> Path:
    """Return the path of the film's sound. Raises SettingsError if there is no such file."""
    path = settings.text(KEY)
    check_is_path(KEY, path, _REMEDY)
    try:
        check_file(path, RECORDING)
    except FieldError as error:
        raise _fault(Message("{path}: {said}", path=path, said=error.reason)) from None
    return Path(path)


def no_sound(path: Path) -> SettingsError:
    """Return the error for a file without an audio stream."""
    return _fault(Message("{path}: there is no sound in it", path=path.name), "MP3, WAV, M4A, OGG and FLAC have some")


def _fault(reason: str, remedy: str = _REMEDY, key: str = KEY) -> SettingsError:
    return SettingsError([Problem(key, reason, remedy)])


class _Signals:
    """The signals of one film, a method each. Their values are (n_frames,) float64."""

    def __init__(self, settings: Settings, ffmpeg: str | None):
        self._settings, self._ffmpeg = settings, ffmpeg
        self._start = settings.number(START)
        # of the frames, in seconds of the sound
        self._edges = self._start + np.arange(settings.integer("max_frames") + 1) / settings.number("fps")

    def rms(self) -> Values:
        level = self._sound("rms").level(self._edges)
        return _normalize(level, _loudness(level))

    def band(self, low: float, high: float) -> Values:
        sound = self._sound("band")
        if not 0.0 <= low < high:
            reason = Message("there is nothing between {low} and {high} Hz", low=float(low), high=float(high))
            raise FieldError(reason, "write band(low, high), low the smaller")
        if low >= HIGHEST:
            reason = Message("nothing is heard above {n} Hz", n=float(HIGHEST))
            raise FieldError(reason, "write band(low, high), both below it")
        level = sound.level(self._edges, low, high)
        return _normalize(level, max(_loudness(level), _NOISE_FLOOR * _loudness(sound.level(self._edges))))

    def onset(self) -> Values:
        strength = self._sound("onset").onsets(self._edges)
        return _normalize(strength, _loudness(strength))

    def bpm(self) -> Values:
        return np.full(self._n_frames, self._beats("bpm").bpm)

    def beat_phase(self) -> Values:
        return self._phase("beat_phase")

    def beat(self) -> Values:
        times, bpm = self._beats("beat")
        first, last, after = self._nearest_frames(np.array([times[0], times[-1], times[-1] + 60.0 / bpm]))
        frames = np.arange(self._n_frames)
        with_beats = (first <= frames) & (frames < max(last + 1, after))
        return np.where(with_beats, (1.0 - self._phase("beat")) ** 2, 0.0)

    @property
    def _n_frames(self) -> int:
        return len(self._edges) - 1

    def _nearest_frames(self, seconds: Values) -> Values:
        """Return the frames whose starts are nearest to these times."""
        return np.round((seconds - self._start) * self._settings.number("fps"))

    def _phase(self, name: str) -> Values:
        """Return the phase 0..1 between beats: 0 on the frame of a beat, rising linearly to 1 at the next.

        Before the first and after the last beat it continues at the sound's tempo.
        """
        times, bpm = self._beats(name)
        period = 60.0 / bpm
        earlier = times[0] - period * np.arange(np.ceil((times[0] - self._start) / period), 0, -1)
        later = times[-1] + period * np.arange(1, max(0.0, np.ceil((self._edges[-1] - times[-1]) / period)) + 2)
        beats = np.unique(self._nearest_frames(np.concatenate([earlier, times, later])))
        frames = np.arange(self._n_frames)
        last = np.searchsorted(beats, frames, side="right") - 1
        return (frames - beats[last]) / (beats[last + 1] - beats[last])

    def _beats(self, name: str) -> Beats:
        """Detect the beats for the signal `name`, or derive them from the setting `bpm`. Raises FieldError, SettingsError."""
        bpm = float(self._settings.number("bpm"))
        if 0.0 < bpm < _LEAST_BPM:
            remedy = Message("write {n} or more, or 0 to listen to the sound", n=_LEAST_BPM)
            raise _fault(Message("{n} beats a minute are too few", n=bpm), remedy, "bpm")
        beats = self._sound(name).beats(bpm) if self._settings.text(KEY) or not bpm else None
        if beats is None and not bpm:
            file = Path(self._settings.text(KEY)).name
            raise FieldError(Message("{name}: no beat is heard in {file}", name=name, file=file), "set bpm")
        return beats or Beats(np.arange(self._start, self._edges[-1], 60.0 / bpm), bpm)

    def _sound(self, name: str) -> Sound:
        """Return the sound for the signal `name`. Raises FieldError if no file is set, SettingsError if it is faulty."""
        if not self._settings.text(KEY):
            timed = name in ("beat", "beat_phase", "bpm")
            remedy = "choose a sound file, or set bpm" if timed else "choose a sound file"
            raise FieldError(Message("{name} needs a sound: {key} is empty", name=name, key=KEY), remedy)
        if isinstance(self._analysed, SettingsError):
            raise self._analysed
        return self._analysed

    @cached_property
    def _analysed(self) -> Sound | SettingsError:
        """The sound, or why there is none: it is read once for all formulas, since a faulty file can take long."""
        try:
            return self._read()
        except SettingsError as error:
            return error

    def _read(self) -> Sound:
        """Read up to a whole minute, so that the cache still serves after a small change of the film's length."""
        path = sound_file(self._settings)
        try:
            sound = Sound.read(path, 60.0 * max(1.0, np.ceil(self._edges[-1] / 60.0)), self._ffmpeg)
        except OSError as error:
            raise _fault(Message("{path}: {said}", path=path, said=error)) from None
        except VideoError as error:
            raise _fault(error.message, "") from None
        if not sound.seconds:
            raise no_sound(path)
        if sound.silent:
            n = f"{sound.seconds:.3g}"
            reason = Message("{path}: nothing but silence in its first {n} s", path=path.name, n=n)
            raise _fault(reason, "choose another sound file")
        return sound


def _loudness(values: Values) -> float:
    """Return the value up to which the sorted values make up 95 % of the sum of all."""
    ascending = np.sort(values)
    sums = np.cumsum(ascending)
    return float(ascending[np.searchsorted(sums, 0.95 * sums[-1])])


def _normalize(values: Values, maximum: float) -> Values:
    """Divide by `maximum` and cut off above 1; all are 0 if `maximum` is 0."""
    return np.minimum(values / maximum, 1.0) if maximum > 0.0 else np.zeros_like(values)
