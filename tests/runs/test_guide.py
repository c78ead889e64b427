"""Guides for video models: their videos read back, what stands beside them, and what is refused."""

import json
import re
import subprocess
from pathlib import Path

import numpy as np
import pytest

from lib_anim.cli import main
from lib_anim.images.frame import read_picture, resized, write_png
from lib_anim.media.encode import find_ffmpeg
from lib_anim.media.source_video import Film
from lib_anim.runs.guide_film import Piece, cut
from tests.helpers import QUIET, frame

FILM = {**QUIET, "W": 96, "H": 64, "max_frames": 9, "fps": 16, "translation_x": "0:(4)", "prompts": {"0": "a fox --neg dogs"}}
START = resized(frame("RGBW", "BYRG", "WBGR"), (96, 64))


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_png("start.png", START)
    return tmp_path


def export(*options, **changes):
    Path("film.json").write_text(json.dumps({**FILM, **changes}))
    return main(["export", "film.json", "--guide", "guide", *options])


def frames_of(path):
    film = Film.open(path)
    command = [find_ffmpeg(), "-v", "error", "-i", str(path), "-f", "rawvideo", "-pix_fmt", "rgb24", "-"]
    data = subprocess.run(command, capture_output=True, check=True).stdout
    return np.frombuffer(data, np.uint8).reshape(-1, film.size[1], film.size[0], 3)


def light(picture):
    return picture @ np.array([0.2126, 0.7152, 0.0722])


def close(one, other):
    """Whether pictures are the same in a video, which blurs colours at edges, but not light."""
    return np.abs(light(one) - light(other)).mean() < 5


@pytest.mark.parametrize(
    ("n", "longest", "expected"),
    [
        (5, 81, [(0, 4, 0)]),
        (6, 81, [(0, 5, 3)]),
        (81, 81, [(0, 80, 0)]),
        (82, 81, [(0, 40, 0), (40, 81, 3)]),
        (120, 81, [(0, 60, 0), (60, 119, 1)]),
        (120, 80, [(0, 60, 0), (60, 119, 1)]),
        (13, 5, [(0, 4, 0), (4, 8, 0), (8, 12, 0)]),
        (10, 5, [(0, 4, 0), (4, 8, 0), (8, 9, 3)]),
    ],
)
def test_pieces_are_about_equal_and_meet_in_a_frame(n, longest, expected):
    assert cut(range(n), longest) == tuple(Piece(*piece) for piece in expected)
    assert cut(range(7, n + 7), longest)[-1].last == n + 6


@pytest.mark.parametrize("n", range(5, 400, 7))
def test_any_length_is_cut_into_4k_plus_1(n):
    pieces = cut(range(n), 33)
    assert {piece.length % 4 for piece in pieces} == {1}
    assert max(piece.length for piece in pieces) <= 33
    assert [piece.first for piece in pieces] == [0, *(piece.last for piece in pieces[:-1])]
    assert (pieces[-1].last, max(piece.repeated for piece in pieces[:-1] or [Piece(0, 0)])) == (n - 1, 0)


@pytest.mark.parametrize("backwards", [False, True])
def test_the_videos_show_what_is_known_and_what_is_to_be_painted(here, capsys, backwards):
    assert export("--from", "start.png", reverse=backwards) == 0
    assert capsys.readouterr().out == "guide\n"
    control, mask = (frames_of(here / "guide" / name) for name in ("control.mp4", "mask.mp4"))
    assert (control.shape, mask.shape) == ((9, 64, 96, 3), (9, 64, 96, 3))
    assert (Film.open(here / "guide/control.mp4").fps, Film.open(here / "guide/mask.mp4").fps) == (16, 16)
    assert np.minimum(mask, 255 - mask).max() <= 8  # black or white, nothing between
    for n in range(9):
        moved = 4 * (n - 8) if backwards else 4 * n  # pixels to the right since the start picture
        white, expected = mask[n, ..., 0] > 127, np.zeros((64, 96), bool)
        expected[:, 96 + moved :] = moved < 0
        expected[:, : max(moved, 0)] = True
        assert np.array_equal(white, expected)
        inner = control[n][:, 8 + max(moved, 0) : 88 + min(moved, 0)]
        assert close(inner, START[:, 8 + max(-moved, 0) : 88 + min(-moved, 0)])
        assert np.abs(control[n][:, : max(moved - 8, 0)].astype(int) - 127).max(initial=0) <= 4
    assert np.array_equal(read_picture(here / "guide/start.png"), START)


def test_the_readme_names_the_files_and_what_goes_where(here, capsys):
    assert export("--from", "start.png") == 0
    readme = (here / "guide/README.txt").read_text()
    names = {path.name for path in (here / "guide").iterdir()}
    assert names == {"README.txt", "control.mp4", "mask.mp4", "start.png", "prompts.txt"}
    assert names - {"README.txt"} <= set(re.findall(r"\w+\.\w+", readme))
    assert "black is to be kept, white is to be painted" in readme
    assert "grey (127)" in readme
    for line in ("length +9", "width, height +96, 64", "control_video +control.mp4", "control_masks +mask.mp4"):
        assert re.search(line, readme), line
    assert 'video=load_video("control.mp4"), mask=load_video("mask.mp4")' in readme
    assert "num_frames=9" in readme


def test_prompts_are_listed_with_their_frames(here):
    prompts = {"0": "a fox --neg dogs", "5": "an owl"}
    assert export("--from", "start.png", "--longest", "5", prompts=prompts) == 0
    assert (here / "guide/prompts.txt").read_text() == (
        "control_1.mp4: frames 0 to 4 of the film\n\nframes 0 to 4 of the video:\na fox\nnot: dogs\n\n"
        "control_2.mp4: frames 4 to 8 of the film\n\nframes 0 to 0 of the video:\na fox\nnot: dogs\n\n"
        "frames 1 to 4 of the video:\nan owl\n"
    )


@pytest.mark.parametrize(("backwards", "rest"), [(False, "control_1.mp4, save its last frame.*--frames 4:11"),
                                                 (True, "control_3.mp4, save its first frame.*--frames 0:9")])  # fmt: skip
def test_a_long_film_is_moved_on_from_piece_to_piece(here, backwards, rest):
    assert export("--from", "start.png", "--longest", "5", max_frames=11, reverse=backwards) == 0
    pieces = [frames_of(here / f"guide/control_{n}.mp4") for n in (1, 2, 3)]
    masks = [frames_of(here / f"guide/mask_{n}.mp4") for n in (1, 2, 3)]
    assert [len(one) for one in (*pieces, *masks)] == [5] * 6
    assert close(pieces[0][-1], pieces[1][0])
    assert close(pieces[1][-1], pieces[2][0])
    assert [int((one[k, 0, :, 0] > 127).sum()) for one in masks for k in (0, 1, -1)] == (
        [40, 36, 24, 24, 20, 8, 8, 4, 0] if backwards else [0, 4, 16, 16, 20, 32, 32, 36, 40]
    )  # columns; the last of 11 frames is repeated twice
    assert re.search(rest, (here / "guide/README.txt").read_text().replace("\n  ", " "))


@pytest.mark.parametrize("kind", ["run", "video"])
@pytest.mark.parametrize("part", [(), ("--frames", "2:7")])
def test_pieces_of_a_finished_film_begin_and_end_with_its_frames(here, kind, part, capsys):
    film = {**FILM, "batch_name": "film", "loop": True}
    (here / "made.json").write_text(json.dumps(film))
    assert main(["run", "made.json", "--engine", "preview", "--out", "out", *part]) == 0
    source = "out/film" if kind == "run" else "out/film/film.mp4"
    assert export("--from", source, "--longest", "5", *part, loop=True) == 0
    for number, first, last in [("", 2, 6)] if part else [("_1", 0, 4), ("_2", 4, 8)]:
        control, mask = (frames_of(here / f"guide/{name}{number}.mp4") for name in ("control", "mask"))
        for place, index in ((0, first), (4, last)):
            assert close(control[place], read_picture(here / f"out/film/frames/{index:09d}.png"))
            assert mask[place].max() < 8
        assert mask[2].max() > 247
    assert part or "painted by itself" in (here / "guide/README.txt").read_text()


@pytest.mark.parametrize(
    ("changes", "note"),
    [
        ({"W": 104, "H": 72}, "104x72 is cut to 96x64: video models take multiples of 16"),
        (
            {"max_frames": 10},
            "Wan takes 4k+1 frames, so frame 9 is repeated at the end; leave out the last ones of the result: 3",
        ),
        (
            {"max_frames": 100},
            "it is cut into 2 pieces of 53 frames at the most; each begins with the last frame of the one",
        ),
        ({"fps": 24}, "every frame is there, 24 a second; Wan was trained with 16, so what it moves is 1.5 times as fast"),
        ({}, "Wan VACE was made for 832x480, 480x832, 1280x720, 720x1280; 96x64 works, and W and H change it"),
        ({"translation_x": 0, "zoom": "0:(1.02)"}, "the moves uncover nothing, so masks are black"),
    ],
)
def test_what_is_not_as_in_the_film_is_said(here, capsys, changes, note):
    assert export("--from", "start.png", **changes) == 0
    assert f"film.json: note: {note}" in capsys.readouterr().err
    assert f"\n- {note}" in (here / "guide/README.txt").read_text()


def test_of_a_size_that_is_no_multiple_of_16_the_middle_is_taken(here):
    large = resized(START, (104, 72))
    write_png("start.png", large)
    assert export("--from", "start.png", W=104, H=72) == 0
    assert np.array_equal(read_picture(here / "guide/start.png"), large[4:68, 4:100])
    assert frames_of(here / "guide/mask.mp4")[2, 0, :, 0].tolist() == pytest.approx([255] * 4 + [0] * 92, abs=8)


def test_the_start_picture_of_the_settings_is_taken(here):
    assert export(use_init=True, init_image="start.png") == 0
    assert close(frames_of(here / "guide/control.mp4")[0], START)


@pytest.mark.parametrize(
    ("options", "changes", "line"),
    [
        ([], {}, "--from: a guide begins with a picture, and this film has no start picture; name a picture"),
        (["--from", "no.png"], {}, "--from: no.png: there is no such file"),
        (["--from", "https://a.b/c.png"], {}, "--from: a web address; nothing is downloaded; name a file"),
        (["--from", "start.png"], {"max_frames": 2}, "max_frames: a guide has 5 frames at least; this film has 2"),
        (["--from", "start.png", "--longest", "4"], {}, "--longest: a piece has 5 frames at least; 81 are usual"),
        (["--from", "start.png"], {"W": 8}, "W: a guide has 16 pixels at least; make it larger"),
        (["--from", "start.png"], {"loop": True}, "loop: a picture that is only moved does not come back"),
        (["--from", "start.png"], {"animation_mode": "Interpolation"}, "animation_mode: a guide shows what the camera sees"),
        (
            ["--from", "three"],
            {},
            "--from: it has 3 frames, and the film has 9; name the film that was made with these",
        ),
        (["--from", "start.png"], {"batch_name": "full"}, "guide: there are files in it; name a new folder"),
        (["--from", "start.png", "--ffmpeg", "/no/ffmpeg"], {}, "/no/ffmpeg"),
    ],
)
def test_what_has_no_guide_is_said_in_a_line(here, capsys, options, changes, line):
    (here / "three").mkdir()
    for n in range(3):
        write_png(f"three/{n}.png", START)
    if changes.get("batch_name") == "full":
        (here / "guide").mkdir()
        (here / "guide/mine.txt").write_text("mine")
    assert export(*options, **changes) != 0
    said = [one for one in capsys.readouterr().err.splitlines() if ": note: " not in one]
    assert len(said) == 1
    assert line in said[0]
    assert not [path for path in here.glob("guide/*") if path.name != "mine.txt"]


def test_one_of_two_things_is_exported(capsys):
    with pytest.raises(SystemExit):
        main(["export", "film.json"])
    assert "one of the arguments --camera --guide is required" in capsys.readouterr().err
