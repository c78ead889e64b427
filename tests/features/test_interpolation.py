"""The mode Interpolation: each frame from nothing, by prompts that blend, with seeds that may walk."""

import numpy as np
import pytest

from lib_anim.features.open import open_shot
from lib_anim.plan.plan import make_plan
from lib_anim.shot.reel import Reel, render
from tests.helpers import Painter, noisy, settings

FILM = {"animation_mode": "Interpolation", "max_frames": 5, "prompts": {"0": "a cat --neg fur", "4": "a dog --neg rain"}}


def requests(**changes):
    painter = Painter(noisy)
    list(render(Reel(open_shot(settings(**{**FILM, **changes}))), painter))
    return painter.requests


def test_every_frame_is_painted_from_nothing_by_blended_prompts():
    found = requests(diffusion_cadence=3, zoom="0:(1.1)", color_coherence="LAB")
    assert [request.init for request in found] == [None] * 5
    assert [request.denoise for request in found] == [1.0] * 5
    assert [request.prompts for request in found] == [
        (("a cat", 1.0),),
        (("a cat", 0.75), ("a dog", 0.25)),
        (("a cat", 0.5), ("a dog", 0.5)),
        (("a cat", 0.25), ("a dog", 0.75)),
        (("a dog", 1.0),),
    ]
    assert found[1].negatives == (("fur", 0.75), ("rain", 0.25))


def test_a_prompt_without_a_negative_one_and_after_the_last_key():
    found = requests(prompts={"0": "a cat", "2": "a dog"})
    assert [request.prompts for request in found[2:]] == [(("a dog", 1.0),)] * 3


def test_the_smooth_blend_is_kept():
    found = requests(prompt_blend="smooth")
    assert found[1].prompts == (("a cat", 0.84375), ("a dog", 0.15625))


def test_seeds_stay_as_they_are_without_a_walk():
    assert [(request.seed, request.subseed_strength) for request in requests()] == [(7 + n, 0.0) for n in range(5)]


@pytest.mark.parametrize(("blend", "shares"), [("linear", [0, 0.25, 0.5, 0.75, 0]), ("smooth", [0, 0.15625, 0.5, 0.84375, 0])])
def test_seeds_walk_from_key_to_key(blend, shares):
    found = requests(seed_walk=True, prompt_blend=blend)
    assert [request.seed for request in found] == [7, 7, 7, 7, 11]
    assert [request.subseed for request in found] == [11] * 5
    assert [request.subseed_strength for request in found] == shares


def test_a_key_past_the_end_is_nowhere_to_walk_to():
    found = requests(seed_walk=True, prompts={"0": "a cat", "9": "a dog"})
    assert {(request.seed, request.subseed, request.subseed_strength) for request in found} == {(7, 7, 0.0)}


def test_a_walk_of_one_prompt():
    assert {request.subseed_strength for request in requests(seed_walk=True, prompts={"2": "a cat"})} == {0.0}


def test_what_needs_a_picture_before_is_at_rest():
    plan = make_plan(settings(**FILM, use_init=True, color_coherence="LAB"))
    keys = ("diffusion_cadence", "strength_schedule", "color_coherence_strength_schedule", "use_looper", "init_image")
    assert [plan.in_use(key) for key in keys] == [False] * 5


def test_a_part_is_that_of_the_whole():
    whole = [one.frame for one in render(Reel(open_shot(settings(**FILM))), Painter(noisy))]
    part = [one.frame for one in render(Reel(open_shot(settings(**FILM), (2, 5))), Painter(noisy))]
    assert all(np.array_equal(a, b) for a, b in zip(whole[2:], part, strict=True))
