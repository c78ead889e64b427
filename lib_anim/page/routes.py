"""The HTTP routes under /anim/, in plain Starlette, which every host's gradio includes.

Requests contain no paths, only ids. Requests that change something must have the header `X-Anim`, which a page of another
site cannot send.
"""

from __future__ import annotations

import asyncio
import json
import traceback
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from lib_anim import messages
from lib_anim.errors import AnimError, BadInput, SettingsError, unforeseen
from lib_anim.jobs import history
from lib_anim.messages import Message, one_line
from lib_anim.page import assets, bodies, example
from lib_anim.page.access import Access
from lib_anim.page.bodies import Refused
from lib_anim.page.forms import Form
from lib_anim.page.gate import Gate
from lib_anim.page.guard import SafeHeaders
from lib_anim.page.open_folder import is_local
from lib_anim.page.problems import as_data
from lib_anim.page.ranges import serve_range
from lib_anim.page.recordings import Recordings
from lib_anim.page.service import Service
from lib_anim.runs.resume import OtherModel

if TYPE_CHECKING:
    from starlette.routing import Route

    Add = Callable[..., Route]  # (path, work), and for `post` the most bytes of a body

PREFIX = "/anim"
HEADER = "x-anim"
MOST_JSON = 8 * 2**20  # bytes of a form
_THREADS, _WORK_S = 16, 120.0  # requests that are worked on at once, and the seconds that each may take
_CLOSE = {"Connection": "close"}  # the rest of a body is not read
_REFUSALS = {401: {"WWW-Authenticate": 'Basic realm="anim"'}, 408: _CLOSE, 413: _CLOSE, 503: _CLOSE}  # status -> headers
_NOTHING: Mapping[str, str] = MappingProxyType({})
_UNSTORED = {"Cache-Control": "no-store"}


@dataclass(frozen=True)
class Call:
    """The data of a request: `names` are the route's path parameters, `local` says whether it comes from this machine."""

    names: dict[str, str]
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    local: bool = False

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


_COMMANDS = ("stop", "pause", "go_on", "resume", "resume_anyway", "longer")


def mount(app: Any, service: Service, access: Access) -> Gate:
    """Mount the routes in a FastAPI or Starlette app, before its own routes; return the gate that they are behind."""
    from starlette.routing import Mount, Route, Router

    gate, threads = Gate(access), ThreadPoolExecutor(_THREADS, "anim-page")

    def get(path: str, work: Callable[[Service, Call], Any]) -> Route:
        return Route(path, _endpoint(partial(work, service), gate, threads, 0), methods=["GET"])

    def post(path: str, work: Callable[[Service, Call], Any], most: int = MOST_JSON) -> Route:
        return Route(path, _endpoint(partial(work, service), gate, threads, most), methods=["POST"])

    routes = [Route("/assets/{name:path}", assets.answer), *_of_forms(get, post, service.limits.upload), *_of_runs(get, post)]
    app.router.routes.insert(0, Mount(PREFIX, SafeHeaders(Router(routes)), name="anim"))
    return gate


def _of_forms(get: Add, post: Add, upload: int) -> list[Route]:
    """Return the routes of what a form says, and of the files it names; `upload` bytes of each at most."""
    return [
        get("/example", lambda service, call: serve_range(example.FILM, call.headers.get("range"), history.KINDS["mp4"])),
        get("/form", lambda service, call: service.describe(call.local, call.query.get("language", ""))),
        get("/painter", lambda service, call: service.jobs.painters.describe()),
        post("/painter", _choose),
        get("/palette", lambda service, call: service.palette()),
        post("/style", _style),
        post("/look", _look),
        post("/backdrop", _backdrop),
        post("/text", lambda service, call: service.rewrite(call.form(), str(call.json().get("text") or ""))),
        post("/begin", _begin),
        post("/load", _load, upload),
        post("/save", _save),
        post("/pictures", lambda service, call: {"id": service.uploads.pictures.add(call.body)}, upload),
        get("/pictures/{id}", _thumbnail),
        post("/sounds", lambda service, call: {"id": service.uploads.sounds.add(call.body)}, upload),
        get("/sounds/{id}", lambda service, call: _recording(service.uploads.sounds, call)),
        get("/sounds/{id}/facts", lambda service, call: service.sound_facts(call.names["id"])),
        post("/videos", lambda service, call: {"id": service.uploads.videos.add(call.body)}, upload),
        get("/videos/{id}", lambda service, call: _recording(service.uploads.videos, call)),
        post("/poses", lambda service, call: {"id": service.uploads.poses.add(call.body)}, upload),
        get("/poses/{id:path}", lambda service, call: _jpeg(service.uploads.poses.thumbnail(call.names["id"]))),
        post("/folders", _make_folder),
        get("/folders/{id}", lambda service, call: _jpeg(service.uploads.folders.thumbnail(call.names["id"]))),
        get("/tries", lambda service, call: {"tries": service.tries.describe()}),
    ]


def _of_runs(get: Add, post: Add) -> list[Route]:
    """Return the routes of films, under way or made."""
    return [
        get("/runs", lambda service, call: {"runs": service.runs()}),
        get("/runs/{id}", lambda service, call: service.run(call.names["id"])),
        get("/runs/{id}/frame", _frame),
        get("/runs/{id}/video", _video),
        get("/runs/{id}/files/{kind}", _file),
        post("/runs/{id}/open", _open),
        post("/runs/{id}/send", _send),
        get("/runs/{id}/settings", lambda service, call: service.settings_of(call.names["id"])),
        post("/runs/{id}/edit", lambda service, call: service.edit(call.names["id"], call.form())),
        *(post(f"/runs/{{id}}/{name}", _command(name)) for name in _COMMANDS),
    ]


# -- the work of each route -------------------------------------------------------------------------------------------


def _look(service: Service, call: Call) -> dict[str, object]:
    keys = call.json().get("curves")
    return service.validate(call.form(), [str(key) for key in keys[:20]] if isinstance(keys, list) else ())


def _backdrop(service: Service, call: Call) -> Any:
    from starlette.responses import Response

    sent = call.json()
    index = sent.get("frame")
    data = service.backdrop(call.form(), str(sent.get("of")), index if isinstance(index, int) and index >= 0 else 0)
    return Response(data, media_type="image/png" if data.startswith(b"\x89PNG") else "image/jpeg", headers=_UNSTORED)


def _choose(service: Service, call: Call) -> dict[str, object]:
    service.jobs.painters.choose(str(call.json().get("model") or ""))
    return service.describe(call.local)


def _style(service: Service, call: Call) -> dict[str, str]:
    sent = call.json()
    return service.styled(*(str(sent.get(name) or "") for name in ("name", "box", "text", "avoid")))


def _begin(service: Service, call: Call) -> dict[str, object]:
    job = service.begin(call.form(), str(call.json().get("what")), str(call.json().get("like") or ""))
    return service.run(job.id)


def _load(service: Service, call: Call) -> dict[str, object]:
    return service.load(call.body, Path(call.query.get("name") or "settings.json").name)


def _save(service: Service, call: Call) -> Any:
    from starlette.responses import Response

    return Response(service.save(call.form()), media_type="application/json")


def _thumbnail(service: Service, call: Call) -> Any:
    return _jpeg(service.uploads.pictures.thumbnail(call.names["id"]))


def _make_folder(service: Service, call: Call) -> dict[str, str]:
    pictures = call.json().get("pictures")
    return {"id": service.uploads.folders.add([str(one) for one in pictures] if isinstance(pictures, list) else ())}


def _frame(service: Service, call: Call) -> Any:
    return _jpeg(service.frame(call.names["id"], _share(call.query.get("share"))))


def _share(sent: object) -> float | None:
    """Read a share of a film, 0..1; None where nothing or no number is sent."""
    try:
        share = float(str(sent))
    except ValueError:
        return None
    return min(max(share, 0.0), 1.0) if share == share else None


def _jpeg(data: bytes) -> Any:
    from starlette.responses import Response

    return Response(data, media_type="image/jpeg", headers=_UNSTORED)


def _video(service: Service, call: Call) -> Any:
    return serve_range(service.file(call.names["id"]), call.headers.get("range"), history.KINDS["mp4"])


def _file(service: Service, call: Call) -> Any:
    kind = call.names["kind"]
    path = service.file(call.names["id"], kind)
    return serve_range(path, call.headers.get("range"), history.KINDS[kind], path.name)


def _recording(recordings: Recordings, call: Call) -> Any:
    path = Path(recordings.path(call.names["id"]))
    return serve_range(path, call.headers.get("range"), recordings.media_type(path.name))


def _open(service: Service, call: Call) -> dict[str, object]:
    if not call.local:
        raise Refused(403, "folders are opened only for somebody at the machine itself")
    service.open(call.names["id"])
    return {}


def _send(service: Service, call: Call) -> dict[str, object]:
    return {"ticket": service.send(call.names["id"], _share(call.json().get("share")))}


def _command(name: str) -> Callable[[Service, Call], dict[str, object]]:
    return lambda service, call: service.command(call.names["id"], name)


# -- HTTP -----------------------------------------------------------------------------------------------------------


def _endpoint(
    work: Callable[[Call], Any], gate: Gate, threads: ThreadPoolExecutor, most: int
) -> Callable[[Any], Awaitable[Any]]:
    """Make a Starlette endpoint that reads at most `most` bytes of body. `work` runs in a thread, since it blocks on disks."""
    from starlette.requests import ClientDisconnect
    from starlette.responses import Response

    async def endpoint(request: Any) -> Any:
        try:
            await _check_access(request, gate)
            body = await bodies.read(request, most)
            call = Call(dict(request.path_params), dict(request.query_params), dict(request.headers), body, is_local(request))
            answer = await _within_time(threads, work, call)
            return answer if isinstance(answer, Response) else _json_answer(answer)
        except ClientDisconnect:
            return Response(status_code=400)  # nobody reads it
        except Exception as error:
            status, content = _error_answer(error)
            return _json_answer(content, status, _REFUSALS.get(status, {}))

    return endpoint


async def _within_time(threads: ThreadPoolExecutor, work: Callable[[Call], Any], call: Call) -> Any:
    """Return what `work` returns in a thread. Raises Refused after _WORK_S; the thread ends later."""
    future = asyncio.get_running_loop().run_in_executor(threads, work, call)
    done, _ = await asyncio.wait([future], timeout=_WORK_S)
    if not done:
        raise Refused(503, Message("no answer within {n} seconds", n=round(_WORK_S)))
    return future.result()


def _json_answer(content: object, status: int = 200, headers: Mapping[str, str] = _NOTHING) -> Any:
    """Build a JSON answer. It is ASCII, so that a lone surrogate of a stranger's text does no harm."""
    from starlette.responses import Response

    data = json.dumps(content, allow_nan=False, separators=(",", ":")).encode("ascii")
    return Response(data, status, {**_UNSTORED, **headers}, "application/json")


async def _check_access(request: Any, gate: Gate) -> None:
    if refusal := await gate.refusal(request):
        raise Refused(*refusal)
    if request.method == "POST" and HEADER not in request.headers:
        raise Refused(403, Message("the header {name} is missing", name=HEADER))


def _error_answer(error: Exception) -> tuple[int, dict[str, object]]:
    """Return (status, content) of the answer to an error; content is {error, message, problems}."""
    if isinstance(error, Refused):
        return error.status, _error_content(error.message)
    if isinstance(error, SettingsError):
        return 422, {**_error_content("; ".join(error.lines())), "problems": as_data(error)}
    if isinstance(error, KeyError):
        return 404, _error_content("there is no such thing here")
    if isinstance(error, OtherModel):
        return 409, {**_error_content(error.message), "other_model": True}
    if isinstance(error, AnimError):
        return 400 if isinstance(error, BadInput) else 500, _error_content(error.message)
    traceback.print_exception(error)
    return 500, _error_content(unforeseen(error))


def _error_content(message: str) -> dict[str, object]:
    return {"error": one_line(message), "message": messages.as_data(message), "problems": []}
