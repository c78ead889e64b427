"""Soundtrack: a sound file is added to the video, cut to its length, with silence after the sound's end."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from lib_anim.errors import Problem, SettingsError, VideoError, VideoTimeout, Waiver
from lib_anim.media.download import is_address
from lib_anim.media.encode import add_sound, has_sound
from lib_anim.media.source_video import Film
from lib_anim.plan.audio_signals import KEY, no_sound, sound_file
from lib_anim.plan.plan import Plan
from lib_anim.settings.settings import Settings
from lib_anim.shot.steps import Steps, Tools


def build(settings: Settings, plan: Plan, tools: Tools) -> Steps | None:
    """On with `add_soundtrack` File. Raises SettingsError if the file is missing or has no sound.

    Web addresses that were not fetched are reported by common/missing.py.
    """
    path = settings.text(KEY)
    if settings.text("add_soundtrack") != "File" or not plan.in_use("add_soundtrack") or is_address(path):
        return None
    try:
        sound = _sound(settings, tools.ffmpeg)
    except SettingsError as error:  # the film can be made without it
        raise SettingsError([replace(problem, waivers=(Waiver.ALLOW_MISSING,)) for problem in error.problems]) from None
    begin_s, end_s = plan.frames.start / plan.timeline.fps, plan.frames.stop / plan.timeline.fps

    def deliver(video: Path, ffmpeg: str | None) -> None:
        start_s = end_s - _seconds(video, ffmpeg) if plan.backwards else begin_s
        add_sound(video, sound, start_s=start_s, ffmpeg=ffmpeg)

    return Steps(deliver=(deliver,), does=f"{sound.name} with the video")


def _seconds(video: Path, ffmpeg: str | None) -> float:
    """Return the length of a video: the frames at the beginning of one that is filmed backwards come last, or never."""
    film = Film.open(video, ffmpeg)
    return film.n_frames / film.fps


def _sound(settings: Settings, ffmpeg: str | None) -> Path:
    """Return the path of the sound file. Raises SettingsError if there is none, or no sound in it."""
    if not settings.text(KEY):
        remedy = 'write the path of a sound file, or add_soundtrack "None"'
        raise SettingsError([Problem(KEY, "add_soundtrack is File and there is no file", remedy)])
    sound = sound_file(settings)
    try:
        audible = has_sound(sound, ffmpeg)
    except VideoTimeout as error:
        raise SettingsError([Problem(KEY, error.message, "choose another sound file")]) from None
    except VideoError:  # without ffmpeg there is no video either, which is reported elsewhere
        audible = True
    if not audible:
        raise no_sound(sound)
    return sound
