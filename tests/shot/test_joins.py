"""Joins of clips: a planted change of light, colour and detail does not add up; settings of clips reach the shot."""

import cv2
import numpy as np
import pytest

from lib_anim.engines.base import Capabilities, Engine, Sampled
from lib_anim.engines.clips import Clip
from lib_anim.errors import SettingsError
from lib_anim.features.request.clip_ends import Falling, shares
from lib_anim.images.joins import matching
from lib_anim.images.metrics import delta_e, join, look
from lib_anim.images.test_card import test_card as card
from lib_anim.shot.reel import Reel, render
from lib_anim.shot.steps import Tools
from tests.helpers import shot

SIZE = (64, 48)
GAIN, OFFSET = np.array([1.04, 1.0, 0.97]), np.array([2.0, -1.0, -2.0])


class Changes(Engine):
    """Paints clips of a still scene, each brighter and warmer than what it continues; also the pictures that they share."""

    name = "changes"
    capabilities = Capabilities(words=frozenset({"soft_mask"}), clip=Clip(5, 2, repaints=True))

    def paint_take(self, take):
        first = not any(request.stands for request in take)
        return tuple(Sampled(scene() if first else changed(request.init), request.seed) for request in take)


def scene():
    return (card(SIZE) * 0.5 + 60).astype(np.uint8)


def changed(frame):
    return np.clip(np.rint(frame * GAIN + OFFSET), 0, 255).astype(np.uint8)


STILL = {"max_frames": 20, "color_coherence": "None", "noise_schedule": "0:(0)", "zoom": "0:(1)", "contrast_schedule": "0:(1)"}


def drift(**changes):
    """CIEDE2000 between the mean colours of the first and the last frame."""
    engine = Changes()
    frames = [one.frame for one in render(Reel(shot(Tools(engine.capabilities), **{**STILL, **changes})), engine)]
    colours = [np.array(look(frame)[:3]) for frame in (frames[0], frames[-1])]
    return float(delta_e(*colours))


def test_a_planted_change_of_every_clip_does_not_add_up():
    assert drift(clip_match=False) > 6.0
    assert drift() < 1.0


def test_light_and_colour_are_matched_to_the_number():
    match = matching(np.stack([changed(scene())]), np.stack([scene()]))
    assert match.gain == pytest.approx(1.0 / GAIN, abs=0.01)
    assert np.abs(match(changed(scene())).astype(int) - scene()).max() <= 2


def test_detail_that_was_lost_comes_back():
    soft = cv2.GaussianBlur(scene(), (0, 0), 0.6)
    match = matching(np.stack([soft]), np.stack([scene()]))
    assert match.detail > 1.05
    wanted, before, after = (look(frame).detail for frame in (scene(), soft, match(soft)))
    assert abs(after - wanted) < abs(before - wanted) / 2


@pytest.mark.parametrize("frame", [np.zeros((8, 8, 3), np.uint8), np.full((8, 8, 3), 255, np.uint8)])
def test_empty_pictures_are_not_blown_up(frame):
    match = matching(np.stack([frame]), np.stack([frame]))
    assert match.gain.tolist() == [1.0, 1.0, 1.0]
    assert np.array_equal(match(frame), frame)


@pytest.mark.parametrize(
    ("errors", "borders", "expected"),
    [
        ([1, 1, 3, 1], [0, 0, 1, 0], 3.0),
        ([2, 2, 2, 4], [1, 0, 0, 1], 1.5),
        ([1, 1], [0, 0], None),
        ([1, 1], [1, 1], None),
        ([0, 4], [0, 1], None),
    ],
)
def test_a_join_is_the_jump_over_that_of_neighbours(errors, borders, expected):
    assert join(errors, [bool(one) for one in borders]) == expected


ANY_LENGTH = Tools(Capabilities(words=frozenset({"clip_length"}), clip=Clip(16, 4)))


@pytest.mark.parametrize(
    ("changes", "clip"),
    [
        ({}, (16, 4)),
        ({"clip_length": 8, "clip_overlap": 2}, (8, 2)),
        ({"clip_length": 1, "clip_overlap": 0}, (1, 0)),
    ],
)
def test_settings_say_how_long_clips_are(changes, clip):
    made = shot(ANY_LENGTH, **changes)
    assert (made.clip.length, made.clip.overlap) == clip


@pytest.mark.parametrize(
    ("changes", "takes"),
    [
        ({}, [[0], [0, 1, 2, 3], [3, 4, 5, 6]]),
        ({"clip_first_alone": False}, [[0, 1, 2, 3], [3, 4, 5, 6]]),
        ({"animation_mode": "Interpolation"}, [[0, 1, 2, 3], [3, 4, 5, 6]]),
        ({"use_init": True, "init_image": "a.png"}, [[0, 1, 2, 3], [3, 4, 5, 6]]),
        ({"clip_overlap": 0}, [[0], [1, 2, 3, 4], [5, 6]]),
    ],
)
def test_a_film_from_nothing_begins_with_one_picture_which_the_camera_moves_on(changes, takes):
    asked = []

    class Keeps(Engine):
        capabilities = ANY_LENGTH.capabilities

        def paint_take(self, take):
            asked.append([request.index for request in take])
            return tuple(Sampled(scene() if one.init is None else one.init, one.seed) for one in take)

    tools = Tools(Keeps.capabilities, picture=lambda _: card(SIZE))
    made = shot(tools, **{"max_frames": 7, "diffusion_cadence": 1, "clip_length": 4, "clip_overlap": 1, **changes})
    assert len(list(render(Reel(made), Keeps()))) == 7
    assert asked == takes


def test_an_engine_of_pictures_paints_them_one_by_one_whatever_settings_say():
    assert shot(clip_length=8).clip.length == 1


LOOP = {"clip_first_alone": False, "max_frames": 32, "diffusion_cadence": 1, "clip_length": 32, "clip_closed_loop": "R-P"}


@pytest.mark.parametrize(
    ("changes", "key", "reason"),
    [
        ({"clip_overlap": 16}, "clip_overlap", "there is no room for a new picture: clip_length is 16"),
        ({"clip_context_overlap": 16}, "clip_context_overlap", "there is no room for a new picture: clip_context is 16"),
        ({**LOOP, "max_frames": 40}, "clip_closed_loop", "the film has 40 painted pictures and a clip 32"),
        ({**LOOP, "max_frames": 12}, "clip_closed_loop", "a context of 16 holds all 12 pictures"),
        ({**LOOP, "clip_stride": 3}, "clip_stride", "a context that reaches over 64 pictures goes round a film of 32"),
    ],
)
def test_clips_that_cannot_be_are_said_in_one_line(changes, key, reason):
    with pytest.raises(SettingsError) as caught:
        shot(ANY_LENGTH, **changes)
    (problem,) = caught.value.problems
    assert (problem.key, reason in problem.reason) == (key, True), problem


@pytest.mark.parametrize(
    ("loop", "words"),
    [
        ("R-P", {0: {"a": 1.0}, 16: {"b": 1.0}, 24: {"b": 1.0}}),
        ("R+P", {0: {"a": 1.0}, 16: {"b": 1.0}, 24: {"b": 0.5, "a": 0.5}}),
    ],
)
def test_prompts_of_a_closed_loop_lead_back_to_the_first(loop, words):
    made = shot(ANY_LENGTH, **{**LOOP, "clip_closed_loop": loop, "prompts": {"0": "a", "16": "b"}})
    take = Reel(made).ask()
    assert {index: dict(take[index].prompts) for index in words} == words
    assert take[0].clip.contexts.closed_loop == loop


@pytest.mark.parametrize(
    ("place", "first", "last", "expected"),
    [
        (0, Falling(), None, (1.0, 0.0)),
        (8, Falling(), None, (0.75, 0.0)),
        (32, Falling(), None, (0.0, 0.0)),
        (3, Falling(2.0, 18.0), None, (0.5, 0.0)),
        (0, Falling(), Falling(), (1.0, 0.0)),
        (15, Falling(), Falling(), (0.0, 1.0)),
        (5, Falling(), Falling(), (27 / 49, 22 / 49)),  # 27/32 and 22/32, scaled to a sum of 1
        (4, Falling(1.0, 8.0), Falling(1.0, 8.0), (0.5, 0.0)),
    ],
)
def test_the_shares_of_first_and_last_picture_are_the_documents(place, first, last, expected):
    assert shares(place, 16, first, last) == pytest.approx(expected)


def test_ends_reach_the_requests():
    picture = card(SIZE)
    tools = Tools(ANY_LENGTH.capabilities, picture=lambda _: picture)
    ends = {"use_init": True, "init_image": "a.png", "clip_first_falls": True, "clip_last_frame": "b.png"}
    take = Reel(shot(tools, **LOOP, **ends)).ask()
    assert [(round(take[k].clip.kept, 3), round(take[k].clip.end_share, 3)) for k in (0, 1, 16, 31)] == [
        (1.0, 0.0),
        (0.939, 0.061),
        (0.485, 0.515),
        (0.0, 1.0),
    ]
    assert np.array_equal(take[31].clip.end, picture)
