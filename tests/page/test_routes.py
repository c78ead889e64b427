"""The routes and the server: ranges, logins, and what strangers try."""

import json
import os
import posixpath
import re
import subprocess
import sys
import types

import numpy as np
import pytest

pytest.importorskip("starlette", reason="the page needs starlette and uvicorn")
pytest.importorskip("httpx", reason="starlette's test client needs httpx")

from starlette.applications import Starlette
from starlette.testclient import TestClient

from lib_anim.__main__ import main
from lib_anim.engines.base import Palette, Style
from lib_anim.engines.catalog import EngineSpec
from lib_anim.extras import how_to_install
from lib_anim.images.frame import encode_png
from lib_anim.media import encode
from lib_anim.media.encode import find_ffmpeg
from lib_anim.media.sound import has_sound
from lib_anim.page import assets, routes, sounds
from lib_anim.page.access import of_the_host
from lib_anim.page.forms import Limits
from lib_anim.page.server import Address, application
from lib_anim.page.service import Service
from lib_anim.settings.table import FIELDS
from tests.helpers import QUIET, clicks, english, write_sound, write_tone

OURS = {"X-Anim": "1"}
OILS = Style("oils", "oil painting", "photo")
FORM = {"essentials": {"scenes": None, "movement": None}, "changes": {**QUIET, "batch_name": "film", "max_frames": 3}}


class WithStyles(EngineSpec):
    """What paints has a LoRA and a style."""

    def palette(self):
        return Palette(("ink",), (OILS,))


@pytest.fixture
def service(tmp_path):
    service = Service(tmp_path / "out", WithStyles("passthrough"), limits=Limits(upload=100_000))
    yield service
    service.close()


@pytest.fixture
def client(service):
    return TestClient(application(service, Address()), base_url="http://127.0.0.1:7870")


@pytest.fixture
def filmed(client, service):
    job = client.post("/anim/begin", json={**FORM, "what": "film"}, headers=OURS).json()
    service.jobs.find(job["id"]).over.wait(60)
    return client


def test_the_page_and_all_that_it_names(client):
    text = client.get("/").text
    assert '<div id="anim_root">' in text
    named = set(re.findall(r'(?:href|src)="anim/assets/([^"]+)"', text))
    assert named == {"style.css", "anim.mjs"}
    while new := {name for one in named for name in modules(client, one)} - named:
        named |= new
    assert named == set(assets.files())
    for name in ("../pyproject.toml", "pyproject.toml", "page/..%2Fanim.mjs", "page", "", "types/answers.d.ts"):
        assert client.get(f"/anim/assets/{name}").status_code == 404


def test_the_example_film_is_small_and_can_be_sought_in(client):
    whole = client.get("/anim/example")
    assert (whole.status_code, whole.headers["content-type"]) == (200, "video/mp4")
    assert whole.content[4:8] == b"ftyp"
    assert len(whole.content) < 400_000
    part = client.get("/anim/example", headers={"Range": "bytes=4-7"})
    assert (part.status_code, part.content) == (206, b"ftyp")


def test_a_model_that_is_not_there_is_refused_and_one_that_is_not_chosen_changes_nothing(client):
    assert client.post("/anim/painter", json={"model": "x"}, headers=OURS).json()["error"].startswith("there is no model 'x'")
    assert client.post("/anim/painter", json={"model": ""}, headers=OURS).json() == client.get("/anim/form").json()
    assert client.get("/anim/painter").json() == client.get("/anim/form").json()["painter"]
    assert client.post("/anim/painter", json={"model": ""}).status_code == 403


@pytest.mark.parametrize(("bpm", "seconds"), [(120.0, 6.0), (None, 2.0)])
def test_length_and_tempo_of_a_sound(client, tmp_path, bpm, seconds):
    sound = clicks(np.arange(0.0, seconds, 0.5), seconds) if bpm else np.zeros(int(seconds * 22_050))
    write_sound(tmp_path / "song.wav", sound)
    sent = client.post("/anim/sounds", content=(tmp_path / "song.wav").read_bytes()[:99_000], headers=OURS).json()
    found = client.get(f"/anim/sounds/{sent['id']}/facts").json()
    assert found["bpm"] == (bpm and pytest.approx(bpm, abs=1))
    assert found["seconds"] > 0
    assert client.get("/anim/sounds/sound-0.wav/facts").status_code == 400


def modules(client, name):
    """The scripts that a script fetches."""
    text = client.get(f"/anim/assets/{name}").text
    beside = (posixpath.join(posixpath.dirname(name), one) for one in re.findall(r'from "\./(.+?)"', text))
    return {*beside, *re.findall(r'"anim/assets/(.+?)"', text)}


def test_browsers_keep_scripts_of_a_version_and_are_told_what_they_are(client, monkeypatch):
    monkeypatch.setattr("mimetypes.guess_type", lambda *_: ("text/plain", None))  # as Windows may have it
    for name, media in (("anim.mjs", "text/javascript"), ("page/main.mjs", "text/javascript"), ("style.css", "text/css")):
        answer = client.get(f"/anim/assets/{name}")
        assert (answer.status_code, answer.headers["content-type"].partition(";")[0]) == (200, media)
        assert answer.url.path == f"/anim/assets/{assets.version()}/{name}"
        assert answer.headers["cache-control"].endswith("immutable")
        assert answer.headers["content-encoding"] == "gzip"
        assert answer.content == assets.files()[name].read_bytes()
        plain = client.get(answer.url.path, headers={"Accept-Encoding": "identity"})
        assert ("content-encoding" in plain.headers, plain.content) == (False, answer.content)
        for other in (name, f"v-0/{name}"):  # of no version, or of one before
            led = client.get(f"/anim/assets/{other}", follow_redirects=False)
            assert (led.status_code, led.headers["cache-control"]) == (307, "no-cache")


def test_a_changed_script_has_another_address(monkeypatch, tmp_path):
    script = tmp_path / "anim.mjs"
    script.write_text("1")
    monkeypatch.setattr(assets, "files", lambda: {"anim.mjs": script})
    before = assets.version()
    script.write_text("12")
    assert assets.version() != before


def test_the_form_is_described(client):
    described = client.get("/anim/form").json()
    assert [one["key"] for one in described["essentials"]][:2] == ["scenes", "avoid"]
    keys = {field["key"] for group in described["groups"] for field in group["fields"]}
    assert {"zoom", "strength_schedule", "noise_schedule"} <= keys
    shown = {field["key"]: field for group in described["groups"] for field in group["fields"]}
    for one in (one for one in FIELDS.values() if one.unbuilt):  # of a choice that is partly built the rest is not offered
        assert [choice for choice in shown.get(one.key, {}).get("choices", ()) if choice not in ("None", *one.built)] == []
    assert shown["add_soundtrack"]["choices"] == ["None", "File", "Init Video"]
    assert shown["soundtrack_path"]["kind"] == "sound"
    assert {"2D", "3D"} <= set(shown["animation_mode"]["choices"])


def test_names_for_prompts_and_a_style_laid_on(client):
    assert client.get("/anim/palette").json() == {"loras": ["ink"], "styles": ["oils"]}
    sent = {"name": "oils", "box": "scenes", "text": "0s a cat", "avoid": "text"}
    answer = client.post("/anim/style", json=sent, headers=OURS)
    assert answer.json() == {"text": "0s a cat, oil painting", "avoid": "text, photo"}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"name": "pastels"}, "there is no style 'pastels' any more; reload the page"),
        ({"name": None}, "there is no style ''"),
        ({"box": "avoid"}, "there is no box 'avoid'"),
        ({"box": "prompts", "text": "{"}, "not valid JSON"),
        ({"box": "prompts", "text": [1]}, "not a text"),
    ],
)
def test_a_style_that_cannot_be_laid_on_is_told(client, changes, said):
    sent = {"name": "oils", "box": "scenes", "text": "a cat", "avoid": "", **changes}
    answer = client.post("/anim/style", json=sent, headers=OURS)
    assert answer.status_code == 400
    assert said in answer.json()["error"]


def test_a_film_over_http(filmed):
    view = filmed.get("/anim/runs/film").json()
    assert (view["state"], view["frame"]) == ("done", 3)
    assert filmed.get("/anim/runs").json()["runs"][0]["id"] == "film"
    assert filmed.get("/anim/runs/film/frame").content[:2] == b"\xff\xd8"
    assert filmed.get("/anim/runs/film/settings").json()["changes"]["batch_name"] == "film"


@pytest.mark.parametrize(
    ("asked", "status", "part"),
    [
        (None, 200, slice(None)),
        ("bytes=0-9", 206, slice(0, 10)),
        ("bytes=10-", 206, slice(10, None)),
        ("bytes=-5", 206, slice(-5, None)),
        ("bytes=0-99999999", 206, slice(None)),
        ("bytes=99999999-", 416, slice(0, 0)),
        ("bytes=5-2", 200, slice(None)),
        ("bytes=-0", 416, slice(0, 0)),
        ("pages=1-2", 200, slice(None)),
    ],
)
def test_a_video_in_parts(filmed, service, asked, status, part):
    whole = service.file("film").read_bytes()
    answer = filmed.get("/anim/runs/film/video", headers={"Range": asked} if asked else {})
    assert (answer.status_code, answer.content) == (status, whole[part])
    if status == 206:
        first = range(len(whole))[part].start
        assert answer.headers["content-range"] == f"bytes {first}-{first + len(answer.content) - 1}/{len(whole)}"


def test_a_download_has_the_films_name(filmed):
    answer = filmed.get("/anim/runs/film/files/mp4")
    assert answer.headers["content-disposition"].startswith('attachment; filename="film.mp4"')


@pytest.mark.parametrize(
    "run_id", ["..", "../out", "%2e%2e", "..%2f..%2fetc", ".pictures", "film%2f..", "film%00", "/etc", "nothing", "film%5c.."]
)
@pytest.mark.parametrize("end", ["", "/frame", "/video", "/settings"])
def test_only_runs_are_given_out(filmed, run_id, end):
    assert filmed.get(f"/anim/runs/{run_id}{end}").status_code == 404
    assert filmed.post(f"/anim/runs/{run_id}/resume", headers=OURS).status_code == 404


def test_a_link_out_of_the_folder_is_no_run(filmed, service, tmp_path):
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "settings.json").write_text("{}")
    (service.out / "way_out").symlink_to(tmp_path / "secret")
    assert filmed.get("/anim/runs/way_out").status_code == 404
    assert [run["id"] for run in filmed.get("/anim/runs").json()["runs"]] == ["film"]


@pytest.mark.parametrize("path", ["begin", "look", "text", "load", "save", "style", "pictures", "runs/film/stop"])
def test_other_sites_cannot_post(client, path):
    assert client.post(f"/anim/{path}", content=b"{}").status_code == 403


def test_other_names_for_this_machine_are_refused(client):
    assert client.get("/anim/form", headers={"Host": "evil.example"}).status_code == 400


@pytest.mark.parametrize("body", [b"", b"[]", b"3", b"{", b'{"essentials": 3}', b'{"changes": []}', b"[" * 100_000, b'"x"'])
@pytest.mark.parametrize("path", ["look", "text", "begin", "save"])
def test_nonsense_is_refused_and_breaks_nothing(client, path, body, capfd):
    answer = client.post(f"/anim/{path}", content=body, headers=OURS)
    assert answer.status_code in (200, 400, 422)
    assert "Traceback" not in capfd.readouterr().err


def test_one_odd_folder_does_not_empty_the_list(filmed, service):
    odd = service.out / "odd"
    odd.mkdir()
    (odd / "settings.json").write_text("{}")
    summary = {"status": {"a": 1}, "of": float("nan"), "error": ["\ud800"], "seed": float("inf"), "engine": "\ud800"}
    (odd / "summary.json").write_text(json.dumps(summary))
    assert {run["id"] for run in filmed.get("/anim/runs").json()["runs"]} == {"odd", "film"}
    assert filmed.get("/anim/runs/odd").json()["of"] == 0


ODD_FORMS = [
    {"essentials": {"movement": {"a": 1}, "shape": [1], "save_as": {}}, "changes": {}},
    {"essentials": {"scenes": "\ud800", "avoid": {"\ud800": 1}}, "changes": {"\ud800": "\ud800"}},
    {"essentials": {"seed": 1e400, "length": float("nan")}, "changes": {"zoom": float("inf"), "fps": float("nan")}},
    {"essentials": {}, "changes": {"zoom": {"a": []}, "W": [1], "prompts": 3, "init_image": {"a": 1}}, "curves": 5},
    {"essentials": {}, "changes": {}, "curves": {"zoom": 1}},
]


@pytest.mark.parametrize("form", ODD_FORMS)
def test_a_form_of_odd_values_is_answered(client, form):
    sent = json.dumps({**form, "what": "film", "text": "{}"})
    for path in ("look", "begin", "save", "text"):
        answer = client.post(f"/anim/{path}", content=sent, headers=OURS)
        assert answer.status_code in (200, 400, 422), (path, answer.text)


def test_a_text_goes_into_the_form_and_out_again(client):
    text = client.post("/anim/save", json=FORM, headers=OURS).text
    written = client.post("/anim/text", json={**FORM, "text": text.replace('"W": 64', '"W": 128')}, headers=OURS).json()
    assert (written["problems"], written["changes"]["W"]) == ([], 128)
    assert client.post("/anim/save", json=written, headers=OURS).text == text.replace('"W": 64', '"W": 128')
    broken = client.post("/anim/text", json={**FORM, "text": text[:-5]}, headers=OURS)
    assert (broken.status_code, broken.json()["problems"][0]["key"]) == (200, "")


def test_pictures_are_kept_by_their_content(client, service):
    picture = encode_png(np.full((8, 8, 3), 7, np.uint8))
    ids = [client.post("/anim/pictures", content=picture, headers=OURS).json()["id"] for _ in range(2)]
    assert ids[0] == ids[1]
    assert client.get(f"/anim/pictures/{ids[0]}").content[:2] == b"\xff\xd8"
    asked = {**FORM, "essentials": {**FORM["essentials"], "start_picture": ids[0]}}
    assert client.post("/anim/look", json=asked, headers=OURS).json()["problems"] == []


@pytest.mark.parametrize(
    ("content", "status"),
    [(b"GIF89a", 400), (b"", 400), (b"<svg/>", 400), (bytes(200_000), 413), (b"\x89PNG\r\n\x1a\n" + b"x" * 99, 400)],
)
def test_what_is_no_picture_is_refused(client, service, content, status):
    answer = client.post("/anim/pictures", content=content, headers=OURS)
    assert answer.status_code == status
    assert answer.json()["error"]
    assert not [*service.out.glob(".pictures/*")]


@pytest.mark.parametrize("name", ["..%2f..%2fx.png", "picture-0.png", "x", "picture-00000000000000000000.png"])
def test_pictures_by_other_names_are_not_there(client, name):
    assert client.get(f"/anim/pictures/{name}").status_code in (400, 404)


def test_a_file_too_large_is_refused_before_it_is_read(client):
    answer = client.post("/anim/load?name=a.json", content=b" " * 200_000, headers=OURS)
    assert (answer.status_code, answer.json()["error"]) == (413, "larger than 0 MB")


@pytest.mark.parametrize("name", ["film.mp4", "frames/000000001.png"])
def test_a_film_is_loaded_as_the_settings_it_was_made_with(filmed, service, name):
    content = (service.out / "film" / name).read_bytes()
    answer = filmed.post("/anim/load?name=some.bin", content=content, headers=OURS).json()
    assert answer["notes"] == []
    made = filmed.get("/anim/runs/film/settings").json()["values"]
    assert answer["values"] == made
    looked = filmed.post("/anim/look", json=answer, headers=OURS).json()
    assert (looked["problems"], looked["values"]) == ([], made)


def test_a_picture_of_somebody_else_has_no_settings(client):
    picture = encode_png(np.zeros((8, 8, 3), np.uint8))
    answer = client.post("/anim/load?name=cat.png", content=picture, headers=OURS)
    said = "cat.png: carries no settings of anim; take a frame or the video of a run, or its settings.json"
    assert (answer.status_code, answer.json()["error"]) == (422, said)


def test_what_a_host_prefers_holds_where_the_form_says_nothing(tmp_path):
    service = Service(tmp_path / "out", EngineSpec("passthrough"), defaults=lambda: {"fps": 30, "sigma_schedule": "0:(2)"})
    client = TestClient(application(service, Address()), base_url="http://127.0.0.1:7870")
    for changes, sigma in ((FORM["changes"], "0:(2)"), ({**FORM["changes"], "sigma_schedule": "0:(3)"}, "0:(3)")):
        saved = client.post("/anim/save", json={**FORM, "changes": changes}, headers=OURS).json()
        assert (saved["fps"], saved["sigma_schedule"]) == (30, sigma)
    service.close()


# -- sounds, files, folders -------------------------------------------------------------------------------------------


def tone(folder, **more):
    write_tone(folder / "tone.wav", **more)
    return (folder / "tone.wav").read_bytes()


def test_a_sound_is_kept_by_its_content_and_can_be_heard(client, tmp_path):
    data = tone(tmp_path)
    ids = [client.post("/anim/sounds", content=data, headers=OURS).json()["id"] for _ in range(2)]
    assert ids[0] == ids[1]
    heard = client.get(f"/anim/sounds/{ids[0]}", headers={"Range": "bytes=0-3"})
    assert (heard.status_code, heard.content, heard.headers["content-type"]) == (206, b"RIFF", "audio/wav")


@pytest.mark.parametrize("kind", sounds.KINDS)
def test_every_kind_of_sound_is_taken(client, tmp_path, kind):
    tone(tmp_path)
    made = tmp_path / f"made.{kind}"
    command = [find_ffmpeg(), "-loglevel", "error", "-i", str(tmp_path / "tone.wav"), "-metadata", "title=x", str(made)]
    subprocess.run(command, check=True)
    answer = client.post("/anim/sounds", content=made.read_bytes(), headers=OURS)
    assert answer.json()["id"].endswith(kind)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"RIFF....WAVEjunk",
        b"OggS",
        b"\xff\xfb",
        b"#EXTM3U\n/etc/passwd",
        b"ID3\x03\0\0\0\0\0\x04abcd#EXTM3U\n#EXTINF:1,\n/etc/passwd\n",
        b"ffconcat version 1.0\nfile /etc/passwd",
        b"ID3" + b"\xff" * 20,
    ],
)
def test_what_is_no_sound_is_refused(client, service, content):
    answer = client.post("/anim/sounds", content=content, headers=OURS)
    assert (answer.status_code, answer.json()["error"]) == (
        400,
        "not a sound that can be read; WAV, MP3, M4A, OGG and FLAC can",
    )
    assert not list((service.out / ".sounds").glob("*"))


@pytest.mark.parametrize("name", ["..%2f..%2fx.wav", "sound-0.wav", "x", "sound-00000000000000000000.wav"])
def test_sounds_by_other_names_are_not_there(client, name):
    assert client.get(f"/anim/sounds/{name}").status_code in (400, 404)


def test_a_film_with_music_and_a_gif(client, service, tmp_path):
    sound = client.post("/anim/sounds", content=tone(tmp_path, seconds=2), headers=OURS).json()["id"]
    picture = client.post("/anim/pictures", content=encode_png(np.zeros((8, 8, 3), np.uint8)), headers=OURS).json()["id"]
    asked = {**FORM, "essentials": {**FORM["essentials"], "music": sound, "save_as": "gif"}}
    wrong = {**FORM, "essentials": {**FORM["essentials"], "music": picture, "start_picture": sound}}
    problems = client.post("/anim/look", json=wrong, headers=OURS).json()["problems"]
    assert {(one["key"], english(one["reason"])) for one in problems} == {
        ("music", "the sound is not here"),
        ("start_picture", "the picture is not here"),
    }
    assert client.post("/anim/look", json=asked, headers=OURS).json()["values"]["soundtrack_path"] == sound
    job = client.post("/anim/begin", json={**asked, "what": "film"}, headers=OURS).json()
    service.jobs.find(job["id"]).over.wait(60)
    view = client.get("/anim/runs/film").json()
    assert (view["state"], view["files"], view["error"]) == ("done", ["mp4", "gif"], None)
    assert has_sound(service.file("film"))
    gif = client.get("/anim/runs/film/files/gif")
    assert (gif.content[:3], gif.headers["content-type"]) == (b"GIF", "image/gif")
    assert 'filename="film.gif"' in gif.headers["content-disposition"]
    assert client.get("/anim/runs/film/files/webp").status_code == 404
    assert client.get("/anim/runs/film/files/settings.json").status_code == 404
    again = client.get("/anim/runs/film/settings").json()
    assert again["essentials"]["save_as"] == "gif"
    assert again["changes"]["soundtrack_path"] == sound
    assert client.post("/anim/look", json=again, headers=OURS).json()["problems"] == []


def test_what_rests_is_told(client, tmp_path):
    changes = {**FORM["changes"], "mirror": "None", "glow_schedule": 0, "shake_name": "Walking"}

    def resting(**more):
        asked = {**FORM, "changes": {**changes, **more}}
        return set(client.post("/anim/look", json=asked, headers=OURS).json()["resting"])

    assert resting() >= {"mirror_schedule", "glow_radius_schedule", "translation_z", "soundtrack_path"}
    assert not resting() & {"mirror", "glow_schedule", "zoom", "shake_speed", "prompts", "add_soundtrack"}
    assert not resting(mirror="Quad", glow_schedule=1) & {"mirror_schedule", "glow_radius_schedule"}
    write_tone(tmp_path / "tone.wav")
    music = client.post("/anim/sounds", content=(tmp_path / "tone.wav").read_bytes(), headers=OURS).json()["id"]
    assert "soundtrack_path" not in resting(soundtrack_path=music, add_soundtrack="File")


def test_a_schedule_follows_the_music(client, service, tmp_path, monkeypatch):
    write_sound(tmp_path / "knocks.wav", clicks([0.25, 0.75, 1.25, 1.75], 2.5, rate=8000), rate=8000)
    music = client.post("/anim/sounds", content=(tmp_path / "knocks.wav").read_bytes(), headers=OURS).json()["id"]
    changes = {**FORM["changes"], "zoom": "0:(1 + 0.04*beat)", "angle": "0:(t)", "fps": 12, "max_frames": 24}
    without = client.post("/anim/look", json={**FORM, "changes": changes}, headers=OURS).json()
    assert [(one["key"], english(one["reason"]), one["excerpt"]["at"]) for one in without["problems"]] == [
        ("zoom", "beat needs a sound: soundtrack_path is empty", "beat")
    ]
    asked = {"essentials": {**FORM["essentials"], "music": music}, "changes": changes}
    seen = client.post("/anim/look", json=asked, headers=OURS).json()
    curves = {curve["key"]: curve for curve in seen["curves"]}
    assert [frame for frame, zoom in curves["zoom"]["points"] if zoom == 1.04] == [3, 9, 15, 21]
    assert max(level for _, level in curves["zoom"]["sound"]) == 1
    assert "sound" not in curves["angle"]

    def no(*_, **__):
        raise AssertionError("the sound is known")

    monkeypatch.setattr(encode.subprocess, "Popen", no)  # every letter typed is a look
    changes["zoom"] = "0:(1 + 0.1*band(900, 1100))"
    seen = client.post("/anim/look", json={**asked, "changes": changes}, headers=OURS).json()
    assert next(curve for curve in seen["curves"] if curve["key"] == "zoom")["high"] == 1.1
    monkeypatch.undo()
    monkeypatch.setattr(service.jobs, "_ffmpeg", lambda: "/nowhere/ffmpeg")
    (fault,) = client.post("/anim/look", json=asked, headers=OURS).json()["problems"]
    assert (fault["key"], english(fault["reason"])[:28]) == ("soundtrack_path", "cannot start /nowhere/ffmpeg")
    monkeypatch.undo()
    job = client.post("/anim/begin", json={**asked, "what": "film"}, headers=OURS).json()
    service.jobs.find(job["id"]).over.wait(60)
    assert (client.get("/anim/runs/film").json()["state"], has_sound(service.file("film"))) == ("done", True)


def asked_from(app, address):
    """An app as somebody at an address reaches it."""

    async def reached(scope, receive, send):
        await app({**scope, "client": (address, 5)} if scope["type"] == "http" else scope, receive, send)

    return reached


@pytest.mark.parametrize(
    ("address", "headers", "near"),
    [
        ("127.0.0.1", {}, True),
        ("::1", {"Host": "localhost:7870"}, True),
        ("127.0.0.1", {"Host": "[::1]:7870"}, True),
        ("192.168.0.7", {}, False),
        ("127.0.0.1", {"Host": "x.gradio.live"}, False),  # a tunnel's end on this machine
        ("127.0.0.1", {"X-Forwarded-For": "8.8.8.8"}, False),
    ],
)
def test_folders_are_opened_for_somebody_at_this_machine_alone(service, monkeypatch, address, headers, near):
    shown = []
    monkeypatch.setattr("lib_anim.page.open_folder.open_folder", shown.append)
    monkeypatch.setattr("lib_anim.page.open_folder.can_open", lambda: True)
    app = Starlette()
    routes.mount(app, service, lambda request: True)
    client = TestClient(asked_from(app, address), base_url="http://127.0.0.1:7870")
    job = client.post("/anim/begin", json={**FORM, "what": "film"}, headers=OURS).json()
    service.jobs.find(job["id"]).over.wait(60)
    assert client.get("/anim/form", headers=headers).json()["opens"] is near
    assert client.post("/anim/runs/film/open", headers={**OURS, **headers}).status_code == (200 if near else 403)
    assert shown == ([service.out / "film"] if near else [])
    assert client.post("/anim/runs/..%2fx/open", headers={**OURS, **headers}).status_code in (403, 404)


def test_one_fault_hides_no_other(client):
    changes = {"angle": "0:(sni(t))", "sampler": "Eulr", "add_soundtrack": "Init Video", "max_frames": 6}
    problems = client.post("/anim/look", json={**FORM, "changes": changes}, headers=OURS).json()["problems"]
    assert {problem["key"] for problem in problems} == {"angle", "sampler", "video_init_path"}


def test_a_problem_comes_with_the_text_around_its_place(client):
    asked = {**FORM, "changes": {**FORM["changes"], "zoom": "0:(1), 2:(1.5*q)"}}
    problem = client.post("/anim/look", json=asked, headers=OURS).json()["problems"][0]
    assert (problem["key"], problem["excerpt"]) == ("zoom", {"before": "0:(1), 2:(1.5*", "at": "q", "after": ")"})


# -- logins -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("share", "frame"), [(None, -1), (0, 0), (0.5, None), (1, -1), (7, -1), (-1, 0), ("x", -1)])
def test_a_frame_gets_a_ticket(service, client, share, frame):
    job = client.post("/anim/begin", json={**FORM, "what": "film"}, headers=OURS).json()
    service.jobs.find(job["id"]).over.wait(60)
    ticket = client.post("/anim/runs/film/send", json={"share": share}, headers=OURS).json()["ticket"]
    frames = sorted((service.out / "film" / "frames").glob("*.png"))
    assert service.tickets.redeem(ticket) == frames[len(frames) // 2 if frame is None else frame]
    assert client.post("/anim/runs/nothing/send", json={}, headers=OURS).status_code == 404


def test_with_a_login_nothing_is_open(service):
    client = TestClient(application(service, Address(login="ann:s3cret,bob:p:w")), base_url="http://127.0.0.1")
    for path in ("/", "/anim/form", "/anim/runs"):
        answer = client.get(path)
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, 'Basic realm="anim"')
        assert client.get(path, auth=("ann", "wrong")).status_code == 401
        assert client.get(path, auth=("ann", "s3cret")).status_code == 200
        assert client.get(path, auth=("bob", "p:w")).status_code == 200
    assert client.get("/anim/form", headers={"Authorization": "Basic ???"}).status_code == 401


@pytest.mark.parametrize(
    ("options", "tokens", "sent", "allowed"),
    [
        ({}, {}, {}, True),
        ({"api_auth": "a:b"}, {}, {}, False),
        ({"api_auth": "a:b"}, {}, {"auth": ("a", "b")}, True),
        ({"gradio_auth": "a:b"}, {}, {"auth": ("a", "b")}, True),
        ({"gradio_auth": "a:b"}, {"token": "a"}, {"cookies": {"access-token": "token"}}, True),
        ({"gradio_auth": "a:b"}, {"token": "a"}, {"cookies": {"access-token-unsecure": "token"}}, True),
        ({"gradio_auth": "a:b"}, {"token": "a"}, {"cookies": {"access-token": "other"}}, False),
        ({"gradio_auth": "a:b"}, {"token": "a"}, {"cookies": {"session": "token"}}, False),
        ({"gradio_auth": "broken"}, {}, {"auth": ("broken", "")}, False),
        ({"gradio_auth_path": "/no/such/file"}, {}, {}, False),
    ],
)
def test_in_a_webui_its_own_logins_count(service, options, tokens, sent, allowed):
    app = Starlette()
    routes.mount(app, service, of_the_host(types.SimpleNamespace(**options), types.SimpleNamespace(tokens=tokens)))
    client = TestClient(app, cookies=sent.get("cookies"))
    assert client.get("/anim/form", auth=sent.get("auth")).status_code == (200 if allowed else 401)


# -- the command --------------------------------------------------------------------------------------------------------


def anim_ui(*arguments, **environment):
    command = [sys.executable, "-m", "lib_anim", "ui", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, env={**os.environ, **environment}, check=False)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--listen"], "others can reach this page and use this machine; give a login with --auth user:password"),
        (["--host", "192.168.0.1"], "others can reach this page"),
        (["--auth", "ann"], "a login is written user:password"),
        (["--language", "tlh"], "there is no language 'tlh'; there are en, ru, zh_CN"),
        (["--port", "99999"], "127.0.0.1:99999 cannot be listened at"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(tmp_path, capsys, arguments, said):
    status = main(["ui", "--out", str(tmp_path), "--engine", "preview", *arguments])
    out, err = capsys.readouterr()
    assert (status, out) == (2, "")
    assert err.startswith(f"anim: {said}")
    assert err.count("\n") == 1


def test_without_its_packages_it_says_what_to_install(tmp_path):
    (tmp_path / "starlette.py").write_text("raise ImportError")
    (tmp_path / "uvicorn.py").write_text("raise ImportError")
    done = anim_ui("--out", str(tmp_path), "--engine", "preview", PYTHONPATH=str(tmp_path))
    said = f"anim: the page needs starlette and uvicorn: {how_to_install('ui')}\n"
    assert (done.returncode, done.stderr) == (2, said)


@pytest.mark.parametrize(
    ("host", "generate"),
    [
        ("ru_RU", "Создать"),
        ("ru", "Создать"),
        ("zh_CN", "生成"),
        ("zh-Hans (Stable)", "生成"),
        ("None", None),
        ("de_DE", None),
        ("", None),
    ],
)
def test_a_host_s_name_for_a_language_finds_our_dictionary(host, generate):
    from lib_anim.page import document

    assert document.words_of_host(host).get("Generate") == generate


def test_dictionaries_have_every_text_of_the_essentials():
    from lib_anim.engines.webui import options as host_options
    from lib_anim.page import cautions, document
    from lib_anim.page.presets import PRESETS
    from lib_anim.page.questions import ESSENTIALS

    texts = {text for one in ESSENTIALS.values() for text in (one.label, one.help, *(label for _, label in one.choices))}
    texts |= {text for preset in PRESETS.values() for text in (preset.label, preset.help)}
    scripts = "".join(path.read_text(encoding="utf-8") for path in assets.files().values())
    texts |= set(re.findall(r'\b(?:t\(|drop: )"([^"]+)"', scripts))
    texts |= {
        cautions.FEW_STEPS,
        cautions.FLICKERS,
        host_options.NO_CHECKPOINT,
        host_options.NO_SCRIPT,
        *(line for _, line in cautions.SAMPLERS),
    }
    texts |= {text for option in host_options.OPTIONS for text in (option.label, option.info, *option.choices)}
    for language in ("ru", "zh_CN"):
        words = document.words(language)
        assert sorted(text for text in texts if text and text not in words) == []
        assert all(json.dumps(value) != '""' for value in words.values())
