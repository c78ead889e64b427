"""The journal of a run: one JSON object a line, each with a checksum, so that damage is detected.

    {"event": "start", "time": 1760000000.0, …, "crc": "0f1e2d3c"}

`crc` is the CRC-32 of the line without this key, in UTF-8. Lines of the first version have none.
"""

from __future__ import annotations

import json
import os
import re
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lib_anim.errors import OutputError
from lib_anim.messages import Message
from lib_anim.runs.disk import sync

_CHECKSUM = re.compile(rb', "crc": "([0-9a-f]{8})"\}\s*$')


def append(path: Path, line: Mapping[str, object], *, durable: bool = False) -> None:
    """Append a line, with `durable` synced to the disk. An incomplete last line is ended first. Raises OSError."""
    text = json.dumps(line, ensure_ascii=False, default=str).encode("utf-8", "replace")
    sealed = b'%s, "crc": "%08x"}\n' % (text[:-1], zlib.crc32(text))
    with path.open("a+b") as file:
        if file.seek(0, os.SEEK_END):
            file.seek(-1, os.SEEK_END)
            sealed = sealed if file.read(1) == b"\n" else b"\n" + sealed
        file.write(sealed)
        file.flush()
        if durable:
            sync(file.fileno())


def read(path: Path) -> tuple[list[dict[str, Any]], int]:
    """Return the undamaged lines, and the number of damaged ones. Raises OutputError if the file cannot be read."""
    if not path.exists():
        return [], 0
    if not path.is_file():
        raise OutputError(
            Message("{path}: not a file; take it away, and name the engine that painted the run: --engine E", path=path)
        )
    try:
        texts = [text for text in path.read_bytes().split(b"\n") if text.strip()]
    except OSError as error:
        raise OutputError(Message("{path}: cannot be read: {said}", path=path, said=error)) from None
    lines = [line for line in map(_parsed, texts) if line is not None]
    return lines, len(texts) - len(lines)


def _parsed(text: bytes) -> dict[str, Any] | None:
    """Parse a line, without its checksum; None if it is damaged."""
    checksum = _CHECKSUM.search(text)
    if checksum and zlib.crc32(text[: checksum.start()] + b"}") != int(checksum[1], 16):
        return None
    try:
        line = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(line, dict) or not isinstance(line.get("event"), str):
        return None
    line.pop("crc", None)
    return line
