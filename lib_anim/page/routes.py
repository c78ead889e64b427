"""The routes under /anim/: what the page asks over HTTP. Plain Starlette, which every host's gradio brings along.

Nothing here takes a path from outside, only ids. What changes something wants the header `X-Anim`, which no page of
another site can send.
"""

from __future__ import annotations

import json
import re
import traceback
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lib_anim import messages
from lib_anim.errors import AnimError, BadInput, SettingsError, unforeseen
from lib_anim.jobs import history
from lib_anim.messages import Message, one_line
from lib_anim.page import assets
from lib_anim.page.access import Access
from lib_anim.page.forms import Form
from lib_anim.page.open_folder import from_here
from lib_anim.page.recordings import Recordings
from lib_anim.page.service import Service, as_data

PREFIX = "/anim"
HEADER = "x-anim"
MOST_JSON = 8 * 2**20  # bytes of a form
_CHUNK = 256 * 1024


@dataclass(frozen=True)
class Asked:
    """A request without its HTTP: `names` from the route, `query`, `body`."""

    names: dict[str, str]
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    near: bool = False  # whether somebody at this machine asks

    def form(self) -> Form:
        """The body as a form. Raises SettingsError."""
        return Form.read(self.json())

    def json(self) -> dict[str, Any]:
        """The body as a JSON object. Raises BadInput."""
        try:
            read = json.loads(self.body)
        except (ValueError, RecursionError):
            raise BadInput("the request is not JSON") from None
        if not isinstance(read, dict):
            raise BadInput("the request is no JSON object")
        return read


class _Refused(AnimError):
    """A request that is answered by an HTTP status of its own."""

    def __init__(self, status: int, message: str):
        self.status = status
        super().__init__(message)


def mount(app: Any, service: Service, access: Access) -> None:
    """Hang the routes into a FastAPI or Starlette app, in front of whatever is there."""
    from starlette.routing import Mount, Route

    def get(path: str, work: Callable[[Service, Asked], Any]) -> Route:
        return Route(path, _endpoint(work, service, access, 0), methods=["GET"])

    def post(path: str, work: Callable[[Service, Asked], Any], most: int = MOST_JSON) -> Route:
        return Route(path, _endpoint(work, service, access, most), methods=["POST"])

    upload = service.limits.upload
    routes = [
        Route("/assets/{name:path}", assets.answer),
        get("/form", lambda service, asked: service.describe(asked.near)),
        get("/palette", lambda service, asked: service.palette()),
        post("/style", _style),
        post("/look", _look),
        post("/text", lambda service, asked: service.rewrite(asked.form(), str(asked.json().get("text") or ""))),
        post("/begin", _begin),
        post("/load", _load, upload),
        post("/save", _save),
        post("/pictures", lambda service, asked: {"id": service.uploads.pictures.add(asked.body)}, upload),
        get("/pictures/{id}", _thumbnail),
        post("/sounds", lambda service, asked: {"id": service.uploads.sounds.add(asked.body)}, upload),
        get("/sounds/{id}", lambda service, asked: _recording(service.uploads.sounds, asked)),
        post("/videos", lambda service, asked: {"id": service.uploads.videos.add(asked.body)}, upload),
        get("/videos/{id}", lambda service, asked: _recording(service.uploads.videos, asked)),
        get("/runs", lambda service, asked: {"runs": service.runs()}),
        get("/runs/{id}", lambda service, asked: service.run(asked.names["id"])),
        get("/runs/{id}/frame", _frame),
        get("/runs/{id}/video", _video),
        get("/runs/{id}/files/{kind}", _file),
        post("/runs/{id}/open", _open),
        get("/runs/{id}/settings", lambda service, asked: service.settings_of(asked.names["id"])),
        post("/runs/{id}/edit", lambda service, asked: service.edit(asked.names["id"], asked.form())),
        *(post(f"/runs/{{id}}/{name}", _command(name)) for name in ("stop", "pause", "go_on", "resume")),
    ]
    app.router.routes.insert(0, Mount(PREFIX, routes=routes, name="anim"))


# -- what each route does -------------------------------------------------------------------------------------------


def _look(service: Service, asked: Asked) -> dict[str, object]:
    keys = asked.json().get("curves") or ()
    return service.validate(asked.form(), [str(key) for key in keys][:20])


def _style(service: Service, asked: Asked) -> dict[str, str]:
    sent = asked.json()
    return service.styled(*(str(sent.get(name) or "") for name in ("name", "box", "text", "avoid")))


def _begin(service: Service, asked: Asked) -> dict[str, object]:
    job = service.begin(asked.form(), str(asked.json().get("what")))
    return service.run(job.id)


def _load(service: Service, asked: Asked) -> dict[str, object]:
    return service.load(asked.body, Path(asked.query.get("name") or "settings.json").name)


def _save(service: Service, asked: Asked) -> Any:
    from starlette.responses import Response

    return Response(service.save(asked.form()), media_type="application/json")


def _thumbnail(service: Service, asked: Asked) -> Any:
    return _jpeg(service.uploads.pictures.thumbnail(asked.names["id"]))


def _frame(service: Service, asked: Asked) -> Any:
    return _jpeg(service.frame(asked.names["id"]))


def _jpeg(data: bytes) -> Any:
    from starlette.responses import Response

    return Response(data, media_type="image/jpeg", headers={"Cache-Control": "no-store"})


def _video(service: Service, asked: Asked) -> Any:
    return ranged(service.file(asked.names["id"]), asked.headers.get("range"), history.KINDS["mp4"])


def _file(service: Service, asked: Asked) -> Any:
    kind = asked.names["kind"]
    path = service.file(asked.names["id"], kind)
    return ranged(path, asked.headers.get("range"), history.KINDS[kind], path.name)


def _recording(recordings: Recordings, asked: Asked) -> Any:
    path = Path(recordings.path(asked.names["id"]))
    return ranged(path, asked.headers.get("range"), recordings.media_type(path.name))


def _open(service: Service, asked: Asked) -> dict[str, object]:
    if not asked.near:
        raise _Refused(403, "folders are opened only for somebody at the machine itself")
    service.open(asked.names["id"])
    return {}


def _command(name: str) -> Callable[[Service, Asked], dict[str, object]]:
    return lambda service, asked: service.command(asked.names["id"], name)


# -- HTTP -----------------------------------------------------------------------------------------------------------


def _endpoint(
    work: Callable[[Service, Asked], Any], service: Service, access: Access, most: int
) -> Callable[[Any], Awaitable[Any]]:
    """A Starlette endpoint; `most` bytes of body are read. The work goes to a thread, since it waits for disks."""
    from starlette.concurrency import run_in_threadpool
    from starlette.responses import JSONResponse, Response

    async def endpoint(request: Any) -> Any:
        try:
            _check(request, access)
            body = await _body(request, most)
            asked = Asked(
                dict(request.path_params), dict(request.query_params), dict(request.headers), body, from_here(request)
            )
            answer = await run_in_threadpool(work, service, asked)
        except Exception as error:
            status, content = _refusal(error)
            headers = {"WWW-Authenticate": 'Basic realm="anim"'} if status == 401 else None
            return JSONResponse(content, status, headers)
        return answer if isinstance(answer, Response) else JSONResponse(answer, headers={"Cache-Control": "no-store"})

    return endpoint


def _check(request: Any, access: Access) -> None:
    if not access(request):
        raise _Refused(401, "name and password are wanted")
    if request.method == "POST" and HEADER not in request.headers:
        raise _Refused(403, Message("the header {name} is missing", name=HEADER))


async def _body(request: Any, most: int) -> bytes:
    data = bytearray()
    async for chunk in request.stream():
        data += chunk
        if len(data) > most:
            raise _Refused(413, Message("larger than {n} MB", n=round(most / 2**20)))
    return bytes(data)


def _refusal(error: Exception) -> tuple[int, dict[str, object]]:
    """(status, content) of an answer that says what is wrong: {error, problems}."""
    if isinstance(error, _Refused):
        return error.status, _told(error.message)
    if isinstance(error, SettingsError):
        return 422, {**_told("; ".join(error.lines())), "problems": as_data(error)}
    if isinstance(error, KeyError):
        return 404, _told("there is no such thing here")
    if isinstance(error, AnimError):
        return 400 if isinstance(error, BadInput) else 500, _told(error.message)
    traceback.print_exception(error)
    return 500, _told(unforeseen(error))


def _told(message: str) -> dict[str, object]:
    return {"error": one_line(message), "message": messages.as_data(message), "problems": []}


def ranged(path: Path, header: str | None, media: str, download: str | None = None) -> Any:
    """A film or sound, or the part of it that a Range header asks for, so that a browser can seek in it."""
    from starlette.responses import Response, StreamingResponse

    size = path.stat().st_size
    part = _part(header, size)
    headers = {"Accept-Ranges": "bytes", "Cache-Control": "no-store"}
    if download:
        ascii_name = re.sub(r'[^ -~]|["\\]', "_", download)
        headers["Content-Disposition"] = f"attachment; filename=\"{ascii_name}\"; filename*=UTF-8''{_quoted(download)}"
    if part == (0, 0):
        return Response(status_code=416, headers={**headers, "Content-Range": f"bytes */{size}"})
    first, stop = part or (0, size)
    headers["Content-Length"] = str(stop - first)
    if part:
        headers["Content-Range"] = f"bytes {first}-{stop - 1}/{size}"
    return StreamingResponse(_chunks(path, first, stop), 206 if part else 200, headers, media)


def _part(header: str | None, size: int) -> tuple[int, int] | None:
    """(first, stop) in bytes that a Range header asks for; None for all, (0, 0) for what is not there."""
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


def _chunks(path: Path, first: int, stop: int) -> Iterator[bytes]:
    with path.open("rb") as file:
        file.seek(first)
        while first < stop and (data := file.read(min(_CHUNK, stop - first))):
            first += len(data)
            yield data


def _quoted(name: str) -> str:
    from urllib.parse import quote

    return quote(name)
