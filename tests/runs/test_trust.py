"""A stranger's run folder: what it names outside of itself is shown, and used only when somebody here says yes."""

import json
import os
import stat

import pytest

from lib_anim import files
from lib_anim.cli import main
from lib_anim.engines.catalog import EngineSpec
from lib_anim.images.frame import write_png
from lib_anim.images.test_card import test_card as card
from lib_anim.media.download import is_address
from lib_anim.runs import outside, own
from lib_anim.runs.folder import RunFolder
from lib_anim.runs.outside import paths_outside
from lib_anim.runs.resume import log_start, resuming
from lib_anim.settings import settings as settings_file
from tests.helpers import settings

PREVIEW = EngineSpec("preview")
FAR = EngineSpec("webui-api", url="http://10.9.8.7:1")
MODEL = EngineSpec("diffusers", model="/theirs/a.safetensors", loras=("/theirs/loras",))


@pytest.fixture(autouse=True)
def me(tmp_path, monkeypatch):
    monkeypatch.setenv("ANIM_CONFIG", str(tmp_path / "me"))
    monkeypatch.chdir(tmp_path)


def begun(tmp_path, monkeypatch, engine, *, by="me", **changes):
    """A run that `by` began and nothing was painted of."""
    monkeypatch.setenv("ANIM_CONFIG", str(tmp_path / by))
    film = settings(max_frames=2, **changes)
    folder = RunFolder.create(tmp_path / "runs", "film", film)
    log_start(folder, engine, range(2), settings=film)
    folder.close()
    monkeypatch.setenv("ANIM_CONFIG", str(tmp_path / "me"))
    return folder.path


def resumed(capsys, path, *arguments):
    status = main(["run", "--resume", str(path), "--no-video", *arguments])
    return status, [line for line in capsys.readouterr().err.splitlines() if line.startswith("anim: ")]


# -- engines ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("engine", "arguments", "named"),
    [
        (FAR, [], ["--engine webui-api", "--url http://10.9.8.7:1"]),
        (FAR, ["--url", "http://127.0.0.1:9"], ["--engine webui-api"]),
        (FAR, ["--engine", "webui-api"], ["--url http://10.9.8.7:1"]),
        (EngineSpec("webui-api"), [], ["--engine webui-api", "--url http://127.0.0.1:7860"]),
        (MODEL, [], ["--model /theirs/a.safetensors", "--lora /theirs/loras"]),
        (MODEL, ["--model", "mine.safetensors"], ["--lora /theirs/loras"]),
        (PREVIEW, [], None),
        (FAR, ["--engine", "preview"], None),
        (MODEL, ["--engine", "passthrough"], None),
    ],
)
def test_what_a_stranger_s_engine_reaches_is_shown_and_not_used(tmp_path, monkeypatch, capsys, engine, arguments, named):
    path = begun(tmp_path, monkeypatch, engine, by="stranger")
    status, lines = resumed(capsys, path, *arguments)
    if named is None:
        assert status == 0, lines
        return
    assert (status, len(lines)) == (2, 1)
    assert f"would go on with {', '.join(named)}; if you want that, say --trust-run" in lines[0]
    assert not any((path / "frames").iterdir())


@pytest.mark.parametrize("by", ["me", "nobody"])
def test_a_run_of_one_s_own_is_no_chore(tmp_path, monkeypatch, capsys, by):
    """Begun here it is not asked about; from before runs were signed, once."""
    path = begun(tmp_path, monkeypatch, MODEL)
    if by == "nobody":
        line = RunFolder(path).journal()[0]
        (path / "journal.jsonl").write_text(json.dumps({k: v for k, v in line.items() if k not in ("signature", "settings")}))
        status, lines = resumed(capsys, path)
        assert (status, len(lines)) == (2, 1)
        assert "before runs were signed" in lines[0]
        assert "there is no such model" in resumed(capsys, path, "--trust-run")[1][-1]
    for _ in range(2):
        status, lines = resumed(capsys, path)
        assert (status, lines[-1]) == (2, "anim: /theirs/a.safetensors: there is no such model")


def test_a_signature_holds_for_its_own_line_alone(tmp_path, monkeypatch, capsys):
    path = begun(tmp_path, monkeypatch, PREVIEW)
    line = RunFolder(path).journal()[0]
    (path / "journal.jsonl").write_text(json.dumps({**line, "engine": "webui-api", "url": "http://10.9.8.7:1"}) + "\n")
    assert resumed(capsys, path)[0] == 2
    for broken in (None, 7, "", "é", line["signature"][:-1] + "x"):
        assert not own.is_ours({**line, "signature": broken})
    assert own.is_ours(line)


def test_nothing_is_sent_to_a_stranger_s_address(tmp_path, monkeypatch, capsys):
    pytest.importorskip("httpx")
    from tests.webui_server import webui_server

    write_png(tmp_path / "private.png", card((64, 48)))
    start = {"use_init": True, "init_image": str(tmp_path / "private.png"), "sampler": "Euler"}
    with webui_server() as server:
        path = begun(tmp_path, monkeypatch, EngineSpec("webui-api", url=server.url), by="stranger", **start)
        status, lines = resumed(capsys, path)
        assert (status, len(lines), server.asked, server.jobs) == (2, 1, [], [])
        for named in (server.url, str(tmp_path / "private.png")):
            assert named in lines[0]
        again = ["--engine", "webui-api", "--url", server.url]
        assert resumed(capsys, path, *again)[0] == 2  # the picture was not given again
        assert server.asked == []
        picture = ["--set", f"init_image={tmp_path / 'private.png'}"]
        assert resumed(capsys, path, *again, *picture)[0] == 0
        assert len(server.jobs) == 2


def test_a_yes_is_remembered(tmp_path, monkeypatch, capsys):
    pytest.importorskip("httpx")
    from tests.webui_server import webui_server

    with webui_server() as server:
        path = begun(tmp_path, monkeypatch, EngineSpec("webui-api", url=server.url), by="stranger", sampler="Euler")
        assert resumed(capsys, path)[0] == 2
        assert resumed(capsys, path, "--trust-run")[0] == 0
        (path / "frames" / "000000001.png").unlink()
        assert resumed(capsys, path)[0] == 0


# -- files --------------------------------------------------------------------------------------------------------------


NOISE = {"noise_schedule": "0:(0.1)"}
FILES = [
    ({}, []),
    ({"use_init": True, "init_image": "/home/me/a.png"}, ["init_image"]),
    ({"use_init": False, "init_image": "/home/me/a.png"}, []),
    ({"use_init": True, "init_image": "FOLDER/a.png"}, []),
    ({"use_init": True, "init_image": "FOLDER/../a.png"}, ["init_image"]),
    ({"use_init": True, "init_image": "FOLDER/link/a.png"}, ["init_image"]),
    ({"use_init": True, "init_image": "http://10.9.8.7/a.png"}, ["init_image"]),
    ({"add_soundtrack": "File", "soundtrack_path": "/home/me/a.mp3"}, ["soundtrack_path"]),
    ({"parseq_manifest": "/home/me/a.json"}, ["parseq_manifest"]),
    ({"parseq_manifest": '{"rendered_frames": []}'}, []),
    ({**NOISE, "use_noise_mask": True, "noise_mask_schedule": "0:([/me/a.png] & [FOLDER/b.png])"}, ["noise_mask_schedule"]),
    ({**NOISE, "use_noise_mask": True, "noise_mask_schedule": "0:([FOLDER/b.png])"}, []),
    ({**NOISE, "use_noise_mask": False, "noise_mask_schedule": "0:([/me/a.png])"}, []),
]


@pytest.mark.parametrize(("changes", "keys"), FILES)
def test_files_outside_of_the_folder(tmp_path, changes, keys):
    folder = tmp_path / "film"
    folder.mkdir()
    (folder / "link").symlink_to(tmp_path)
    placed = {key: value.replace("FOLDER", str(folder)) for key, value in changes.items() if isinstance(value, str)}
    film = settings(**{**changes, **placed})
    assert list(paths_outside(film, [folder])) == keys
    assert list(paths_outside(film, [folder], keys)) == []


def test_a_network_of_a_stranger_is_asked_about_wherever_it_is(tmp_path):
    film = settings(flow_model=str(tmp_path / "raft.onnx"), optical_flow_cadence="RAFT", diffusion_cadence=2)
    assert list(paths_outside(film, [tmp_path])) == ["flow_model"]


# -- the secret ---------------------------------------------------------------------------------------------------------


def test_the_secret_is_made_once_for_this_user_alone(tmp_path):
    first = own.signature({"event": "start"})
    file = tmp_path / "me" / "secret"
    assert own.signature({"event": "start"}) == first
    assert os.name == "nt" or stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in file.parent.iterdir()] == ["secret"]
    file.write_text("torn")  # drawn anew; what it signed is then a stranger's
    assert own.signature({"event": "start"}) not in (first, None)


def test_where_no_secret_can_be_kept_runs_go_on_as_those_of_others(tmp_path, monkeypatch, capsys):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("ANIM_CONFIG", str(tmp_path / "file"))
    (tmp_path / "film.json").write_text('{"W": 64, "H": 48, "max_frames": 2, "batch_name": "film"}')
    assert main(["run", "film.json", "--engine", "preview", "--no-video"]) == 0
    assert "signature" not in RunFolder(tmp_path / "output" / "film").journal()[0]
    capsys.readouterr()
    assert resumed(capsys, tmp_path / "output" / "film")[0] == 0


def test_a_journal_that_is_no_journal_is_nobody_s(tmp_path, monkeypatch):
    path = begun(tmp_path, monkeypatch, PREVIEW)
    for line in (
        {"event": "start", "engine": ["preview"]},
        {"event": "start", "engine": "preview", "model": {"a": 1}},
        {"event": 3},
    ):
        (path / "journal.jsonl").write_text(json.dumps({**line, "frames": "ab"}) + "\n[1]\nnull\n")
        with resuming(path) as past:
            past.folder.close()
        assert (past.engine, past.frames, past.engine_is_ours) == (EngineSpec(), None, False)


@pytest.mark.parametrize(
    ("manifest", "named"),
    [
        ('{"rendered_frames": []}', {}),
        ("[]", {}),
        (' [{"frame": 0}]', {}),
        ("/else/where.json", {"parseq_manifest": "/else/where.json"}),
    ],
)
def test_a_manifest_that_is_text_is_no_file_outside(tmp_path, manifest, named):
    assert paths_outside(settings(parseq_manifest=manifest), [tmp_path / "run"]) == named


# -- shares of the network --------------------------------------------------------------------------------------------------

SHARES = ["\\\\server\\share\\x.png", "//server/share/x.png", "//Server/Share/folder/x.png", "\\\\?\\UNC\\server\\share\\x"]


@pytest.mark.parametrize("path", SHARES)
def test_a_share_is_no_web_address_and_known_on_windows_alone(monkeypatch, path):
    assert not is_address(path)
    assert outside.share_of(path) == ""
    monkeypatch.setattr(outside, "_HAS_SHARES", True)
    assert outside.share_of(path).startswith("\\\\")
    assert [outside.share_of(local) for local in ("C:\\x.png", "C:/x", "x.png", "/x", "\\x")] == [""] * 5


@pytest.mark.parametrize(
    ("changes", "arguments", "asked"),
    [
        ({"use_init": True, "init_image": "//server/share/x.png"}, [], True),
        ({"parseq_manifest": "//server/share/x.png"}, [], True),
        ({"init_image": "//server/share/x.png"}, [], False),  # not used
        ({"use_init": True}, ["--set", "init_image=//server/share/x.png"], False),
    ],
)
def test_a_stranger_s_share_is_not_opened_before_a_yes(tmp_path, monkeypatch, capsys, changes, arguments, asked):
    monkeypatch.setattr(outside, "_HAS_SHARES", True)
    opened, check_file = [], files.check_file
    monkeypatch.setattr(files, "check_file", lambda path, limit: opened.append(str(path)) or check_file(path, limit))
    (tmp_path / "film.json").write_text(json.dumps({"anim_version": "x", "prompts": {"0": "a"}, "max_frames": 2, **changes}))
    main(["check", str(tmp_path / "film.json"), *arguments])
    words = "//server/share/x.png is on another machine, and opening it sends that machine your login; if you trust it, say so"
    assert (words in capsys.readouterr().err) is asked
    assert ("//server/share/x.png" in opened) is ("--set" in arguments)


def test_a_file_beside_settings_on_a_share_is_opened(monkeypatch):
    monkeypatch.setattr(outside, "_HAS_SHARES", True)
    film = {"use_init": True, "init_image": "//server/share/x.png"}
    sources = {"//SERVER/share/film.json": 0, "//server/other/film.json": 1, "/film.json": 1}
    assert {source: len(outside.check_shares(settings_file.parse(film, source))) for source in sources} == sources
