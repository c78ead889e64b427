"""What masks are painted over: start pictures and videos as the film has them, masks to the pixel, frames of films."""

import numpy as np
import pytest

pytest.importorskip("starlette", reason="the page needs starlette and uvicorn")
pytest.importorskip("httpx", reason="starlette's test client needs httpx")

from lib_anim.images.frame import encode_png, open_picture
from tests.media.test_source_video import H264, numbered, order, write_film
from tests.page.test_guides import sent
from tests.page.test_routes import FORM, OURS, client, filmed, service  # noqa: F401

SIZE = {"W": 67, "H": 64}  # painted as 64x64


def decoded(data):
    return np.asarray(open_picture(data).convert("RGB"))


def asked(client, of, changes, frame=0):
    form = {**FORM, "changes": {**FORM["changes"], **SIZE, **changes}, "of": of, "frame": frame}
    return client.post("/anim/backdrop", json=form, headers=OURS)


def start(client, frame):
    return {"use_init": True, "init_image": sent(client, "pictures", encode_png(frame)).json()["id"]}


@pytest.mark.parametrize(("fit", "darkest"), [("crop", 255), ("stretch", 0), ("pad", 0)])
def test_a_start_picture_has_the_films_size_and_fit(client, fit, darkest):
    picture = np.full((100, 200, 3), 255, np.uint8)
    picture[:, :40] = 0  # what a crop to a square cuts off
    start = sent(client, "pictures", encode_png(picture)).json()["id"]
    answer = asked(client, "start", {"use_init": True, "init_image": start, "init_image_fit": fit})
    seen = decoded(answer.content)
    assert (answer.headers["content-type"], seen.shape) == ("image/jpeg", (64, 64, 3))
    assert abs(int(seen.min()) - darkest) < 12


@pytest.fixture
def video(client, tmp_path):
    film = write_film(tmp_path / "film.mp4", numbered(12), options=H264)
    return sent(client, "videos", film.read_bytes()).json()["id"]


@pytest.mark.parametrize(
    ("changes", "frames", "shown"),
    [
        ({}, [0, 3, 11, 40], [0, 3, 11, 11]),
        ({"extract_from_frame": 2, "extract_nth_frame": 4}, [0, 1, 9], [4, 8, 8]),
        ({"extract_to_frame": 5, "video_at_end": "loop"}, [5, 6, 8], [5, 0, 2]),
        ({"extract_to_frame": 5, "video_at_end": "stop"}, [6], [5]),
    ],
)
def test_a_video_shows_what_the_films_frame_shows(client, video, changes, frames, shown):
    answers = [asked(client, "video", {"video_init_path": video, **changes}, frame) for frame in frames]
    assert order([decoded(answer.content) for answer in answers], 12) == shown


def test_a_mask_is_given_to_the_pixel(client):
    ramp = np.repeat(np.linspace(0, 255, 64 * 64).astype(np.uint8).reshape(64, 64)[..., None], 3, axis=2)
    mask = sent(client, "pictures", encode_png(ramp)).json()["id"]
    answer = asked(client, "mask", {"use_mask": True, "mask_file": mask})
    assert answer.headers["content-type"] == "image/png"
    assert np.array_equal(decoded(answer.content), ramp)


@pytest.mark.parametrize(
    ("of", "changes", "status", "said"),
    [
        ("start", {}, 400, "the picture is not here"),
        ("video", {}, 422, "video needs a video"),
        ("mask", {}, 400, "the picture is not here"),
        ("/etc/passwd", {}, 400, "there is no '/etc/passwd'"),
        ("mask", {"mask_file": "/etc/passwd"}, 422, "the picture is not here"),
    ],
)
def test_what_is_not_there_is_said(client, of, changes, status, said):
    answer = asked(client, of, changes)
    assert answer.status_code == status
    assert said in answer.json()["error"]


@pytest.mark.parametrize(
    ("share", "number"), [("", 2), ("0", 0), ("0.5", 1), ("1", 2), ("7", 2), ("-1", 0), ("nan", 2), ("x", 2)]
)
def test_a_frame_of_a_film_is_taken_by_its_share(filmed, service, share, number):
    (run,) = [one["id"] for one in filmed.get("/anim/runs").json()["runs"]]
    frames = sorted((service.out / run / "frames").glob("*.png"))
    for n, path in enumerate(frames):
        path.write_bytes(encode_png(np.full((64, 64, 3), 100 * n, np.uint8)))
    seen = decoded(filmed.get(f"/anim/runs/{run}/frame?share={share}").content)
    assert abs(int(seen.mean()) - 100 * number) < 4
