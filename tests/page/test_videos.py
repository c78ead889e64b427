"""Videos that the page is given: kept by their content, played, and followed by films; what is none is refused."""

import subprocess

import numpy as np
import pytest

pytest.importorskip("starlette", reason="the page needs starlette and uvicorn")
pytest.importorskip("httpx", reason="starlette's test client needs httpx")

from lib_anim.errors import VideoError
from lib_anim.images.frame import write_png
from lib_anim.media.encode import find_ffmpeg
from lib_anim.page import videos
from lib_anim.page.forms import Limits
from lib_anim.page.recordings import Recordings
from tests.helpers import english, write_tone
from tests.media.test_source_video import H264, colourful, write_film
from tests.page.test_routes import FORM, OURS, client, service  # noqa: F401

CODECS = {"mp4": H264, "mov": H264, "webm": ("-c:v", "libvpx"), "mkv": ("-c:v", "ffv1"), "avi": ("-c:v", "mjpeg")}
REFUSED = "not a video that can be read; MP4, MOV, WebM, MKV and AVI can"


def send(client, data):
    return client.post("/anim/videos", content=data, headers=OURS)


@pytest.mark.parametrize("kind", CODECS)
def test_every_kind_of_video_is_taken_once(client, tmp_path, kind):
    data = write_film(tmp_path / f"clip.{kind}", colourful(3), options=CODECS[kind]).read_bytes()
    ids = {send(client, data).json()["id"] for _ in range(2)}
    (name,) = ids
    suffix = "mp4" if kind == "mov" else kind
    assert name.endswith(suffix)
    seen = client.get(f"/anim/videos/{name}", headers={"Range": "bytes=0-9"})
    assert (seen.status_code, seen.content, seen.headers["content-type"]) == (206, data[:10], videos.KINDS[suffix])


@pytest.mark.parametrize(
    "data",
    [b"", b"\0\0\0\x20ftypisom", b"\x1a\x45\xdf\xa3webm", b"RIFF....AVI junk", b"#EXTM3U\n/etc/passwd", b"GIF89a", b"ffconcat"],
)
def test_what_is_no_video_is_refused(client, service, data):
    answer = send(client, data)
    assert (answer.status_code, answer.json()["error"]) == (400, REFUSED)
    assert not list((service.out / ".videos").glob("*"))


def test_a_sound_in_a_container_of_videos_is_refused(client, tmp_path):
    write_tone(tmp_path / "tone.wav")
    made = tmp_path / "tone.m4a"
    subprocess.run([find_ffmpeg(), "-loglevel", "error", "-i", str(tmp_path / "tone.wav"), str(made)], check=True)
    assert send(client, made.read_bytes()).json()["error"] == REFUSED


def test_without_an_ffmpeg_it_is_not_the_video_that_is_at_fault(tmp_path, monkeypatch):
    data = write_film(tmp_path / "clip.mp4", colourful(3), options=H264).read_bytes()

    def none(chosen=None):
        raise VideoError("there is no ffmpeg")

    monkeypatch.setattr(videos, "find_ffmpeg", none)
    with pytest.raises(VideoError, match="there is no ffmpeg"):
        Recordings(videos.VIDEO, tmp_path / "kept").add(data)
    assert not list((tmp_path / "kept").iterdir())


@pytest.mark.parametrize("name", ["..%2f..%2fx.mp4", "video-0.mp4", "x", "video-00000000000000000000.mp4"])
def test_videos_by_other_names_are_not_there(client, name):
    assert client.get(f"/anim/videos/{name}").status_code in (400, 404)


def test_a_film_follows_the_colours_of_a_video(client, service, tmp_path):
    video = send(client, write_film(tmp_path / "clip.mkv", colourful(2)).read_bytes()).json()["id"]
    changes = {**FORM["changes"], "color_coherence": "Video Input"}
    look = client.post("/anim/look", json={**FORM, "changes": changes}, headers=OURS).json()
    assert [(one["key"], english(one["reason"])) for one in look["problems"]] == [
        ("video_init_path", "color_coherence Video Input needs a video")
    ]
    other = {**FORM, "changes": {**changes, "video_init_path": "sound-00000000000000000000.wav"}}
    look = client.post("/anim/look", json=other, headers=OURS).json()
    assert [(one["key"], english(one["reason"])) for one in look["problems"]] == [("video_init_path", "the video is not here")]
    asked = {**FORM, "changes": {**changes, "video_init_path": video}}
    look = client.post("/anim/look", json=asked, headers=OURS).json()
    assert (look["problems"], look["values"]["video_init_path"]) == ([], video)
    assert "video_init_path: its 2 frames end before the film's 3; the last one holds on" in [
        english(note) for note in look["notes"]
    ]
    job = client.post("/anim/begin", json={**asked, "what": "film"}, headers=OURS).json()
    service.jobs.find(job["id"]).over.wait(60)
    assert client.get("/anim/runs/film").json()["state"] == "done"
    assert client.get("/anim/runs/film/settings").json()["changes"]["video_init_path"] == video


@pytest.mark.parametrize("sets", ["Length", "Length and rate"])
def test_a_film_over_a_video_is_as_long_as_it_within_the_limits_of_the_page(client, service, tmp_path, sets):
    def look(n):
        video = send(client, write_film(tmp_path / f"{n}.mkv", colourful(n)).read_bytes()).json()["id"]
        changes = {"animation_mode": "Video Input", "video_init_path": video, "video_sets": sets}
        asked = {**FORM, "changes": {**FORM["changes"], **changes}}
        return asked, client.post("/anim/look", json=asked, headers=OURS).json()

    asked, seen = look(4)
    assert seen["problems"] == []
    job = client.post("/anim/begin", json={**asked, "what": "film"}, headers=OURS).json()
    service.jobs.find(job["id"]).over.wait(60)
    film = client.get("/anim/runs/film").json()
    assert (film["state"], len(list((service.out / "film" / "frames").iterdir()))) == ("done", 4)
    service.limits = Limits(frames=5)
    assert [english(one["reason"]) for one in look(6)[1]["problems"]] == ["6 is more than this page allows"]


VIDEOS = {"video_init_path", "video_at_end", "extract_nth_frame", "init_image_fit"}


@pytest.mark.parametrize(
    ("changes", "works", "rests"),
    [
        ({}, {"hybrid_motion", "hybrid_composite", "video_sets"}, {*VIDEOS, "video_carry_schedule", "hybrid_comp_mask_type"}),
        (
            {"animation_mode": "Video Input"},
            {*VIDEOS, "video_carry_schedule", "video_follow"},
            {"zoom", "hybrid_motion", "init_image", "shake_name"},
        ),
        (
            {"hybrid_motion": "Optical Flow"},
            {*VIDEOS, "hybrid_flow_method", "hybrid_flow_factor_schedule", "hybrid_use_first_frame_as_init_image"},
            {"hybrid_comp_alpha_schedule", "hybrid_consistency_blur", "video_carry_schedule", "hybrid_use_init_image"},
        ),
        ({"hybrid_motion": "Affine"}, VIDEOS, {"hybrid_flow_method", "hybrid_flow_factor_schedule"}),
        (
            {"hybrid_composite": "Normal", "hybrid_comp_mask_type": "Difference"},
            {*VIDEOS, "hybrid_comp_alpha_schedule", "hybrid_comp_mask_equalize", "hybrid_use_init_image"},
            {"hybrid_comp_mask_blend_alpha_schedule", "hybrid_comp_mask_auto_contrast_cutoff_low_schedule"},
        ),
    ],
)
def test_of_videos_only_what_works_is_not_greyed(client, tmp_path, changes, works, rests):
    video = send(client, write_film(tmp_path / "a.mkv", colourful(3)).read_bytes()).json()["id"]
    asked = {**FORM, "changes": {**FORM["changes"], "video_init_path": video, **changes}}
    resting = set(client.post("/anim/look", json=asked, headers=OURS).json()["resting"])
    assert (works & resting, rests - resting) == (set(), set())


def test_noise_is_masked_by_what_is_uploaded_and_by_nothing_else(client, service, tmp_path):
    """Expressions from a page open no files: uploads go by their ids, in the fields that are for them."""

    def look(**changes):
        asked = {**FORM, "changes": {**FORM["changes"], "use_noise_mask": True, "noise_schedule": "0:(0.1)", **changes}}
        found = client.post("/anim/look", json=asked, headers=OURS).json()
        return asked, [(one["key"], english(one["reason"])) for one in found["problems"]], found

    grey = np.zeros((48, 64, 3), np.uint8)
    write_png(tmp_path / "mask.png", grey)
    secret, no_files = str(tmp_path / "mask.png"), ("noise_mask_schedule", "a page reads no files by their names")
    for text in (f"0:([{secret}])", f"[{secret}", f"0:({{everywhere}}), 2:('{{everywhere}} & [ {secret} ]')"):
        assert look(noise_mask_schedule=text)[1] == [no_files], text
        asked = look(noise_mask_schedule=text)[0]
        answer = client.post("/anim/begin", json={**asked, "what": "film"}, headers=OURS)
        assert answer.status_code == 422
        assert look(noise_mask_schedule=text, use_noise_mask=False)[1] == []  # nobody looks
    assert look(mask_file=secret)[1] == [("mask_file", "the picture is not here")]
    assert look(use_mask_video=True, video_mask_path=secret)[1] == [("video_mask_path", "the video is not here")]
    _, problems, found = look()
    assert problems == [
        ("noise_mask_schedule", "there is no {video_mask}: no mask_file is named, and use_mask_video is off"),
    ]
    assert found["problems"][0]["excerpt"] == {"before": '0: ("', "at": "{", "after": 'video_mask}")'}
    _, _, found = look(noise_mask_schedule="0:({everywhere}), 1:({everywhere} & )")
    assert found["problems"][0]["excerpt"] == {"before": "…rywhere}), 1:({everywhere} &", "at": " ", "after": ")"}

    picture = client.post("/anim/pictures", content=(tmp_path / "mask.png").read_bytes(), headers=OURS).json()["id"]
    video = send(client, write_film(tmp_path / "clip.mkv", colourful(3)).read_bytes()).json()["id"]
    _, problems, found = look(mask_file=picture, noise_mask_schedule="0:({video_mask}), 1:(!{video_mask})")
    assert (problems, "noise_mask_schedule" in str(found["curves"])) == ([], False)  # texts have no curve
    asked, problems, found = look(use_mask_video=True, video_mask_path=video, noise_mask_schedule="0:(!{video_mask})")
    assert (problems, found["values"]["video_mask_path"]) == ([], video)
    job = client.post("/anim/begin", json={**asked, "what": "film"}, headers=OURS).json()
    service.jobs.find(job["id"]).over.wait(60)
    assert client.get("/anim/runs/film").json()["state"] == "done"
    changes = client.get("/anim/runs/film/settings").json()["changes"]
    assert {key: changes[key] for key in ("video_mask_path", "use_noise_mask", "noise_mask_schedule")} == {
        "video_mask_path": video,
        "use_noise_mask": True,
        "noise_mask_schedule": "0:(!{video_mask})",
    }
