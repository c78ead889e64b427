"""Soundtrack: a sound file, or the sound of the source video, goes with the film, cut to its length or followed by silence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from lib_anim.errors import Problem, SettingsError, VideoError, VideoTimeout, Waiver
from lib_anim.features.common.input_video import input_video
from lib_anim.media.download import is_address
from lib_anim.media.sound import Cut, add_sound, has_sound
from lib_anim.media.source_video import Film
from lib_anim.messages import Message
from lib_anim.plan.audio_signals import KEY, START, no_sound, sound_file
from lib_anim.plan.plan import Plan
from lib_anim.settings.settings import Settings
from lib_anim.shot.steps import Steps, Tools

FROM_VIDEO = "Init Video"
_SWITCH = "add_soundtrack"
_SAME_SPEED = 0.005  # relative difference of speeds that nobody hears


class _Sound(NamedTuple):
    """A file with sound, the part of it that goes with the film from a time in seconds on, and notes for people."""

    path: Path
    cut: Callable[[float], Cut]
    notes: tuple[str, ...] = ()


def build(settings: Settings, plan: Plan, tools: Tools) -> Steps | None:
    """On with `add_soundtrack`. Raises SettingsError if the file is missing or has no sound.

    Web addresses that were not fetched are reported by common/missing.py.
    """
    kind = settings.text(_SWITCH)
    if kind == "None" or not plan.in_use(_SWITCH) or (kind == "File" and is_address(settings.text(KEY))):
        return None
    try:
        sound = _of_video(settings, plan, tools) if kind == FROM_VIDEO else _of_file(settings, tools.ffmpeg)
    except SettingsError as error:  # the film can be made without it
        raise SettingsError([replace(problem, waivers=(Waiver.ALLOW_MISSING,)) for problem in error.problems]) from None
    begin_s, end_s = plan.frames.start / plan.timeline.fps, plan.frames.stop / plan.timeline.fps
    loudness = settings.number("soundtrack_loudness")

    def deliver(video: Path, ffmpeg: str | None) -> None:
        seconds = _seconds(video, ffmpeg)
        cut = replace(
            sound.cut(end_s - seconds if plan.backwards else begin_s),
            fade_in_s=settings.number("soundtrack_fade_in"),
            fade_out_s=settings.number("soundtrack_fade_out"),
            loudness=loudness if loudness < 0.0 else None,
        )
        if cut.length_s is None or cut.length_s > 0.0:
            add_sound(video, seconds, sound.path, cut=cut, ffmpeg=ffmpeg)

    return Steps(deliver=(deliver,), does=f"{sound.path.name} with the video", notes=sound.notes)


def _seconds(video: Path, ffmpeg: str | None) -> float:
    """Return the length of a video: the frames at the beginning of one that is filmed backwards come last, or never."""
    film = Film.open(video, ffmpeg)
    return film.n_frames / film.fps


def _of_file(settings: Settings, ffmpeg: str | None) -> _Sound:
    """Return the sound of a file. Raises SettingsError if there is none, or no sound in it."""
    if not settings.text(KEY):
        remedy = 'write the path of a sound file, or add_soundtrack "None"'
        raise SettingsError([Problem(KEY, "add_soundtrack is File and there is no file", remedy)])
    sound = sound_file(settings)
    if not _is_audible(sound, ffmpeg, KEY):
        raise no_sound(sound)
    from_s = settings.number(START)
    return _Sound(sound, lambda start_s: Cut(from_s + start_s))


def _of_video(settings: Settings, plan: Plan, tools: Tools) -> _Sound:
    """Return the sound of the frames of the source video that are used, as fast as they are shown. Raises SettingsError."""
    film, numbers = input_video(settings, tools.ffmpeg, f'{_SWITCH} "{FROM_VIDEO}"')
    if film.path.is_dir() or not _is_audible(film.path, tools.ffmpeg, _SWITCH):
        reason = Message("{path}: there is no sound in it", path=film.path.name)
        raise SettingsError([Problem(_SWITCH, reason, 'write "None"')])
    speed = plan.timeline.fps * numbers.step / film.fps
    speed = 1.0 if abs(speed - 1.0) < _SAME_SPEED else speed
    begin_s, length_s = numbers.start / film.fps, len(numbers) * numbers.step / film.fps
    text = "{key}: the sound of {name} is played {speed} times as fast, as its frames are"
    notes = () if speed == 1.0 else (Message(text, key=_SWITCH, name=film.path.name, speed=f"{speed:.3g}"),)
    return _Sound(film.path, lambda start_s: Cut(begin_s + start_s * speed, length_s - start_s * speed, speed), notes)


def _is_audible(path: Path, ffmpeg: str | None, key: str) -> bool:
    """Return whether there is sound in a file; the last results are cached. Raises SettingsError if that takes too long."""
    state = path.stat()
    try:
        return _heard(path, (state.st_mtime_ns, state.st_size), ffmpeg)
    except VideoTimeout as error:
        raise SettingsError([Problem(key, error.message, "choose another sound file")]) from None
    except VideoError:  # without ffmpeg there is no video either, which is reported elsewhere
        return True


@lru_cache(maxsize=16)
def _heard(path: Path, state: tuple[int, int], ffmpeg: str | None) -> bool:
    """Return whether there is sound in a file. `state` identifies its content, so that a replaced file is looked at again."""
    return has_sound(path, ffmpeg)
