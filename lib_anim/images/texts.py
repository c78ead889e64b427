"""Texts that picture files carry, read without Pillow and without decoding pixels.

Each walks the blocks of one format once, so the time grows with the file and not faster. A text is unpacked up to a limit,
however much it would become. Damaged files raise ValueError.
"""

from __future__ import annotations

import html
import io
import struct
import zlib
from typing import BinaryIO

_MOST_BLOCKS = 100_000  # chunks of a file that are looked at
_XMP_BEGIN, _XMP_END = b'"x-default">', b"<"


def png_text(file: BinaryIO, keyword: bytes, limit: int) -> bytes:
    """Return the tEXt, zTXt or iTXt chunk of a PNG file that has the keyword; b"" if there is none."""
    file.seek(8)
    for _ in range(_MOST_BLOCKS):
        length, kind = struct.unpack(">I4s", _exactly(file, 8))
        if kind in (b"IDAT", b"IEND"):  # ours stands before the pixels
            return b""
        if kind not in (b"tEXt", b"zTXt", b"iTXt") or length > limit:
            file.seek(length + 4, io.SEEK_CUR)
            continue
        content = _exactly(file, length)
        if zlib.crc32(kind + content) != int.from_bytes(_exactly(file, 4), "big"):
            raise ValueError("a chunk's checksum is another one")
        name, _, text = content.partition(b"\0")
        if name == keyword:
            return _unpacked(kind, text, limit)
    return b""


def _unpacked(kind: bytes, text: bytes, limit: int) -> bytes:
    """Return the text of a PNG chunk after its keyword."""
    if kind == b"tEXt":
        return text.decode("latin-1").encode()
    if kind == b"zTXt":
        return _inflated(text[1:], limit).decode("latin-1").encode()
    packed, content = text[:1] == b"\1", text[2:].split(b"\0", 2)[-1]  # after the language and the translated keyword
    return _inflated(content, limit) if packed else content


def _inflated(data: bytes, limit: int) -> bytes:
    packer = zlib.decompressobj()
    try:
        text = packer.decompress(data, limit + 1)
    except zlib.error:
        raise ValueError("a text cannot be unpacked") from None
    if len(text) > limit:
        raise ValueError("a text is too long")
    return text


def check_gif(data: bytes, limit: int) -> None:
    """Raise ValueError if the first frame of a GIF begins after `limit` bytes: before it are comments, which Pillow up to 10
    joins in a time that grows with the square of their length.
    """
    colours = data[10] if len(data) > 10 else 0
    place = 13 + (3 << (colours & 7) + 1 if colours & 0x80 else 0)
    while place < min(len(data), limit) and data[place] not in b",;":
        place += 1
        if data[place - 1] == b"!"[0]:
            place += 1
            while place < min(len(data), limit) and data[place]:
                place += 1 + data[place]
            place += 1
    if place >= limit:
        raise ValueError("the first frame comes too late")


def gif_comment(file: BinaryIO, limit: int) -> bytes:
    """Return the comments of a GIF file before its first frame; b"" if there are none."""
    file.seek(10)
    colours = _exactly(file, 3)[0]
    file.seek(3 << (colours & 7) + 1 if colours & 0x80 else 0, io.SEEK_CUR)
    found = b""
    for _ in range(_MOST_BLOCKS):
        if _exactly(file, 1) != b"!":  # a frame, or the end
            return found
        is_comment = _exactly(file, 1) == b"\xfe"
        text = _sub_blocks(file, limit)
        found = text if is_comment else found
    return found


def _sub_blocks(file: BinaryIO, limit: int) -> bytes:
    """Return the parts of an extension of a GIF file, joined."""
    parts, total = [], 0
    while size := _exactly(file, 1)[0]:
        parts.append(_exactly(file, size))
        total += size
        if total > limit:
            raise ValueError("a text is too long")
    return b"".join(parts)


def webp_description(file: BinaryIO, limit: int) -> bytes:
    """Return the description in the XMP of a WebP file; b"" if there is none."""
    file.seek(12)
    for _ in range(_MOST_BLOCKS):
        head = file.read(8)
        if len(head) < 8:
            return b""
        kind, length = head[:4], int.from_bytes(head[4:], "little")
        if kind == b"XMP ":
            if length > limit:
                raise ValueError("a text is too long")
            return _described(_exactly(file, length))
        file.seek(length + length % 2, io.SEEK_CUR)
    return b""


def _described(xmp: bytes) -> bytes:
    """Return the text between the first mark of a description and the tag after it."""
    begin = xmp.find(_XMP_BEGIN)
    end = xmp.find(_XMP_END, begin)
    return html.unescape(xmp[begin + len(_XMP_BEGIN) : end].decode()).encode() if 0 <= begin < end else b""


def _exactly(file: BinaryIO, count: int) -> bytes:
    data = file.read(count)
    if len(data) < count:
        raise ValueError("the file ends too early")
    return data
