"""The reel: asked and answered, every frame, dissolves, state."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from lib_anim.engines.base import Sampled, SampleRequest
from lib_anim.engines.clips import Clip
from lib_anim.engines.preview import Passthrough
from lib_anim.errors import Blank
from lib_anim.images.test_card import test_card as card
from lib_anim.plan.plan import make_plan
from lib_anim.shot.canvas import Canvas
from lib_anim.shot.reel import Reel, render
from lib_anim.shot.shot import Shot
from lib_anim.shot.steps import Steps
from tests.helpers import Painter, flat, letters, noisy, settings, shot


def film(n_frames, cadence, paint=flat, **changes):
    engine = Painter(paint)
    frames = list(render(Reel(shot(max_frames=n_frames, diffusion_cadence=cadence, **changes)), engine))
    return engine, frames


@pytest.mark.parametrize("cadence", range(1, 9))
@pytest.mark.parametrize("n_frames", [1, 2, 3, 7, 8, 9, 17, 40])
def test_every_frame_is_there_for_any_cadence(n_frames, cadence):
    engine, frames = film(n_frames, cadence, W=8, H=8)
    assert [frame.index for frame in frames] == list(range(n_frames))
    assert [frame.index for frame in frames if frame.painted] == list(range(0, n_frames, cadence))
    assert len(engine.requests) == -(-n_frames // cadence)
    for frame in frames:
        if frame.painted:
            assert (frame.frame == frame.index).all()


def test_in_betweens_dissolve_evenly_and_the_tail_stays():
    _, frames = film(11, 4, lambda request: np.full((48, 64, 3), request.index * 10, np.uint8))
    assert [int(frame.frame[0, 0, 0]) for frame in frames] == [0, 10, 20, 30, 40, 50, 60, 70, 80, 80, 80]


def test_old_and_new_meet_in_the_right_places():
    """A white square painted where the camera has carried it: moved on and moved back it stays one square."""

    def square(request):
        picture = np.zeros((48, 64, 3), np.uint8)
        x = 10 + 4 * request.index
        picture[20:26, x : x + 6] = 255
        return picture

    _, frames = film(9, 4, square, translation_x="0:(4)")
    for frame in frames:
        x = 10 + 4 * frame.index
        expected = np.zeros((48, 64), np.uint8)
        expected[20:26, x : x + 6] = 255
        assert np.array_equal(frame.frame[..., 0], expected), frame.index


def test_each_picture_counts_only_where_it_covers():
    """Going right, the old picture leaves the left rim uncovered, and there the new one stands alone."""
    _, frames = film(5, 4, lambda request: np.full((48, 64, 3), 200 if request.index else 100, np.uint8), translation_x="0:(4)")
    middle = frames[2].frame[..., 0]
    assert (middle[:, :8] >= 198).all()  # uncovered by the old picture
    assert abs(int(middle[24, 32]) - 150) <= 1


def test_the_way_between_is_smooth_in_3d_too():
    camera = {"animation_mode": "3D", "translation_z": "0:(3)", "rotation_3d_y": "0:(1)", "sampling_mode": "bilinear"}
    _, frames = film(9, 4, lambda request: card(request.size), W=128, H=96, **camera)
    steps = [np.abs(a.frame.astype(int) - b.frame).mean() for a, b in pairwise(frames)]
    assert max(steps) < 3 * min(steps)


def test_ask_gives_the_same_until_it_is_answered():
    reel = Reel(shot(max_frames=3))
    (first,) = reel.ask()
    assert reel.ask() == (first,)
    list(reel.take([Sampled(flat(first), 0)]))
    (second,) = reel.ask()
    assert (first.index, second.index) == (0, 1)


def test_frames_of_an_answer_need_the_reel_no_more():
    engine = Painter(noisy)
    film_of = shot(max_frames=7, diffusion_cadence=3, color_coherence="LAB", translation_x="0:(1)")
    straight = [frame.frame for frame in render(Reel(film_of), engine)]
    reel, waiting = Reel(shot(max_frames=7, diffusion_cadence=3, color_coherence="LAB", translation_x="0:(1)")), []
    while (take := reel.ask()) is not None:
        waiting.append(reel.take(engine.sample_take(take)))
    late = [frame.frame for frames in waiting for frame in frames]
    assert all(np.array_equal(a, b) for a, b in zip(straight, late, strict=True))


@pytest.mark.parametrize("cadence", [1, 3, 4])
def test_stopped_after_any_picture_and_restored_it_goes_on_alike(cadence):
    changes = {
        "max_frames": 12,
        "diffusion_cadence": cadence,
        "color_coherence": "LAB",
        "noise_schedule": "0:(0.1)",
        "amount_schedule": "0:(0.2)",
        "zoom": "0:(1.03)",
        "seed_behavior": "random",
    }
    whole = [frame.frame for frame in render(Reel(shot(**changes)), Painter(noisy))]
    n_spans = len(shot(**changes).plan.spans)
    for stop in range(n_spans + 1):
        reel, engine, frames = Reel(shot(**changes)), Painter(noisy), []
        for _ in range(stop):
            frames += reel.take(engine.sample_take(reel.ask()))
        reel.ask()  # an open question does not count
        state = reel.state()
        again = Reel(shot(**changes))
        again.restore(state)
        frames += render(again, engine)
        assert len(frames) == 12
        assert all(np.array_equal(a.frame, b) for a, b in zip(frames, whole, strict=True)), stop


def test_two_films_in_step_through_one_engine():
    reels = [Reel(shot(max_frames=3, seed=seed)) for seed in (1, 2)]
    engine, films = Painter(noisy), ([], [])
    while takes := [take for reel in reels if (take := reel.ask())]:
        answers = [engine.sample_take(take) for take in takes]  # all are asked before one is answered
        for reel, frames, answer in zip(reels, films, answers, strict=True):
            frames.extend(reel.take(answer))
    for seed, frames in zip((1, 2), films, strict=True):
        alone = render(Reel(shot(max_frames=3, seed=seed)), Painter(noisy))
        assert all(np.array_equal(a.frame, b.frame) for a, b in zip(frames, alone, strict=True))


def test_a_part_is_numbered_as_in_the_whole():
    engine = Painter(flat)
    frames = list(render(Reel(shot(max_frames=20, diffusion_cadence=4, part=(6, 15))), engine))
    assert [frame.index for frame in frames] == list(range(6, 15))
    assert [request.index for request in engine.requests] == [6, 8, 12]
    assert engine.requests[0].init is None


def with_steps(steps, **changes):
    base = shot(**changes)
    return Shot(base.plan, (*base.features, ("extra", steps)))


def test_painted_from_nothing_when_a_move_says_so():
    steps = Steps(move=(lambda canvas, params: None if params.index == 2 else canvas,))
    engine = Painter(noisy)
    frames = list(render(Reel(with_steps(steps, max_frames=5, diffusion_cadence=2)), engine))
    assert [request.init is None for request in engine.requests] == [True, True, False]
    assert len(frames) == 5


def test_between_aligns_and_show_is_not_fed_back():
    seen = []

    def between(old, new, weight, params):
        seen.append((params.index, weight))
        return old, new

    steps = Steps(between=(between,), show=(lambda canvas, params: canvas.edited(255 - canvas.frame),))
    engine = Painter(flat)
    frames = list(render(Reel(with_steps(steps, max_frames=5, diffusion_cadence=4)), engine))
    assert seen == [(1, 0.25), (2, 0.5), (3, 0.75)]
    assert [int(frame.frame[0, 0, 0]) for frame in frames] == [255, 254, 253, 252, 251]
    assert (engine.requests[1].init == 0).all()


def test_passthrough_shows_pure_motion():
    _, frames = film(3, 1, lambda request: card(request.size) if request.init is None else request.init, translation_x="0:(8)")
    assert np.array_equal(frames[2].frame[:, 16:], frames[0].frame[:, :-16])
    assert letters(frames[0].frame[:1, :1]) == letters(card((64, 48))[:1, :1])
    assert len(list(render(Reel(shot(max_frames=2)), Passthrough()))) == 2


# -- asked and answered by hand, without features ---------------------------------------------------------------------


def bare(clip=(1, 0), n_frames=8, cadence=1, **steps):
    film = settings(W=8, H=8, max_frames=n_frames, diffusion_cadence=cadence)
    return Reel(Shot(make_plan(film), (("steps", Steps(**steps)),), clip=Clip(*clip)))


def asked(reel):
    """The frames that are asked for, those that stand in brackets."""
    take = reel.ask()
    return take if take is None else " ".join(f"({one.index})" if one.stands else str(one.index) for one in take)


def answer(reel, **notes):
    """The indexes of the frames that an answer completes; pictures are of one colour that tells their index."""
    return [one.index for one in reel.take([Sampled(flat(one), 100 + one.index, notes) for one in reel.ask()])]


def twice(request, params):
    yield request
    return (yield request)


def test_what_was_painted_is_told_until_the_next_answer():
    reel = bare((3, 1), paint=(twice,))
    assert reel.finished == ()
    assert (asked(reel), answer(reel, attempt=1), reel.finished) == ("0 1 2", [], ())
    assert (asked(reel), answer(reel, attempt=2)) == ("0 1 2", [0, 1, 2])
    told = [(one.request.index, one.seed, dict(one.notes)) for one in reel.finished]
    assert told == [(index, 100 + index, {"attempt": 2}) for index in range(3)]
    assert (asked(reel), answer(reel), reel.finished) == ("(2) 3 4", [], ())


@pytest.mark.parametrize("clip", [(1, 0), (2, 0), (3, 1), (4, 3)])
def test_each_picture_is_finished_beside_the_one_before_as_it_was_moved(clip):
    seen = []

    def brighter(canvas, params):
        return canvas.edited(canvas.frame + 10)

    def finish(canvas, moved, params):
        seen.append((params.index, None if moved is None else int(moved.frame[0, 0, 0])))
        return replace(canvas, notes={**canvas.notes, "finished": params.index})

    reel, told = bare(clip, n_frames=8, cadence=2, move=(brighter,), finish=(finish,)), []
    while asked(reel):
        answer(reel, attempt=1)
        told += [dict(one.notes) for one in reel.finished]
    assert seen == [(0, None), (2, 20), (4, 22), (6, 24)]  # two moves from the one before
    assert told == [{"attempt": 1, "finished": index} for index in (0, 2, 4, 6)]


@pytest.mark.parametrize(
    ("clip", "takes", "done", "before", "painted", "then"),
    [
        ((1, 0), 0, 0, [], None, "0"),
        ((1, 0), 1, 1, [], 0, "1"),
        ((1, 0), 3, 3, [], 2, "3"),
        ((3, 0), 1, 3, [], 2, "3 4 5"),
        ((3, 1), 1, 3, [], 2, "(2) 3 4"),
        ((3, 2), 1, 3, [1], 2, "(1) (2) 3"),
        ((4, 3), 2, 5, [2, 3], 4, "(2) (3) (4) 5"),
        ((4, 0), 2, 8, [], 7, None),
    ],
)
def test_a_state_holds_the_pictures_that_a_clip_overlaps_and_one_at_least(clip, takes, done, before, painted, then):
    reel = bare(clip)
    for _ in range(takes):
        reel.ask()
        answer(reel)
    state = reel.state()
    assert (state["done"], [int(one[0, 0, 0]) for one in state["before"]]) == (done, before)
    assert (None if state["painted"] is None else int(state["painted"][0, 0, 0])) == painted
    again = bare(clip)
    again.ask()  # what was asked before it is restored does not count
    again.restore(state)
    assert (asked(reel), asked(again)) == (then, then)


def test_a_state_of_the_first_edition_has_one_picture():
    reel = bare((3, 2))
    reel.restore({"done": 3, "painted": np.zeros((8, 8, 3), np.uint8), "memory": {}})
    assert asked(reel) == "(2) 3 4"


class Count:
    """A memory of one number."""

    def __init__(self, number):
        self.number = number

    def state(self):
        return self.number

    def restore(self, state):
        self.number = state


def test_memories_are_kept_by_name_and_what_was_switched_on_since_begins_anew():
    state = bare(memory={"a": Count(1), "b": Count(2)}).state()
    assert state["memory"] == {"a": 1, "b": 2}
    counts = {"b": Count(0), "c": Count(9)}
    bare(memory=counts).restore(state)
    assert {name: count.number for name, count in counts.items()} == {"b": 2, "c": 9}


def test_a_start_picture_is_asked_for_once_and_stands_in_for_no_picture_that_was_cut_off():
    starts = []

    def start(params):
        starts.append(params.index)
        return Canvas(flat(SampleRequest(50, (8, 8))))

    reel = bare((3, 0), start=(start,), move=(lambda canvas, params: None if params.index == 2 else canvas,))
    assert [None if one.init is None else int(one.init[0, 0, 0]) for one in reel.ask()] == [50, 50, None]
    answer(reel)
    assert [int(one.init[0, 0, 0]) for one in reel.ask()] == [2, 2, 2]
    assert starts == [0]


def test_steps_see_the_picture_that_a_request_is_for_also_of_one_that_stands():
    seen = []

    def ask(request, canvas, params):
        seen.append((params.index, None if canvas is None else int(canvas.frame[0, 0, 0])))
        return request

    reel = bare((3, 1), ask=(ask,))
    reel.ask()
    answer(reel)
    reel.ask()
    assert seen == [(0, None), (1, None), (2, None), (2, 2), (3, 2), (4, 2)]


def test_what_nobody_asked_for_cannot_be_answered():
    reel = bare(n_frames=1)
    with pytest.raises(ValueError, match="nothing was asked"):
        reel.take([])
    reel.ask()
    answer(reel)
    assert reel.ask() is None
    with pytest.raises(ValueError, match="nothing was asked"):
        reel.take([])


def test_a_take_that_failed_is_asked_for_anew_from_its_first_request():
    reel = bare(paint=(twice,))
    reel.ask()
    assert answer(reel) == []
    with pytest.raises(Blank, match="black"):
        reel.take([Blank("black")])
    assert [(asked(reel), answer(reel)) for _ in range(2)] == [("0", []), ("0", [0])]
