"""Settings inside what a run leaves: a text chunk of each PNG, the comment of an MP4 or GIF, the description of a WebP.

So a picture or a film is a settings file too. Which of them a file is tells its content, never its name; pixels are not
decoded, and of an MP4 only the boxes around the comment are read.
"""

from __future__ import annotations

import html
import io
import re
import struct
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO

from PIL import Image

from lib_anim.errors import Checked, FieldError, Problem, SettingsError
from lib_anim.images.frame import write_bytes
from lib_anim.settings import settings as settings_file
from lib_anim.settings.settings import Settings

MOST = 2**20 - 1  # bytes of settings; Pillow opens no picture with more in a text
KEYWORD = "anim"

_MARK = b'"anim_version"'  # in all settings that we write
_BOXES = 10_000  # looked at for one; a video of ours has what is wanted among the first few
# from the file to its comment: the kind of each box, and how many bytes of it come before what it holds
_TO_THE_COMMENT = ((b"moov", 0), (b"udta", 0), (b"meta", 4), (b"ilst", 0), (b"\xa9cmt", 0), (b"data", 8))
_XMP = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:description><rdf:Alt>'
    '<rdf:li xml:lang="x-default">{}</rdf:li></rdf:Alt></dc:description></rdf:Description></rdf:RDF></x:xmpmeta>'
)
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


def parameters_chunk(text: str) -> bytes:
    """A WebUI's `parameters` text as a chunk of a PNG file, of the kind that every reader knows where the letters allow it."""
    if not text or len(text) > MOST:
        return b""
    try:
        content = b"tEXtparameters\0" + text.encode("latin-1")
    except UnicodeEncodeError:
        content = b"iTXtparameters\0\0\0\0\0" + text.encode("utf-8", "replace")
    return struct.pack(">I", len(content) - 4) + content + struct.pack(">I", zlib.crc32(content))


def add(path: Path, text: str) -> None:
    """Put a text into a GIF or WebP file that ffmpeg made, which drops it. Raises OSError."""
    if text:
        write_bytes(path, (_with_comment if path.suffix == ".gif" else _with_description)(path.read_bytes(), text))


def _with_comment(gif: bytes, text: str) -> bytes:
    content, colours = text.encode(), gif[10]
    place = 13 + (3 << (colours & 7) + 1 if colours & 0x80 else 0)
    if gif[place : place + 2] == b"!\xff":  # how often it is played; readers look for that first
        place += 19
    parts = (content[start : start + 255] for start in range(0, len(content), 255))
    blocks = b"".join(bytes([len(part)]) + part for part in parts)
    return b"".join((gif[:place], b"!\xfe", blocks, b"\0", gif[place:]))


def _with_description(webp: bytes, text: str) -> bytes:
    if webp[12:16] != b"VP8X":  # one picture that stands still, with no place for texts
        return webp
    content = _XMP.format(html.escape(text)).encode()
    chunk = b"XMP " + struct.pack("<I", len(content)) + content + bytes(len(content) % 2)
    flags = webp[20] | 0b100  # there is XMP
    return b"".join((b"RIFF", struct.pack("<I", len(webp) - 8 + len(chunk)), webp[8:20], bytes([flags]), webp[21:], chunk))


def load(path: str | Path, changes: Mapping[str, object] | None = None) -> Settings:
    """`settings.load` of a settings file, or of a picture or video that carries settings. Raises SettingsError."""
    return check_file(path, changes).sound(str(path))


def check_file(path: str | Path, changes: Mapping[str, object] | None = None) -> Checked[Settings]:
    """`settings.check_file` of the same. Raises SettingsError where there are no settings to read."""
    path = Path(path)
    try:
        with path.open("rb") as file:
            text = carried(file, str(path))
    except OSError:  # which, and why, reading it as a settings file says
        text = None
    if text is None:
        return settings_file.check_file(path, changes)
    return settings_file.check_bytes(text, str(path), changes, path.parent)


def read(data: bytes, source: str) -> Settings:
    """`settings.read` of the bytes of such a file. Raises SettingsError."""
    text = carried(io.BytesIO(data), source)
    return settings_file.read(data if text is None else text, source)


def carried(file: BinaryIO, source: str) -> bytes | None:
    """The settings that a file carries, not looked into; None when it is no picture or video. Raises SettingsError."""
    head = file.read(12)
    if head[4:8] == b"ftyp":
        text_in = _comment_of_mp4
    elif head.startswith((b"\x89PNG\r\n\x1a\n", b"GIF8")) or (head[:4], head[8:]) == (b"RIFF", b"WEBP"):
        text_in = _text_of_picture
    else:
        return None
    file.seek(0)
    try:
        text = text_in(file)
        if _MARK not in text:
            raise FieldError("carries no settings of anim", _INSTEAD)
    except FieldError as error:
        raise SettingsError([Problem("", error.reason, error.remedy)], source) from None
    return text


def _text_of_picture(file: BinaryIO) -> bytes:
    """Our chunk, comment or description. Raises FieldError."""
    try:
        with Image.open(file, formats=["PNG", "GIF", "WEBP"]) as picture:  # reads what stands before the pixels
            told = picture.info
        if KEYWORD in told:
            return str(told[KEYWORD]).encode()
        described = re.search(rb'"x-default">(.*?)<', told.get("xmp") or b"", re.DOTALL)
        return html.unescape(described[1].decode()).encode() if described else told.get("comment") or b""
    except Exception:  # Pillow raises whatever it likes on damaged files, and on texts that are too long
        raise FieldError("the picture is damaged, or has a text of more than 1 MB", _INSTEAD) from None


def _comment_of_mp4(file: BinaryIO) -> bytes:
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
