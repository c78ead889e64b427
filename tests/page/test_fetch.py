"""The page and web addresses: what its host allows becomes uploads, and nothing of it where others reach the page."""

import json
import sys
import types

import pytest

from lib_anim.__main__ import main
from lib_anim.engines.catalog import EngineSpec
from lib_anim.errors import FieldError
from lib_anim.hosts import webui as webui_host
from lib_anim.page import server
from lib_anim.page.forms import Form
from lib_anim.page.service import Service
from lib_anim.runs import web_files
from tests.helpers import QUIET, english, write_tone
from tests.media.test_download import PICTURE
from tests.webui_host import webui

ANSWERED = {"scenes": None, "movement": None}


@pytest.fixture
def allowed():
    """Whether the host allows it; a test may change that."""
    return types.SimpleNamespace(now=True)


@pytest.fixture
def service(tmp_path, allowed):
    service = Service(tmp_path / "out", EngineSpec("passthrough"), may_fetch=lambda: allowed.now, fetch_local=True)
    yield service
    service.close()


def film(**changes):
    return json.dumps({**QUIET, "max_frames": 2, **changes}).encode()


def manifest(n=6):
    return json.dumps({"rendered_frames": [{"frame": k, "zoom": 1 + k / 9} for k in range(n)]}).encode()


def test_what_a_loaded_file_goes_by_becomes_uploads(service, web, tmp_path):
    write_tone(tmp_path / "tone.wav")
    web.files |= {"/a.png": PICTURE, "/tone.wav": (tmp_path / "tone.wav").read_bytes()}
    named = {key: f"{web.url}/{key}" for key in web_files.KEYS if key not in ("parseq_manifest", "clip_last_frame")}
    loaded = service.load(
        film(
            **named | {"init_image": f"{web.url}/a.png", "soundtrack_path": f"{web.url}/tone.wav"},
            **{"use_init": True, "add_soundtrack": "File"},
        ),
        "film.json",
    )
    assert sorted(web.asked) == ["/a.png", "/tone.wav"]
    asked = Form(loaded["essentials"], loaded["changes"])
    assert service.validate(asked)["problems"] == []
    said = {key: str(value) for key, value in {**loaded["essentials"], **loaded["changes"]}.items()}
    assert sorted(value.partition("-")[0] for value in said.values() if value.endswith((".png", ".wav"))) == [
        "picture",
        "sound",
    ]
    job = service.begin(asked, "film")
    assert job.over.wait(60)
    assert job.state == "done"
    written = json.loads((job.folder.path / "settings.json").read_text())
    assert written["init_image"].startswith(str(tmp_path / "out/.pictures/picture-"))


def test_the_text_of_the_page_is_such_a_file(service, web):
    web.files["/a.png"] = PICTURE
    text = json.dumps({"use_init": True, "init_image": f"{web.url}/a.png"})
    written = service.rewrite(Form(ANSWERED, {}), text)
    assert written["changes"]["init_image"].startswith("picture-")
    assert (written["problems"], written["notes"][1:]) == ([], [])


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "init_image: nothing is taken from its address: {url}/x: there is nothing at this address"),
        (b"<html>", "init_image: nothing is taken from its address: not a picture that can be read; PNG, JPEG and WebP can"),
    ],
)
def test_what_leads_to_nothing_is_a_remark_and_the_file_is_loaded(service, web, content, said):
    web.files |= {"/x": content} if content else {}
    loaded = service.load(film(use_init=True, init_image=f"{web.url}/x"), "film.json")
    assert [english(note) for note in loaded["notes"]] == [said.format(url=web.url)]
    (problem,) = service.validate(Form(loaded["essentials"], loaded["changes"]))["problems"]
    assert english(problem["reason"]) == "there is no start picture"


def test_without_permission_nothing_is_asked_for(service, web, allowed):
    allowed.now = False
    web.files |= {"/a.png": PICTURE, "/m": manifest()}
    loaded = service.load(film(use_init=True, init_image=f"{web.url}/a.png", parseq_manifest=f"{web.url}/m"), "film.json")
    problems = service.validate(Form(loaded["essentials"], loaded["changes"]))["problems"]
    assert [(one["key"], english(one["reason"])) for one in problems] == [
        ("parseq_manifest", "a web address; nothing is downloaded"),
        ("init_image", "there is no start picture"),
    ]
    assert english(problems[0]["remedy"]).endswith(
        "the page's host can allow it: anim ui takes --fetch, a WebUI has it under Settings > Anim"
    )
    assert web.asked == []


def test_a_strangers_paths_and_networks_are_not_looked_at(service, web, tmp_path, monkeypatch):
    web.files["/a.png"] = PICTURE
    (tmp_path / "secret.png").write_bytes(PICTURE)
    (tmp_path / "raft.onnx").write_bytes(b"network")
    monkeypatch.setattr("lib_anim.features.common.optical_flow.raft", lambda _: pytest.fail("a stranger's network was loaded"))
    monkeypatch.setattr("lib_anim.shot.steps.read_picture", lambda _: pytest.fail("a stranger's path was read"))
    strange = {"color_coherence": "Image", "color_coherence_image_path": str(tmp_path / "secret.png")}
    strange |= {"optical_flow_cadence": "RAFT", "diffusion_cadence": 2, "flow_model": str(tmp_path / "raft.onnx")}
    loaded = service.load(film(use_init=True, init_image=f"{web.url}/a.png", **strange), "film.json")
    assert web.asked == ["/a.png"]
    assert not {"flow_model", "color_coherence_image_path"} & loaded["changes"].keys()


# -- a manifest's address, typed -------------------------------------------------------------------------------------------


def test_a_manifest_by_its_address(service, web):
    web.files["/m?key=s3cret"] = manifest()
    asked = Form(ANSWERED, {**QUIET, "parseq_manifest": f" {web.url}/m?key=s3cret "})
    for _ in range(2):
        look = service.validate(asked)
        assert look["problems"] == []
        assert look["curves"]
    assert web.asked == ["/m?key=s3cret"]
    assert json.loads(service.save(asked))["parseq_manifest"] == manifest().decode()


def test_an_address_that_fails_is_not_asked_for_with_every_letter(service, web):
    asked = Form(ANSWERED, {**QUIET, "parseq_manifest": f"{web.url}/m"})
    for _ in range(3):
        (problem,) = service.validate(asked)["problems"]
        assert problem["text"] == (
            f"parseq_manifest: {web.url}/m: there is nothing at this address; put the text of the file here"
        )
    assert web.asked == ["/m"]


@pytest.mark.parametrize("content", [b"/etc/passwd", b"<html>{}</html>", b"", b"\xff\xfe"])
def test_what_is_no_manifest_is_not_taken_as_a_path(service, web, content):
    web.files["/m"] = content
    (problem,) = service.validate(Form(ANSWERED, {**QUIET, "parseq_manifest": f"{web.url}/m"}))["problems"]
    assert english(problem["reason"]) == f"{web.url}/m: no Parseq manifest"


@pytest.mark.parametrize("key", ["parseq_manifest", "init_images"])
def test_paths_stay_refused(service, key):
    with pytest.raises(FieldError, match="a page reads no files and no addresses; put the text of the file here"):
        service.uploads.text(key, "/etc/passwd")
    with pytest.raises(FieldError, match="a page reads no files and no addresses"):
        service.uploads.text("init_images", "https://host/x")


# -- who allows it ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "more", [["--listen", "--auth", "ann:s3cret"], ["--listen", "--no-auth"], ["--host", "::", "--no-auth"]]
)
def test_not_where_others_reach_the_page(capsys, more):
    assert main(["ui", "--engine", "preview", "--fetch", *more]) == 2
    assert capsys.readouterr().err == (
        "anim: others can reach this page, and would fetch from this machine's network; leave out --fetch\n"
    )


@pytest.mark.parametrize("more", [[], ["--fetch"]])
def test_the_flag_of_the_page(monkeypatch, tmp_path, more):
    served = []
    monkeypatch.setattr(server, "serve", lambda service, *_: served.append(service.uploads._may_fetch()) or service.close())
    assert main(["ui", "--engine", "preview", "--out", str(tmp_path), *more]) == 0
    assert served == [bool(more)]


def test_the_option_of_the_webui_counts_while_it_runs(web, tmp_path, monkeypatch):
    web.files["/m"] = manifest()
    monkeypatch.setattr(webui_host, "_state", {})
    with webui() as host:
        flags, asked = sys.modules["modules.shared"].cmd_opts, ("parseq_manifest", f"{web.url}/m")
        flags.anim_out, flags.anim_fetch_local = str(tmp_path), True
        uploads = webui_host._service().uploads
        for allowed, listening in ((False, False), (True, False), (True, True)):
            host.opts.data["anim_fetch"], flags.listen = allowed, listening
            if allowed and not listening:
                assert uploads.text(*asked) == manifest().decode()
            else:
                with pytest.raises(FieldError, match="nothing is downloaded"):
                    uploads.text(*asked)
        webui_host._service().close()
