"""Folders of pictures in place of videos: of a source, of masks, and pairs of both."""

import numpy as np
import pytest

from lib_anim.engines.base import Capabilities
from lib_anim.errors import SettingsError
from lib_anim.features.common.masking import masks
from lib_anim.images.frame import write_png
from lib_anim.plan.film_length import with_derived_length
from lib_anim.plan.plan import make_plan
from lib_anim.shot.reel import Reel, render
from lib_anim.shot.steps import Tools
from tests.helpers import Painter, problems_of, settings, shot

VIDEO = {"animation_mode": "Video Input", "video_init_path": "clip", "mask_overlay_blur": 0, "full_res_mask": False}


def grey(level, size=(64, 48)):
    return np.full((size[1], size[0], 3), level, np.uint8)


def bar(place, size=(64, 48)):
    """White in one of four columns."""
    picture = grey(0, size)
    picture[:, place * size[0] // 4 : (place + 1) * size[0] // 4] = 255
    return picture


def write(folder, *pictures):
    """Pictures in order, as 1.png, 2.png … 10.png, which letters would order otherwise."""
    folder.mkdir(parents=True)
    for number, picture in enumerate(pictures, 1):
        write_png(folder / f"{number}.png", picture)


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    """A folder with a pair of eleven pictures, whose mask goes to the right, and again from the left."""
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "clip" / "image", *(grey(20 * k) for k in range(11)))
    write(tmp_path / "clip" / "mask", *(bar(k % 4) for k in range(11)))
    (tmp_path / "clip" / "notes.txt").write_text("not a picture")
    (tmp_path / "clip" / "mask" / "notes.txt").write_text("not a picture")
    return tmp_path


def places(mask):
    return [int(column) for column in np.flatnonzero(mask.reshape(48, 4, 16).mean(axis=(0, 2)) > 0.5)]


def filmed(painter, **changes):
    film = shot(Tools(painter.capabilities), **{**VIDEO, **changes})
    return [one.frame for one in render(Reel(film), painter)], painter.requests, film.notes


def white(_):
    return grey(255)


def test_a_pair_is_the_video_and_its_mask(here):
    frames, requests, notes = filmed(Painter(white), use_mask=True, max_frames=11)
    assert [int(request.init[0, 0, 0]) for request in requests] == [20 * k for k in range(11)]
    assert [places(request.mask) for request in requests] == [[k % 4] for k in range(11)]
    assert [places(frame[..., 0] == 255) for frame in frames] == [[k % 4] for k in range(11)]
    assert not notes


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"extract_nth_frame": 2}, [0, 2, 0]),
        ({"extract_from_frame": 3}, [3, 0, 1]),
        ({"use_mask_video": True}, [0, 1, 2]),
        ({"use_mask_video": True, "video_mask_path": "own"}, [3, 3, 3]),
        ({"mask_file": "own/1.png"}, [0, 1, 2]),  # the pair goes before a picture
        ({"mask_schedule": "0:([own/1.png])"}, [3, 3, 3]),
    ],
)
def test_which_mask_a_pair_gives(here, changes, expected):
    write(here / "own", bar(3))
    _, requests, _ = filmed(Painter(white), use_mask=True, max_frames=3, **changes)
    assert [places(request.mask) for request in requests] == [[place] for place in expected]


def test_a_pair_that_no_film_looks_at_gives_no_mask(here):
    with pytest.raises(SettingsError, match=r"there is no \{video_mask\}"):
        shot(use_mask=True, video_init_path="clip")


@pytest.mark.parametrize(
    ("ending", "expected"), [("hold", [2, 2, 2]), ("loop", [0, 1, 2]), ("ping-pong", [1, 0, 1]), ("stop", [2, 2, 2])]
)
def test_masks_of_a_pair_end_as_its_pictures_do(here, ending, expected):
    write(here / "short" / "image", *(grey(50 * k) for k in range(3)))
    write(here / "short" / "mask", *(bar(k) for k in range(3)))
    _, requests, _ = filmed(Painter(white), use_mask=True, video_init_path="short", video_at_end=ending, max_frames=6)
    assert [places(request.mask) for request in requests[3:6]] == [[place] for place in expected][: len(requests) - 3]


@pytest.mark.parametrize(("how", "expected"), [("stretch", [1]), ("crop", [0, 1])])
def test_masks_of_a_pair_are_cut_as_its_pictures_are(here, how, expected):
    write(here / "wide" / "image", grey(100, (128, 48)))
    write(here / "wide" / "mask", bar(1, (128, 48)))  # from 32 to 64 of 128, of which the middle 64 are seen
    _, requests, _ = filmed(Painter(white), use_mask=True, video_init_path="wide", init_image_fit=how, max_frames=1)
    assert places(requests[0].mask) == expected


@pytest.mark.parametrize("path", ["clip/mask", "clip"])
def test_a_folder_of_masks_stands_in_for_a_mask_video(here, path):
    film = settings(use_noise_mask=True, noise_schedule="0:(0.1)", use_mask_video=True, video_mask_path=path)
    found = masks("noise_mask_schedule", make_plan(film), Tools())
    assert [places(found.at(index)) for index in range(6)] == [[0], [1], [2], [3], [0], [1]]
    assert found.notes == ()


def test_a_folder_without_a_pair_is_a_video_too(here):
    _, requests, _ = filmed(Painter(white), video_init_path="clip/image", max_frames=3)
    assert [int(request.init[0, 0, 0]) for request in requests] == [0, 20, 40]


@pytest.mark.parametrize(("wanted", "fps"), [("Length", 15), ("Length and rate", 15)])
def test_the_film_gets_the_length_of_a_folder_which_has_no_rate(here, wanted, fps):
    film = with_derived_length(settings(**VIDEO, video_sets=wanted, fps=15), None)
    assert (film["max_frames"], film["fps"]) == (11, fps)


SHORT = "{}: its 11 frames end before the film's 20; the last one holds on"
SEVERAL = "{}: its pictures have 2 sizes; each is resized to 64x48"


@pytest.mark.parametrize(
    ("change", "changes", "notes"),
    [
        (None, {"max_frames": 20}, [SHORT.format("video_init_path"), SHORT.format("video_init_path/mask")]),
        (lambda here: write_png(here / "clip/mask/2.png", bar(1, (32, 24))), {}, [SEVERAL.format("video_init_path/mask")]),
        (lambda here: write_png(here / "clip/image/2.png", grey(20, (32, 24))), {}, [SEVERAL.format("video_init_path")]),
    ],
)
def test_what_is_not_as_wished_is_said(here, change, changes, notes):
    if change:
        change(here)
    _, requests, said = filmed(Painter(white), use_mask=True, **{"max_frames": 3, **changes})
    assert list(said) == notes
    assert places(requests[1].mask) == [1]
    assert len(requests) < 20 or places(requests[19].mask) == [10 % 4]


@pytest.mark.parametrize(
    ("change", "changes", "reason"),
    [
        (lambda here: (here / "clip/mask/3.png").write_text("no"), {}, "clip/mask/3.png: not a picture that can be read"),
        (lambda here: (here / "clip/image/3.png").write_text("no"), {}, "clip/image/3.png: not a picture that can be read"),
        (None, {"video_init_path": "empty"}, "empty: there are no pictures in this folder"),
        (None, {"add_soundtrack": "Init Video"}, "clip/image: there is no sound in it"),
    ],
)
def test_what_cannot_be_read_is_said_once(here, change, changes, reason):
    (here / "empty").mkdir()
    if change:
        change(here)
    with pytest.raises(SettingsError) as error:
        shot(Tools(Capabilities(words=frozenset({"soft_mask"}))), **{**VIDEO, "use_mask": True, **changes})
    lines = [line for line in problems_of(error) if "{video_mask}" not in line]
    assert len(lines) == 1
    assert reason.rsplit("/", 1)[-1] in lines[0]
