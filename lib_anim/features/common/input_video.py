"""The source video of a film: its file, which of its frames are used, and its pictures by frame of the film. Not a feature."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from lib_anim.errors import Problem, SettingsError
from lib_anim.features.common.endings import place_of
from lib_anim.features.common.file_problems import file_problems
from lib_anim.features.common.resizing import Size, fit, fit_note, scaled_size, several_sizes
from lib_anim.images.frame import Frame, resized
from lib_anim.media.download import check_is_path
from lib_anim.media.picture_folder import IMAGE, FolderFilm, open_film
from lib_anim.media.source_video import Film
from lib_anim.messages import Message
from lib_anim.plan.plan import Plan
from lib_anim.settings.settings import Settings
from lib_anim.shot.steps import Tools
from lib_anim.shot.track import frames_in_use

KEY, AT_END = "video_init_path", "video_at_end"

_REMEDY = "write the path of a video file"


class SourceVideo(NamedTuple):
    """`at(index)` returns the picture of a frame of the film, None where the video is over; pictures have the film's size.

    The caller passes `notes` and `close` on to its Steps.
    """

    name: str
    at: Callable[[int], Frame | None]
    notes: tuple[str, ...]
    close: tuple[Callable[[], None], ...]


def source_video(plan: Plan, tools: Tools, wanted_by: str, indexes: Sequence[int]) -> SourceVideo:
    """Open the video for the frames `indexes` of the film, in the order in which they are used; the next one is decoded ahead.

    Raises SettingsError, as `input_video` does.
    """
    settings = plan.settings
    film, numbers = input_video(settings, tools.ffmpeg, wanted_by)
    how, ending = settings.text("init_image_fit"), settings.text(AT_END)
    frames = film.frames(scaled_size(film.size, plan.size, how), numbers)

    def picture(index: int) -> Frame | None:
        place = place_of(index, len(numbers), ending)
        return None if place is None else resized(fit(frames[place], plan.size, how), plan.size)

    # in-between frames are made later than the pictures around them, and reading backwards would begin the file anew
    at = tools.track(picture, indexes, frames_in_use(plan.spans) + 1)
    short = too_short(numbers, max(indexes), plan.frames.stop) if ending == "hold" else ()
    notes = (*_damage(film), *(several(film, plan.size, KEY) or fit_note(film.size, plan.size, how, KEY)), *short)
    return SourceVideo(film.path.name, at, notes, (frames.close,))


def input_video(
    settings: Settings, ffmpeg: str | None, wanted_by: str, key: str = KEY, part: str = IMAGE
) -> tuple[Film, range]:
    """Open the video, and return it with the numbers of its frames that are used: the n-th one for frame n of the film.

    It can be a folder of pictures, and of a pair of folders the one that `part` names. `wanted_by` is the setting, with its
    value, that needs the video; `key` is the setting with its path. Raises SettingsError if the video cannot be read, or none
    of its frames is used.
    """
    path = settings.text(key)
    if not path:
        raise SettingsError([Problem(key, Message("{key} needs a video", key=wanted_by), _REMEDY)])
    check_is_path(key, path, _REMEDY)
    with file_problems(key, path, _REMEDY):
        film = open_film(Path(path), ffmpeg, part)
    first, last = settings.integer("extract_from_frame"), settings.integer("extract_to_frame")
    numbers = film.numbers(settings.integer("extract_nth_frame"), first, last)
    if not numbers:
        reason = Message("none of the {n} frames of {name} is taken", n=film.n_frames, name=film.path.name)
        remedy = "lower extract_from_frame or extract_nth_frame, and write -1 as extract_to_frame"
        raise SettingsError([Problem("extract_from_frame", reason, remedy)])
    return film, numbers


def too_short(numbers: range, last: int, n_frames: int, key: str = KEY) -> tuple[str, ...]:
    """Return the note that a video is too short: the film, of `n_frames`, reads its used frames up to the index `last`."""
    if last < len(numbers):
        return ()
    n = len(numbers)
    return (Message("{key}: its {n} frames end before the film's {m}; the last one holds on", key=key, n=n, m=n_frames),)


def several(film: Film, size: Size, key: str) -> tuple[str, ...]:
    """Return the note that the pictures of a folder have several sizes."""
    return (several_sizes(key, film.n_sizes, size),) if isinstance(film, FolderFilm) and film.n_sizes > 1 else ()


def _damage(film: Film) -> tuple[str, ...]:
    """Return the note that the file is damaged."""
    if not film.damage:
        return ()
    text = "{key}: {name} is damaged: {said}; what can be read of it is used, {n} frames"
    return (Message(text, key=KEY, name=film.path.name, said=film.damage, n=film.n_frames),)
