"""The route that serves the page's scripts and style.

A WebUI serves files under addresses that differ between versions, with media types from the system's registry, and lets
browsers cache them for days. Modules that import each other need one address each, the right media type, and one version.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lib_anim import resources

ENTRY, STYLE = "anim.mjs", "style.css"
MEDIA_TYPES = {".mjs": "text/javascript", ".css": "text/css"}


def files() -> dict[str, Path]:
    """Return the files that are served: name in an address -> path. Raises BadInput."""
    scripts = resources.find("javascript")
    return {STYLE: resources.find(STYLE), **{path.relative_to(scripts).as_posix(): path for path in scripts.rglob("*.mjs")}}


def answer(request: Any) -> Any:
    """Serve the file `name` (a Starlette endpoint); browsers must revalidate it each time."""
    from starlette.responses import PlainTextResponse, Response

    path = files().get(request.path_params["name"])
    if path is None:
        return PlainTextResponse("not here", 404)
    written = path.stat()
    headers = {"ETag": f'"{written.st_mtime_ns:x}-{written.st_size:x}"', "Cache-Control": "no-cache"}
    if request.headers.get("if-none-match") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    return Response(path.read_bytes(), media_type=MEDIA_TYPES[path.suffix], headers=headers)
