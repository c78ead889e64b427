"""The length of a film, and its frames a second, as its source video has them."""

from __future__ import annotations

from pathlib import Path

from lib_anim.errors import FieldError, VideoError
from lib_anim.files import RECORDING, check_file
from lib_anim.media.download import is_address
from lib_anim.media.source_video import Film
from lib_anim.settings.settings import Settings
from lib_anim.settings.table import FIELDS


def with_video_length(settings: Settings, ffmpeg: str | None) -> Settings:
    """Return the settings with the length, and the rate, of the video if `video_sets` asks for them.

    They stay as they are where the video cannot be read; the features that need it report that.
    """
    wanted, path = settings.text("video_sets"), settings.text("video_init_path")
    if wanted == "None" or not path or is_address(path):
        return settings
    try:
        check_file(path, RECORDING)
        video = Film.open(Path(path), ffmpeg)
    except (FieldError, OSError, VideoError):
        return settings
    every = settings.integer("extract_nth_frame")
    numbers = video.numbers(every, settings.integer("extract_from_frame"), settings.integer("extract_to_frame"))
    if not numbers:
        return settings
    changes = {"max_frames": len(numbers), "fps": video.fps / every if wanted == "Length and rate" else settings.number("fps")}
    return settings.replace(**{key: _within_range(key, value) for key, value in changes.items()})


def _within_range(key: str, value: float) -> float:
    low, high = FIELDS[key].low, FIELDS[key].high
    assert low is not None
    assert high is not None
    return type(value)(min(max(value, low), high))
