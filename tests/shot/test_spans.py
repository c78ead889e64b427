"""Spans: the way from one painted picture to the next, dissolved where both cover, and the tail after the last."""

import numpy as np
import pytest

from lib_anim.images.warp import Warp
from lib_anim.plan.plan import Span, make_plan
from lib_anim.shot.canvas import Canvas
from lib_anim.shot.shot import Shot
from lib_anim.shot.spans import PaintedSpan, frames_of, moved_to, moves
from lib_anim.shot.steps import Steps
from tests.helpers import frame, letters, settings


def right(pixels, border="zeros"):
    """A move to the right."""
    return Warp((8, 8), matrix=np.array([[1, 0, -pixels], [0, 1, 0], [0, 0, 1.0]]), sampling="nearest", border=border)


def pans(canvas, params):
    """A camera that shifts the picture by one pixel a frame."""
    return canvas.moved(right(1))


def cuts(index):
    """A camera that carries nothing on into the frame `index`."""
    return lambda canvas, params: None if params.index == index else canvas


def grey(value):
    return np.full((8, 8, 3), value, np.uint8)


def rows(text):
    return frame(*[text] * 8)


def shot(**steps):
    return Shot(make_plan(settings(W=8, H=8, max_frames=9, diffusion_cadence=4)), (("steps", Steps(**steps)),))


def filmed(span, old, new, **steps):
    """The frames of a span from one picture to another, the moves being steps."""
    made, old = shot(**steps), None if old is None else Canvas(old)
    moved = moved_to(made, old, range(span.first, span.painted + 1))
    return list(frames_of(made, PaintedSpan(span, old, moved, Canvas(new, notes={"seed": 5}))))


def greys(frames):
    return [int(one.frame[4, 4, 0]) for one in frames]


@pytest.mark.parametrize(
    ("span", "old", "steps", "expected"),
    [
        ((0, 0, 0), None, {}, [40]),
        ((0, 0, 2), None, {}, [40, 40, 40]),
        ((1, 1, 1), 0, {}, [40]),
        ((1, 4, 4), 0, {}, [10, 20, 30, 40]),  # each frame its share of both
        ((1, 3, 4), 10, {}, [20, 30, 40, 40]),
        ((1, 4, 4), 0, {"move": (cuts(3),)}, [10, 20, 40, 40]),  # where nothing is carried on, the new one alone
        ((1, 4, 4), 0, {"move": (cuts(1),)}, [40, 40, 40, 40]),
        ((1, 4, 4), 0, {"move": (cuts(4),)}, [10, 20, 30, 40]),
        ((1, 2, 5), 0, {"move": (cuts(4),)}, [20, 40, 40, 40, 40]),
    ],
)
def test_shares_of_the_old_picture_and_the_new(span, old, steps, expected):
    frames = filmed(Span(*span), None if old is None else grey(old), grey(40), **steps)
    assert greys(frames) == expected
    assert [one.index for one in frames] == list(range(span[0], span[2] + 1))
    assert [one.painted for one in frames] == [one.index in (0, 4, 8) for one in frames]  # as the plan has it


def test_notes_go_with_the_painted_picture_and_its_tail():
    assert [dict(one.notes) for one in filmed(Span(3, 4, 5), grey(0), grey(9))] == [{}, {"seed": 5}, {"seed": 5}]


def test_old_and_new_meet_on_the_way_each_where_it_covers():
    frames = filmed(Span(1, 4, 5), rows("RGBYRGBY"), rows("WWWWRGBY"), move=(pans,))
    seen = [letters(np.where(one.frame > 127, 255, 0))[4] for one in frames]
    assert seen == ["WRGBYRGB", "WWRGBYRG", "WWWRGBYR", "WWWWRGBY", ".WWWWRGB"]
    assert np.array_equal(frames[3].frame, rows("WWWWRGBY"))


def test_what_one_picture_does_not_cover_is_nearly_all_the_others():
    """A share of 1/4 new, weighted 1.02 to 0.02 where the old one is not, is 17/18."""
    frames = filmed(Span(1, 4, 4), grey(0), grey(180), move=(pans,))
    assert frames[0].frame[4, :, 0].tolist() == pytest.approx([170, 45, 45, 45, 45, 1, 1, 1], abs=1)


def test_where_neither_covers_it_is_the_plain_dissolve():
    frames = filmed(Span(1, 4, 4), grey(0), grey(40), move=(lambda canvas, params: canvas.moved(right(9, "replicate")),))
    assert greys(frames) == [10, 20, 30, 40]


def test_both_pictures_are_aligned_before_they_dissolve():
    seen = []

    def dark(old, new, weight, params):
        seen.append((params.index, weight, greys([old, new])))
        return old, new.edited(new.frame // 2)

    def light(old, new, weight, params):
        return old.edited(old.frame + 40), new

    frames = filmed(Span(1, 4, 5), grey(0), grey(80), between=(dark, light, dark))
    assert seen == [
        *((1, 0.25, [0, 80]), (1, 0.25, [40, 40])),
        *((2, 0.5, [0, 80]), (2, 0.5, [40, 40])),
        *((3, 0.75, [0, 80]), (3, 0.75, [40, 40])),
    ]
    assert greys(frames) == [35, 30, 25, 80, 80]


def test_all_frames_are_shown_through_the_steps_in_their_order():
    def double(canvas, params):
        return canvas.edited(canvas.frame * 2)

    def numbered(canvas, params):
        return canvas.edited(canvas.frame + params.index)

    assert greys(filmed(Span(3, 4, 5), grey(0), grey(40), show=(double, numbered))) == [43, 84, 85]


def test_the_moves_of_all_steps_add_up_frame_by_frame():
    seen = [letters(one.frame)[0] for one in moves(shot(move=(pans, pans)), Canvas(rows("RGBYRGBY")), range(1, 4))]
    assert seen == ["..RGBYRG", "....RGBY", "......RG"]


def test_after_a_cut_nobody_is_asked_any_more():
    asked = []
    asks = lambda canvas, params: asked.append(params.index) or canvas  # noqa: E731
    assert [one is None for one in moves(shot(move=(cuts(2), asks)), Canvas(grey(0)), range(1, 4))] == [False, True, True]
    assert asked == [1]


def test_a_canvas_moves_nowhere_in_no_frames():
    canvas = Canvas(grey(0))
    assert moved_to(shot(move=(pans,)), canvas, range(3, 3)) is canvas
    assert moved_to(shot(move=(pans,)), None, range(3, 6)) is None
