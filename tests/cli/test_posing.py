"""`anim pose`: a track drawn as a video or as pictures."""

import json
import subprocess
import sys

import numpy as np
import pytest

from lib_anim.cli import main
from lib_anim.images.frame import read_picture
from lib_anim.images.skeleton import draw_skeletons
from lib_anim.media.encode import find_ffmpeg
from lib_anim.media.pose_files import read_track
from lib_anim.media.source_video import Film
from lib_anim.models.dwpose import OF_PEOPLE, OF_POINTS
from tests.models.test_dwpose import check, scene
from tests.models.test_dwpose import person as dots_of
from tests.pose_networks import write_people_network, write_points_network


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


# -- out of a video -------------------------------------------------------------------------------------------------------

SIZE, FRAMES = (320, 240), [dots_of(100 + 20 * n, 120 + 5 * n) for n in range(5)]


def write_video(path, pictures, fps=5):
    height, width = pictures[0].shape[:2]
    taken = f"-y -f rawvideo -pix_fmt rgb24 -s {width}x{height} -r {fps} -i - -c:v ffv1 -pix_fmt bgr0".split()
    data = b"".join(picture.tobytes() for picture in pictures)
    subprocess.run([find_ffmpeg(None), *taken, str(path)], input=data, check=True, capture_output=True)
    return str(path)


@pytest.fixture
def filmed(tmp_path):
    return write_video(tmp_path / "walk.mkv", [scene(SIZE, dots) for dots in FRAMES])


@pytest.fixture
def networks(tmp_path):
    pytest.importorskip("onnxruntime", reason="poses are seen by onnxruntime")
    pytest.importorskip("onnx", reason="the networks of these tests are made with onnx")
    folder = tmp_path / "downloads/openpose"
    folder.mkdir(parents=True)
    write_points_network(folder / OF_POINTS)
    write_people_network(folder / OF_PEOPLE)
    return str(folder)


@pytest.mark.parametrize("size", [SIZE, (400, 240)])
def test_the_poses_of_a_video_become_a_track_that_is_read(tmp_path, filmed, networks, size):
    out = tmp_path / "new/track.json"
    more = [] if size == SIZE else ["--size", "400x240"]
    assert main(["pose", filmed, "-o", str(out), "--pose-model", networks, *more]) == 0
    track = read_track(str(out))
    assert track.frames == tuple(range(5))
    assert {pose.canvas for pose in track.poses} == {size}
    for index, dots in enumerate(FRAMES):
        (body,) = track.at(index, SIZE)
        check(body, dots)


def test_a_video_is_drawn_straight_away_as_its_track_is(tmp_path, filmed, networks, capsys):
    assert main(["pose", filmed, "-o", str(tmp_path / "drawn.mp4"), "--pose-model", networks]) == 0
    drawn = Film.open(tmp_path / "drawn.mp4")
    assert (drawn.size, drawn.n_frames, round(drawn.fps)) == (SIZE, 5, 5)
    assert main(["pose", filmed, "-o", str(tmp_path / "maps"), "--pose-model", networks, "--frames", "3"]) == 0
    assert main(["pose", filmed, "-o", str(tmp_path / "track.json"), "--pose-model", networks]) == 0
    maps = sorted((tmp_path / "maps").iterdir())
    assert len(maps) == 3
    track = read_track(str(tmp_path / "track.json"))
    for index, path in enumerate(maps):
        expected = draw_skeletons(track.at(index, SIZE), SIZE)
        assert np.abs(read_picture(path).astype(int) - expected).mean() < 1.0
    assert "frame 5 of 5" in capsys.readouterr().err


def test_that_nobody_is_seen_is_said(tmp_path, networks, capsys):
    empty = write_video(tmp_path / "empty.mkv", [np.full((48, 64, 3), 20, np.uint8)] * 2)
    assert main(["pose", empty, "-o", str(tmp_path / "track.json"), "--pose-model", networks]) == 0
    assert "empty.mkv: nobody is seen in it" in capsys.readouterr().err
    assert [pose.people for pose in read_track(str(tmp_path / "track.json")).poses] == [(), ()]


@pytest.mark.parametrize(
    ("name", "out", "more", "words"),
    [
        (
            "walk.mkv",
            "t.json",
            [],
            "--pose-model: poses are seen in a video by networks of yours; name a folder with dw-ll_ucoco_384.onnx",
        ),
        ("gone.mkv", "t.json", ["--pose-model", "{networks}"], "gone.mkv: there is no such file"),
        ("note.mkv", "t.json", ["--pose-model", "{networks}"], "note.mkv: not a video that can be read"),
        ("walk.mkv", "t.json", ["--pose-model", "{there}/none"], "none: there is no such file"),
        ("walk.mkv", "t.json", ["--pose-model", "{there}/empty"], "empty: there is no dw-ll_ucoco_384.onnx in this folder"),
        ("walk.json", "t.json", [], "--output: this is a pose track already; name an .mp4 or a new folder"),
        ("walk.mkv", "note.mkv/t.json", ["--pose-model", "{networks}"], "note.mkv/t.json: "),
    ],
)
def test_what_cannot_be_seen_is_one_line(tmp_path, filmed, walk, networks, capsys, name, out, more, words):
    (tmp_path / "note.mkv").write_text("no video")
    (tmp_path / "empty").mkdir()
    more = [part.format(there=tmp_path, networks=networks) for part in more]
    assert main(["pose", str(tmp_path / name), "-o", str(tmp_path / out), *more]) in (1, 2)
    said = capsys.readouterr().err.strip().splitlines()
    assert words in said[-1]
    assert not (tmp_path / "t.json").exists()


def test_a_track_that_could_not_be_read_again_is_not_written(tmp_path, filmed, networks, capsys, monkeypatch):
    monkeypatch.setattr("lib_anim.cli.posing.LARGEST", 1000)
    assert main(["pose", filmed, "-o", str(tmp_path / "track.json"), "--pose-model", networks]) == 2
    assert "a track of 0 MB cannot be read again" in capsys.readouterr().err
    assert not (tmp_path / "track.json").exists()


def test_without_onnxruntime_it_is_said_how_to_install_it(tmp_path, filmed, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    assert main(["pose", filmed, "-o", str(tmp_path / "track.json"), "--pose-model", "x"]) == 2
    assert "--pose-model: it needs onnxruntime: pip install " in capsys.readouterr().err
