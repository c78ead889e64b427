"""The length of a film as its source video or its sound has it, and its frames a second as the video has them."""

from __future__ import annotations

from pathlib import Path

from lib_anim.errors import FieldError, PictureError, VideoError
from lib_anim.files import RECORDING, check_file
from lib_anim.media.download import is_address
from lib_anim.media.picture_folder import open_film
from lib_anim.media.sound import sound_length
from lib_anim.settings.settings import Settings
from lib_anim.settings.table import FIELDS
from lib_anim.settings.usage import in_use


def with_derived_length(settings: Settings, ffmpeg: str | None) -> Settings:
    """Return the settings with the length, and the rate, of the video if `video_sets` asks for them, and with the length of
    the sound if `soundtrack_sets_length` does.

    They stay as they are where a file cannot be read; the features that need it report that.
    """
    settings = _with_length_of_video(settings, ffmpeg)
    return _with_length_of_sound(settings, ffmpeg)


def _with_length_of_video(settings: Settings, ffmpeg: str | None) -> Settings:
    wanted, path = settings.text("video_sets"), settings.text("video_init_path")
    if wanted == "None" or not path or is_address(path):
        return settings
    try:
        video = open_film(Path(path), ffmpeg)
    except (FieldError, OSError, PictureError, VideoError):
        return settings
    every = settings.integer("extract_nth_frame")
    numbers = video.numbers(every, settings.integer("extract_from_frame"), settings.integer("extract_to_frame"))
    if not numbers:
        return settings
    rated = wanted == "Length and rate" and video.fps > 0.0  # which a folder of pictures is not
    changes = {"max_frames": len(numbers), "fps": video.fps / every if rated else settings.number("fps")}
    return settings.replace(**{key: _within_range(key, value) for key, value in changes.items()})


def _with_length_of_sound(settings: Settings, ffmpeg: str | None) -> Settings:
    path = settings.text("soundtrack_path")
    if (
        not settings.switch("soundtrack_sets_length")
        or not in_use("soundtrack_sets_length", settings)
        or not _is_recording(path)
    ):
        return settings
    try:
        seconds = sound_length(Path(path), ffmpeg) - settings.number("soundtrack_start")
    except (OSError, VideoError):
        return settings
    return settings.replace(max_frames=_within_range("max_frames", max(1, round(seconds * settings.number("fps")))))


def _is_recording(path: str) -> bool:
    """Return whether a path names a file that may be read."""
    try:
        return bool(path) and not is_address(path) and check_file(path, RECORDING) is not None
    except FieldError:
        return False


def _within_range(key: str, value: float) -> float:
    low, high = FIELDS[key].low, FIELDS[key].high
    assert low is not None
    assert high is not None
    return type(value)(min(max(value, low), high))
