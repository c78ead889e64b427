"""An ffmpeg without an end: everything that it is asked has a time limit."""

import sys
from pathlib import Path

import pytest

from lib_anim.__main__ import main
from lib_anim.errors import SettingsError, VideoTimeout
from lib_anim.media import encode, sound, source_video
from lib_anim.media.audio import Sound
from lib_anim.media.encode import convert, make_seekable
from lib_anim.media.sound import add_sound, has_sound
from lib_anim.media.source_video import Film
from lib_anim.shot.steps import Tools
from tests.helpers import problems_of, shot, write_tone

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the ffmpeg without an end is a script of a shell")


@pytest.fixture
def endless(tmp_path, monkeypatch):
    """An ffmpeg that only starts another process, which does not end; and a file of each kind for it."""
    for module, names in ((encode, ("COPYING_S", "ENCODING_S")), (sound, ("LOOKING_S", "COPYING_S"))):
        for name in names:
            monkeypatch.setattr(module, name, 1.0)
    monkeypatch.setattr(source_video, "LOOKING_S", 1.0)
    monkeypatch.setattr(source_video, "_FRAME_S", 1.0)
    monkeypatch.chdir(tmp_path)
    write_tone(tmp_path / "a.wav")
    for name in ("film.mp4", "source.mkv"):
        (tmp_path / name).write_bytes(bytes(16))
    script = tmp_path / "ffmpeg"
    script.write_text("#!/bin/sh\necho once >> begun\nsleep 600\n")
    script.chmod(0o755)
    return str(script)


ASKED = {
    "has_sound": ("a.wav", lambda path, ffmpeg: has_sound(path / "a.wav", ffmpeg)),
    "a sound": ("a.wav", lambda path, ffmpeg: Sound.read(path / "a.wav", 1.0, ffmpeg)),
    "a video": ("source.mkv", lambda path, ffmpeg: Film.open(path / "source.mkv", ffmpeg)),
    "a frame": ("source.mkv", lambda path, ffmpeg: Film(path / "source.mkv", (8, 8), 1, 9, ffmpeg).frames((8, 8))[0]),
    "an index": ("film.part.mp4", lambda path, ffmpeg: make_seekable(path / "film.mp4", ffmpeg)),
    "a soundtrack": ("film.part.mp4", lambda path, ffmpeg: add_sound(path / "film.mp4", 1.0, path / "a.wav", ffmpeg=ffmpeg)),
    "a GIF": ("film.part.gif", lambda path, ffmpeg: convert(path / "film.mp4", path / "film.gif", ffmpeg)),
}


@pytest.mark.parametrize("asked", ASKED)
def test_ffmpeg_is_ended_at_the_limit(endless, tmp_path, asked):
    name, ask = ASKED[asked]
    with pytest.raises(VideoTimeout, match=rf"^{name}: ffmpeg took longer than 1 seconds for it$"):
        ask(tmp_path, endless)
    assert not list(tmp_path.glob("*.part.*"))


SOUND = {"soundtrack_path": "a.wav"}
FILMS = [
    ({**SOUND, "add_soundtrack": "File"}, "soundtrack_path: a.wav: ffmpeg took longer than 1 seconds for it"),
    ({**SOUND, "zoom": "0:(1 + rms)", "angle": "0:(rms)"}, "soundtrack_path: a.wav: ffmpeg took longer than 7 seconds for it"),
    (
        {"color_coherence": "Video Input", "video_init_path": "source.mkv"},
        "video_init_path: source.mkv: ffmpeg took longer than 1 seconds for it; write the path of a video file",
    ),
]


@pytest.mark.parametrize(("changes", "line"), FILMS)
def test_a_film_says_so(endless, monkeypatch, changes, line):
    monkeypatch.setenv("ANIM_FFMPEG", endless)
    with pytest.raises(SettingsError) as error:
        shot(Tools(ffmpeg=endless), **changes)
    assert Path("begun").read_text() == "once\n"
    assert [problem[: len(line)] for problem in problems_of(error)] == [line]


def test_check_ends(endless, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("ANIM_FFMPEG", endless)
    (tmp_path / "film.json").write_text('{"prompts": {"0": "a"}, "add_soundtrack": "File", "soundtrack_path": "a.wav"}')
    assert main(["check", "film.json"]) == 2
    assert "a.wav: ffmpeg took longer than 1 seconds" in capsys.readouterr().err
