"""`POST /generate`: a photo in, its film out; what a client of the live-photo document sends and gets."""

import io
import socket
import threading
import time

import pytest
from PIL import Image

pytest.importorskip("starlette", reason="the page needs starlette and uvicorn")
pytest.importorskip("httpx", reason="starlette's test client needs httpx")

from starlette.testclient import TestClient

from lib_anim.engines.catalog import EngineSpec
from lib_anim.errors import EngineError, OutOfMemory
from lib_anim.images.frame import readable_formats
from lib_anim.images.test_card import test_card as card
from lib_anim.jobs import queue
from lib_anim.jobs.live import LivePhoto
from lib_anim.page import bodies, live
from lib_anim.page.forms import Limits
from lib_anim.page.server import Address, application
from lib_anim.page.service import Service
from lib_anim.settings import settings as settings_file
from tests.helpers import english

UPLOAD = 200_000


@pytest.fixture(autouse=True)
def short_and_without_a_network(monkeypatch):
    """Films of four frames, whose scene is a hill."""

    def short(photo):
        return made(LivePhoto(**{**vars(photo), "seconds": 0.5, "fps": 8, "more": {"depth_shape": "hill"}}))

    made = live.live_settings
    monkeypatch.setattr(live, "live_settings", short)


@pytest.fixture
def service(tmp_path):
    service = Service(tmp_path / "out", EngineSpec("preview"), limits=Limits(upload=UPLOAD))
    yield service
    service.close()


@pytest.fixture
def client(service):
    return TestClient(application(service, Address()), base_url="http://127.0.0.1:7870")


def picture(kind="PNG", size=(96, 64), **how):
    file = io.BytesIO()
    Image.fromarray(card(size)).save(file, kind, **how)
    return file.getvalue()


def send(client, photo=None, name="photo.png", headers=None, **fields):
    return client.post("/generate", files={"file": (name, picture() if photo is None else photo)}, data=fields, headers=headers)


def settings_of(service, answer):
    return settings_file.load(service.out / answer.headers["x-anim-run"] / "settings.json")


def test_a_gif_comes_back(client, service):
    answer = send(client, motion_bucket_id="127", noise_aug_strength="0.02", max_guidance_scale="3")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/gif")
    assert answer.headers["x-content-type-options"] == "nosniff"
    with Image.open(io.BytesIO(answer.content)) as film:
        assert (film.format, film.size, film.n_frames, film.info["loop"]) == ("GIF", (96, 64), 4, 0)
    assert settings_of(service, answer)["still_scene"] is True


ACCEPTED = {
    None: "image/gif",
    "*/*": "image/gif",
    "text/html": "image/gif",
    "image/webp": "image/webp",
    "video/mp4": "video/mp4",
    "image/gif;q=0.4, image/webp;q=0.5": "image/webp",
    "video/mp4;q=0.1,image/gif;q=0.2": "image/gif",
    "image/webp;q=x, video/mp4": "video/mp4",
}


@pytest.mark.parametrize(("accept", "kind"), ACCEPTED.items())
def test_the_kind_of_film_is_that_which_is_accepted(accept, kind):
    assert live.history.KINDS[live.wanted_kind(accept or "")] == kind


@pytest.mark.parametrize(("accept", "begins"), [("image/webp", b"RIFF"), ("video/mp4", b"\0\0\0")])
def test_other_formats(client, accept, begins):
    answer = send(client, headers={"Accept": accept})
    assert (answer.status_code, answer.headers["content-type"]) == (200, accept)
    assert answer.content.startswith(begins)


def test_the_same_film_in_another_format(client):
    run = send(client, headers={"Accept": "video/mp4"}).headers["x-anim-run"]
    for kind, media in (("gif", "image/gif"), ("webp", "image/webp"), ("mp4", "video/mp4")):
        answer = client.get(f"/anim/live/{run}/{kind}")
        assert (answer.status_code, answer.headers["content-type"]) == (200, media)
        assert f"{run}.{kind}" in answer.headers["content-disposition"]
    for wrong in (f"{run}/png", "other/gif", "..%2F/gif"):
        assert client.get(f"/anim/live/{wrong}").status_code == 404


def test_both_names_of_the_motion_and_there_and_back(client, service):
    still = settings_of(service, send(client, motion_bucket="0"))
    assert set(still["translation_z"].split(":(")[1:][1].split(")")[0]) <= set("0.-")
    far = settings_of(service, send(client, motion_bucket_id="255", ping_pong="true"))
    assert far["ping_pong"] is True
    assert far["translation_z"] != still["translation_z"]


def test_names_are_unique(client):
    runs = {send(client).headers["x-anim-run"] for _ in range(2)}
    assert len(runs) == 2


@pytest.mark.parametrize("kind", ["AVIF", "BMP", "JPEG", "PNG", "TIFF", "WEBP", "GIF"])
def test_each_type_of_picture(client, kind):
    if kind == "AVIF" and "AVIF" not in readable_formats():
        pytest.skip("this Pillow reads no AVIF")
    assert send(client, picture(kind), f"photo.{kind.lower()}", {"Accept": "video/mp4"}).status_code == 200


def test_a_photo_is_turned_upright(client, service):
    exif = Image.Exif()
    exif[0x0112] = 6
    answer = send(client, picture("JPEG", exif=exif), "photo.jpg", {"Accept": "video/mp4"})
    settings = settings_of(service, answer)
    assert (settings["W"], settings["H"]) == (64, 96)


BAD = {  # fields -> status and message
    ("motion_bucket_id", "256"): (400, "motion_bucket_id: 256 is not from 0 to 255"),
    ("motion_bucket_id", "-1"): (400, "motion_bucket_id: '-1' is no whole number"),
    ("motion_bucket", "1.5"): (400, "motion_bucket: '1.5' is no whole number"),
    ("motion_bucket", ""): (400, "motion_bucket: '' is no whole number"),
    ("noise_aug_strength", "2"): (400, "noise_aug_strength: 2 is not from 0 to 1"),
    ("noise_aug_strength", "nan"): (400, "noise_aug_strength: 'nan' is no number"),
    ("max_guidance_scale", "0.9"): (400, "max_guidance_scale: 0.9 is not from 1 to 10"),
    ("max_guidance_scale", "1e1"): (400, "max_guidance_scale: '1e1' is no number"),
    ("ping_pong", "maybe"): (400, "ping_pong: write true or false"),
    ("painter", "brush"): (400, "painter: there is no 'brush'"),
}


@pytest.mark.parametrize(("field", "wanted"), BAD.items(), ids=lambda value: str(value[:2]))
def test_a_wrong_field_is_named(client, service, field, wanted):
    answer = send(client, **dict([field]))
    assert (answer.status_code, answer.json()["message"]) == wanted
    assert english(answer.json()["said"]) == wanted[1]
    assert not list(service.out.glob("live_*"))


FILES = {
    "text": (b"no picture", "notes.txt", 415, "notes.txt: this type of file is not read"),
    "program": (b"MZ", "photo.exe", 415, "photo.exe: this type of file is not read"),
    "no name": (b"x", "photo", 415, "photo: this type of file is not read"),
    "text by another name": (b"no picture", "photo.png", 415, "file: this is not a picture that can be read"),
    "half": (picture()[:200], "photo.png", 400, "damaged"),
    "empty": (b"", "photo.png", 400, "file: there is no photo"),
    "large": (b"x" * (UPLOAD + 1), "photo.png", 413, "larger than"),
}


@pytest.mark.parametrize(("content", "name", "status", "text"), FILES.values(), ids=FILES)
def test_what_is_no_photo(client, content, name, status, text):
    answer = send(client, content, name)
    assert answer.status_code == status
    assert text in answer.json()["message"]


BODIES = {
    "json": ("application/json", b"{}"),
    "no boundary": ("multipart/form-data", b"--x\r\n"),
    "not closed": ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="file"\r\n\r\na'),
    "no name": ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data\r\n\r\na\r\n--x--\r\n"),
    "no head": ("multipart/form-data; boundary=x", b"--x\r\n--x--\r\n"),
    "without a file": (
        "multipart/form-data; boundary=x",
        b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\na\r\n--x--\r\n',
    ),
    "too many": ("multipart/form-data; boundary=x", b"--x\r\n\r\n" * 50 + b"--x--"),
}


@pytest.mark.parametrize(("kind", "body"), BODIES.values(), ids=BODIES)
def test_bodies_that_are_no_form(client, kind, body):
    answer = client.post("/generate", content=body, headers={"Content-Type": kind})
    assert answer.status_code == 400
    assert answer.json()["message"]


class Falters:
    """An engine that fails at its first pictures."""

    def __init__(self, monkeypatch, *errors):
        self.errors, real = list(errors), queue.film

        def film(*given, **how):
            if self.errors:
                raise self.errors.pop(0)
            return real(*given, **how)

        monkeypatch.setattr(queue, "film", film)


@pytest.mark.parametrize("error", [OutOfMemory(), MemoryError(), RuntimeError("std::bad_alloc")], ids=repr)
def test_out_of_memory_is_tried_once_more(client, monkeypatch, error):
    falters = Falters(monkeypatch, error)
    assert send(client).status_code == 200
    assert falters.errors == []


def test_out_of_memory_twice_is_busy(client, monkeypatch):
    Falters(monkeypatch, OutOfMemory(), OutOfMemory())
    answer = send(client)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, str(live.RETRY_AFTER_S))
    assert "out of memory" in answer.json()["message"]
    assert send(client).status_code == 200  # nothing is held back


def test_a_film_that_fails_is_500(client, monkeypatch):
    Falters(monkeypatch, EngineError("the lamp broke"))
    answer = send(client)
    assert (answer.status_code, answer.json()["message"]) == (500, "the lamp broke")


def test_too_many_at_once_are_told_when_to_come_back(client, monkeypatch):
    monkeypatch.setattr(live, "MOST_UNDER_WAY", 0)
    answer = send(client)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, str(live.RETRY_AFTER_S))
    assert "waiting already" in answer.json()["message"]


def test_a_login_is_asked_for(service):
    client = TestClient(application(service, Address(login="ann:secret")), base_url="http://127.0.0.1:7870")
    answer = send(client)
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, 'Basic realm="anim"')
    client.auth = ("ann", "secret")
    assert send(client).status_code == 200


STRANGERS = {"origin": {"Origin": "http://evil.example"}, "null": {"Origin": "null"}, "fetch": {"Sec-Fetch-Site": "cross-site"}}


@pytest.mark.parametrize("headers", STRANGERS.values(), ids=STRANGERS)
def test_another_sites_page_sends_nothing(client, headers):
    assert send(client, headers=headers).status_code == 403
    assert send(client, headers={"Origin": "http://127.0.0.1:7870", "Sec-Fetch-Site": "same-origin"}).status_code == 200
    assert send(client, headers={**headers, "X-Anim": "1"}).status_code == 200  # our own page behind a proxy


def test_a_film_of_hours_is_not_waited_for(client, service):
    """Other films are painted in a lane of their own."""
    job = service.jobs.submit(
        settings_file.parse({"anim_version": "1", "max_frames": 1}), "film", engine=EngineSpec("passthrough")
    )
    assert service.jobs._lane_of(job) == "preview"
    job.over.wait(60)
    service.jobs.painters.own = EngineSpec("passthrough")
    assert service.jobs._lane_of(job) == "paint"


@pytest.fixture
def server(service):
    """The page behind a real server, as (host, port)."""
    import uvicorn

    from lib_anim.page.connections import guarded_protocol

    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(application(service, Address()), http=guarded_protocol(), ws="none", log_level="warning")
    running = uvicorn.Server(config)
    thread = threading.Thread(target=running.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    while not running.started:
        time.sleep(0.01)
    yield listening.getsockname()
    running.should_exit = True
    thread.join(30)


def head(length):
    kind = "Content-Type: multipart/form-data; boundary=x"
    return f"POST /generate HTTP/1.1\r\nHost: 127.0.0.1\r\n{kind}\r\nContent-Length: {length}\r\n".encode()


def raw(server, length, body):
    """The status that a request with a stated length gets; None if the connection is closed without an answer."""
    with socket.create_connection(server, timeout=30) as connection:
        connection.sendall(head(length) + b"Connection: close\r\n\r\n" + body)
        answer = connection.recv(4096)
    return int(answer.split()[1]) if answer else None


def form_of(photo):
    disposition = b'Content-Disposition: form-data; name="file"; filename="photo.png"'
    return b"--x\r\n" + disposition + b"\r\nContent-Type: image/png\r\n\r\n" + photo + b"\r\n--x--\r\n"


def test_a_body_that_lies_about_its_length(server, monkeypatch):
    monkeypatch.setattr(bodies, "SILENCE_S", 0.5)
    body = form_of(picture())
    assert raw(server, len(body), body) == 200
    assert raw(server, len(body) - 20, body) == 400  # cut off
    assert raw(server, len(body) + 20, body) == 408  # the rest does not come
    assert raw(server, UPLOAD + 1, body) == 413  # nothing of it is read
    assert raw(server, "-1", body) == 400
    assert raw(server, len(body), body) == 200


def test_who_leaves_is_not_filmed_for(server, service, monkeypatch):
    began, go_on = threading.Event(), threading.Event()
    real = queue.film

    def film(*given, **how):
        began.set()
        go_on.wait(30)
        how["control"].check()
        return real(*given, **how)

    monkeypatch.setattr(queue, "film", film)
    body = form_of(picture())
    with socket.create_connection(server) as connection:
        connection.sendall(head(len(body)) + b"\r\n" + body)
        assert began.wait(30)
    (job,) = service.jobs._jobs.values()
    until = time.monotonic() + 30
    while not job.control.stopped and time.monotonic() < until:
        time.sleep(0.05)
    go_on.set()
    assert job.over.wait(30)
    assert job.state == "stopped"
