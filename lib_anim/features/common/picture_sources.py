"""Pictures by frame, from a picture, a folder of pictures, or a video that a setting names. Not a feature."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from lib_anim.errors import FieldError, PictureError, Problem, SettingsError, VideoError
from lib_anim.features.common.resizing import resizing
from lib_anim.files import RECORDING, check_file
from lib_anim.images.frame import Frame
from lib_anim.media.download import check_is_path
from lib_anim.media.source_video import Film
from lib_anim.messages import Message
from lib_anim.plan.plan import Plan
from lib_anim.shot.steps import Tools

PICTURES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".tif", ".tiff")
_REMEDY = "write the path of a picture, a video, or a folder of pictures"
_CACHED = 8  # pictures of a folder that are kept in memory


class Pictures(NamedTuple):
    """`at(n)` returns the n-th picture, for n below `number`; the caller passes `notes` and `close` on to its Steps."""

    at: Callable[[int], Frame]
    number: int
    notes: tuple[str, ...] = ()
    close: tuple[Callable[[], None], ...] = ()


def open_pictures(key: str, plan: Plan, tools: Tools) -> Pictures:
    """Open what the setting `key` names; pictures have their own sizes. Raises SettingsError."""
    path = plan.settings.text(key)
    if not path:
        raise SettingsError([Problem(key, "there is no picture", _REMEDY)])
    check_is_path(key, path, _REMEDY)
    try:
        if Path(path).is_dir():
            return _folder(key, Path(path), plan, tools)
        if Path(path).suffix.lower() in PICTURES:
            picture = tools.picture(path)
            return Pictures(lambda _: picture, 1, resizing(key, picture.shape[1::-1], plan.size))
        return _video(key, Path(path), plan, tools)
    except FieldError as error:
        reason: str = Message("{path}: {said}", path=path, said=error.reason)
    except (PictureError, VideoError) as error:
        reason = error.message
    except (OSError, ValueError) as error:
        reason = Message("{path}: {said}", path=path, said=error)
    raise SettingsError([Problem(key, reason, _REMEDY)])


def _folder(key: str, folder: Path, plan: Plan, tools: Tools) -> Pictures:
    """Return the pictures of a folder in the order of their names, numbers in them by value. All are read here once."""
    files = sorted((path for path in folder.iterdir() if path.suffix.lower() in PICTURES), key=_by_numbers)
    if not files:
        raise PictureError(Message("{path}: there are no pictures in this folder", path=folder))
    files = files[: plan.frames.stop]
    sizes = {tools.picture(str(path)).shape[1::-1]: path.name for path in files}
    if len(sizes) == 1:
        notes = resizing(key, next(iter(sizes)), plan.size)
    else:
        text = "{key}: its pictures have {n} sizes; each is resized to {size}"
        notes = (Message(text, key=key, n=len(sizes), size=f"{plan.size[0]}x{plan.size[1]}"),)
    read = lru_cache(maxsize=_CACHED)(lambda n: tools.picture(str(files[n])))
    return Pictures(read, len(files), notes)


def _video(key: str, path: Path, plan: Plan, tools: Tools) -> Pictures:
    check_file(path, RECORDING)
    film = Film.open(path, tools.ffmpeg)
    frames = film.frames(film.size)
    return Pictures(frames.__getitem__, film.n_frames, resizing(key, film.size, plan.size), (frames.close,))


def _by_numbers(path: Path) -> list[tuple[int, str]]:
    """Return a sort key under which 2.png comes before 10.png."""
    parts = re.split(r"(\d+)", path.name.lower())
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in parts]
