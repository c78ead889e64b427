"""Signals: what formulas hear of the film's sound, one value a frame, worked out when a formula names it.

Levels of frame t are those of the seconds t/fps .. (t+1)/fps; beats and onsets belong to the frame that begins nearest to
them. The sound is the soundtrack, whether or not it goes with the video.
Levels and onsets are normalised over the film: 1 is a loud moment of it, the one that 95 % of all that is heard in the
film does not exceed. Where no beats are heard they come from the setting `bpm` alone, the first one on frame 0.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, cached_property, partial
from pathlib import Path

import numpy as np

from lib_anim.errors import FieldError, Problem, SettingsError, VideoError
from lib_anim.language.functions import Signal, Values, names_signal
from lib_anim.media.audio import HIGHEST, MOST_S, Beats, Sound
from lib_anim.media.download import check_is_path
from lib_anim.settings.settings import Settings
from lib_anim.settings.table import FIELDS

KEY = "soundtrack_path"
_REMEDY = "write the path of a sound file"
_SLOWEST = 20  # beats a minute
_QUIETEST = 1 / 200  # of the sound (-46 dB): a band that never gets louder is not made loud


def signals(settings: Settings, ffmpeg: str | None = None) -> dict[str, Signal]:
    """A function of frames for each of functions.SIGNALS, as schedules take them.

    They raise FieldError where a formula asks for what there is not, and SettingsError where the sound is at fault.
    """
    ear = _Ear(settings, ffmpeg)
    heard: dict[str, Callable[..., Values]] = {
        "beat": ear.beat,
        "beat_phase": ear.beat_phase,
        "bpm": ear.bpm,
        "onset": ear.onset,
        "rms": ear.rms,
        "band": ear.band,
    }
    return {name: partial(_at, cache(signal)) for name, signal in heard.items()}


def _at(signal: Callable[..., Values], frames: Values, *numbers: float) -> Values:
    """A signal at `frames`; before the film and after its end it stays as it is there."""
    values: Values = signal(*numbers)
    return values[np.clip(frames, 0, len(values) - 1).astype(np.intp)]


def remarks(settings: Settings) -> list[str]:
    """What people should know: a film longer than what is heard."""
    seconds = settings.integer("max_frames") / settings.number("fps")
    schedules = (settings.text(key) for key, field in FIELDS.items() if field.kind == "schedule")
    if seconds <= MOST_S or not settings.text(KEY) or not any(map(names_signal, schedules)):
        return []
    return [
        f"formulas hear the first {MOST_S / 60:.0f} minutes of {Path(settings.text(KEY)).name}; what follows is silence to them"
    ]


def sound_file(settings: Settings) -> Path:
    """The film's sound. Raises SettingsError when it is not there."""
    path = settings.text(KEY)
    check_is_path(KEY, path, _REMEDY)
    if not Path(path).is_file():
        raise _fault(f"{path}: there is no such file")
    return Path(path)


def no_sound(path: Path) -> SettingsError:
    """What is said of a file without sound."""
    return _fault(f"{path.name}: there is no sound in it", "MP3, WAV, M4A, OGG and FLAC have some")


def _fault(reason: str, remedy: str = _REMEDY, key: str = KEY) -> SettingsError:
    return SettingsError([Problem(key, reason, remedy)])


class _Ear:
    """One film's signals: a method each, one value a frame."""

    def __init__(self, settings: Settings, ffmpeg: str | None):
        self._settings, self._ffmpeg = settings, ffmpeg
        self._edges = np.arange(settings.integer("max_frames") + 1) / settings.number("fps")

    def rms(self) -> Values:
        level = self._sound("rms").level(self._edges)
        return _unit(level, _loud(level))

    def band(self, low: float, high: float) -> Values:
        sound = self._sound("band")
        if not 0.0 <= low < high:
            raise FieldError(f"there is nothing between {low:g} and {high:g} Hz", "write band(low, high), low the smaller")
        if low >= HIGHEST:
            raise FieldError(f"nothing is heard above {HIGHEST:g} Hz", "write band(low, high), both below it")
        level = sound.level(self._edges, low, high)
        return _unit(level, max(_loud(level), _QUIETEST * _loud(sound.level(self._edges))))

    def onset(self) -> Values:
        strength = self._sound("onset").onsets(self._edges)
        return _unit(strength, _loud(strength))

    def bpm(self) -> Values:
        return np.full(self._n_frames, self._beats("bpm").bpm)

    def beat_phase(self) -> Values:
        return self._phase("beat_phase")

    def beat(self) -> Values:
        times, bpm = self._beats("beat")
        first, last, after = self._frames(np.array([times[0], times[-1], times[-1] + 60.0 / bpm]))
        frames = np.arange(self._n_frames)
        heard = (first <= frames) & (frames < max(last + 1, after))
        return np.where(heard, (1.0 - self._phase("beat")) ** 2, 0.0)

    @property
    def _n_frames(self) -> int:
        return len(self._edges) - 1

    def _frames(self, seconds: Values) -> Values:
        """The frames that begin nearest to these moments."""
        return np.round(seconds * self._settings.number("fps"))

    def _phase(self, name: str) -> Values:
        """0 on a frame with a beat, evenly up to 1 at the next; before the first and after the last at their tempo."""
        times, bpm = self._beats(name)
        period = 60.0 / bpm
        earlier = times[0] - period * np.arange(np.ceil(times[0] / period), 0, -1)
        later = times[-1] + period * np.arange(1, max(0.0, np.ceil((self._edges[-1] - times[-1]) / period)) + 2)
        every = np.unique(self._frames(np.concatenate([earlier, times, later])))
        frames = np.arange(self._n_frames)
        last = np.searchsorted(every, frames, side="right") - 1
        return (frames - every[last]) / (every[last + 1] - every[last])

    def _beats(self, name: str) -> Beats:
        bpm = float(self._settings.number("bpm"))
        if 0.0 < bpm < _SLOWEST:
            raise _fault(f"{bpm:g} beats a minute are too few", f"write {_SLOWEST} or more, or 0 to listen to the sound", "bpm")
        beats = self._sound(name).beats(bpm) if self._settings.text(KEY) or not bpm else None
        if beats is None and not bpm:
            raise FieldError(f"{name}: no beat is heard in {Path(self._settings.text(KEY)).name}", "set bpm")
        return beats or Beats(np.arange(0.0, self._edges[-1], 60.0 / bpm), bpm)

    def _sound(self, name: str) -> Sound:
        if not self._settings.text(KEY):
            timed = name in ("beat", "beat_phase", "bpm")
            remedy = "choose a sound file, or set bpm" if timed else "choose a sound file"
            raise FieldError(f"{name} needs a sound: {KEY} is empty", remedy)
        return self._heard

    @cached_property
    def _heard(self) -> Sound:
        """The sound, heard for whole minutes, so that a film can become a little longer or shorter at no cost."""
        path = sound_file(self._settings)
        try:
            sound = Sound.read(path, 60.0 * np.ceil(self._edges[-1] / 60.0), self._ffmpeg)
        except OSError as error:
            raise _fault(f"{path}: {error.strerror or error}") from None
        except VideoError as error:
            raise _fault(str(error), "") from None
        if not sound.seconds:
            raise no_sound(path)
        if sound.silent:
            raise _fault(f"{path.name}: nothing but silence in its first {sound.seconds:.3g} s", "choose another sound file")
        return sound


def _loud(values: Values) -> float:
    """The value up to which lies 95 % of the sum of all."""
    ascending = np.sort(values)
    sums = np.cumsum(ascending)
    return float(ascending[np.searchsorted(sums, 0.95 * sums[-1])])


def _unit(values: Values, one: float) -> Values:
    return np.minimum(values / one, 1.0) if one > 0.0 else np.zeros_like(values)
