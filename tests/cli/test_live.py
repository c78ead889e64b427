"""`anim live`: a photo brought to life."""

import json

import numpy as np
import pytest
from PIL import Image, ImageSequence

from lib_anim.cli import main
from lib_anim.images.frame import read_picture
from lib_anim.images.test_card import test_card as card
from lib_anim.media.source_video import Film

SHORT = ("--seconds", "0.5", "--fps", "8")


@pytest.fixture
def photo(tmp_path):
    """A photo with depth beside it, so that no network is loaded."""
    Image.fromarray(card((96, 64))).save(tmp_path / "photo.png")
    Image.fromarray(np.tile(np.linspace(0, 255, 96).astype(np.uint8), (64, 1))).save(tmp_path / "depth.png")
    return tmp_path / "photo.png"


def live(photo, film, *more):
    depth = photo.parent / "depth.png"
    given = ["live", str(photo), "-o", str(film), "--out", str(photo.parent / "runs"), "--depth", str(depth)]
    return main([*given, *SHORT, *more])


def test_a_gif_that_begins_with_the_photo(tmp_path, photo, capsys):
    assert live(photo, tmp_path / "new" / "film.gif") == 0
    run, film = capsys.readouterr().out.splitlines()
    assert film == str(tmp_path / "new" / "film.gif")
    with Image.open(film) as image:
        assert (image.format, image.size, image.n_frames, image.info["loop"]) == ("GIF", (96, 64), 4, 0)
    assert np.array_equal(read_picture(f"{run}/frames/000000000.png"), card((96, 64)))
    settings = json.loads((tmp_path / "runs").joinpath(run.rpartition("/")[2], "settings.json").read_text())
    assert settings["still_scene"] is True


@pytest.mark.parametrize(("suffix", "kind"), [(".webp", "WEBP"), (".mp4", None)])
def test_other_formats_by_the_name(tmp_path, photo, suffix, kind):
    assert live(photo, tmp_path / f"film{suffix}") == 0
    if kind:
        with Image.open(tmp_path / f"film{suffix}") as image:
            assert (image.format, image.n_frames) == (kind, 4)
    else:
        assert Film.open(tmp_path / "film.mp4").n_frames == 4


def test_there_and_back_shows_the_same_pictures_again(tmp_path, photo):
    assert live(photo, tmp_path / "film.gif", "--ping-pong") == 0
    with Image.open(tmp_path / "film.gif") as image:
        shown = [np.asarray(one.convert("RGB"), int) for one in ImageSequence.Iterator(image)]
    assert len(shown) == 6  # 0 1 2 3 2 1
    assert np.abs(shown[5] - shown[1]).mean() < 0.3 * np.abs(shown[3] - shown[1]).mean()


def test_a_setting_of_the_film_can_be_changed(tmp_path, photo):
    assert live(photo, tmp_path / "film.mp4", "--set", "W=64", "--set", "H=64") == 0
    assert Film.open(tmp_path / "film.mp4").size == (64, 64)


def test_a_run_that_was_stopped_goes_on(tmp_path, photo, capsys):
    assert live(photo, tmp_path / "film.mp4") == 0
    run = capsys.readouterr().out.splitlines()[0]
    assert main(["run", "--resume", run]) == 0


def test_turned_upright(tmp_path, photo):
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(card((96, 64))).save(tmp_path / "photo.jpg", exif=exif)
    assert live(tmp_path / "photo.jpg", tmp_path / "film.mp4") == 0
    assert Film.open(tmp_path / "film.mp4").size == (64, 96)


def test_an_animation_gives_its_first_picture_and_that_is_said(tmp_path, photo, capsys):
    pictures = [Image.fromarray(np.full((64, 96, 3), level, np.uint8)) for level in (200, 20)]
    pictures[0].save(tmp_path / "photo.gif", save_all=True, append_images=pictures[1:])
    assert live(tmp_path / "photo.gif", tmp_path / "film.mp4") == 0
    said = capsys.readouterr()
    assert "init_image: an animation; its first picture is used" in said.err
    assert read_picture(f"{said.out.splitlines()[0]}/frames/000000001.png").min() == 200


BAD = {
    "text": "notes.txt: not a picture that can be read",
    "absent": "gone.png: there is no such file",
    "film": "film.avi: name a film that ends in .gif, .webp, .mp4",
    "slider": "motion: 300 is not from 0 to 255",
}


@pytest.mark.parametrize(("what", "text"), BAD.items())
def test_what_is_wrong_is_one_line(tmp_path, photo, capsys, what, text):
    (tmp_path / "notes.txt").write_text("no picture")
    photo = {"text": tmp_path / "notes.txt", "absent": tmp_path / "gone.png"}.get(what, photo)
    film = tmp_path / ("film.avi" if what == "film" else "film.gif")
    assert live(photo, film, *(("--motion", "300") if what == "slider" else ())) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert text in lines[0]
    assert not film.exists()
