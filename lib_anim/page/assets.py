"""The route that serves the page's scripts and style.

A WebUI serves files under addresses that differ between versions, with media types from the system's registry, and lets
browsers cache them for days. Modules that import each other need one address each, the right media type, and one version: the
version is a part of the address, so browsers keep the files for good; an address without it leads to that of now.
"""

from __future__ import annotations

import gzip
import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Any

from lib_anim import resources

ENTRY, STYLE = "anim.mjs", "style.css"
MEDIA_TYPES = {".mjs": "text/javascript", ".css": "text/css"}


def files() -> dict[str, Path]:
    """Return the files that are served: name in an address -> path. Raises BadInput."""
    scripts = resources.find("javascript")
    return {STYLE: resources.find(STYLE), **{path.relative_to(scripts).as_posix(): path for path in scripts.rglob("*.mjs")}}


def version() -> str:
    """Return the version of the files as a part of an address. Raises BadInput."""
    written = [(name, path.stat()) for name, path in sorted(files().items())]
    facts = "\n".join(f"{name} {one.st_mtime_ns} {one.st_size}" for name, one in written)
    return "v-" + hashlib.sha256(facts.encode()).hexdigest()[:16]


def answer(request: Any) -> Any:
    """Serve the file `version/name`, which browsers may keep, or redirect from another version's or none's (a Starlette
    endpoint)."""
    from starlette.responses import PlainTextResponse, RedirectResponse, Response

    asked = request.path_params["name"]
    given, _, name = asked.partition("/") if asked.startswith("v-") else ("", "", asked)
    path, now = files().get(name), version()
    if path is None:
        return PlainTextResponse("not here", 404)
    if given != now:  # relative, since a proxy may have put the page elsewhere
        return RedirectResponse(f"{'../' * asked.count('/') or './'}{now}/{name}", headers={"Cache-Control": "no-cache"})
    headers = {"Cache-Control": "private, max-age=31536000, immutable", "Vary": "Accept-Encoding"}
    data = path.read_bytes()
    if "gzip" in request.headers.get("accept-encoding", ""):
        data, headers = _compress(data), {**headers, "Content-Encoding": "gzip"}
    return Response(data, media_type=MEDIA_TYPES[path.suffix], headers=headers)


@lru_cache(maxsize=64)
def _compress(data: bytes) -> bytes:
    return gzip.compress(data, mtime=0)
