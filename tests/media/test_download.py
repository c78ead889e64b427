"""Web addresses in settings: refused as long as nobody allows them, then fetched once, from a server on this machine."""

import argparse
import contextlib
import json
import runpy
import socket
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from lib_anim.cli import main
from lib_anim.errors import FieldError, OutputError, SettingsError
from lib_anim.features.open import make_shot
from lib_anim.hosts.run_now import checked, command_line
from lib_anim.images.frame import encode_png, read_picture
from lib_anim.media import addresses, download
from lib_anim.media.addresses import is_public
from lib_anim.media.download import fetched, is_address, shown
from lib_anim.plan.plan import make_plan
from lib_anim.runs import web_files
from lib_anim.settings.settings import dumps_brief
from tests.helpers import QUIET, problems_of, settings, write_tone
from tests.web import give, sent_to

PICTURE = encode_png(np.tile(np.uint8([[[200, 40, 90]]]), (48, 64, 1)))


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def got(address, folder, limit=1024, **more):
    return fetched(address, folder, limit, **{"local": True, **more})


# -- one file --------------------------------------------------------------------------------------------------------------


def test_a_file_is_fetched_once_and_lies_under_a_name_that_tells_it(web, tmp_path):
    web.files["/a/pic%20one.png?key=s3cret"] = PICTURE
    told = []
    first, second = (got(f"{web.url}/a/pic one.png?key=s3cret#top", tmp_path / "kept", announce=told.append) for _ in range(2))
    assert first == second
    assert first.read_bytes() == PICTURE
    assert first.name.endswith("-pic_one.png")
    assert [path.name for path in (tmp_path / "kept").iterdir()] == [first.name]
    assert web.asked == ["/a/pic%20one.png?key=s3cret"]
    assert told == [f"fetching {web.url}/a/pic one.png (0.2 KiB)"]


def test_two_addresses_of_one_name_are_two_files(web, tmp_path):
    web.files |= {"/1/x.png": b"1", "/2/x.png": b"22"}
    assert [got(f"{web.url}/{n}/x.png", tmp_path).read_bytes() for n in (1, 2)] == [b"1", b"22"]


def test_an_answer_that_tells_no_length_ends_where_it_ends(web, tmp_path):
    web.files["/x"] = lambda handler: give(handler, b"abc" * 100, -1)
    told = []
    assert got(f"{web.url}/x", tmp_path, announce=told.append).read_bytes() == b"abc" * 100
    assert told == [f"fetching {web.url}/x"]


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_it_goes_where_it_is_sent(web, tmp_path, code):
    if code == 308 and not hasattr(download.request.HTTPRedirectHandler, "http_error_308"):
        pytest.skip("Python 3.10 does not know it")
    web.files |= {"/old": sent_to("/new", code), "/new": b"here"}
    assert got(f"{web.url}/old", tmp_path).read_bytes() == b"here"


def slow(handler):
    give(handler, b"a", 10)
    threading.Event().wait(3.0)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (None, "there is nothing at this address; save the file, and write its path"),
        (lambda handler: handler.send_error(410), "there is nothing at this address; save the file, and write its path"),
        (lambda handler: handler.send_error(403), "the server answers with error 403; save the file, and write its path"),
        (lambda handler: handler.send_error(500), "the server answers with error 500; save the file, and write its path"),
        (bytes(1025), "larger than 1.0 KiB; save the file, and write its path"),
        (lambda handler: give(handler, bytes(1025), -1), "larger than 1.0 KiB; save the file, and write its path"),
        (lambda handler: give(handler, b"abc", 10), "the connection broke off after 3 of 10 bytes; try again"),
        (slow, "the server does not answer; save the file, and write its path"),
        (
            lambda handler: handler.wfile.write(b"nonsense\r\n\r\n"),
            "the server's answer is no HTTP, or broke off; save the file",
        ),
        *(
            (sent_to(to), "leads round and round, or to something that is not http or https; save the file, and write its path")
            for to in ("/x", "file:///etc/passwd", "ftp://127.0.0.1:9/x", "data:,x", "gopher://127.0.0.1/x")
        ),
    ],
)
def test_what_cannot_be_had_is_told_and_leaves_nothing(web, tmp_path, answer, said):
    if answer is not None:
        web.files["/x"] = answer
    with pytest.raises(FieldError) as error:
        got(f"{web.url}/x", tmp_path, timeout_s=0.4)
    assert str(error.value).startswith(f"{web.url}/x: {said}")
    assert list(tmp_path.iterdir()) == []


def test_a_server_that_trickles_is_not_waited_for_for_ever(web, tmp_path, monkeypatch):
    monkeypatch.setattr(download, "LONGEST_S", -1.0)
    web.files["/x"] = b"abc"
    with pytest.raises(FieldError, match=r"/x: not there after -?0 minutes; save the file, and write its path$"):
        got(f"{web.url}/x", tmp_path)


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("ftp://127.0.0.1/x.png", "ftp://127.0.0.1/x.png: only http and https are fetched"),
        ("file:///etc/passwd", "file:///etc/passwd: only http and https are fetched"),
        ("http:///x", "http:///x: only http and https are fetched"),
        ("http://127.0.0.1:port/x", "http://127.0.0.1:port/x: not an address"),
        ("http://[::1/x", "http://[::1/x: not an address"),
        ("http://a..b/x", "http://a..b/x: not an address"),
        ("https://ann:s3cret@127.0.0.1/x?y=z", "https://127.0.0.1/x: nothing is fetched with a login"),
    ],
)
def test_what_is_no_address_of_the_web_is_told_without_asking(tmp_path, monkeypatch, address, said):
    monkeypatch.setattr(socket.socket, "connect", lambda *_: pytest.fail("the network was asked"))
    with pytest.raises(FieldError) as error:
        got(address, tmp_path)
    assert str(error.value) == f"{said}; save the file, and write its path"
    assert list(tmp_path.iterdir()) == []


def test_a_host_that_is_not_there(tmp_path, monkeypatch):
    def unknown(*_, **__):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(FieldError, match=r"^http://nowhere\.invalid/x: there is no such host; save the file"):
        got("http://nowhere.invalid/x", tmp_path)


def test_a_door_that_is_closed(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{taken.getsockname()[1]}/x"
        with pytest.raises(FieldError, match="/x: cannot be reached: Connection refused; save the file"):
            got(address, tmp_path)


def test_a_folder_that_cannot_be_written(web, tmp_path):
    web.files["/x"] = b"abc"
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="file/kept: cannot be written: Not a directory"):
        got(f"{web.url}/x", tmp_path / "file/kept")


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("https://host/a.png", True),
        (" HTTP://host", True),
        ("ftp://host/x", True),
        ("", False),
        ("/a/b.png", False),
        ("C://a.png", False),
        ("a picture of http://x.png", False),
        ('{"docId": "https://host"}', False),
    ],
)
def test_what_an_address_is(text, meant):
    assert is_address(text) == meant


def test_an_address_is_shown_without_its_secrets():
    assert shown(" https://ann:s3@cret@host:80/a@b/c.png?key=1#x ") == "https://host:80/a@b/c.png"


# -- this machine and its network ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.8.9.1", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1"),
        *("224.0.0.1", "255.255.255.255", "240.0.0.1", "::1", "::", "fe80::1%eth0", "fc00::1", "fd12::1", "ff02::1"),
        *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a00:1", "2002:7f00:1::"),
    ],
)
def test_an_address_that_is_not_public(address):
    assert not is_public(address)


@pytest.mark.parametrize("address", ["93.184.215.14", "1.1.1.1", "2606:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101"])
def test_an_address_that_is_public(address):
    assert is_public(address)


HERE = ["127.0.0.1", "0x7f000001", "2130706433", "017700000001", "127.1", "localhost", "[::ffff:127.0.0.1]", "0", "127.0.0.1."]


@pytest.mark.parametrize("host", HERE)
def test_this_machine_is_not_reached(web, tmp_path, host):
    address = web.url.replace("127.0.0.1", host) + "/x"
    web.files["/x"] = b"secret"
    with pytest.raises(FieldError) as error:
        got(address, tmp_path, local=False)
    refused = f"{address}: on this machine, or in its network; save the file, and write its path, or allow it: --fetch-local"
    assert str(error.value) in (refused, f"{address}: there is no such host; save the file, and write its path")
    assert (web.asked, list(tmp_path.iterdir())) == ([], [])


def names(monkeypatch, *answers):
    """Let a name server give these answers, one after the other; the last one holds on."""
    left, real = list(answers), socket.getaddrinfo

    def resolve(host, *asked, **more):
        return real((left.pop(0) if len(left) > 1 else left[0]) if host == "films.example" else host, *asked, **more)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)


def test_a_name_of_this_machine_is_not_reached(web, tmp_path, monkeypatch):
    names(monkeypatch, "127.0.0.1")
    with pytest.raises(FieldError, match="/x: on this machine, or in its network"):
        got(web.url.replace("127.0.0.1", "films.example") + "/x", tmp_path, local=False)
    assert web.asked == []


def test_a_name_that_changes_after_the_look_is_not_asked(web, tmp_path, monkeypatch):
    names(monkeypatch, "1.1.1.1", "127.0.0.1")
    with pytest.raises(FieldError, match="/x: on this machine, or in its network"):
        got(web.url.replace("127.0.0.1", "films.example") + "/x", tmp_path, local=False)
    assert web.asked == []


def test_a_redirect_to_this_machine_is_shown_and_not_followed(web, tmp_path, monkeypatch):
    names(monkeypatch, "127.0.0.1")
    monkeypatch.setattr(addresses, "is_public", lambda _: True)  # stands for a server on the web
    monkeypatch.setattr(addresses, "check_public", lambda address, shown: refuse(shown) if "127.0.0.1" in address else None)

    def refuse(shown):
        raise FieldError(f"{shown} is refused")

    out, told = web.url.replace("127.0.0.1", "films.example"), []
    web.files |= {"/x": sent_to(f"{web.url}/secret?key=s3cret"), "/secret?key=s3cret": b"secret"}
    with pytest.raises(FieldError, match="/secret is refused"):
        got(f"{out}/x", tmp_path, local=False, announce=told.append)
    assert (web.asked, told) == (["/x"], [f"{out}/x leads to {web.url}/secret"])


def trickle_head(handler):
    with contextlib.suppress(OSError):
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        for _ in range(200):
            handler.wfile.write(b"x")
            time.sleep(0.05)


def trickle_body(handler):
    with contextlib.suppress(OSError):
        give(handler, b"", 500)
        for _ in range(200):
            handler.wfile.write(b"x")
            time.sleep(0.05)


@pytest.mark.parametrize("answer", [trickle_head, trickle_body])
def test_a_byte_now_and_then_meets_the_limit_of_the_whole(web, tmp_path, monkeypatch, answer):
    monkeypatch.setattr(download, "LONGEST_S", 0.5)
    web.files["/x"] = answer
    with pytest.raises(FieldError, match="/x: not there after 0 minutes"):
        got(f"{web.url}/x", tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("flag", "status"), [("--fetch", 2), ("--fetch-local", 0)])
def test_the_flag_for_this_machine(web, here, capsys, flag, status):
    web.files["/start.png"] = PICTURE
    file = write(use_init=True, init_image=f"{web.url}/start.png")
    found, err = anim(capsys, "check", file, flag)
    assert (found, len(web.asked)) == (status, status == 0)
    assert ("or allow it: --fetch-local" in " ".join(err)) == (status == 2)


# -- in settings -----------------------------------------------------------------------------------------------------------

USES = {
    "init_image": {"use_init": True},
    "color_coherence_image_path": {"color_coherence": "Image"},
    "depth_map": {"animation_mode": "3D", "use_depth_warping": True},
    "soundtrack_path": {"zoom": "0:(1 + rms)"},
    "video_init_path": {"color_coherence": "Video Input"},
    "parseq_manifest": {},
}


def all_named(url):
    # the last picture of clips counts in every film, if a painter of clips paints it
    return {key: f"{url}/{key}" for key in web_files.KEYS if key != "clip_last_frame"}


@pytest.mark.parametrize("key", USES)
def test_without_permission_an_address_is_refused_and_the_remedy_names_the_flag(key):
    changes = {**USES[key], key: "https://host/x?key=s3cret"}
    with pytest.raises(SettingsError) as error:
        make_shot(make_plan(settings(**changes)))
    (line,) = problems_of(error)
    assert line.startswith(f"{key}: a web address; nothing is downloaded; ")
    assert line.endswith(", or allow it: --fetch")
    assert "s3cret" not in line


@pytest.mark.parametrize("key", USES)
def test_only_what_the_film_goes_by_is_fetched(web, tmp_path, key):
    asked = settings(**{**all_named(web.url), "parseq_manifest": "", key: f"{web.url}/{key}", **USES[key]})
    found, problems = web_files.with_files(asked, tmp_path, local=True)
    assert web.asked == [f"/{key}"]
    assert [str(one) for one in problems] == [
        f"{key}: {web.url}/{key}: there is nothing at this address; save the file, and write its path"
    ]
    assert found == asked


@pytest.mark.parametrize(
    ("key", "changes"),
    [
        ("mask_file", {"use_noise_mask": True, "noise_schedule": 0.1, "noise_mask_schedule": '0:("{everywhere}")'}),
        ("mask_file", {"use_noise_mask": True}),  # there is no noise
        ("mask_file", {"use_mask": True, "animation_mode": "Interpolation"}),
        ("cn_1_vid_path", {"cn_2_enabled": True}),
        ("depth_map", {"animation_mode": "2D"}),
        ("video_init_path", {"hybrid_motion": "None"}),
        ("soundtrack_path", {"prompts": {"0": "the band on the beat"}}),
        ("soundtrack_path", {"add_soundtrack": "File", "skip_video_creation": True}),
    ],
)
def test_what_does_nothing_is_not_fetched(web, tmp_path, key, changes):
    asked = settings(**{key: f"{web.url}/{key}", **changes})
    assert web_files.with_files(asked, tmp_path, local=True) == (asked, ())
    assert web.asked == []


def test_a_mask_that_an_expression_names_is_fetched(web, tmp_path):
    web.files["/mask"] = PICTURE
    found, problems = web_files.with_files(
        settings(use_noise_mask=True, noise_schedule=0.1, mask_file=f"{web.url}/mask"), tmp_path, local=True
    )
    assert (problems, Path(found["mask_file"]).read_bytes()) == ((), PICTURE)


def test_a_network_is_never_fetched(web, tmp_path):
    asked = settings(flow_model=f"{web.url}/raft.onnx", optical_flow_cadence="RAFT", diffusion_cadence=2)
    assert web_files.with_files(asked, tmp_path, local=True) == (asked, ())
    assert web.asked == []


def test_recordings_may_be_larger_than_pictures(web, tmp_path, monkeypatch):
    monkeypatch.setattr(web_files, "_MOST_BYTES", 5)
    web.files |= {"/a": b"123456", "/b": b"123456"}
    assert web_files.fetch("soundtrack_path", f"{web.url}/a", tmp_path, local=True).read_bytes() == b"123456"
    with pytest.raises(FieldError, match="larger than"):
        web_files.fetch("init_image", f"{web.url}/b", tmp_path, local=True)


def test_what_is_fetched_can_name_more(web, tmp_path):
    """A manifest's schedules may be those that go by the sound."""
    web.files["/m"] = json.dumps({"rendered_frames": [{"frame": k, "zoom": 1 + k / 9} for k in range(6)]}).encode()
    web.files["/i"] = PICTURE
    asked = settings(parseq_manifest=f"{web.url}/m", use_init=True, init_image=f"{web.url}/i")
    found, problems = web_files.with_files(asked, tmp_path, local=True)
    assert (problems, sorted(web.asked)) == ((), ["/i", "/m"])
    plan = make_plan(found)
    assert plan.columns["zoom"][3] == pytest.approx(1 + 3 / 9)
    assert "127.0.0.1" not in dumps_brief(plan.settings)
    assert str(tmp_path) not in dumps_brief(plan.settings)


# -- on the command line ---------------------------------------------------------------------------------------------------


def write(name="film.json", **changes):
    Path(name).write_text(json.dumps({**QUIET, "max_frames": 2, "batch_name": "film", **changes}), encoding="utf-8")
    return name


def anim(capsys, *arguments):
    status = main([str(argument) for argument in arguments])
    return status, capsys.readouterr().err.splitlines()


def test_a_film_with_a_fetched_picture(web, here, capsys):
    web.files["/start.png?key=s3cret"] = PICTURE
    file = write(use_init=True, init_image=f"{web.url}/start.png?key=s3cret", strength=1, soundtrack_path=f"{web.url}/no.mp3")
    assert anim(capsys, "run", file, "--engine", "preview") == (
        2,
        [
            "anim: film.json: init_image: a web address; nothing is downloaded; "
            "write the path of a picture file, or allow it: --fetch"
        ],
    )
    status, err = anim(capsys, "run", file, "--engine", "passthrough", "--fetch-local")
    assert status == 0
    assert err[0] == f"anim: fetching {web.url}/start.png (0.2 KiB)"
    first = Path("output/film/frames/000000000.png")
    assert read_picture(first)[20, 30].tolist() == [200, 40, 90]
    (kept,) = Path("output/.fetched").iterdir()
    assert json.loads(Path("output/film/settings.json").read_text())["init_image"] == str(kept.absolute())
    assert "s3cret" not in "".join(path.read_text() for path in Path("output/film").glob("*.json*"))
    assert b"127.0.0.1" not in first.read_bytes()

    status, err = anim(capsys, "run", file, "--engine", "passthrough", "--fetch-local")
    assert (status, [line for line in err if "fetching" in line], web.asked) == (0, [], ["/start.png?key=s3cret"])
    assert Path("output/film_2/frames/000000000.png").read_bytes() == first.read_bytes()


def test_a_run_goes_on_without_the_network_and_without_the_flag(web, here, capsys):
    web.files["/start.png"] = PICTURE
    file = write(use_init=True, init_image=f"{web.url}/start.png", max_frames=4)
    assert anim(capsys, "run", file, "--engine", "passthrough", "--fetch-local", "--out", "whole")[0] == 0
    assert anim(capsys, "run", file, "--engine", "passthrough", "--fetch-local")[0] == 0
    folder = Path("output/film")
    for index in (2, 3):
        (folder / f"frames/00000000{index}.png").unlink()
    for state in sorted((folder / "state").iterdir())[1:]:
        state.unlink()
    web.files.clear()
    assert anim(capsys, "run", "--resume", folder)[0] == 0
    assert anim(capsys, "run", file, "--resume", folder, "--fetch-local")[0] == 0
    assert len(web.asked) == 2  # once for each place
    settings_of = (json.loads((path / "film/settings.json").read_text()) for path in (Path("whole"), Path("output")))
    assert [Path(one["init_image"]).parent for one in settings_of] == [here / "whole/.fetched", here / "output/.fetched"]
    for path in folder.glob("frames/*"):
        pixels = read_picture(path), read_picture(Path("whole/film/frames") / path.name)
        assert np.array_equal(*pixels)


@pytest.mark.parametrize("command", ["run", "preview", "check", "plan", "plot", "explain"])
def test_every_command_that_reads_settings_takes_the_flag(web, here, capsys, command):
    if command == "plot":
        pytest.importorskip("matplotlib")
    web.files["/manifest"] = json.dumps({"rendered_frames": [{"frame": 0, "zoom": 1}, {"frame": 1, "zoom": 1.5}]}).encode()
    file = write(parseq_manifest=f"{web.url}/manifest", parseq_non_schedule_overrides=True)
    more = ["--engine", "preview"] if command == "run" else []
    assert anim(capsys, command, file, *more)[0] == 2
    assert anim(capsys, command, file, *more, "--fetch-local")[0] == 0
    assert web.asked == ["/manifest"]


def test_check_tells_what_cannot_be_fetched_among_all_problems(web, here, capsys):
    file = write(use_init=True, init_image=f"{web.url}/a.png", zoom="0:(q)", steps="many")
    status, err = anim(capsys, "check", file, "--fetch-local")
    assert status == 2
    assert sorted(line.split(": ")[2].partition(",")[0] for line in err) == ["init_image", "steps", "zoom"]
    assert f"anim: film.json: init_image: {web.url}/a.png: there is nothing at this address; save the file" in " ".join(err)


def test_a_sound_goes_along_and_is_left_out_where_it_may(web, here, capsys):
    write_tone(here / "tone.wav", 1.0)
    web.files["/tone.wav"] = (here / "tone.wav").read_bytes()
    file = write(add_soundtrack="File", soundtrack_path=f"{web.url}/tone.wav")
    status, err = anim(capsys, "run", file, "--engine", "preview")
    assert (status, err) == (
        2,
        [
            "anim: film.json: soundtrack_path: sound from a web address: nothing is downloaded; write the path of a sound "
            "file, or allow it: --fetch, or go on without it: --allow-missing"
        ],
    )
    status, err = anim(capsys, "preview", file)
    assert status == 0
    assert "left out: soundtrack_path: sound from a web address: nothing is downloaded" in " ".join(err)
    status, err = anim(capsys, "preview", file, "--fetch-local")
    assert status == 0
    assert "left out" not in " ".join(err)


def test_a_playlist_that_is_fetched_leads_nowhere(web, here, capsys):
    web.files |= {
        "/a.m3u8": f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{web.url}/b.ts\n#EXT-X-ENDLIST\n".encode(),
        "/b.ts": b"",
    }
    file = write(add_soundtrack="File", soundtrack_path=f"{web.url}/a.m3u8")
    status, err = anim(capsys, "check", file, "--fetch-local")
    assert (status, web.asked) == (2, ["/a.m3u8"])
    assert "there is no sound in it" in err[-1]


# -- in a WebUI ------------------------------------------------------------------------------------------------------------


def flags(*arguments):
    parser = argparse.ArgumentParser()
    runpy.run_path(str(Path(__file__).parents[2] / "preload.py"))["preload"](parser)
    return parser.parse_args(arguments)


def test_the_flag_of_run_now_counts_for_the_look_before_the_checkpoint_too(web, here, capsys):
    web.files["/start.png"] = PICTURE
    file = write(use_init=True, init_image=f"{web.url}/start.png")
    command = command_line(flags("--anim-run-now", file, "--anim-fetch-local", "--anim-out", "films"))
    assert command == ["run", file, "--engine", "webui", "--out", "films", "--fetch-local"]
    assert checked(command) == 0
    assert len(list(Path("films/.fetched").iterdir())) == 1
    assert checked(command_line(flags("--anim-run-now", file))) == 2
    assert "or allow it: --anim-fetch" in capsys.readouterr().err
