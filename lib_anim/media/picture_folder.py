"""Folders of pictures in the order of their names, read as videos are; also pairs: folders `image` and `mask` in one."""

from __future__ import annotations

import re
from collections.abc import Generator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from lib_anim.errors import PictureError
from lib_anim.files import RECORDING, check_file
from lib_anim.images.frame import Frame, read_picture, resized
from lib_anim.media.source_video import Film
from lib_anim.messages import Message

PICTURES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".tif", ".tiff")
IMAGE, MASK = "image", "mask"  # the folders of a pair
_SIZES = 4096  # pictures whose sizes are kept


@dataclass(frozen=True)
class FolderFilm(Film):
    """The pictures of a folder as a film: `size` is that of the first one, `n_sizes` how many they have; `fps` is not known."""

    files: tuple[Path, ...] = ()
    n_sizes: int = 1

    def stream(self, size: tuple[int, int], numbers: range) -> Generator[Frame, None, None]:
        """Yield these pictures, each stretched to `size`. Raises PictureError."""
        for number in numbers:
            yield resized(read_picture(self.files[number]), size)


def open_film(path: Path, ffmpeg: str | None, part: str = IMAGE) -> Film:
    """Open a video, or the pictures of a folder; of a pair those of its folder `part`. All pictures are read here once.

    Raises FieldError and OSError for a file, VideoError for a video, PictureError for a folder that cannot be read.
    """
    if path.is_dir():
        return _folder(path / part if is_pair(path) else path)
    check_file(path, RECORDING)
    return Film.open(path, ffmpeg)


def is_pair(path: Path) -> bool:
    """Whether a folder has folders `image` and `mask`."""
    return (path / IMAGE).is_dir() and (path / MASK).is_dir()


def pictures_in(folder: Path, suffixes: tuple[str, ...] = PICTURES) -> list[Path]:
    """Return the pictures of a folder by name, numbers in names by value. Raises PictureError if there are none."""
    files = sorted((path for path in folder.iterdir() if path.suffix.lower() in suffixes), key=_by_numbers)
    if not files:
        raise PictureError(Message("{path}: there are no pictures in this folder", path=folder))
    return files


@lru_cache(maxsize=_SIZES)
def size_of(path: Path, _changed_ns: int) -> tuple[int, int]:
    """Return the size of a readable picture, which is read once: a page checks its form at every key stroke."""
    height, width = read_picture(path).shape[:2]
    return width, height


def _folder(folder: Path) -> FolderFilm:
    files = pictures_in(folder)
    sizes = [size_of(file, file.stat().st_mtime_ns) for file in files]
    return FolderFilm(folder, sizes[0], 0.0, len(files), files=tuple(files), n_sizes=len(set(sizes)))


def _by_numbers(path: Path) -> list[tuple[int, str]]:
    """Return a sort key under which 2.png comes before 10.png."""
    parts = re.split(r"(\d+)", path.name.lower())
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in parts]
