"""Guided images: which picture is mixed in, how strongly, from which frame on, and whose colours the film gets."""

import json
import math
from pathlib import Path

import numpy as np
import pytest

from lib_anim.errors import SettingsError
from lib_anim.features.guides.guided_images import pull
from lib_anim.features.open import open_shot
from lib_anim.images.frame import read_picture, write_png
from lib_anim.plan.plan import make_plan
from lib_anim.settings import settings as settings_file
from lib_anim.shot.reel import Reel, render
from lib_anim.shot.steps import Tools
from tests.helpers import Painter, flat, settings

BLEND = {"blendFactorMax": "0:(0.5)", "blendFactorSlope": "0:(0)", "tweening_frames_schedule": "0:(2)"}


def grey(level, size=(64, 48)):
    return np.full((size[1], size[0], 3), level, np.uint8)


@pytest.fixture
def files(tmp_path):
    for name, level in (("black", 0), ("light", 200), ("white", 255)):
        write_png(tmp_path / f"{name}.png", grey(level))
    return tmp_path


def film(files, pictures, **changes):
    paths = {key: str(files / name) for key, name in pictures.items()}
    return settings(**{"use_looper": True, "init_images": json.dumps(paths), "max_frames": 8, **BLEND, **changes})


def filmed(painter, *args, **changes):
    """The requests that a film sends, and its frames."""
    frames = [one.frame for one in render(Reel(open_shot(film(*args, **changes))), painter)]
    return painter.requests, frames


def levels(requests):
    return [round(float(request.init.mean())) for request in requests]


def test_off_adds_nothing(files):
    shot = open_shot(film(files, {"0": "nothing.png"}, use_looper=False))
    assert not any(step.__module__.endswith("guided_images") for step in shot.steps.ask)


def test_each_picture_is_mixed_in_from_its_own_frame_on(files):
    requests, _ = filmed(Painter(lambda _: grey(100)), files, {"0": "black.png", "max_f/2": "light.png"})  # frame 3 of 0 .. 7
    # half of the picture for two frames after its own, then 7 % of it; frame 0 is painted over the first picture itself
    assert levels(requests) == [0, 50, 50, 150, 150, 150, 107, 107]


def test_the_order_of_keys_is_that_of_their_frames(files):
    requests, _ = filmed(Painter(lambda _: grey(100)), files, {"5": "white.png", "0": "black.png"}, max_frames=6)
    assert levels(requests)[-1] == 178  # half of 255 and half of 100


def test_before_the_first_key_its_picture_is_there_already(files):
    requests, _ = filmed(Painter(lambda _: grey(100)), files, {"4": "light.png"}, max_frames=3)
    assert levels(requests) == [200, 150, 150]


@pytest.mark.parametrize("since", range(21))
def test_the_curve_is_that_of_deforum_counted_from_the_picture(since):
    assert pull(since, 20, 0.35, 0.25) == pytest.approx(0.35 - 0.25 * math.cos(since / 10))


@pytest.mark.parametrize(
    ("args", "share"), [((21, 20, 0.35, 0.25), 0.07), ((0, 0, 0.35, 0.25), 0.07), ((0, 20, 9, 0), 1), ((0, 20, -9, 0), 0)]
)
def test_the_curve_ends_and_stays_a_share(args, share):
    assert pull(*args) == share


def test_strength_is_that_of_guided_images(files):
    requests, _ = filmed(
        Painter(flat),
        files,
        {"0": "black.png"},
        strength=0.9,
        strength_schedule="0:(0.1)",
        image_strength_schedule="0:(0.6), 7:(0.8)",
    )
    assert [round(1 - request.denoise, 2) for request in requests] == [0.9, 0.63, 0.66, 0.69, 0.71, 0.74, 0.77, 0.8]


def test_strength_at_keyframes(files):
    changes = {
        "keyframe_distribution": "Additive",
        "image_keyframe_strength_schedule": "0:(0.3)",
        "image_strength_schedule": "0:(0.6)",
    }
    requests, _ = filmed(
        Painter(flat), files, {"0": "black.png"}, **changes, prompts={"0": "a", "3": "b"}, keyframe_strength_schedule="0:(0)"
    )
    assert [round(1 - request.denoise, 2) for request in requests] == [0.8, 0.6, 0.6, 0.3, 0.6, 0.6, 0.6, 0.3]


@pytest.mark.parametrize(("factor", "wanted"), [(0, (200, 60, 60)), (1, (60, 60, 200))])
def test_painted_pictures_get_the_colours_of_before_and_of_the_picture(tmp_path, factor, wanted):
    """Before: what was there is red. The picture is blue. Painted grey pictures take the colour, and keep their lightness."""
    red, blue = (np.broadcast_to(np.array(colour, np.uint8), (48, 64, 3)) for colour in ((200, 60, 60), (60, 60, 200)))
    write_png(tmp_path / "blue.png", np.ascontiguousarray(blue))
    painter = Painter(lambda request: np.ascontiguousarray(red) if request.index == 0 else grey(100))
    changes = {"color_correction_factor": f"0:({factor})", "max_frames": 2}
    _, (first, second) = filmed(painter, tmp_path, {"0": "blue.png"}, **changes)
    assert np.array_equal(first, red)  # the beginning is not corrected
    mean = second.reshape(-1, 3).mean(axis=0)
    assert np.argmax(mean) == np.argmax(wanted)
    assert mean.max() - mean.min() > 60
    assert abs(mean @ (0.2126, 0.7152, 0.0722) - 100) < 30  # as light as what was painted


def test_an_object_in_the_file_and_paths_beside_it(files):
    (files / "film.json").write_text(json.dumps({"use_looper": True, "init_images": {"0": "black.png"}}))
    found = settings_file.load(str(files / "film.json"))
    assert json.loads(found.text("init_images")) == {"0": str(files / "black.png")}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "init_images: there are no pictures by frame; write {"),
        ("[]", "init_images: there are no pictures by frame"),
        ("{}", "init_images: there are no pictures by frame"),
        ('{"0": "a.png"', "init_images, line 1, column 14: not valid JSON"),
        ('{"0": 3}', "init_images, keyframe 0: there is no picture; write the path of a picture file"),
        ('{"x+": "a.png"}', "init_images, keyframe x+: cannot read"),
        (
            '{"0": "https://host/a.png"}',
            "keyframe 0: a web address; nothing is downloaded; write the path of a picture file, or allow it",
        ),
        ('{"2": "nowhere/a.png"}', "init_images, frame 2: nowhere/a.png: there is no such file"),
    ],
)
def test_what_is_wrong_is_found_before_the_film(text, words):
    with pytest.raises(SettingsError) as caught:
        open_shot(settings(use_looper=True, init_images=text))
    assert words in "\n".join(caught.value.lines())


def test_all_missing_pictures_come_at_once(files):
    with pytest.raises(SettingsError) as caught:
        open_shot(film(files, {"0": "black.png", "2": "one.png", "4": "two.png"}))
    assert len(caught.value.lines()) == 2


def test_a_file_that_is_no_picture(files):
    (files / "words.png").write_text("words")
    with pytest.raises(SettingsError, match=r"frame 3: .*words\.png: not a picture that can be read; write"):
        open_shot(film(files, {"3": "words.png"}))


def test_a_resumed_film_is_the_same_to_the_byte(files):
    made = film(files, {"0": "black.png", "4": "light.png"})
    whole = [one.frame for one in render(Reel(open_shot(made)), Painter(flat))]
    reel, painter = Reel(open_shot(made)), Painter(flat)
    for _ in range(5):
        list(reel.take(painter.sample_take(reel.ask())))
    again = Reel(open_shot(made))
    again.restore(reel.state())
    assert all(np.array_equal(a.frame, b) for a, b in zip(render(again, Painter(flat)), whole[5:], strict=True))


def test_beside_a_start_picture_the_first_of_them_begins_and_that_is_said(files):
    start = {"use_init": True, "init_image": str(files / "white.png")}
    shot = open_shot(film(files, {"0": "black.png"}, **start))
    assert any(note.startswith("use_init: the first of init_images begins") for note in shot.notes)
    assert levels(Reel(shot).ask()) == [0]
    assert not shot.plan.in_use("init_image")
    assert shot.plan.in_use("strength")


def test_pictures_are_read_when_their_turn_comes_and_few_are_kept(files):
    read = []

    def picture(path):
        read.append(Path(path).stem)
        return read_picture(path)

    names = [f"p{n}" for n in range(9)]
    for n, name in enumerate(names):
        write_png(files / f"{name}.png", grey(20 * n))
    by_frame = {str(n): f"{name}.png" for n, name in enumerate(names)}
    reel = Reel(open_shot(film(files, by_frame), tools=Tools(picture=picture)))
    assert sorted(read) == names  # each is looked at before the film
    read.clear()
    list(render(reel, Painter(flat)))
    assert read == names[:8]


def test_keys_of_its_strength_paint_no_keyframes(files):
    made = film(files, {"0": "black.png"}, keyframe_distribution="Keyframes Only", image_strength_schedule="0:(0.6), 3:(0.8)")
    assert make_plan(made).spans.painted == [0, 7]
