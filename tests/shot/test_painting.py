"""Engines around an engine: rerolling blank pictures, redo, redo with optical flow."""

import json

import numpy as np
import pytest

from lib_anim.engines.base import Wrapped
from lib_anim.errors import Blank
from lib_anim.plan.seeds import FLOW_TRY, derived
from lib_anim.runs.film import film
from lib_anim.runs.folder import RunFolder
from lib_anim.shot.reel import Reel, render
from tests.helpers import Painter, flat, noisy, settings, shot
from tests.images.test_flow import far, ground

BLACK = np.zeros((48, 64, 3), np.uint8)


def rendered(painter, **changes):
    one = shot(**changes)
    return [frame.frame for frame in render(Reel(one), one.painter(painter))]


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


def test_an_engine_around_an_engine_is_as_able_as_that():
    inner = Painter(flat)
    outer = Wrapped(inner)
    assert (outer.name, outer.capabilities, outer.remarks(["x"])) == (inner.name, inner.capabilities, [])


def test_without_such_features_the_painter_is_the_engine_itself():
    painter = Painter(flat)
    assert shot().painter(painter) is painter
