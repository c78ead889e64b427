"""Live photos over HTTP: `POST /generate`, with a photo in a form, is answered by its film."""

from __future__ import annotations

import asyncio
import gc
import re
import threading
import traceback
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from PIL import UnidentifiedImageError

from lib_anim import messages
from lib_anim.errors import AnimError, BadInput, FieldError, PictureError, SettingsError, unforeseen
from lib_anim.features.delivery.formats import deliver
from lib_anim.images.frame import open_picture, picture_sides
from lib_anim.jobs import history, requests
from lib_anim.jobs.job import DONE, Job
from lib_anim.jobs.live import PAINTERS, STILL, LivePhoto, check_slider, live_settings
from lib_anim.messages import Message, one_line
from lib_anim.page import bodies
from lib_anim.page.bodies import Refused
from lib_anim.page.gate import Gate
from lib_anim.page.guard import NOSNIFF
from lib_anim.page.multipart import Part, parse_form
from lib_anim.page.ranges import serve_range
from lib_anim.page.service import Service
from lib_anim.settings import settings as settings_file

PATH, HEADER = "/generate", "x-anim"
MOST_UNDER_WAY = 4  # photos that are filmed or wait; further ones are refused
RETRY_AFTER_S = 10
SUFFIXES = ("avif", "bmp", "gif", "jpeg", "jpg", "png", "tif", "tiff", "webp")
SLIDERS = {  # field of the form -> slider
    "motion_bucket": "motion",
    "motion_bucket_id": "motion",
    "noise_aug_strength": "noise",
    "max_guidance_scale": "guidance",
}
_WHOLE = ("motion_bucket", "motion_bucket_id")  # whole numbers
_NUMBER = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9})?|\.[0-9]{1,9}")
_PROMPT = 2000  # letters
_POLL_S = 0.1
_HEADERS = {
    401: {"WWW-Authenticate": 'Basic realm="anim"'},
    413: {"Connection": "close"},
    503: {"Retry-After": str(RETRY_AFTER_S)},
}


@dataclass(frozen=True)
class Asked:
    """What a request asks for: the photo's bytes, and what `LivePhoto` has."""

    photo: bytes
    sliders: Mapping[str, Any]
    painter: str
    prompt: str
    ping_pong: bool


def read_form(form: Mapping[str, Part]) -> Asked:
    """Read a form. Raises Refused with 400 for a field that is wrong, 415 for a file that is no picture."""
    file = form.get("file")
    if file is None or not file.content:
        raise Refused(400, "file: there is no photo")
    if file.filename.rpartition(".")[2].lower() not in SUFFIXES:
        text = "{name}: this type of file is not read; send one of {types}"
        raise Refused(415, Message(text, name=one_line(file.filename, 80), types=", ".join(SUFFIXES)))
    texts = {name: part.content.decode("utf-8", "replace").strip() for name, part in form.items() if name != "file"}
    sliders = {SLIDERS[name]: _number(name, text) for name, text in texts.items() if name in SLIDERS}
    painter = texts.get("painter") or "parallax"
    if painter not in PAINTERS:
        raise Refused(400, Message("painter: there is no '{name}'", name=one_line(painter, 40)))
    back = texts.get("ping_pong", "").lower()
    if back not in ("", "true", "false", "1", "0", "on", "off"):
        raise Refused(400, "ping_pong: write true or false")
    return Asked(file.content, sliders, painter, texts.get("prompt", "")[:_PROMPT], back in ("true", "1", "on"))


def _number(name: str, text: str) -> float:
    """Return the value of a slider. Raises Refused with the name of the field."""
    if not _NUMBER.fullmatch(text) or (name in _WHOLE and not text.isdecimal()):
        kind = "{name}: '{text}' is no whole number" if name in _WHOLE else "{name}: '{text}' is no number"
        raise Refused(400, Message(kind, name=name, text=one_line(text, 40)))
    try:
        return check_slider(SLIDERS[name], float(text))
    except FieldError as error:
        raise Refused(400, Message("{key}: {said}", key=name, said=messages.as_message(error.reason))) from None


def wanted_kind(accept: str) -> str:
    """Return the kind of film that an Accept header prefers: gif, webp or mp4; gif where it does not say."""
    best, most = "gif", 0.0
    for entry in accept.split(","):
        media, *params = (part.strip().lower() for part in entry.split(";"))
        kind = next((kind for kind, its in history.KINDS.items() if its == media), "")
        quality = next((part[2:] for part in params if part.startswith("q=")), "1")
        share = float(quality) if _NUMBER.fullmatch(quality) else 0.0
        if kind and share > most:
            best, most = kind, share
    return best


class LivePhotos:
    """The films of photos that a page is asked for; `MOST_UNDER_WAY` at a time."""

    def __init__(self, service: Service):
        self._service = service
        self._under_way = 0
        self._lock, self._converting = threading.Lock(), threading.Lock()

    def begin(self, asked: Asked, kind: str) -> Job:
        """Queue the film of a photo. Raises Refused, BadInput."""
        try:
            open_picture(asked.photo).close()
        except PictureError:
            raise
        except UnidentifiedImageError:
            raise Refused(415, "file: this is not a picture that can be read") from None
        except Exception:  # Pillow's decoders raise any class of error on damaged files
            raise Refused(400, "file: the picture is damaged") from None
        pictures = self._service.uploads.pictures
        path = pictures.path(pictures.add(asked.photo))
        sides = picture_sides(path)
        defaults = self._service.defaults()
        photo = LivePhoto(
            path,
            sides,
            painter=asked.painter,
            prompt=asked.prompt,
            ping_pong=asked.ping_pong,
            formats=frozenset({f".{kind}"}),
            depth_model=str(defaults.get("depth_model") or ""),
        )
        engine = STILL if asked.painter == "parallax" else None
        return self._service.jobs.submit(live_settings(replace(photo, **asked.sliders)), requests.FILM, engine=engine)

    def serve(self, id: str, kind: str, part: str | None) -> Any:
        """Return the answer with the film of a run, or the range of it that is asked for. Raises as `film`."""
        path = self.film(id, kind)
        return serve_range(path, part, history.KINDS[kind], path.name)

    def film(self, run_id: str, kind: str) -> Path:
        """Return the film of a run that is over as one of history.KINDS; it is made where it is not there. Raises KeyError,
        VideoError."""
        folder = history.folder_of(self._service.out, run_id)
        there = history.files(folder) if folder else {}
        if folder is None or kind not in history.KINDS or "mp4" not in there:
            raise KeyError(run_id)
        target = there["mp4"].with_suffix(f".{kind}")
        with self._converting:
            if kind not in there and not target.is_file():
                deliver(kind, settings_file.load(folder / "settings.json"), there["mp4"], self._service.ffmpeg())
        return target

    def take_turn(self) -> None:
        """Count one more photo. Raises Refused with 503 if there are too many."""
        with self._lock:
            if self._under_way >= MOST_UNDER_WAY:
                raise Refused(503, Message("{n} photos are waiting already; try again later", n=MOST_UNDER_WAY))
            self._under_way += 1

    def leave(self) -> None:
        """Count one photo less."""
        with self._lock:
            self._under_way -= 1

    def stop(self, job: Job) -> None:
        """Stop a film that nobody waits for any more."""
        self._service.jobs.stop(job)


def endpoint(live: LivePhotos, gate: Gate, most: int) -> Callable[[Any], Awaitable[Any]]:
    """Make the Starlette endpoint of PATH; bodies have at most so many bytes."""
    from starlette.requests import ClientDisconnect
    from starlette.responses import FileResponse, Response

    async def generate(request: Any) -> Any:
        try:
            await _check(request, gate, most)
            form = parse_form(request.headers.get("content-type", ""), await bodies.read(request, most))
            kind = wanted_kind(request.headers.get("accept", ""))
            job = await _filmed(live, read_form(form), kind, request)
            film = await asyncio.to_thread(live.film, job.id, kind)
        except ClientDisconnect:
            return Response(status_code=400)  # nobody reads it
        except Exception as error:
            return _refusal(error)
        headers = {"X-Anim-Run": job.id, "Cache-Control": "no-store", NOSNIFF[0].decode(): NOSNIFF[1].decode()}
        return FileResponse(film, media_type=history.KINDS[kind], filename=film.name, headers=headers)

    return generate


async def _check(request: Any, gate: Gate, most: int) -> None:
    """Raise Refused for a request that is not let in, that another site's page sent, or that is too large."""
    if refusal := await gate.refusal(request):
        raise Refused(*refusal)
    origin, site = request.headers.get("origin"), request.headers.get("sec-fetch-site", "same-origin")
    foreign = site == "cross-site" or (origin and urlsplit(origin).netloc != request.headers.get("host"))
    if foreign and HEADER not in request.headers:  # which no other site can send; a proxy may have changed the host
        raise Refused(403, "another site's page may not send photos here")
    length = request.headers.get("content-length", "0")
    if not length.isdecimal() or int(length) > most:
        raise Refused(413, Message("larger than {n} MB", n=round(most / 2**20)))


async def _filmed(live: LivePhotos, asked: Asked, kind: str, request: Any) -> Job:
    """Return the finished job of a photo; one that ran out of memory is tried once more. Raises Refused."""
    live.take_turn()
    try:
        for last in (False, True):
            job = await asyncio.to_thread(live.begin, asked, kind)
            await _over(live, job, request)
            if job.state == DONE:
                return job
            if not job.out_of_memory:
                raise Refused(500, job.error or "the film was stopped")
            gc.collect()
            if last:
                raise Refused(503, job.error or "")
        raise AssertionError
    finally:
        live.leave()


async def _over(live: LivePhotos, job: Job, request: Any) -> None:
    """Wait until a job is over. It is stopped if the client leaves, which raises ClientDisconnect."""
    from starlette.requests import ClientDisconnect

    while not job.over.is_set():
        if await request.is_disconnected():
            live.stop(job)
            raise ClientDisconnect
        await asyncio.sleep(_POLL_S)


def _refusal(error: Exception) -> Any:
    """Return the answer to an error: JSON with `message`, and as data for translation under `said`."""
    from starlette.responses import JSONResponse

    if isinstance(error, KeyError):
        error = Refused(500, "there is no film")
    if not isinstance(error, AnimError):
        traceback.print_exception(error)
    message = error.message if isinstance(error, AnimError) else unforeseen(error)
    if isinstance(error, SettingsError):
        message = "; ".join(error.lines())
    status = error.status if isinstance(error, Refused) else 400 if isinstance(error, BadInput) else 500
    content = {"message": one_line(message), "said": messages.as_data(message)}
    return JSONResponse(content, status, {"Cache-Control": "no-store", **_HEADERS.get(status, {})})
