"""Painting within masks: what an engine is asked for, what it leaves to the byte, where a part is painted enlarged."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lib_anim.engines.base import Capabilities, Control, SampleRequest
from lib_anim.engines.preview import Preview
from lib_anim.errors import SettingsError
from lib_anim.images.frame import write_png
from lib_anim.images.test_card import TINT, TINT_OPACITY
from lib_anim.images.test_card import test_card as card
from lib_anim.models.depth import DepthNetwork
from lib_anim.shot.reel import Reel, render
from lib_anim.shot.steps import Tools
from tests.helpers import Painter, frame, letters, noisy, problems_of, shot
from tests.media.test_source_video import write_film

SIZE = (64, 48)
LEFT = np.repeat(np.float32([[1, 0]]), [32, 32], axis=1).repeat(48, axis=0)
BEGUN = {"use_init": True, "init_image": "card.png", "max_frames": 2}
SHARP = {"use_mask": True, "mask_overlay_blur": 0, "full_res_mask": False}


class Hard(Painter):
    """A painter that has no soft masks."""

    capabilities = Capabilities()


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    """A folder with masks and a start picture; the film is 64x48."""
    monkeypatch.chdir(tmp_path)
    for name, mask in {"left": LEFT, "black": LEFT * 0, "white": LEFT * 0 + 1, "large": np.repeat(LEFT, 2, axis=1)}.items():
        Image.fromarray(np.rint(mask * 255).astype(np.uint8)).save(f"{name}.png")
    small = np.zeros((48, 64), np.uint8)
    small[20:26, 40:48] = 255
    Image.fromarray(small).save("small.png")
    write_png("card.png", card(SIZE))
    (tmp_path / "text.png").write_text("no picture")
    return tmp_path


def filmed(painter, **changes):
    """The frames of a film, and what was asked of its painter."""
    film = shot(Tools(painter.capabilities), **{"mask_file": "left.png", **changes})
    return [one.frame for one in render(Reel(film), painter)], painter.requests


def white(_):
    return np.full((48, 64, 3), 255, np.uint8)


# -- what stays and what changes -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("painter", [Painter(white), Hard(white)])
def test_only_what_is_white_is_painted(painter):
    painter.requests.clear()
    frames, requests = filmed(painter, **SHARP, use_init=True, init_image="card.png", max_frames=3)
    assert len(requests) == 3
    for one in frames:
        assert np.array_equal(one[:, 32:], card(SIZE)[:, 32:])
        assert one[:, :32].min() == 255
    assert np.array_equal(requests[1].mask, LEFT)


GRID = frame("RGBW", "BRGY", "Y.RG", "GBY.").repeat(12, axis=0).repeat(16, axis=1)


def test_what_is_masked_goes_with_the_camera_and_stays_to_the_byte():
    """The frame before shifts by one letter, and only its left half is painted."""
    painter = Painter(lambda request: GRID if request.init is None else white(request))
    frames, _ = filmed(painter, **SHARP, translation_x="0:(16)", border="wrap", max_frames=2, noise_schedule="0:(0.2)")
    assert [letters(one[6::12, 8::16]) for one in frames] == [
        ["RGBW", "BRGY", "Y.RG", "GBY."],
        ["WWGB", "WWRG", "WW.R", "WWBY"],
    ]


COLOURS = {"color_coherence": "LAB", "noise_schedule": "0:(0.2)", "contrast_schedule": "0:(1.1)"}


@pytest.mark.parametrize(("overlay", "kept"), [(True, True), (False, False)])
def test_noise_and_matched_colours_leave_it_alone_with_an_overlay(overlay, kept):
    frames, _ = filmed(Painter(noisy), **SHARP, **COLOURS, max_frames=4, overlay_mask=overlay)
    assert np.array_equal(frames[-1][:, 32:], frames[0][:, 32:]) == kept
    assert not np.array_equal(frames[-1][:, :32], frames[0][:, :32])


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"invert_mask": True}, 1 - LEFT),
        ({"mask_schedule": "0:(!{video_mask})"}, 1 - LEFT),
        ({"mask_grow": 3}, np.roll(LEFT, 3, axis=1) + LEFT - np.roll(LEFT, 3, axis=1) * LEFT),
        ({"mask_grow": -3}, LEFT * np.roll(LEFT, -3, axis=1)),
        ({"mask_brightness_adjust": 0.5}, LEFT * 0.5),
        ({"mask_file": "large.png"}, LEFT),
    ],
)
def test_a_mask_is_shaped_as_the_settings_say(changes, expected):
    mask = filmed(Painter(white), **SHARP, max_frames=2, **changes)[1][1].mask
    inside = slice(4, -4)  # what grows from the other border of `expected`
    assert np.abs(mask - expected)[:, inside].max() < 0.01


def test_a_blurred_mask_ends_softly_and_is_black_beyond_its_reach():
    (before, now), requests = filmed(Painter(white), **SHARP | {"mask_overlay_blur": 4}, max_frames=2, zoom="0:(1)")
    row = requests[1].mask[24]
    assert (np.diff(row) <= 0).all()
    assert row[31] == pytest.approx(0.55, abs=0.01)
    assert (row[:22].min(), row[42:].max()) == (1.0, 0.0)
    assert np.array_equal(now[:, 42:], before[:, 42:])


@pytest.mark.parametrize("overlay", [True, False])
def test_an_engine_without_soft_masks_is_asked_for_hard_ones_and_blended_in(overlay):
    black = Hard(lambda request: np.full((48, 64, 3), 200 if request.init is None else 0, np.uint8))
    (_, now), requests = filmed(black, **SHARP | {"mask_overlay_blur": 4}, max_frames=2, overlay_mask=overlay)
    assert np.unique(requests[1].mask).tolist() == [0, 1]
    row = now[24, :, 0].astype(int)
    assert (row[:22].max(), row[42:].min(), round(row[31] / 10), round(row[32] / 10)) == (0, 200, 9, 11)
    (first, _), requests = filmed(Hard(white), **SHARP | {"mask_overlay_blur": 4}, **BEGUN)
    assert np.unique(requests[0].mask).tolist() == [0, 1]
    assert np.array_equal(first[:, 42:], card(SIZE)[:, 42:])


@pytest.mark.parametrize("painter", [Painter, Hard])
def test_what_is_masked_is_that_of_the_video_in_video_input(here, painter):
    video = np.stack([np.full((48, 64, 3), 50 * k, np.uint8) for k in range(3)])
    write_film(here / "video.mkv", video)
    changes = {"animation_mode": "Video Input", "video_init_path": "video.mkv", "max_frames": 3, "mask_overlay_blur": 4}
    frames, _ = filmed(painter(white), **SHARP | changes)
    for one, of_video in zip(frames, video, strict=True):
        assert np.abs(one[:, 42:].astype(int) - of_video[:, 42:]).max() <= 1
        assert one[:, :22].min() == 255
        assert (one[24, 32, 0] < 250) == (painter is Hard)  # blended in, or left to the engine
    assert not any("painted from nothing" in note for note in shot(**SHARP | changes, mask_file="left.png").notes)


def test_without_a_picture_there_is_nothing_to_keep():
    frames, requests = filmed(Painter(white), **SHARP, max_frames=2)
    assert (requests[0].mask, frames[0].min()) == (None, 255)
    said = "use_mask: the first frame is painted from nothing, so the mask counts from the next one on"
    assert said in shot(**SHARP, mask_file="left.png").notes
    assert said not in shot(**SHARP, mask_file="left.png", use_init=True, init_image="card.png").notes


def test_a_grey_mask_is_left_to_an_engine_that_knows_soft_ones():
    frames, requests = filmed(Painter(white), **SHARP, **BEGUN, mask_brightness_adjust=0.5)
    assert requests[0].mask.max() == pytest.approx(0.5)
    assert frames[0][:, :32].min() == frames[1][:, :32].min() == 255


@pytest.mark.parametrize("overlay", [True, False])
def test_white_is_no_mask_and_black_paints_nothing(overlay):
    changes = {"mask_schedule": "0:([white.png]), 2:([black.png])", "noise_schedule": "0:(0.1)", "overlay_mask": overlay}
    frames, requests = filmed(Painter(noisy), **SHARP, **changes, max_frames=5)
    assert [(request.index, request.mask) for request in requests] == [(0, None), (1, None)]
    assert all(np.array_equal(one, frames[1]) for one in frames[2:])
    film = shot(**SHARP, mask_schedule="0:([white.png]), 2:([black.png])")
    assert "mask_schedule, frame 2: the mask is black, so nothing is painted there" in film.notes


def test_the_mask_is_multiplied_with_that_of_uncovered_ground():
    changes = {**SHARP, "max_frames": 2, "translation_x": "0:(16)", "border": "replicate", "strength_schedule": "0:(0.6)"}
    changes |= {"uncovered_denoise_schedule": "0:(0.8)"}
    _, requests = filmed(Painter(noisy), **changes)
    assert requests[1].mask[24, [4, 31, 33, 60]].tolist() == pytest.approx([1.0, 0.5, 0.0, 0.0], abs=0.05)
    (before, now), requests = filmed(Hard(noisy), **changes)
    assert [request.denoise for request in requests] == pytest.approx([1.0, 0.4, 0.8], abs=0.02)  # the mask, then the uncovered
    assert [np.unique(request.mask).tolist() for request in requests[1:]] == [[0, 1], [0, 1]]
    assert np.array_equal(now[:, 32:], before[:, 16:48])


# -- what painting begins from, and how close -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fill", "low", "high", "deviation"),
    [("original", 0, 0, 0), ("fill", 195, 205, 2), ("latent nothing", 127, 128, 1), ("latent noise", 110, 145, 100)],
)
def test_what_painting_begins_from(fill, low, high, deviation):
    """Over a picture that is black in the left half, which is painted, and of level 200 in the right one."""
    halves = np.rint((1 - LEFT) * 200).astype(np.uint8)[..., None].repeat(3, axis=2)
    _, requests = filmed(Painter(lambda _: halves), **SHARP, fill=fill, max_frames=2)
    begun = requests[1].init
    assert np.array_equal(begun[:, 32:], halves[:, 32:])
    assert low <= begun[:, :32].mean() <= high
    assert begun[:, :32].std() <= deviation
    assert (begun[:, :32].std() > 50) == (fill == "latent noise")


@pytest.mark.parametrize("painter", [Painter, Hard])
def test_the_masked_part_is_painted_in_the_size_of_the_film_and_put_back(painter):
    seen = painter(lambda request: card(SIZE) if request.init is None else white(request))
    changes = {"use_mask": True, "mask_overlay_blur": 0, "mask_file": "small.png", "full_res_mask_padding": 2}
    (before, now), requests = filmed(seen, **changes, max_frames=2)
    part = slice(18, 28), slice(37, 50)  # 12x10 with its padding, made 4:3
    asked = requests[1]
    assert asked.init.shape == (48, 64, 3)
    assert abs(asked.mask.mean() - 6 * 8 / (10 * 13)) < 0.03
    shrunk = np.asarray(Image.fromarray(asked.init).resize((13, 10), Image.Resampling.BOX), int)
    assert np.abs(shrunk - card(SIZE)[part]).mean() < 12
    assert now[20:26, 40:48].min() == 255
    now[20:26, 40:48] = before[20:26, 40:48]
    assert np.array_equal(now, before)
    assert np.array_equal(asked.moved, asked.init)


def test_controls_are_enlarged_with_the_part():
    changes = {"use_mask": True, "mask_overlay_blur": 0, "mask_file": "small.png", "full_res_mask_padding": 0}
    film = shot(**changes)
    (paint,) = dict(film.features)["inpaint_mask"].paint
    small = np.zeros((48, 64), np.float32)
    small[20:26, 40:48] = 1
    picture = np.rint(small * 250).astype(np.uint8)[..., None].repeat(3, axis=2)
    request = SampleRequest(1, SIZE, init=picture, moved=picture, mask=small, controls=(Control("edges", picture, small),))
    (control,) = next(paint(request, None)).controls
    assert control.image.mean() > 240
    assert control.mask.min() == 1.0


def test_every_pass_is_within_the_mask_and_only_the_first_begins_from_the_fill():
    _, requests = filmed(Painter(noisy), **SHARP, fill="latent nothing", diffusion_redo=2, max_frames=2)
    assert [request.index for request in requests] == [0, 1, 1, 1]
    assert [round(request.init[:, :32].std()) == 0 for request in requests[1:]] == [True, False, False]
    assert all(np.array_equal(request.mask, LEFT) for request in requests[1:])


class Filling(Painter):
    """A painter that fills latents itself."""

    capabilities = Capabilities(words=frozenset({"soft_mask", "latent_fill"}))


@pytest.mark.parametrize("again", [{"diffusion_redo": 1}, {"optical_flow_redo_generation": "DIS Fast"}])
@pytest.mark.parametrize(
    ("fill", "asked"),
    [("original", "original"), ("fill", "original"), ("latent noise", "latent noise"), ("latent nothing", "latent nothing")],
)
def test_an_engine_that_fills_latents_is_asked_for_it_in_its_first_pass(fill, asked, again):
    (before, _), requests = filmed(Filling(noisy), **SHARP, **again, fill=fill, max_frames=2)
    assert [request.fill for request in requests[1:]] == [asked, "original"]
    assert np.array_equal(requests[1].init, before) == (fill != "fill")


# -- masks of the picture, and masks that move ------------------------------------------------------------------------------

GREYS = np.repeat(np.uint8([[0, 80, 160, 240]]), 16, axis=1).repeat(48, axis=0)[..., None].repeat(3, axis=2)
STAIRS = {"use_init": True, "init_image": "stairs.png", "max_frames": 2}


def shares(mask):
    """How white each quarter of a mask is, from left to right."""
    return [round(float(part.mean()), 1) for part in np.split(mask, 4, axis=1)]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("luma(0, 0.1)", [1, 0, 0, 0]),
        ("luma(0.25, 0.7)", [0, 1, 1, 0]),
        ("!luma(0.25, 0.7) & [left.png]", [1, 0, 0, 0]),
        ("(luma(0, 0.1) | luma(0.9, 1)) \\ !{everywhere}", [1, 0, 0, 1]),
        ("LUMA( 0.3 ,.35)", [0, 1, 0, 0]),
    ],
)
def test_a_mask_goes_by_the_brightness_of_what_is_painted_over(here, expression, expected):
    write_png(here / "stairs.png", GREYS)
    _, (first, second) = filmed(Painter(lambda _: GREYS), **SHARP, **STAIRS, mask_schedule=f"0:({expression})")
    assert [shares(request.mask) for request in (first, second)] == [expected, expected]


def test_noise_before_painting_does_not_change_what_is_bright(here):
    write_png(here / "stairs.png", GREYS)
    bright = {"mask_schedule": "0:(luma(0.9, 1))", "noise_schedule": "0:(0.5)"}
    _, requests = filmed(Painter(lambda _: GREYS), **SHARP, **STAIRS, **bright)
    assert shares(requests[1].mask) == [0, 0, 0, 1]


def test_only_what_a_move_uncovers_is_painted(here):
    """A start picture that goes to the right by 16 pixels a frame: new paint comes in at its left."""
    write_png(here / "stairs.png", GREYS)
    moves = {"translation_x": "0:(16)", "border": "replicate", "mask_schedule": "0:(uncovered())"}
    frames, requests = filmed(Painter(white), **SHARP, **STAIRS | {"max_frames": 3}, **moves)
    assert [request.index for request in requests] == [1, 2]
    assert [frame[24, 8::16, 0].tolist() for frame in frames] == [[0, 80, 160, 240], [255, 0, 80, 160], [255, 255, 0, 80]]


DEPTH = {"animation_mode": "3D", "depth_map": "left.png", "translation_z": "0:(0.001)", "max_frames": 2}
NEAR = {"mask_schedule": "0:(depth(0, 0.5))"}
UNKNOWN = "mask_schedule: depth() is white where no distance is known: in a start picture, a flat scene, and in 2D"


def test_a_mask_goes_by_the_distance_of_the_scene(here):
    """A depth picture whose left half is near, or a network that sees the right half near."""
    _, requests = filmed(Painter(white), **SHARP, **DEPTH, **NEAR)
    assert shares(requests[1].mask) == [1, 1, 0, 0]
    assert UNKNOWN not in shot(**SHARP, **DEPTH, **NEAR).notes
    sees = DepthNetwork("halves", lambda frame: 1.0 - LEFT)
    film = shot(Tools(Painter.capabilities, depth=lambda _: sees), **SHARP, **DEPTH | {"depth_map": ""}, **NEAR)
    painter = Painter(white)
    list(render(Reel(film), painter))
    assert shares(painter.requests[1].mask) == [0, 0, 1, 1]
    assert UNKNOWN in film.notes


def test_without_a_distance_depth_is_white():
    _, requests = filmed(Painter(white), **SHARP, max_frames=2, **NEAR)
    assert requests[1].mask is None
    assert UNKNOWN in shot(**SHARP, **NEAR).notes


def test_noise_goes_by_the_picture_too(here):
    write_png(here / "stairs.png", GREYS)
    bright = {"use_noise_mask": True, "noise_mask_schedule": "0:(luma(0.9, 1))", "noise_schedule": "0:(0.5)"}
    _, requests = filmed(Painter(lambda _: GREYS), **STAIRS, **bright)
    assert shares((requests[1].init != GREYS).any(axis=2).astype(np.float32)) == [0, 0, 0, 1]


MOVING = {"translation_x": "0:(16)", "mask_moves": True, "max_frames": 4}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"border": "wrap"}, [[0, 1, 1, 0], [0, 0, 1, 1], [1, 0, 0, 1]]),
        ({"border": "replicate"}, [[1, 1, 1, 0], None, None]),  # what comes in is painted; then the whole picture is
        ({"border": "replicate", "invert_mask": True}, [[1, 0, 0, 1], [1, 1, 0, 0], [1, 1, 1, 0]]),
        ({"border": "wrap", "mask_moves": False}, [[1, 1, 0, 0]] * 3),
        ({"border": "wrap", "mask_schedule": "0:([left.png]), 3:(![left.png])"}, [[0, 1, 1, 0], [0, 0, 1, 1], [0, 0, 1, 1]]),
    ],
)
def test_a_mask_moves_with_the_camera(changes, expected):
    _, requests = filmed(Painter(noisy), **SHARP, **{**MOVING, **changes})
    found = [None if request.mask is None else shares(request.mask) for request in requests[1:]]
    assert found == expected


def test_a_moving_mask_goes_on_after_a_stop():
    changes = {**SHARP, **MOVING, "mask_file": "left.png", "angle": "0:(5)", "border": "wrap"}
    reel, engine, states, frames = Reel(shot(**changes)), Painter(noisy), [], []
    while (take := reel.ask()) is not None:
        frames += reel.take(engine.sample_take(take))
        states.append(reel.state())
    again = Reel(shot(**changes))
    again.restore(states[1])
    rest = list(render(again, Painter(noisy)))
    assert [np.array_equal(one.frame, other.frame) for one, other in zip(frames[2:], rest, strict=True)] == [True, True]


# -- what is said ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"mask_file": "text.png"}, "mask_file: text.png: not a picture that can be read"),
        ({"mask_file": "none.png"}, "mask_file: none.png: there is no such file"),
        ({"mask_file": ""}, "mask_schedule, frame 0, column 6: there is no {video_mask}"),
        ({"mask_schedule": "0:({everywhere} & luma(0.2)"}, "mask_schedule"),
        (
            {"mask_schedule": "0:('{everywhere} & luma(0.2)')"},
            "mask_schedule, frame 0, column 20: 'luma(0.2)' has other bounds than it can have",
        ),
        ({"mask_schedule": '0:("!(({everywhere})")'}, "mask_schedule, frame 0, column 6: this bracket is not closed"),
    ],
)
def test_what_a_mask_cannot_be_made_of(changes, said):
    with pytest.raises(SettingsError) as error:
        shot(**{**SHARP, "mask_file": "left.png", **changes})
    assert problems_of(error)[0].startswith(said)


def test_a_mask_of_another_size_is_resized_and_that_is_said():
    film = shot(**SHARP, mask_file="large.png")
    assert any(note.startswith("mask_file: 128x48 is resized to 64x48") for note in film.notes)


def test_a_film_from_nothing_says_that_it_has_no_masks():
    film = shot(**SHARP, mask_file="none.png", animation_mode="Interpolation")
    assert "inpaint_mask" not in dict(film.features)
    assert any(note.startswith("use_mask has no effect in Interpolation") for note in film.notes)


# -- previews --------------------------------------------------------------------------------------------------------------


def marked(seen):
    """The columns that are tinted more than by a half, as 0 and 1; captions stand in the last rows."""
    pink = seen.astype(int) @ (1, -2, 1)
    return "".join(str(int(value > 0)) for value in np.median(pink[4:20, 4::8], axis=0))


@pytest.mark.parametrize(
    ("changes", "columns"),
    [
        ({}, ["11110000"] * 5),
        ({"invert_mask": True}, ["00001111"] * 5),
        ({"mask_schedule": '0:("{everywhere}"), 3:("{video_mask}")'}, ["11111111"] * 3 + ["11110000"] * 2),
        ({"mask_moves": True, "translation_x": "0:(8)"}, ["11110000", "11111000", "11111100", "11111110", "11111111"]),
        ({"diffusion_cadence": 2}, ["11110000"] * 5),
        ({"use_mask": False}, ["00000000"] * 5),
    ],
)
def test_a_preview_shows_masks_and_does_not_feed_them_back(changes, columns):
    write_png("card.png", np.full((48, 64, 3), 128, np.uint8))
    still = {**BEGUN, **SHARP, "max_frames": 5, "strength_schedule": "0:(1)", "border": "replicate", "mask_file": "left.png"}
    film = shot(Tools(Preview.capabilities), **{**still, **changes})
    assert [marked(one.frame) for one in render(Reel(film), Preview())] == columns


def test_the_page_marks_masks_in_the_same_colour():
    script = (Path(__file__).parents[2] / "javascript/page/mask.mjs").read_text(encoding="utf-8")
    assert f"TINT = /** @type {{const}} */ ([{', '.join(map(str, (*TINT, TINT_OPACITY)))}])" in script
