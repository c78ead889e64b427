"""`anim pose`: a track drawn as a video or as pictures."""

import json

import numpy as np
import pytest

from lib_anim.cli import main
from lib_anim.images.frame import read_picture
from lib_anim.images.skeleton import draw_skeletons
from lib_anim.media.pose_files import read_track
from lib_anim.media.source_video import Film


def person(x):
    """Eighteen points one below the other, in shares of the canvas."""
    return {"pose_keypoints_2d": [value for n in range(18) for value in (x, (n + 1) / 20, 1)]}


def track(path, *crowds, **canvas):
    """A file with a key every four frames; a crowd is the places of its people."""
    keys = {str(4 * n): {"people": [person(x) for x in crowd], **canvas} for n, crowd in enumerate(crowds)}
    path.write_text(json.dumps(keys))
    return str(path)


@pytest.fixture
def walk(tmp_path):
    return track(tmp_path / "walk.json", [0.2], [0.8], canvas_width=200, canvas_height=100)


def where(picture):
    """The middle column of what is drawn, as a share of the width."""
    return float(np.flatnonzero(picture.any(axis=(0, 2))).mean() + 0.5) / picture.shape[1]


def test_pictures_in_a_folder_are_what_a_unit_sees(tmp_path, walk, capsys):
    assert main(["pose", walk, "-o", str(tmp_path / "maps")]) == 0
    assert capsys.readouterr().out.strip() == str(tmp_path / "maps")
    files = sorted((tmp_path / "maps").iterdir())
    assert [file.name for file in files] == [f"0000{n}.png" for n in range(5)]
    pictures = [read_picture(file) for file in files]
    assert {picture.shape for picture in pictures} == {(96, 200, 3)}  # its canvas, in steps of 8
    assert [round(where(picture), 2) for picture in pictures] == [0.2, 0.35, 0.5, 0.65, 0.8]
    assert np.array_equal(pictures[1], draw_skeletons(read_track(walk).at(1, (200, 96)), (200, 96)))


def test_a_video_of_the_size_and_length_that_is_asked_for(tmp_path, walk):
    out = tmp_path / "new" / "walk.mp4"
    assert main(["pose", walk, "-o", str(out), "--size", "160x96", "--frames", "9", "--fps", "12"]) == 0
    film = Film.open(out)
    assert (film.size, film.n_frames) == ((160, 96), 9)
    frames = film.frames(film.size)
    assert [round(where(frames[n] * (frames[n] > 60)), 1) for n in (0, 2, 8)] == [0.2, 0.5, 0.8]
    frames.close()


def test_who_comes_and_goes_is_said(tmp_path, capsys):
    crowd = track(tmp_path / "three.json", [0.1, 0.5, 0.9], [0.2, 0.8])
    assert main(["pose", crowd, "-o", str(tmp_path / "maps")]) == 0
    assert f"{crowd}: at frame 4 3 people become 2; the nearest go on" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "text", "more", "words"),
    [
        ("gone.json", None, [], "there is no such file"),
        ("odd.json", "[]", [], "no pose: an object with people"),
        ("odd.json", "{", [], "odd.json: "),
        ("far.json", '{"9999999": {"people": []}}', [], "--frames: 10000000 frames are too many at once"),
        ("walk.json", "", ["--size", "100x100"], "'100x100' is not WxH with sides from 8 to 4096 in steps of 8"),
        ("walk.json", "", ["--frames", "0"], "'0' is no number from 1 to 100000"),
        ("walk.json", "", ["--fps", "fast"], "'fast' is no number from 1 to 240"),
        ("walk.json", "", ["-o", "{there}"], "is there already; name a new folder, or a .mp4"),
    ],
)
def test_what_cannot_be_drawn_is_one_line(tmp_path, walk, capsys, name, text, more, words):
    if text:
        (tmp_path / name).write_text(text)
    more = [part.format(there=tmp_path) for part in more]
    try:
        status = main(["pose", str(tmp_path / name), "-o", str(tmp_path / "maps"), *more])
    except SystemExit as end:  # argparse
        status = end.code
    said = capsys.readouterr().err.strip().splitlines()
    assert status == 2
    assert words in said[-1]
    assert not (tmp_path / "maps").exists()
