"""`anim interpolate`: frames between the frames of a video, of a run, of pictures. A real ffmpeg."""

import numpy as np
import pytest

from lib_anim.cli import main
from lib_anim.images.frame import read_picture, write_png
from lib_anim.images.test_card import test_card as card
from lib_anim.media import metadata
from lib_anim.media.sound import has_sound
from lib_anim.media.source_video import Film
from tests.features.test_delivery import loudness, write_sounding_video
from tests.media.test_source_video import write_film


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def walk(n):
    """A test card that walks to the right."""
    return [np.roll(card((64, 48)), 2 * k, axis=1) for k in range(n)]


def write_pictures(folder, frames):
    folder.mkdir()
    for index, frame in enumerate(frames):
        write_png(folder / f"{index}.png", frame)


@pytest.mark.parametrize(
    ("options", "fps", "n_frames"),
    [
        ((), 20, 12),
        (("--x", "3"), 30, 18),
        (("--fps", "25"), 25, 15),
        (("--slow", "4"), 10, 24),
        (("--slow", "2", "--fps", "30"), 30, 36),
        (("--slow", "2", "--x", "6", "--engine", "blend", "--loop"), 30, 36),
    ],
)
def test_a_video_gets_the_rate_that_is_asked_for(here, capsys, options, fps, n_frames):
    write_film(here / "film.mkv", np.stack(walk(6)))
    assert main(["interpolate", "film.mkv", "-o", "out/smooth.mp4", *options]) == 0
    film = Film.open(here / "out/smooth.mp4")
    assert (film.size, film.fps, film.n_frames) == ((64, 48), fps, n_frames)
    assert capsys.readouterr().out == "out/smooth.mp4\n"


def test_pictures_by_their_numbers_into_a_folder(here):
    """10.png comes after 9.png; what was there is there, and a film that goes round ends half way to its first frame."""
    frames = [np.full((48, 64, 3), 10 * k, np.uint8) for k in range(12)]
    write_pictures(here / "pictures", frames)
    assert main(["interpolate", "pictures", "-o", "more", "--engine", "blend", "--loop"]) == 0
    seen = [int(read_picture(file)[0, 0, 0]) for file in sorted((here / "more").iterdir())]
    assert seen == [*range(0, 111, 5), 55]
    assert main(["interpolate", "pictures", "-o", "film.mp4", "--rate", "12"]) == 0
    assert Film.open(here / "film.mp4").fps == 24


def test_a_run_has_its_rate_and_its_settings_go_with_the_film(here):
    changes = [part for one in ("batch_name=film", "fps=8", "W=64", "H=48") for part in ("--set", one)]
    assert main(["run", "orbit", "--engine", "preview", "--frames", "0:3", *changes]) == 0
    assert main(["interpolate", "output/film", "-o", "film.mp4"]) == 0
    film = Film.open(here / "film.mp4")
    assert (film.fps, film.n_frames) == (16, 6)
    assert metadata.load("film.mp4")["fps"] == 8
    assert main(["interpolate", "film.mp4", "-o", "again.mp4"]) == 0
    assert metadata.load("again.mp4")["fps"] == 8


@pytest.mark.parametrize(("options", "seconds"), [((), 2.0), (("--slow", "2"), 4.0)])
def test_the_sound_of_a_video_goes_with_it_as_slowly(here, options, seconds):
    write_sounding_video(here / "film.mkv", 2.0)
    assert main(["interpolate", "film.mkv", "-o", "out.mp4", "--engine", "blend", *options]) == 0
    parts = [(seconds / 8 * (k + 0.3), seconds / 16) for k in range(8)]
    assert "".join("W" if loudness(here / "out.mp4", *part) > 0.1 else "." for part in parts) == "WW..WW.."
    assert main(["interpolate", "film.mkv", "-o", "mute.mp4", "--no-sound"]) == 0
    assert not has_sound(here / "mute.mp4")


def test_a_cut_is_told(here, capsys):
    other = np.random.default_rng(1).integers(0, 255, (6, 8, 3)).astype(np.uint8).repeat(8, 0).repeat(8, 1)
    write_pictures(here / "pictures", [*walk(3), other, other])
    assert main(["interpolate", "pictures", "-o", "out"]) == 0
    assert "anim: pictures: note: another scene begins at frame 3; nothing is made over a cut\n" in capsys.readouterr().err
    files = sorted((here / "out").iterdir())
    assert np.array_equal(read_picture(files[5]), other)


@pytest.mark.parametrize(
    ("file", "options", "line"),
    [
        (
            "film.mkv",
            ("--fps", "8"),
            "--fps: 8 frames a second are fewer than the 10 that there are, and none",
        ),
        ("film.mkv", ("--x", "300"), "--x: that makes 3000 frames a second; 1000 are the most; take a lower rate"),
        ("film.mkv", ("--x", "1"), "argument --x: '1' is no number from 2 to 300"),
        ("film.mkv", ("--x", "nan"), "argument --x: 'nan' is no number from 2 to 300"),
        ("film.mkv", ("--x", "2", "--fps", "60"), "argument --fps: not allowed with argument --x"),
        ("one.mkv", (), "one.mkv: there is nothing between the frames of a film of one"),
        ("none.mkv", (), "none.mkv: there is no such file"),
        ("text.mkv", (), "text.mkv: not a video that can be read"),
        ("empty", (), "there are no pictures in this folder"),
        ("uneven", (), "1.png: 32x24 pixels, and the first picture has 64x48"),
    ],
)
def test_what_cannot_be_made_is_told_in_a_line(here, capsys, file, options, line):
    write_film(here / "film.mkv", np.stack(walk(3)))
    write_film(here / "one.mkv", np.stack(walk(1)))
    (here / "text.mkv").write_text("la la la")
    (here / "empty").mkdir()
    write_pictures(here / "uneven", [card((64, 48)), card((32, 24))])
    try:
        status = main(["interpolate", file, "-o", "out.mp4", *options])
    except SystemExit as end:
        status = end.code
    assert status in (1, 2)
    told = capsys.readouterr().err.splitlines()
    assert line in told[-1]


def test_a_folder_that_is_there_is_left_alone(here, capsys):
    write_pictures(here / "pictures", walk(2))
    assert main(["interpolate", "pictures", "-o", "pictures"]) == 2
    assert "pictures: is there already; name a new folder, or a .mp4" in capsys.readouterr().err


def test_a_video_is_not_written_over_itself(here, capsys):
    write_film(here / "film.mkv", np.stack(walk(2)))
    (here / "film.mkv").replace(here / "film.mp4")
    before = (here / "film.mp4").read_bytes()
    assert main(["interpolate", "film.mp4", "-o", "./film.mp4"]) == 2
    assert "film.mp4: this is the film itself; name another file" in capsys.readouterr().err
    assert (here / "film.mp4").read_bytes() == before
