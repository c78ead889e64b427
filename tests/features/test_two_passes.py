"""Soft masks for engines without them: what was uncovered, painted in a pass of its own."""

import json

import numpy as np
import pytest

from lib_anim.engines.base import Capabilities, SampleRequest
from lib_anim.features.common.two_passes import paint_in_two_passes
from lib_anim.plan.seeds import SECOND_PASS, derived
from lib_anim.runs.film import film
from lib_anim.runs.folder import RunFolder
from lib_anim.shot.reel import Reel, render
from lib_anim.shot.steps import Tools
from tests.helpers import Painter, answered, noisy, settings, shot

SHIFT = {"W": 128, "H": 64, "max_frames": 2, "translation_x": "0:(16)", "strength_schedule": "0:(0.6)"}
FRESH = {"uncovered_denoise_schedule": "0:(0.8)"}


class Hard(Painter):
    """A painter that has no soft masks."""

    capabilities = Capabilities(words=frozenset({"tiling"}))


def of_hard(**changes):
    return shot(Tools(Hard.capabilities), **{**SHIFT, **FRESH, **changes})


def painted(paint=noisy, **changes):
    """The frames of a film that uncovers 16 columns at its left, and what was asked of the painter for them."""
    one, painter = of_hard(**changes), Hard(paint)
    frames = [rendered.frame for rendered in render(Reel(one), painter)]
    return frames, painter.requests


def test_the_whole_picture_first_then_what_was_uncovered():
    (_, frame), (_, first, second) = painted()
    assert [(one.denoise, one.seed) for one in (first, second)] == [
        (pytest.approx(0.4), 8),
        (pytest.approx(0.8), derived(8, SECOND_PASS)),
    ]
    assert first.mask is None
    assert np.array_equal(second.init, noisy(first))
    assert set(np.unique(second.mask)) == {0.0, 1.0}  # as much as such painters know of masks
    assert (second.mask[:, :24].min(), second.mask[:, 64:].max()) == (1.0, 0.0)
    assert np.array_equal(frame[:, :16], noisy(second)[:, :16])  # uncovered
    assert np.array_equal(frame[:, 64:], noisy(first)[:, 64:])  # carried over


def test_both_pictures_melt_into_each_other_by_the_mask():
    """A ramp from 0.25 to 0.75, between a black picture and a white one."""
    mask = np.tile(np.linspace(0.25, 0.75, 11, dtype=np.float32).repeat(8), (64, 1))
    init = np.zeros((64, 88, 3), np.uint8)
    inner = Hard(lambda request: np.full_like(init, 0 if request.mask is None else 250))
    sampled = answered(paint_in_two_passes(SampleRequest(0, (88, 64), init=init, denoise=0.8, mask=mask, seed=3), None), inner)
    assert [request.denoise for request in inner.requests] == pytest.approx([0.2, 0.6])
    assert sampled.frame[0, ::8, 0].tolist() == list(range(0, 251, 25))
    assert sampled.seed == 3


def test_nothing_is_painted_where_nothing_is_to_change():
    """At strength 1 only what was uncovered is painted, and the rest stays to the pixel."""
    frames, requests = painted(strength_schedule="0:(1)")
    assert [request.denoise for request in requests] == pytest.approx([1.0, 0.8])
    assert np.array_equal(frames[1][:, 64:], frames[0][:, 48:112])


@pytest.mark.parametrize(
    "changes",
    [
        {"translation_x": "0:(0)"},  # nothing is uncovered
        {"uncovered_denoise_schedule": "0:(0), 1:(0.3)"},  # less than everywhere else
    ],
)
def test_one_pass_is_enough_without_anything_uncovered(changes):
    _, requests = painted(**changes)
    assert [(request.denoise, request.mask) for request in requests] == [(1.0, None), (pytest.approx(0.4), None)]


@pytest.mark.parametrize(("value", "denoise"), [(1.0, 0.8), (0.5, 0.4)])
def test_an_even_mask_is_a_denoise(value, denoise):
    inner = Hard(noisy)
    asked = SampleRequest(0, (64, 48), init=np.zeros((48, 64, 3), np.uint8), denoise=0.8)
    answered(paint_in_two_passes(SampleRequest(**{**vars(asked), "mask": np.full((48, 64), value, np.float32)}), None), inner)
    assert [(one.denoise, one.mask) for one in inner.requests] == [(pytest.approx(denoise), None)]


def test_painting_from_nothing_knows_no_mask():
    inner = Hard(noisy)
    answered(paint_in_two_passes(SampleRequest(0, (64, 48), mask=np.zeros((48, 64), np.float32)), None), inner)
    assert [(one.denoise, one.mask) for one in inner.requests] == [(1.0, None)]


def test_both_passes_are_in_the_journal_and_no_seed_but_the_frames(tmp_path):
    folder = RunFolder.create(tmp_path, "film", settings())
    film(of_hard(reroll_blank_frames="reroll"), Hard(noisy), folder, video=False)
    lines = [json.loads(line) for line in (folder.path / "journal.jsonl").read_text().splitlines()]
    folder.close()
    told = [(line["seed"], line.get("notes")) for line in lines if line["event"] == "painted"]
    assert told == [(7, None), (8, {"passes": [{}, {}]})]


def test_a_blank_second_pass_is_rolled_again():
    second = derived(8, SECOND_PASS)
    black = np.zeros((64, 128, 3), np.uint8)
    frames, requests = painted(
        lambda request: black if request.seed == second else noisy(request), reroll_blank_frames="reroll"
    )
    assert [request.seed for request in requests] == [7, 8, second, second + 1]
    assert np.array_equal(frames[1][:, :16], noisy(requests[-1])[:, :16])


def test_every_pass_of_redo_paints_what_was_uncovered():
    _, requests = painted(diffusion_redo=1)
    assert [request.mask is None for request in requests] == [True, True, False, True, False]
    first = derived(8, 0)
    assert [request.seed for request in requests[1:]] == [first, derived(first, SECOND_PASS), 8, derived(8, SECOND_PASS)]


def test_what_it_costs_is_said_and_a_painter_that_can_is_left_alone():
    said = "uncovered_denoise_schedule: with this engine every frame that uncovers something is painted twice"
    assert of_hard().notes == (said,)
    able = shot(Tools(Painter.capabilities), **SHIFT, **FRESH)
    assert (able.notes, able.steps.paint) == ((), ())
