"""Settings embedded in output files: a text chunk of each PNG, the comment of an MP4 or GIF, the description of a WebP.

So a picture or a film is a settings file too. The kind of a file is determined by its content, not its name. Pixels are not
decoded, and of an MP4 only the boxes around the comment are read.
"""

from __future__ import annotations

import html
import io
import struct
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO

from lib_anim.errors import Checked, FieldError, Problem, SettingsError
from lib_anim.files import RECORDING, open_file, write_bytes
from lib_anim.images.texts import gif_comment, png_text, webp_description
from lib_anim.settings import settings as settings_file
from lib_anim.settings.settings import Settings

MOST = 2**20 - 1  # bytes of settings; Pillow refuses PNG files with longer texts
KEYWORD = "anim"

_MARK = b'"anim_version"'  # in all settings that are embedded
_MOST_XMP = 8 * MOST  # bytes, since html.escape makes texts longer
_MAX_BOXES = 10_000  # searched at most for one box; in our videos it is among the first few
# nested boxes from the file to its comment: type, and bytes of its header before the content
_COMMENT_BOXES = ((b"moov", 0), (b"udta", 0), (b"meta", 4), (b"ilst", 0), (b"\xa9cmt", 0), (b"data", 8))
_XMP = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:description><rdf:Alt>'
    '<rdf:li xml:lang="x-default">{}</rdf:li></rdf:Alt></dc:description></rdf:Description></rdf:RDF></x:xmpmeta>'
)
_REMEDY = "take a frame or the video of a run, or its settings.json"


def text_of(settings: Settings) -> str:
    """Return the text to embed for these settings; "" if it is longer than MOST."""
    text = settings_file.dumps_brief(settings)
    return text if len(text.encode()) <= MOST else ""


def png_chunk(text: str) -> bytes:
    """Return a text as a PNG chunk for `encode_png`; b"" for an empty text."""
    if not text:
        return b""
    # compressed; language and translated keyword are empty
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
    """Insert a text into a GIF or WebP file: ffmpeg does not write it. Raises OSError."""
    if text:
        write_bytes(path, (_with_comment if path.suffix == ".gif" else _with_description)(path.read_bytes(), text))


def _with_comment(gif: bytes, text: str) -> bytes:
    content, colours = text.encode(), gif[10]
    place = 13 + (3 << (colours & 7) + 1 if colours & 0x80 else 0)
    if gif[place : place + 2] == b"!\xff":  # the loop count, which readers expect first
        place += 19
    parts = (content[start : start + 255] for start in range(0, len(content), 255))
    blocks = b"".join(bytes([len(part)]) + part for part in parts)
    return b"".join((gif[:place], b"!\xfe", blocks, b"\0", gif[place:]))


def _with_description(webp: bytes, text: str) -> bytes:
    if webp[12:16] != b"VP8X":  # a still picture, without room for texts
        return webp
    content = _XMP.format(html.escape(text)).encode()
    chunk = b"XMP " + struct.pack("<I", len(content)) + content + bytes(len(content) % 2)
    flags = webp[20] | 0b100  # the XMP flag
    return b"".join((b"RIFF", struct.pack("<I", len(webp) - 8 + len(chunk)), webp[8:20], bytes([flags]), webp[21:], chunk))


def load(path: str | Path, changes: Mapping[str, object] | None = None) -> Settings:
    """Load settings from a settings file, or from a picture or video that carries them. Raises SettingsError."""
    return check_file(path, changes).sound(str(path))


def check_file(path: str | Path, changes: Mapping[str, object] | None = None) -> Checked[Settings]:
    """Check the settings of such a file as `settings.check_file` does. Raises SettingsError if there are none to read."""
    path = Path(path)
    try:
        with open_file(path, RECORDING) as file:
            text = carried(file, str(path))
    except FieldError:  # reading it as a settings file reports the error
        text = None
    if text is None:
        return settings_file.check_file(path, changes)
    return settings_file.check_bytes(text, str(path), changes, path.parent)


def read(data: bytes, source: str) -> Settings:
    """Read settings from the bytes of such a file. Raises SettingsError."""
    text = carried(io.BytesIO(data), source)
    return settings_file.read(data if text is None else text, source)


def carried(file: BinaryIO, source: str) -> bytes | None:
    """Return the settings text in a file, not parsed; None if it is no picture or video. Raises SettingsError."""
    head = file.read(12)
    if head[4:8] == b"ftyp":
        text_in = _read_mp4_comment
    elif head.startswith((b"\x89PNG\r\n\x1a\n", b"GIF8")) or (head[:4], head[8:]) == (b"RIFF", b"WEBP"):
        text_in = _read_picture_text
    else:
        return None
    file.seek(0)
    try:
        text = text_in(file)
        if _MARK not in text:
            raise FieldError("carries no settings of anim", _REMEDY)
    except FieldError as error:
        raise SettingsError([Problem("", error.reason, error.remedy)], source) from None
    return text


def _read_picture_text(file: BinaryIO) -> bytes:
    """Read our chunk, comment or description. Raises FieldError."""
    head = file.read(4)
    try:
        if head == b"GIF8":
            return gif_comment(file, MOST)
        return webp_description(file, _MOST_XMP) if head == b"RIFF" else png_text(file, KEYWORD.encode(), MOST)
    except ValueError:
        raise FieldError("the picture is damaged, or has a text of more than 1 MB", _REMEDY) from None


def _read_mp4_comment(file: BinaryIO) -> bytes:
    """Read the comment of a video. Raises FieldError."""
    first, stop = 0, file.seek(0, io.SEEK_END)
    for kind, before in _COMMENT_BOXES:
        box = _find_box(file, kind, first, stop)
        if box is None:
            return b""
        first, stop = box[0] + before, box[1]
    if stop - first > MOST:
        raise FieldError("the video has a comment of more than 1 MB", _REMEDY)
    file.seek(first)
    return file.read(max(0, stop - first))


def _find_box(file: BinaryIO, kind: bytes, first: int, stop: int) -> tuple[int, int] | None:
    """Return (start, stop) of the content of the first box of a kind between two offsets in an MP4 file. Raises FieldError.

    The file may be truncated: a page sends only its beginning.
    """
    for _ in range(_MAX_BOXES):
        if first + 8 > stop:
            return None
        file.seek(first)
        size, name = struct.unpack(">I4s", file.read(8))
        content = first + 8
        if size == 1:  # the 64-bit size follows
            size, content = int.from_bytes(file.read(8), "big"), first + 16
        last = first + size if size else stop
        if last < content or (name == kind and last > stop):
            raise FieldError("the video is damaged", _REMEDY)
        if name == kind:
            return content, last
        first = last
    return None
