"""Settings inside what a run leaves: a text chunk in each PNG file, the comment of the video.

So a picture or a film is a settings file too. Which of them a file is tells its content, never its name; pixels are not
decoded, and of a video only the boxes around the comment are read.
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO

from PIL import Image

from lib_anim import settings as settings_file
from lib_anim.errors import FieldError, Problem, SettingsError
from lib_anim.settings import Settings

MOST = 2**20 - 1  # bytes of settings; Pillow opens no picture with more in a text
KEYWORD = "anim"

_MARK = b'"anim_version"'  # in all settings that we write
_BOXES = 10_000  # looked at for one; a video of ours has what is wanted among the first few
# from the file to its comment: the kind of each box, and how many bytes of it come before what it holds
_TO_THE_COMMENT = ((b"moov", 0), (b"udta", 0), (b"meta", 4), (b"ilst", 0), (b"\xa9cmt", 0), (b"data", 8))
_INSTEAD = "take a frame or the video of a run, or its settings.json"


def text_of(settings: Settings) -> str:
    """What the files of a run say of its settings; nothing where that is longer than MOST."""
    text = settings_file.dumps_brief(settings)
    return text if len(text.encode()) <= MOST else ""


def png_chunk(text: str) -> bytes:
    """A text as a chunk of a PNG file, for `encode_png`; of no text nothing."""
    if not text:
        return b""
    # compressed, in no language, with no translated keyword
    content = b"iTXt" + KEYWORD.encode() + b"\0\1\0\0\0" + zlib.compress(text.encode(), 9)
    return struct.pack(">I", len(content) - 4) + content + struct.pack(">I", zlib.crc32(content))


def load(path: str | Path, changes: Mapping[str, object] | None = None) -> Settings:
    """`settings.load` of a settings file, or of a PNG or MP4 that carries settings. Raises SettingsError."""
    path = Path(path)
    try:
        with path.open("rb") as file:
            text = carried(file, str(path))
    except OSError:  # which, and why, reading it as a settings file says
        text = None
    if text is None:
        return settings_file.load(path, changes)
    return settings_file.read(text, str(path), changes, path.parent)


def read(data: bytes, source: str) -> Settings:
    """`settings.read` of the bytes of such a file. Raises SettingsError."""
    text = carried(io.BytesIO(data), source)
    return settings_file.read(data if text is None else text, source)


def carried(file: BinaryIO, source: str) -> bytes | None:
    """The settings that a file carries, not looked into; None when it is neither PNG nor MP4. Raises SettingsError."""
    head = file.read(8)
    of = _of_png if head == b"\x89PNG\r\n\x1a\n" else _of_mp4 if head[4:] == b"ftyp" else None
    if of is None:
        return None
    file.seek(0)
    try:
        text = of(file)
        if _MARK not in text:
            raise FieldError("carries no settings of anim", _INSTEAD)
    except FieldError as error:
        raise SettingsError([Problem("", "", error.reason, error.remedy)], source) from None
    return text


def _of_png(file: BinaryIO) -> bytes:
    """The text of our chunk. Raises FieldError."""
    try:
        with Image.open(file, formats=["PNG"]) as picture:  # reads what stands before the pixels
            return str(picture.info.get(KEYWORD, "")).encode()
    except Exception:  # Pillow raises whatever it likes on damaged files, and on texts that are too long
        raise FieldError("the picture is damaged, or has a text of more than 1 MB", _INSTEAD) from None


def _of_mp4(file: BinaryIO) -> bytes:
    """The comment of a video. Raises FieldError."""
    first, stop = 0, file.seek(0, io.SEEK_END)
    for kind, before in _TO_THE_COMMENT:
        box = _box(file, kind, first, stop)
        if box is None:
            return b""
        first, stop = box[0] + before, box[1]
    if stop - first > MOST:
        raise FieldError("the video has a comment of more than 1 MB", _INSTEAD)
    file.seek(first)
    return file.read(max(0, stop - first))


def _box(file: BinaryIO, kind: bytes, first: int, stop: int) -> tuple[int, int] | None:
    """Where the content of the first box of a kind begins and ends, between two places in an MP4 file. Raises FieldError.

    The file may end before its pictures do: a page sends no more than the beginning.
    """
    for _ in range(_BOXES):
        if first + 8 > stop:
            return None
        file.seek(first)
        size, name = struct.unpack(">I4s", file.read(8))
        content = first + 8
        if size == 1:  # it does not fit there, and follows
            size, content = int.from_bytes(file.read(8), "big"), first + 16
        last = first + size if size else stop
        if last < content or (name == kind and last > stop):
            raise FieldError("the video is damaged", _INSTEAD)
        if name == kind:
            return content, last
        first = last
    return None
