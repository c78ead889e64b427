"""Settings inside frames and videos: they come back, nothing private is told, and strangers' files are refused."""

import io
import json
import os
import re
import shutil
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from lib_anim import __version__
from lib_anim.cli import main
from lib_anim.errors import SettingsError
from lib_anim.images.frame import encode_png, read_picture
from lib_anim.images.test_card import test_card as card
from lib_anim.media import metadata
from lib_anim.media.encode import VideoWriter, convert, find_ffmpeg
from lib_anim.settings.settings import dumps_brief, parse
from tests.helpers import settings, write_tone

GIVEN = {"W": 64, "H": 48, "max_frames": 6, "zoom": "0:(1.1)", "batch_name": "film", "anim_version": "test"}
WORDS = {"0": 'a=b;c#d\\e "\u0436" \u6f22\n2 <&amp;> ' + "long " * 60, "3": "dusk"}
TEXT = '{"anim_version": "test"}'


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def filmed(folder="output/film", **given):
    Path("film.json").write_text(json.dumps({**GIVEN, "prompts": WORDS, **given}), encoding="utf-8")
    assert main(["run", "film.json", "--engine", "passthrough"]) == 0
    return Path(folder)


def text_in(path):
    with path.open("rb") as file:
        return metadata.carried(file, path.name).decode()


def pictures(folder):
    return {path.name: path.read_bytes() for path in sorted((folder / "frames").iterdir())}


def said_by_ffmpeg(path):
    """The comment of a video as ffmpeg gives it out, escapes undone."""
    command = [find_ffmpeg(), "-v", "error", "-i", str(path), "-f", "ffmetadata", "-"]
    told = subprocess.run(command, capture_output=True, check=True).stdout.decode()
    (line,) = (line for line in told.splitlines() if line.startswith("comment="))
    return re.sub(r"\\(.)", r"\1", line.removeprefix("comment="))


# -- what is written ----------------------------------------------------------------------------------------------------


def test_frames_and_video_carry_what_was_given(here):
    folder = filmed(seed=-1)
    text = text_in(folder / "film.mp4")
    drawn = json.loads((folder / "settings.json").read_text())["seed"]
    expected = {**GIVEN, "seed": drawn, "prompts": WORDS, "anim_version": __version__}
    assert json.loads(text) == expected
    assert {text_in(path) for path in (folder / "frames").iterdir()} == {text}
    with Image.open(folder / "frames/000000000.png") as picture:  # readers that are not ours
        assert picture.text == {"anim": text}
    assert said_by_ffmpeg(folder / "film.mp4") == text


def test_the_picture_is_the_same_with_and_without(tmp_path):
    chunk = metadata.png_chunk(TEXT)
    (tmp_path / "a.png").write_bytes(encode_png(card((64, 48)), chunk))
    assert encode_png(card((64, 48)), chunk).replace(chunk, b"") == encode_png(card((64, 48)))
    assert np.array_equal(read_picture(tmp_path / "a.png"), card((64, 48)))
    assert np.array_equal(cv2.imread(str(tmp_path / "a.png"))[..., ::-1], card((64, 48)))


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({}, {}),
        ({"steps": 25, "zoom": "0: (1.0025+0.002*sin(1.25*3.14*t/30))"}, {}),  # as by default
        ({"steps": 7, "use_init": True, "init_image": "/home/ann/me.png"}, {"steps": 7, "use_init": True}),
        ({"soundtrack_path": "C:\\Users\\ann\\a.mp3", "video_init_path": "x.mp4", "cn_2_vid_path": "y"}, {}),
        ({"init_images": '{"0": "/home/ann/a.png"}', "image_path": "/home/ann", "mask_schedule": '0:("[/a.png]")'}, {}),
        ({"outdir": "/home/ann", "sd_model_name": "secret", "wan_model_path": "/home/ann"}, {}),
        ({"batch_name": "Deforum_{timestring}"}, {}),
        ({"batch_name": "sea_{timestring}"}, {"batch_name": "sea_{timestring}"}),
        ({"batch_name": "/home/ann/films/sea"}, {"batch_name": "sea"}),
        ({"batch_name": "C:\\Users\\ann\\sea"}, {"batch_name": "sea"}),
        ({"batch_name": "../.."}, {"batch_name": ".."}),
        ({"batch_name": "home/"}, {"batch_name": "home"}),
    ],
)
def test_only_what_differs_is_told_and_no_paths(given, told):
    assert json.loads(dumps_brief(parse({"anim_version": "test", **given}))) == {**told, "anim_version": __version__}


def test_no_folder_is_told(here):
    secret = here / "ann_smith"
    secret.mkdir()
    write_tone(secret / "tone.wav")
    (secret / "start.png").write_bytes(encode_png(card((64, 48))))
    paths = {"soundtrack_path": str(secret / "tone.wav"), "init_image": str(secret / "start.png")}
    folder = filmed(add_soundtrack="File", use_init=True, outdir=str(secret), **paths)
    files = [folder / "film.mp4", *(folder / "frames").iterdir()]
    for content in [*(path.read_bytes() for path in files), *(text_in(path).encode() for path in files)]:
        assert b"ann_smith" not in content
        assert str(here).encode() not in content
        assert b"tone" not in content


@pytest.mark.parametrize("size", [metadata.MOST, metadata.MOST + 1])
def test_what_is_too_long_is_left_out_and_pictures_stay_readable(tmp_path, size):
    short = len(dumps_brief(settings(animation_prompts_positive="x")))
    text = metadata.text_of(settings(animation_prompts_positive="x" * (size - short + 1)))
    assert len(text) == (size if size == metadata.MOST else 0)
    (tmp_path / "a.png").write_bytes(encode_png(card((64, 48)), metadata.png_chunk(text)))
    assert np.array_equal(read_picture(tmp_path / "a.png"), card((64, 48)))


def test_a_resumed_run_is_the_same_to_the_byte(here):
    whole = filmed(seed=5, fps=23.976, diffusion_cadence=2, steps="7")
    shutil.copytree(whole, "broken/film")
    for path in ("frames/000000005.png", "film.mp4"):
        Path("broken/film", path).unlink()
    assert main(["run", "--resume", "broken/film"]) == 0
    assert pictures(Path("broken/film")) == pictures(whole)
    assert Path("broken/film/film.mp4").read_bytes() == (whole / "film.mp4").read_bytes()
    (whole / "film.mp4").unlink()
    assert main(["stitch", str(whole)]) == 0
    assert Path("broken/film/film.mp4").read_bytes() == (whole / "film.mp4").read_bytes()


def test_sound_takes_nothing_away(here):
    write_tone(here / "tone.wav")
    folder = filmed(add_soundtrack="File", soundtrack_path="tone.wav")
    assert json.loads(text_in(folder / "film.mp4"))["prompts"] == WORDS
    assert said_by_ffmpeg(folder / "film.mp4") == text_in(folder / "frames/000000003.png")


@pytest.mark.parametrize("kind", ["gif", "webp"])
def test_moving_pictures_carry_it_and_move_as_before(here, kind):
    folder = filmed(seed=3, W=80, **{f"make_{kind}": True})
    moving = folder / f"film.{kind}"
    text = text_in(moving)
    assert json.loads(text)["prompts"] == WORDS
    assert text == text_in(folder / "film.mp4")
    convert(folder / "film.mp4", here / f"plain.{kind}")
    with Image.open(moving) as picture, Image.open(here / f"plain.{kind}") as plain:
        assert picture.n_frames == plain.n_frames
        assert (picture.info["loop"], picture.size) == (0, (80, 48))
        for index in range(plain.n_frames):
            picture.seek(index)
            plain.seek(index)
            assert np.array_equal(picture.convert("RGB"), plain.convert("RGB"))
    decode = [find_ffmpeg(), "-v", "error", "-i", str(moving), "-f", "null", "-"]
    assert subprocess.run(decode, capture_output=True, check=True).stderr == b""
    assert main(["check", str(moving)]) == 0


@pytest.mark.parametrize("kind", ["gif", "webp"])
def test_one_still_picture_stays_whole(here, kind):
    folder = filmed(max_frames=1, **{f"make_{kind}": True})
    with Image.open(folder / f"film.{kind}") as picture:
        picture.load()
        assert picture.size == (64, 48)


def test_a_film_that_breaks_off_carries_it_too(tmp_path):
    program = f"""
import os, sys
sys.path[:0] = {sys.path!r}
from lib_anim.images.test_card import test_card
from lib_anim.media.encode import VideoWriter
video = VideoWriter({str(tmp_path / "v.mp4")!r}, (64, 48), 12, comment={TEXT!r})
for _ in range(30):
    video.write(test_card((64, 48)))
video._process.stdin.close()
video._process.wait()
os._exit(9)
"""
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 9
    assert b"moof" in (tmp_path / "v.mp4").read_bytes()
    assert text_in(tmp_path / "v.mp4") == TEXT


def test_a_long_comment_and_nothing_left_beside(tmp_path):
    text = json.dumps({"anim_version": "\\=#;\u0436\n" * 20_000}, ensure_ascii=False)
    with VideoWriter(tmp_path / "v.mp4", (64, 48), 12, comment=text) as video:
        video.write(card((64, 48)))
    assert text_in(tmp_path / "v.mp4") == text
    assert [path.name for path in tmp_path.iterdir()] == ["v.mp4"]


# -- what is read -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["film.mp4", "frames/000000002.png"])
def test_a_film_is_its_own_settings_file(here, capsys, name):
    folder = filmed(seed=-1, classic=True, noise_schedule="0:(0.1)")
    shutil.copy(folder / name, "renamed.json")  # content counts, not the name
    assert main(["run", "renamed.json", "--engine", "passthrough"]) == 0
    assert pictures(Path("output/film_2")) == pictures(folder)
    capsys.readouterr()
    assert main(["check", "renamed.json", "--set", "max_frames=9"]) == 0
    assert capsys.readouterr().out == "renamed.json: fine, 9 frames, 5 of them painted\n"


def test_what_a_film_lacks_is_said(here, capsys):
    write_tone(here / "tone.wav")
    folder = filmed(add_soundtrack="File", soundtrack_path="tone.wav")
    capsys.readouterr()
    assert main(["check", str(folder / "film.mp4")]) == 2
    assert "soundtrack_path: add_soundtrack is File and there is no file" in capsys.readouterr().err
    assert main(["check", str(folder / "film.mp4"), "--set", "soundtrack_path=tone.wav"]) == 0


def png(chunk=b"", size=(8, 8)):
    return encode_png(card(size), chunk)


def text_chunk(kind, content):
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def box(kind, content=b"", size=None):
    return struct.pack(">I", len(content) + 8 if size is None else size) + kind + content


def mp4(comment, *before, **sizes):
    inner = box(b"data", bytes(8) + comment, sizes.get("data"))
    for kind in (b"\xa9cmt", b"ilst", b"meta", b"udta", b"moov"):
        inner = box(kind, bytes(4) * (kind == b"meta") + inner, sizes.get(kind.decode("latin-1")))
    return b"".join((box(b"ftyp", b"isom"), *before, inner))


def webp(xmp):
    return b"RIFF" + struct.pack("<I", len(xmp) + 12) + b"WEBPXMP " + struct.pack("<I", len(xmp)) + xmp


def gif(*blocks):
    """A GIF with one comment, of blocks that begin with their length, and no frame."""
    return b"GIF89a" + bytes(7) + b"!\xfe" + b"".join(blocks) + b"\0"


# a megabyte of marks in 300 bytes, which a search for the end of each reads again and again
XMP_BOMB = b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(b'"x-default">' * 87_000)
WIDE = struct.pack(">I4sQ", 1, b"free", 20) + bytes(4)  # a box with its size in eight bytes
NONE, DAMAGED = "carries no settings of anim", "the video is damaged"
PICTURE = "the picture is damaged, or has a text of more than 1 MB"


@pytest.mark.parametrize(
    "content",
    [
        png(metadata.png_chunk(TEXT)),
        png(text_chunk(b"tEXt", b"anim\0" + TEXT.encode())),  # written again by another tool
        png(text_chunk(b"tEXt", b"Software\0x") + metadata.png_chunk(TEXT))[:-30],  # pixels cut off
        png(text_chunk(b"zTXt", b"anim\0\0" + zlib.compress(TEXT.encode()))),
        mp4(TEXT.encode()),
        mp4(TEXT.encode(), WIDE, box(b"free")),
        mp4(TEXT.encode()) + box(b"mdat", b"x", 10**6),  # only the beginning of it
        mp4(TEXT.encode(), moov=0),
    ],
)
def test_what_carries_settings(content):
    assert metadata.carried(io.BytesIO(content), "film") == TEXT.encode()
    assert metadata.read(content, "film")["anim_version"] == __version__


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (png(), NONE),
        (png(text_chunk(b"tEXt", b"parameters\0a cat")), NONE),
        (png(metadata.png_chunk('{"workflow": {}}')), NONE),
        (png(metadata.png_chunk(TEXT))[:60], PICTURE),
        (png(metadata.png_chunk(TEXT)).replace(b"anim", b"anin", 1), PICTURE),  # its checksum is another one
        (png(text_chunk(b"iTXt", b"anim\0\1\0\0\0" + zlib.compress(bytes(2**21)))), PICTURE),
        (png(text_chunk(b"zTXt", b"anim\0\0" + zlib.compress(bytes(2**21)))), PICTURE),
        (png(text_chunk(b"iTXt", XMP_BOMB)), NONE),
        (webp(b'"x-default">' * 90_000), NONE),
        (webp(b'"x-default">' + b"&#" * 900_000 + b"<"), NONE),
        (webp(bytes(9 * 2**20)), PICTURE),
        (webp(b"")[:-4] + struct.pack("<I", 99), PICTURE),
        (gif(b"\xff" + b"x" * 255) + b";", NONE),
        (gif(*[b"\xff" + b"x" * 255] * 4200), PICTURE),
        (gif(b"\xff" + b"x" * 255)[:-9], PICTURE),
        (png()[:8], PICTURE),
        (b"GIF89a", PICTURE),
        (b"RIFF\x04\0\0\0WEBP", NONE),
        (mp4(b"https://host/film"), NONE),
        (mp4(b'{"prompt": {}}'), NONE),
        (box(b"ftyp", b"isom") + box(b"moov"), NONE),
        (box(b"ftyp", b"isom"), NONE),
        (box(b"ftyp", b"isom") + box(b"mdat", b"x", 10**6), NONE),
        (box(b"ftyp", b"isom") + box(b"free") * 20_000 + mp4(TEXT.encode()), NONE),
        (mp4(b"", data=8), NONE),
        (mp4(TEXT.encode())[:-5], DAMAGED),
        (mp4(TEXT.encode(), data=10**6), DAMAGED),
        (mp4(TEXT.encode(), udta=3), DAMAGED),
        (mp4(TEXT.encode(), struct.pack(">I4s", 7, b"free")), DAMAGED),
        (mp4(TEXT.encode() + b" " * 2**20), "the video has a comment of more than 1 MB"),
    ],
)
def test_what_does_not_is_refused_in_a_line(tmp_path, content, reason):
    (tmp_path / "film").write_bytes(content)
    line = f"film: {reason}; take a frame or the video of a run, or its settings.json"
    for read in (lambda: metadata.read(content, "film"), lambda: metadata.load(tmp_path / "film")):
        with pytest.raises(SettingsError) as error:
            read()
        assert [str(problem) for problem in error.value.problems] == [line.removeprefix("film: ")]
    assert error.value.lines() == [f"{tmp_path}{os.sep}{line}"]


def test_faults_inside_are_told_by_the_files_name(here, capsys):
    Path("film.png").write_bytes(png(metadata.png_chunk('{"anim_version": "1", "W": "wide"}')))
    assert main(["check", "film.png"]) == 2
    assert capsys.readouterr().err.startswith('anim: film.png: W: "wide" is not a number')


@pytest.mark.parametrize(("name", "reason"), [("none.mp4", "there is no such file"), (".", "a folder, not a file")])
def test_files_that_cannot_be_opened_are_told_as_ever(here, name, reason):
    with pytest.raises(SettingsError, match=reason):
        metadata.load(name)
