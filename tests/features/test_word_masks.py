"""Masks by words, with a network that finds what is red or blue: where they act, when it is asked, what is said without it."""

import numpy as np
import pytest

from lib_anim.errors import SettingsError
from lib_anim.features.open import open_shot
from lib_anim.images.frame import write_png
from lib_anim.models.segment import SegmentNetwork
from lib_anim.shot.reel import Reel, render
from lib_anim.shot.steps import Tools
from tests.features.inputs import write_inputs
from tests.helpers import Painter, frame, noisy, problems_of, settings, shot
from tests.media.test_source_video import write_film

QUARTERS = frame("RGBW", "RGBW").repeat(24, axis=0).repeat(16, axis=1)  # red, green, blue and white from left to right
SHARP = {"use_mask": True, "mask_overlay_blur": 0, "full_res_mask": False}
BEGUN = {"use_init": True, "init_image": "quarters.png"}


class Finder:
    """Finds what is of the colour that the words name, or the left quarter, and remembers what it was asked."""

    def __init__(self):
        self.asked = []

    def __call__(self, picture, words):
        self.asked.append(words)
        if words == "left":
            return np.repeat(np.float32([[1, 0, 0, 0]]), 16, axis=1).repeat(48, axis=0)
        colour = {"red": (255, 0, 0), "the blue": (0, 0, 255), "white": (255, 255, 255)}[words]
        return (np.abs(picture.astype(int) - colour).max(axis=2) < 8).astype(np.float32)


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    """A folder with a start picture; no model lies on this machine."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ANIM_CONFIG", str(tmp_path))
    write_png("quarters.png", QUARTERS)
    return tmp_path


@pytest.fixture
def finder():
    return Finder()


def tools_of(finder, painter):
    return Tools(painter.capabilities, segment=lambda: SegmentNetwork("finder", finder))


def quarters(_):
    return QUARTERS


def filmed(finder, painter, **changes):
    """The frames of a film, and what was asked of its painter."""
    film = shot(tools_of(finder, painter), **changes)
    return [one.frame for one in render(Reel(film), painter)], painter.requests


def shares(values):
    """How white a mask is in each quarter."""
    return values.reshape(48, 4, 16).mean(axis=(0, 2)).round(1).tolist()


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("<red>", [1, 0, 0, 0]),
        ("'<the  blue>'", [0, 0, 1, 0]),
        ("!<red>", [0, 1, 1, 1]),
        ("<red> | <the blue>", [1, 0, 1, 0]),
        (r"!<red> \ <the blue>", [0, 1, 0, 1]),
        ("<white> & luma(0.5, 1)", [0, 0, 0, 1]),
    ],
)
def test_only_what_words_name_is_painted(finder, expression, expected):
    _, requests = filmed(finder, Painter(quarters), **SHARP, **BEGUN, max_frames=2, mask_schedule=f"0:({expression})")
    assert [shares(request.mask) for request in requests] == [expected, expected]


def test_a_picture_is_looked_at_once(finder):
    filmed(finder, Painter(quarters), **SHARP, **BEGUN, max_frames=3, mask_schedule="0:(<red>), 2:(<red> | <the blue>)")
    assert finder.asked == ["red", "red", "red", "the blue"]


MOVES = {**SHARP, "translation_x": "0:(16)", "border": "wrap"}


STEPS = [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]


@pytest.mark.parametrize(
    ("changes", "places", "asked"),
    [
        ({}, [0, 0, 0, 0, 0], 5),
        ({"mask_words_every": 2}, [1, 0, 1, 0, 1], 3),  # asked at 0, 2 and 4
        ({"mask_words_every": 9}, [1, 2, 3, 0, 1], 1),
        ({"mask_words_every": 9, "mask_moves": True}, [1, 2, 3, 0, 1], 1),
        ({"mask_words_every": 9, "mask_schedule": "0:(<left>), 3:({everywhere} & <left>)"}, [1, 2, 3, 0, 1], 1),
        ({"mask_words_every": 9, "mask_schedule": "0:(<left>), 2:(<white>), 3:(<left>)"}, [1, 1, 0, 1, 2], 3),
    ],
)
def test_what_was_found_goes_with_the_camera_until_the_model_is_asked_again(finder, changes, places, asked):
    """All goes to the right by a quarter a frame, and what leaves comes in at the left."""
    changes = {**MOVES, "mask_schedule": "0:(<left>)", **changes}
    _, requests = filmed(finder, Painter(lambda request: QUARTERS if request.init is None else request.init), **changes)
    assert [shares(request.mask) for request in requests[1:]] == [STEPS[place] for place in places]
    assert len(finder.asked) == asked


def test_frames_between_painted_ones_count(finder):
    changes = {**MOVES, "mask_schedule": "0:(<left>)", "max_frames": 9, "diffusion_cadence": 2, "mask_words_every": 4}
    filmed(finder, Painter(quarters), **changes)
    assert len(finder.asked) == 3  # at 0, 4 and 8


def test_what_was_found_goes_along_with_the_motion_of_a_video(finder, here):
    """A texture that goes to the right by two pixels a frame, and blue that was found once."""
    write_inputs(here)
    hybrid = {"video_init_path": "video.mkv", "hybrid_motion": "Optical Flow", "hybrid_use_first_frame_as_init_image": False}
    changes = {**SHARP, **hybrid, "mask_schedule": "0:(<the blue>)", "mask_words_every": 99, "max_frames": 4}
    _, requests = filmed(finder, Painter(quarters), **changes)
    middles = [np.average(np.arange(64), weights=request.mask[16:32].sum(axis=0)) for request in requests[1:]]
    assert np.diff([39.5, *middles]) == pytest.approx(2.0, abs=0.7)
    assert len(finder.asked) == 1


@pytest.mark.parametrize("every", [1, 3])
@pytest.mark.parametrize("noise", [False, True])
def test_a_stopped_film_goes_on_alike(finder, every, noise):
    changes = {**MOVES, "mask_schedule": "0:(<red>)", "mask_words_every": every, "angle": "0:(3)"}
    if noise:
        named = {"noise_mask_schedule": "0:(<red>)", "use_noise_mask": True, "noise_schedule": "0:(0.2)"}
        changes |= {**named, "use_mask": False}
    painter = Painter(quarters)
    reel, states, frames = Reel(shot(tools_of(finder, painter), **changes)), [], []
    while (take := reel.ask()) is not None:
        frames += reel.take(painter.sample_take(take))
        states.append(reel.state())
    for done, state in enumerate(states[:-1], 1):
        again = Reel(shot(tools_of(finder, painter), **changes))
        again.restore(state)
        for one, other in zip(render(again, painter), frames[done:], strict=True):
            assert np.array_equal(one.frame, other.frame)


@pytest.mark.parametrize("kind", ["uniform", "perlin", "detail"])
def test_noise_is_where_words_are_found(finder, kind):
    named = {"use_noise_mask": True, "noise_mask_schedule": "0:(<left>)", "noise_schedule": "0:(1)", "noise_type": kind}
    turned = {"angle": "0:(1)", "sampling_mode": "bicubic", "max_frames": 2}  # which takes detail
    _, requests = filmed(finder, Painter(noisy), **named, **turned)
    _, plain = filmed(finder, Painter(noisy), **turned)
    changed = np.sign(np.abs(requests[1].init.astype(np.float32) - plain[1].init).max(axis=2))
    assert shares(changed) == [1, 0, 0, 0]


@pytest.mark.parametrize(
    ("kind", "inverse", "expected"),
    [
        ("Expression", False, [0, 255, 255, 255]),  # red of the painted picture stays, the grey video is mixed into the rest
        ("Expression", True, [255, 0, 0, 0]),
        ("Video Expression", False, [255, 255, 255, 0]),  # the red of the video is at its right
    ],
)
def test_a_video_is_mixed_in_where_words_are_not_found(finder, here, kind, inverse, expected):
    write_film(here / "video.mkv", np.stack([QUARTERS[:, ::-1]] * 3))
    mixed = {"hybrid_composite": "Normal", "hybrid_comp_alpha_schedule": "0:(1)", "hybrid_use_first_frame_as_init_image": False}
    mask = {"hybrid_comp_mask_type": kind, "hybrid_comp_mask_schedule": "0:(<red>)", "hybrid_comp_mask_inverse": inverse}
    if kind == "Video Expression":
        write_film(here / "video.mkv", np.stack([frame("WWWR", "WWWR").repeat(24, axis=0).repeat(16, axis=1)] * 3))
    _, requests = filmed(finder, Painter(quarters), **mixed, **mask, video_init_path="video.mkv", max_frames=2)
    changed = np.abs(requests[1].init.astype(int) - QUARTERS).max(axis=2) > 100
    assert [255 * share for share in shares(changed.astype(np.float32))] == expected


# -- what is said ----------------------------------------------------------------------------------------------------------

HOW = "name the folder of one as mask_model, such as CIDAS/clipseg-rd64-refined of the Hugging Face hub (Apache 2.0)"
NAMED = {
    "mask_schedule": {**SHARP, "mask_schedule": "0:(<red>)"},
    "noise_mask_schedule": {"use_noise_mask": True, "noise_schedule": "0:(0.5)", "noise_mask_schedule": "0:(<red>)"},
    "hybrid_comp_mask_schedule": {
        "video_init_path": "video.mkv",
        "hybrid_composite": "Normal",
        "hybrid_comp_mask_type": "Expression",
        "hybrid_comp_mask_schedule": "0:(<red>)",
    },
}


@pytest.mark.parametrize("key", NAMED)
def test_without_a_model_it_is_said_and_the_film_can_be_made_without_the_mask(here, key):
    write_film(here / "video.mkv", np.stack([QUARTERS] * 2))
    changes = {**NAMED[key], "max_frames": 2}
    missing = f"{key}, frame 0, column 4: <red> needs a model that finds what words name; {HOW}, or go on without it"
    with pytest.raises(SettingsError) as error:
        shot(**changes)
    assert problems_of(error) == [f"{missing}: --allow-missing"]
    film = open_shot(settings(**changes), allow_missing=True)
    assert [note.split(":")[:2] for note in film.notes if "needs a model" in note] == [["left out", f" {key}"]]
    painter = Painter(quarters)
    assert len(list(render(Reel(film), painter))) == 2
    assert painter.requests[1].mask is None


@pytest.mark.parametrize("with_model", [False, True])
def test_a_preview_shows_words_as_white_and_says_so(finder, with_model):
    from lib_anim.engines.preview import Preview

    engine = Preview()
    tools = tools_of(finder, engine) if with_model else Tools(engine.capabilities)
    film = shot(tools, **{**NAMED["mask_schedule"], "mask_schedule": "0:(!<red>)"}, max_frames=2)
    assert len(list(render(Reel(film), engine))) == 2
    assert not finder.asked
    said = "<red> is white in a preview; a film asks the model where it is" if with_model else "<red> needs a model that"
    assert any(said in note for note in film.notes)
    assert not any("the mask is black" in note for note in film.notes)
    found_by = "finder" if with_model else "a model that is not here"
    assert dict(film.features)["inpaint_mask"].does == f"paints where mask_schedule is white; <red> found by {found_by}"


def test_explained_is_who_finds_what_and_how_often(finder):
    changes = {**SHARP, "mask_schedule": "0:(<red>), 3:(!<the blue>)", "mask_words_every": 5}
    made = shot(tools_of(finder, Painter(quarters)), **changes)
    said = "paints where mask_schedule is white; <red>, <the blue> found by finder, again every 5 frames"
    assert dict(made.features)["inpaint_mask"].does == said


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/none", "there is no such folder"),
        ("https://example.org/model", "a web address; nothing is downloaded"),
        (__file__, "there is no such folder"),
        (".", "there is no such file"),
    ],
)
def test_a_path_that_is_no_model_is_refused_once(path, words):
    with pytest.raises(SettingsError) as error:
        shot(**{**NAMED["mask_schedule"], "mask_schedule": "0:(<red>), 2:(<the blue>)"}, mask_model=path)
    (problem,) = error.value.problems
    assert problem.key == "mask_model"
    assert words in str(problem.reason)


def test_a_model_that_nobody_asks_is_not_opened():
    assert not shot(mask_model="/none").notes
    assert not shot(**SHARP, **BEGUN, mask_file="quarters.png", mask_model="/none", max_frames=1).notes
