"""The video that a film goes by: its file, and which of its frames count. Not a feature: what several have in common."""

from __future__ import annotations

from pathlib import Path

from lib_anim.errors import Problem, SettingsError, VideoError
from lib_anim.media.download import check_is_path
from lib_anim.media.source_video import Film
from lib_anim.settings.settings import Settings

KEY = "video_init_path"

_REMEDY = "write the path of a video file"


def input_video(settings: Settings, ffmpeg: str | None, wanted_by: str, key: str = KEY) -> tuple[Film, range]:
    """The video, and the numbers of those of its frames that are taken: the n-th for frame n of the film.

    `wanted_by` is the setting, and its value, that wants one, `key` the one that names it. Raises SettingsError when it cannot
    be read, or nothing of it is taken.
    """
    path = settings.text(key)
    if not path:
        raise _fault(key, f"{wanted_by} needs a video")
    check_is_path(key, path, _REMEDY)
    if not Path(path).is_file():
        raise _fault(key, f"{path}: there is no such file")
    try:
        film = Film.open(Path(path), ffmpeg)
    except OSError as error:
        raise _fault(key, f"{path}: {error.strerror or error}") from None
    except VideoError as error:
        raise _fault(key, error.message) from None
    first, last = settings.integer("extract_from_frame"), settings.integer("extract_to_frame")
    numbers = film.numbers(settings.integer("extract_nth_frame"), first, last)
    if not numbers:
        reason = f"none of the {film.n_frames} frames of {film.path.name} is taken"
        remedy = "lower extract_from_frame or extract_nth_frame, and write -1 as extract_to_frame"
        raise SettingsError([Problem("extract_from_frame", reason, remedy)])
    return film, numbers


def too_short(numbers: range, last: int, n_frames: int, key: str = KEY) -> tuple[str, ...]:
    """The note on a video of which fewer frames are taken than a film of `n_frames` asks for, up to `last`."""
    if last < len(numbers):
        return ()
    return (f"{key}: its {len(numbers)} frames end before the film's {n_frames}; the last one holds on",)


def _fault(key: str, reason: str) -> SettingsError:
    return SettingsError([Problem(key, reason, _REMEDY)])
