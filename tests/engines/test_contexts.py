"""Contexts by the numbers of the AnimateDiff document; weights, FreeNoise's order, FreeInit's filters."""

import numpy as np
import pytest

from lib_anim.engines.clips import ClipOptions, Contexts, FreeInit
from lib_anim.engines.diffusers.contexts import contexts_of, free_noise_order, gaps, weights_of
from lib_anim.engines.diffusers.free_init import low_pass


def starts(n_pictures, step, **changes):
    rule = Contexts(**{"length": 16, "overlap": 4, "closed_loop": "R-P", **changes})
    return [context[0] for context in contexts_of(n_pictures, rule, step)]


@pytest.mark.parametrize(
    ("n_pictures", "step", "changes", "expected"),
    [
        (32, 0, {}, [0, 12, 24]),
        (32, 1, {}, [16, 28, 8]),
        (32, 2, {}, [8, 20, 0]),
        (32, 3, {}, [24, 4, 16]),
        (32, 0, {"overlap": -1}, [0, 12, 24]),
        (32, 0, {"overlap": 0}, [0, 16]),
        (36, 0, {}, [0, 12, 24]),
        (36, 0, {"closed_loop": "A"}, [0, 12, 24]),
        (37, 0, {"closed_loop": "A"}, [0, 12, 24, 36]),
        (37, 0, {}, [0, 12, 24]),
        (16, 5, {}, [0]),
        (7, 0, {"stride": 3}, [0]),
        (17, 0, {}, [0, 12]),
        (32, 0, {"stride": 2}, [0, 12, 24, 0]),
        (32, 1, {"stride": 2}, [16, 28, 8, 17]),
        (32, 0, {"stride": 9}, [0, 12, 24, 0]),
    ],
)
def test_contexts_begin_where_the_document_says(n_pictures, step, changes, expected):
    assert starts(n_pictures, step, **changes) == expected


def test_an_open_clip_has_its_first_and_its_last_context_in_place_of_those_that_wrap():
    contexts = contexts_of(32, Contexts(16, 4), 0)
    assert [(one[0], one[-1]) for one in contexts] == [(0, 15), (12, 27), (16, 31)]
    contexts = contexts_of(32, Contexts(16, 4), 1)
    assert [(one[0], one[-1]) for one in contexts] == [(16, 31), (0, 15), (8, 23)]


def test_a_closed_clip_has_contexts_from_its_last_pictures_to_its_first():
    wrapping = contexts_of(32, Contexts(16, 4, closed_loop="R-P"), 0)[2]
    assert wrapping == [*range(24, 32), *range(8)]


def test_a_longer_stride_takes_every_second_picture():
    contexts = contexts_of(64, Contexts(16, 4, stride=2), 0)
    assert next(one for one in contexts if one[1] - one[0] == 2) == list(range(0, 32, 2))


@pytest.mark.parametrize(
    ("n_pictures", "stride", "expected"),
    [(32, 1, [1]), (32, 2, [1, 2]), (32, 5, [1, 2]), (33, 5, [1, 2, 4]), (64, 3, [1, 2, 4]), (17, 8, [1, 2])],
)
def test_distances_are_powers_of_two_up_to_the_length_of_the_clip(n_pictures, stride, expected):
    assert gaps(n_pictures, Contexts(16, stride=stride)) == expected


@pytest.mark.parametrize("closed_loop", ["N", "R-P", "R+P", "A"])
@pytest.mark.parametrize("n_pictures", [9, 17, 20, 32, 33, 50])
@pytest.mark.parametrize("overlap", [-1, 0, 3, 7])
def test_every_picture_is_in_a_context_at_every_step(closed_loop, n_pictures, overlap):
    for step in range(20):
        contexts = contexts_of(n_pictures, Contexts(8, overlap, 2, closed_loop), step)
        assert {picture for one in contexts for picture in one} == set(range(n_pictures)), step


def test_weights_of_a_mean():
    assert weights_of(6, "pyramid") == [1, 2, 3, 3, 2, 1]
    assert weights_of(5, "pyramid") == [1, 2, 3, 2, 1]
    assert weights_of(3, "flat") == [1, 1, 1]


def test_free_noise_repeats_the_noises_of_a_context_in_another_order():
    order = free_noise_order(11, Contexts(4, 2), [[1, 0], [0, 1], [1, 0], [1, 0]])
    assert order == [0, 1, 2, 3, 1, 0, 2, 3, 0, 1, 3]


@pytest.mark.parametrize(
    ("how", "at_zero", "beside", "corner"),
    [
        (FreeInit(3), 1.0, 1.0 / (1.0 + 4.0**4), 0.0),
        (FreeInit(3, "gaussian"), 1.0, np.exp(-2.0), 0.0),
        (FreeInit(3, "ideal"), 1.0, 1.0, 0.0),
        (FreeInit(3, "box", space=0.75), 1.0, 1.0, 0.0),
        (FreeInit(3, "ideal", space=0.0), 0.0, 0.0, 0.0),
    ],
)
def test_filters_keep_low_frequencies(how, at_zero, beside, corner):
    """`beside` is half of the highest frequency of rows away."""
    kept = low_pass((4, 4, 4), how)
    assert kept[2, 2, 2] == pytest.approx(at_zero)
    assert kept[2, 3, 2] == pytest.approx(beside)
    assert kept[0, 0, 0] == pytest.approx(corner, abs=1e-4)


def test_options_have_the_defaults_of_the_extension():
    options = ClipOptions()
    assert (options.contexts.length, options.contexts.shared, options.contexts.stride) == (16, 4, 1)
    assert (options.free_init.filter, options.free_init.space, options.free_init.time) == ("butterworth", 0.25, 0.25)
