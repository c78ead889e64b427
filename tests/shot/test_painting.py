"""Paintings of several requests: rerolling blank pictures, redo, redo with optical flow; how they nest."""

import json
from dataclasses import replace

import numpy as np
import pytest

from lib_anim.engines.base import Sampled, SampleRequest
from lib_anim.errors import Blank
from lib_anim.plan.seeds import FLOW_TRY, derived
from lib_anim.runs.film import film
from lib_anim.runs.folder import RunFolder
from lib_anim.shot.painting import Take, paint
from lib_anim.shot.reel import Reel, render
from tests.helpers import Painter, answered, noisy, settings, shot
from tests.images.test_flow import far, ground

BLACK = np.zeros((48, 64, 3), np.uint8)


def rendered(painter, **changes):
    return [frame.frame for frame in render(Reel(shot(**changes)), painter)]


# -- rerolling --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", ["black", "raised"])
def test_a_blank_picture_is_painted_again_from_the_next_seed(fault):
    def paint(request):
        if request.index == 2 and request.seed < 11:
            if fault == "raised":
                raise Blank("no numbers")
            return BLACK
        return noisy(request)

    painter = Painter(paint)
    frames = rendered(painter, max_frames=4, reroll_blank_frames="reroll", strength_schedule="0:(0)")
    assert [(r.index, r.seed) for r in painter.requests] == [(0, 7), (1, 8), (2, 9), (2, 10), (2, 11), (3, 10)]
    assert all(frame.any() for frame in frames)


def test_rerolls_are_in_the_journal(tmp_path):
    painter = Painter(lambda request: BLACK if request.seed == 8 else noisy(request))
    folder = RunFolder.create(tmp_path, "film", settings())
    film(shot(max_frames=3, reroll_blank_frames="reroll", strength_schedule="0:(0)"), painter, folder, video=False)
    lines = [json.loads(line) for line in (folder.path / "journal.jsonl").read_text().splitlines()]
    folder.close()
    assert [line.get("notes", {}).get("rerolled") for line in lines if line["event"] == "painted"] == [None, 1, None]


@pytest.mark.parametrize(
    ("mode", "patience", "calls", "words"),
    [
        ("reroll", 3, 4, "the picture is blank, and so were 3 further ones"),
        ("reroll", 0, 1, "the picture is blank"),
        ("interrupt", 10, 1, "the picture is blank"),
    ],
)
def test_patience_ends(mode, patience, calls, words):
    painter = Painter(lambda request: BLACK)
    with pytest.raises(Blank, match=words):
        rendered(painter, reroll_blank_frames=mode, reroll_patience=patience)
    assert len(painter.requests) == calls


def test_ignored_blanks_stay():
    assert not any(frame.any() for frame in rendered(Painter(lambda request: BLACK), max_frames=3))


# -- redo -------------------------------------------------------------------------------------------------------------------


def test_redo_paints_over_its_own_pictures_and_ends_with_the_frames_seed():
    painter = Painter(noisy)
    rendered(painter, max_frames=2, diffusion_redo=2, strength_schedule="0:(0.6)")
    first, *passes = painter.requests
    assert first.init is None
    assert [r.seed for r in passes] == [derived(8, 0), derived(8, 1), 8]
    assert all(r.denoise == pytest.approx(0.4) for r in passes)
    assert np.array_equal(passes[1].init, noisy(passes[0]))
    assert np.array_equal(passes[2].init, noisy(passes[1]))


def test_flow_redo_moves_a_first_try_on_as_it_moved():
    """The painter shifts everything by 5 pixels; the try shows it, and so it is moved by another 5."""
    start = ground()[100:148, 100:164]
    second = ground()[100:148, 95:159]
    third = ground()[100:148, 90:154]
    painter = Painter(lambda request: start if request.init is None else second)
    rendered(painter, max_frames=2, optical_flow_redo_generation="DIS Medium", sampling_mode="bicubic")
    _, tried, counted = painter.requests
    assert far(tried.init[8:-8, 16:-16], start[8:-8, 16:-16]) == 0
    assert far(counted.init[8:-8, 16:-16], third[8:-8, 16:-16]) < 0.25 * far(second[8:-8, 16:-16], third[8:-8, 16:-16])
    assert (tried.seed, counted.seed) == (derived(8, FLOW_TRY), 8)


def test_a_flow_factor_of_nothing_paints_over_the_try():
    painter = Painter(noisy)
    rendered(painter, max_frames=2, optical_flow_redo_generation="RAFT", redo_flow_factor_schedule="0:(0)")
    assert np.array_equal(painter.requests[2].init, noisy(painter.requests[1]))


# -- how paintings nest -----------------------------------------------------------------------------------------------------

INIT = np.zeros((8, 8, 3), np.uint8)
ASKED = SampleRequest(0, (8, 8), init=INIT, denoise=0.5)


def tagged(name):
    """A step that asks twice, and tells by the prompts who asked."""

    def step(request, params):
        for again in range(2):
            sampled = yield replace(request, prompts=(*request.prompts, (f"{name}{again}", 1.0)))
        return replace(sampled, notes={**sampled.notes, name: True})

    return step


def test_the_first_step_is_nearest_to_the_engine():
    painter = Painter(lambda request: INIT)
    sampled = answered(paint(replace(ASKED, prompts=()), None, (tagged("a"), tagged("b"))), painter)
    assert [" ".join(text for text, _ in request.prompts) for request in painter.requests] == [
        "b0 a0",
        "b0 a1",
        "b1 a0",
        "b1 a1",
    ]
    assert dict(sampled.notes) == {"a": True, "b": True}


def lowered(request, params):
    """A step that asks with half the denoise, then not to paint at all."""
    yield replace(request, denoise=request.denoise / 2)
    return (yield replace(request, denoise=0.0))


@pytest.mark.parametrize(
    ("denoise", "steps", "asked"),
    [
        (0.5, (), [0.5]),
        (0.0, (), []),
        (0.0, (tagged("a"),), []),
        (0.5, (lowered,), [0.25]),
        (0.5, (tagged("a"), lowered), [0.25, 0.25]),
    ],
)
def test_where_denoise_is_nothing_the_picture_stands_and_nobody_is_asked(denoise, steps, asked):
    painter = Painter(lambda request: INIT + 9)
    sampled = answered(paint(replace(ASKED, denoise=denoise), None, steps), painter)
    assert [request.denoise for request in painter.requests] == asked
    assert (int(sampled.frame[0, 0, 0]), sampled.notes.get("painted")) == ((9, None) if steps == () and asked else (0, False))


def test_denoise_of_nothing_without_a_picture_paints_from_nothing():
    painter = Painter(lambda request: INIT)
    answered(paint(replace(ASKED, init=None, denoise=0.0), None, ()), painter)
    assert len(painter.requests) == 1


def patient(request, params):
    try:
        return (yield request)
    except Blank:
        return (yield replace(request, seed=99))


def careless(request, params):
    return (yield request)


@pytest.mark.parametrize(
    ("steps", "seeds"),
    [
        ((patient,), [0, 99]),
        ((careless, patient), [0, 99]),  # goes outwards to whoever knows what to do
        ((patient, careless), [0, 99]),
        ((careless,), None),
        ((), None),
    ],
)
def test_a_blank_answer_goes_to_the_step_that_knows_what_to_do(steps, seeds):
    take = Take((), [(ASKED, paint(ASKED, None, steps))])
    if seeds is None:
        with pytest.raises(Blank, match="black"):
            take.answer([Blank("black")])
        return
    take.answer([Blank("black")])
    (request,) = take.requests
    assert [ASKED.seed, request.seed] == seeds
    take.answer([Sampled(INIT, 99)])
    assert (take.requests, [one.seed for one in take.pictures]) == ((), [99])


def test_every_step_knows_the_frame_that_is_painted():
    seen = []

    def step(request, params):
        seen.append(params)
        return (yield request)

    answered(paint(ASKED, "row", (step, step)), Painter(lambda request: INIT))
    assert seen == ["row", "row"]


def test_a_picture_that_is_finished_before_others_stands_among_them():
    other = replace(ASKED, index=1)
    take = Take((), [(ASKED, paint(ASKED, None, ())), (other, paint(other, None, (tagged("a"),)))])
    take.answer([Sampled(INIT + 9, 1), Sampled(INIT + 8, 2)])
    assert [(one.index, one.stands, int(one.init[0, 0, 0])) for one in take.requests] == [(0, True, 9), (1, False, 0)]
    take.answer([Sampled(INIT, 3), Sampled(INIT + 7, 4)])
    assert [(one.seed, int(one.frame[0, 0, 0])) for one in take.pictures] == [(1, 9), (4, 7)]  # what stands is answered in vain


def test_an_answer_too_few_is_a_mistake_of_the_driver():
    with pytest.raises(ValueError, match="a take of 1 pictures was answered with 0"):
        Take((), [(ASKED, paint(ASKED, None, ()))]).answer([])


def test_masks_multiply():
    half, left = np.full((2, 2), 0.5, np.float32), np.float32([[1, 0], [1, 0]])
    assert ASKED.masked(half).masked(left).mask.tolist() == [[0.5, 0], [0.5, 0]]
    assert ASKED.masked(left).mask.tolist() == left.tolist()


def test_whoever_drives_the_reel_is_asked_for_every_picture_there_is():
    """The loop of the README, with features that paint more than once: the first frame, then three with three passes each."""
    painter = Painter(noisy)
    assert len(rendered(painter, max_frames=4, diffusion_redo=2, judge="keep")) == 4
    assert len(painter.requests) == 1 + 3 * 3
