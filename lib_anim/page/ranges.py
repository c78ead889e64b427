"""Files as browsers ask for them: whole, or a range of their bytes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

_CHUNK = 256 * 1024  # bytes that are read at once


def serve_range(path: Path, header: str | None, media: str, download: str | None = None) -> Any:
    """Serve a file, or the range of a Range header, so that a browser can seek."""
    from starlette.responses import Response, StreamingResponse

    size = path.stat().st_size
    part = _parse_range(header, size)
    headers = {"Accept-Ranges": "bytes", "Cache-Control": "no-store"}
    if download:
        ascii_name = re.sub(r'[^ -~]|["\\]', "_", download)
        headers["Content-Disposition"] = f"attachment; filename=\"{ascii_name}\"; filename*=UTF-8''{quote(download)}"
    if part == (0, 0):
        return Response(status_code=416, headers={**headers, "Content-Range": f"bytes */{size}"})
    first, stop = part or (0, size)
    headers["Content-Length"] = str(stop - first)
    if part:
        headers["Content-Range"] = f"bytes {first}-{stop - 1}/{size}"
    return StreamingResponse(_read_chunks(path, first, stop), 206 if part else 200, headers, media)


def _parse_range(header: str | None, size: int) -> tuple[int, int] | None:
    """Parse a Range header to (first, stop) in bytes; None for the whole file, (0, 0) for an invalid range."""
    match = re.fullmatch(r"bytes=(\d*)-(\d*)", (header or "").strip())
    if not match or match.groups() == ("", ""):
        return None
    first, last = match.groups()
    if first and last and int(last) < int(first):
        return None
    if not first:
        return (max(0, size - int(last)), size) if int(last) and size else (0, 0)
    stop = min(int(last) + 1, size) if last else size
    return (int(first), stop) if int(first) < stop else (0, 0)


def _read_chunks(path: Path, first: int, stop: int) -> Iterator[bytes]:
    with path.open("rb") as file:
        file.seek(first)
        while first < stop and (data := file.read(min(_CHUNK, stop - first))):
            first += len(data)
            yield data
