"""Uploaded pictures, stored in the output folder under our own names, so that a page never names a path."""

from __future__ import annotations

import ctypes
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path

from lib_anim.errors import PictureError
from lib_anim.files import PICTURE, read_file
from lib_anim.images.frame import encode_jpeg, open_picture, read_picture, shrunk
from lib_anim.page.stored import Store

_SUFFIXES = {"PNG": "png", "JPEG": "jpg", "MPO": "jpg", "WEBP": "webp", "GIF": "gif", "BMP": "bmp", "TIFF": "tif"}
_READING = threading.Lock()
_ORIENTATION, _SIDEWAYS = 0x0112, 5  # EXIF's tag, and its first value that swaps width and height
_THUMBNAIL = 256  # pixels, the longer side


class Pictures:
    """A folder of pictures named by a hash of their content, so that each is stored once."""

    def __init__(self, folder: Path):
        self._store = Store(folder, "picture", tuple(_SUFFIXES.values()), "the picture is not here")

    def add(self, data: bytes) -> str:
        """Store a picture; return its id. Raises PictureError for an invalid one, OutputError if it cannot be written."""
        try:
            with open_picture(data) as image:
                suffix = _SUFFIXES[image.format or ""]
        except PictureError:
            raise
        except Exception as error:  # Pillow's decoders raise any class of error on damaged files
            raise PictureError("not a picture that can be read; PNG, JPEG and WebP can") from error
        picture_id = self._store.write(data, suffix)
        path = self._store.path(picture_id)
        try:
            with one_at_a_time():
                read_picture(path)
        except PictureError:
            path.unlink(missing_ok=True)
            raise PictureError("the picture is damaged") from None
        return picture_id

    def path(self, picture_id: str) -> str:
        """Return the path of a picture. Raises FieldError for an unknown id."""
        return str(self._store.path(picture_id))

    def id_of(self, path: str) -> str:
        """Return the id of a picture's path, "" for any other path."""
        return self._store.id_of(path)

    def thumbnail(self, picture_id: str) -> bytes:
        """Return a small JPEG of a picture. Raises FieldError, PictureError."""
        return small_jpeg(self.path(picture_id))


def small_jpeg(path: str | Path) -> bytes:
    """Return a small JPEG of a picture file. Raises PictureError."""
    with one_at_a_time():
        return encode_jpeg(shrunk(read_picture(path), _THUMBNAIL))


@lru_cache(maxsize=64)
def sides(path: str) -> tuple[int, int]:
    """Return (width, height) of a stored picture as it is seen, turned by its EXIF. Raises FieldError, PictureError."""
    with open_picture(read_file(path, PICTURE)) as image:
        width, height = image.size
        return (height, width) if image.getexif().get(_ORIENTATION, 1) >= _SIDEWAYS else (width, height)


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Let one thread read a picture; then give its memory back.

    The C library keeps what threads free, each on its own, so that a few large pictures would fill the memory for good.
    """
    with _READING:
        try:
            yield
        finally:
            if sys.platform == "linux":
                with suppress(AttributeError, OSError):  # other C libraries have no such function
                    ctypes.CDLL(None).malloc_trim(0)
