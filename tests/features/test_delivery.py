"""What is delivered beside frames and video: sound, GIF, WebP. A real ffmpeg, and its files looked at."""

import json
import re
import subprocess

import numpy as np
import pytest
from PIL import Image

from lib_anim.cli import main
from lib_anim.errors import SettingsError
from lib_anim.media.encode import find_ffmpeg
from lib_anim.media.metadata import load
from lib_anim.plan.plan import make_plan
from lib_anim.runs.film import film
from lib_anim.runs.folder import RunFolder
from tests.helpers import Painter, flat, problems_of, settings, shot, tone, write_sound, write_tone
from tests.media.test_source_video import write_film


def bright(request):
    """Frame k is a colour of its own."""
    width, height = request.size
    return np.full((height, width, 3), (40 + 15 * request.index, 80, 200 - 15 * request.index), np.uint8)


def filmed(out, **changes):
    folder = RunFolder.create(out, "film", settings(**changes))
    film(shot(**changes), Painter(bright), folder)
    folder.close()
    return folder


def told(path):
    """What ffmpeg says of a file: (seconds, streams)."""
    words = subprocess.run([find_ffmpeg(), "-hide_banner", "-i", str(path)], capture_output=True, text=True, check=False).stderr
    hours, minutes, seconds = re.search(r"Duration: (\d+):(\d+):([\d.]+)", words).groups()
    return 3600 * int(hours) + 60 * int(minutes) + float(seconds), re.findall(r"Stream #0.*?: (Video|Audio): (\w+)", words)


def loudness(path, start, seconds):
    """Root mean square of a part of the sound, 0..1."""
    command = [find_ffmpeg(), "-v", "error", "-ss", str(start), "-t", str(seconds), "-i", str(path)]
    data = subprocess.run([*command, "-f", "s16le", "-ac", "1", "-"], capture_output=True, check=True).stdout
    return float(np.sqrt(np.mean((np.frombuffer(data, "<i2") / 32768.0) ** 2)))


@pytest.mark.parametrize(("sound_s", "loud_to"), [(10.0, 1.9), (0.8, 0.7)])
def test_sound_is_as_long_as_the_film(tmp_path, sound_s, loud_to):
    write_tone(tmp_path / "ж tone.wav", sound_s)
    sound = {"add_soundtrack": "File", "soundtrack_path": str(tmp_path / "ж tone.wav")}
    folder = filmed(tmp_path, max_frames=20, fps=10, **sound)
    seconds, streams = told(folder.video)
    assert seconds == pytest.approx(2.0, abs=0.12)
    assert streams == [("Video", "h264"), ("Audio", "aac")]
    assert loudness(folder.video, 0.1, loud_to - 0.1) == pytest.approx(20_000 / 32768 / 2**0.5, rel=0.1)
    if sound_s < 1:
        assert loudness(folder.video, 1.2, 0.7) < 0.01


@pytest.mark.parametrize("suffix", ["gif", "webp"])
def test_moving_pictures_have_every_frame_and_its_colours(tmp_path, suffix):
    folder = filmed(tmp_path, max_frames=6, fps=10, **{f"make_{suffix}": True})
    with Image.open(folder.video.with_suffix(f".{suffix}")) as picture:
        assert picture.n_frames == 6
        assert picture.info.get("loop") == 0
        for index in range(6):
            picture.seek(index)
            mean = np.asarray(picture.convert("RGB")).reshape(-1, 3).mean(axis=0)
            assert mean == pytest.approx((40 + 15 * index, 80, 200 - 15 * index), abs=9)
    assert sorted(path.suffix for path in folder.path.glob("film.*")) == sorted([".mp4", f".{suffix}"])


def test_stitching_delivers_again(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    write_tone(tmp_path / "tone.wav", 3.0)
    given = {"W": 64, "H": 64, "max_frames": 6, "fps": 6, "batch_name": "film", "make_gif": True}
    sound = {"add_soundtrack": "File", "soundtrack_path": "tone.wav"}
    (tmp_path / "film.json").write_text(json.dumps({**given, **sound}))
    assert main(["run", "film.json", "--engine", "preview"]) == 0
    for path in (tmp_path / "output/film").glob("film.*"):
        path.unlink()
    assert main(["stitch", "output/film"]) == 0
    assert told(tmp_path / "output/film/film.mp4")[1] == [("Video", "h264"), ("Audio", "aac")]
    assert (tmp_path / "output/film/film.gif").is_file()


def test_frames_only_has_nothing_to_deliver():
    assert shot(make_gif=True, skip_video_creation=True).steps.deliver == ()


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("", "soundtrack_path: add_soundtrack is File and there is no file; write the path of a sound file"),
        ("none.mp3", "none.mp3: there is no such file; write the path of a sound file"),
        ("text.mp3", "text.mp3: there is no sound in it; MP3, WAV, M4A, OGG and FLAC have some"),
        ("https://host/a.mp3", "soundtrack_path: sound from a web address: nothing is downloaded; write the path of a sound"),
    ],
)
def test_a_sound_that_is_none_is_told_before_anything_is_painted(tmp_path, monkeypatch, path, line):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "text.mp3").write_text("la la la")
    with pytest.raises(SettingsError) as caught:
        shot(add_soundtrack="File", soundtrack_path=path)
    (told_line,) = problems_of(caught)
    assert line in told_line


# -- the sound of a source video -----------------------------------------------------------------------------------------


def write_sounding_video(path, seconds=2.0):
    """A video of 10 frames a second: its sound is loud in every second half of a second, from the first half on."""
    rate, tone = 16_000, np.sin(2 * np.pi * 440 * np.arange(int(seconds * 16_000)) / 16_000)
    write_sound(path.with_suffix(".wav"), 0.6 * tone * (np.arange(len(tone)) // (rate // 2) % 2 == 0), rate)
    n = int(seconds * 10)
    write_film(path, np.zeros((n, 48, 64, 3), np.uint8), before=("-i", str(path.with_suffix(".wav"))), options=ENCODED)


ENCODED = ("-c:v", "ffv1", "-c:a", "pcm_s16le")
QUARTERS = [(0.05 + 0.25 * k, 0.15) for k in range(4)]  # of the second that a film lasts: (from, length) in seconds


@pytest.mark.parametrize(
    ("changes", "loud", "said"),
    [
        ({}, "WW..", None),
        ({"extract_from_frame": 5}, "..WW", None),
        ({"extract_to_frame": 1}, "W...", None),  # 0.2 seconds of it are used
        ({"extract_nth_frame": 2}, "W.W.", "2"),
        ({"fps": 20, "max_frames": 20, "extract_nth_frame": 1}, "W.W.", "2"),
        ({"fps": 5, "max_frames": 5}, "WWWW", "0.5"),
        ({"fps": 2, "max_frames": 2}, "WWWW", "0.2"),
    ],
)
def test_the_sound_of_a_video_goes_with_its_frames(tmp_path, changes, loud, said):
    """A local path is fine, of which Deforum's way to the sound dies."""
    write_sounding_video(tmp_path / "video.mkv")
    sound = {"add_soundtrack": "Init Video", "video_init_path": str(tmp_path / "video.mkv")}
    made = shot(**{"fps": 10, "max_frames": 10, **sound, **changes})
    folder = RunFolder.create(tmp_path / "out", "film", made.plan.settings)
    film(made, Painter(flat), folder)
    folder.close()
    seen = "".join("W" if loudness(folder.video, *part) > 0.1 else "." for part in QUARTERS)
    assert seen == loud
    text = f"add_soundtrack: the sound of video.mkv is played {said} times as fast, as its frames are"
    assert [note for note in made.notes if "times as fast" in note] == ([text] if said else [])


def test_a_video_without_sound_is_said_and_the_film_can_be_made_without(tmp_path):
    write_film(tmp_path / "mute.mkv", np.zeros((3, 48, 64, 3), np.uint8))
    with pytest.raises(SettingsError) as error:
        shot(add_soundtrack="Init Video", video_init_path=str(tmp_path / "mute.mkv"))
    assert problems_of(error) == [
        'add_soundtrack: mute.mkv: there is no sound in it; write "None", or go on without it: --allow-missing'
    ]


# -- which part of a sound, how loud -------------------------------------------------------------------------------------------


def write_steps(path, levels=(0.0, 0.1, 0.2, 0.4, 0.8)):
    """Write a tone that changes its level each second."""
    write_sound(path, np.repeat(levels, 44_100) * tone(len(levels)))
    return str(path)


def levels(path, seconds):
    """The level of the middle of each second of a film's sound, as that of the tone it was made of."""
    return [loudness(path, second + 0.3, 0.4) * 2**0.5 for second in range(seconds)]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, [0, 0.1, 0.2]),
        ({"soundtrack_start": 2}, [0.2, 0.4, 0.8]),
        ({"soundtrack_start": -1}, [0, 0, 0.1]),
        ({"soundtrack_start": 4}, [0.8, 0, 0]),
        ({"soundtrack_start": 2, "soundtrack_fade_in": 3}, [0.2 / 6, 0.4 / 2, 0.8 * 5 / 6]),
        ({"soundtrack_start": 2, "soundtrack_fade_out": 2}, [0.2, 0.4 * 3 / 4, 0.8 / 4]),
    ],
)
def test_the_sound_begins_where_it_is_asked_to_and_fades(tmp_path, changes, expected):
    sound = {"add_soundtrack": "File", "soundtrack_path": write_steps(tmp_path / "a.wav"), **changes}
    folder = filmed(tmp_path, max_frames=30, fps=10, **sound)
    assert levels(folder.video, 3) == pytest.approx(expected, abs=0.02)


@pytest.mark.parametrize(
    ("level", "wanted", "expected"),
    # a mono sine of full scale has -3 LUFS at 997 Hz (BS.1770), and at 440 Hz 0.7 less; peaks stay 1 dB below
    [(0.05, -23.0, -23.0), (0.5, -30.0, -30.0), (0.05, -2.0, -4.7), (0.0, -14.0, -70.0)],
    ids=["louder", "quieter", "as loud as its peaks allow", "silence"],
)
def test_loudness_is_what_is_asked_for_as_far_as_peaks_allow(tmp_path, level, wanted, expected):
    write_sound(tmp_path / "a.wav", level * tone(5))
    sound = {"add_soundtrack": "File", "soundtrack_path": str(tmp_path / "a.wav"), "soundtrack_loudness": wanted}
    video = filmed(tmp_path, max_frames=50, fps=10, **sound).video
    command = [find_ffmpeg(), "-hide_banner", "-nostats", "-i", str(video), "-af", "ebur128", "-f", "null", "-"]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stderr
    measured = float(re.search(r"Integrated loudness:\s+I:\s+(\S+) LUFS", said).group(1))
    assert measured == pytest.approx(expected, abs=0.3)


@pytest.mark.parametrize(
    ("changes", "n_frames"),
    [
        ({}, 50),
        ({"soundtrack_start": 2}, 30),
        ({"soundtrack_start": -1.5}, 65),
        ({"soundtrack_start": 9}, 1),
        ({"fps": 4}, 20),
        ({"add_soundtrack": "None", "zoom": "0:(1+rms)"}, 50),
        ({"add_soundtrack": "None"}, 12),
        ({"soundtrack_path": "none.wav", "soundtrack_sets_length": False, "add_soundtrack": "None"}, 12),
    ],
)
def test_a_film_can_be_as_long_as_its_sound(tmp_path, changes, n_frames):
    sound = {"add_soundtrack": "File", "soundtrack_path": write_steps(tmp_path / "a.wav"), "soundtrack_sets_length": True}
    made = make_plan(settings(**{"max_frames": 12, "fps": 10, **sound, **changes}))
    assert made.settings.integer("max_frames") == len(made.frames) == n_frames


# -- subtitles ---------------------------------------------------------------------------------------------------------------

WORDS = {"prompts": {"0": "a fox", "2": "a bear --neg blur"}, "max_frames": 4, "fps": 8, "zoom": "0:(1.0), 3:(1.03)"}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, ["00:00:00,000 --> 00:00:00,250\na fox", "00:00:00,250 --> 00:00:00,500\na bear"]),
        ({"reverse": True}, ["00:00:00,000 --> 00:00:00,250\na fox", "00:00:00,250 --> 00:00:00,500\na bear"]),
        ({"subtitle_values": "negative"}, ["00:00:00,250 --> 00:00:00,500\nblur"]),
        (
            {"subtitle_values": "frame, zoom, prompt", "max_frames": 2},
            [
                "00:00:00,000 --> 00:00:00,125\nframe 0; zoom 1\na fox",
                "00:00:00,125 --> 00:00:00,250\nframe 1; zoom 1.01\na fox",
            ],
        ),
        ({"subtitle_values": "W, seed, seconds", "max_frames": 1}, ["00:00:00,000 --> 00:00:00,125\nW 64; seed 7; seconds 0"]),
    ],
)
def test_subtitles_say_what_is_asked_for_while_it_holds(tmp_path, changes, expected):
    folder = filmed(tmp_path, subtitles="File", seed=7, seed_behavior="fixed", **{**WORDS, **changes})
    blocks = folder.video.with_suffix(".srt").read_text(encoding="utf-8").split("\n\n")
    assert [block.partition("\n")[2].rstrip() for block in blocks] == expected
    assert [int(block.partition("\n")[0]) for block in blocks] == list(range(1, len(expected) + 1))


def test_subtitles_in_the_video_are_read_back(tmp_path):
    sound = {"add_soundtrack": "File", "soundtrack_path": write_steps(tmp_path / "a.wav")}
    folder = filmed(tmp_path, subtitles="Video", **{**WORDS, "prompts": {"0": "ёж\n\n狐"}}, **sound)
    assert [kind for kind, _ in told(folder.video)[1]] == ["Video", "Audio"]
    command = [find_ffmpeg(), "-v", "error", "-i", str(folder.video), "-map", "0:s:0", "-f", "srt", "-"]
    said = subprocess.run(command, capture_output=True, check=True).stdout.decode()
    assert "ёж" in said
    assert "狐" in said
    assert load(folder.video)["zoom"] == WORDS["zoom"]  # its settings are still in it


def test_a_value_that_is_none_is_told_with_the_nearest():
    with pytest.raises(SettingsError) as error:
        shot(subtitles="File", subtitle_values="prompt, zom")
    assert problems_of(error) == ["subtitle_values: there is no value zom; did you mean 'zoom'?"]
