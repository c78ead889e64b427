"""The judge: faults are seen, painted again or the end; what is meant is let pass."""

import re

import numpy as np
import pytest

from lib_anim.errors import Blank, EngineError
from lib_anim.runs.folder import pack, unpack
from lib_anim.shot.reel import Reel, render
from tests.helpers import Painter, shot

FAULTY = 6  # the frame with the fault; its seed is 7 + 6


def sight(request):
    """What a prompt looks like, a little different from every seed; moves to the side are hardly seen."""
    width, height = request.size
    shape = (height, width, 3)
    rows = np.random.default_rng(sum(map(ord, request.prompts[0][0]))).integers(0, 200, (height, 1, 3))
    return rows + np.random.default_rng(request.seed).integers(0, 56, shape)


def calm(request):
    """Goes towards what the prompt looks like by as much as is asked for, and a little at least, as decoding does."""
    wanted = sight(request)
    if request.init is None:
        return wanted.astype(np.uint8)
    share = max(request.denoise, 0.05) * (1.0 if request.mask is None else request.mask[..., None])
    return np.rint(request.init * (1.0 - share) + wanted * share).astype(np.uint8)


def only(value):
    return lambda request: np.full_like(request.init, value)


def dim(request):
    return np.random.default_rng(1).integers(0, 12, request.init.shape, np.uint8)


def upside_down(request):
    return 255 - request.init


FAULTS = {
    "black": (only(0), "the picture is one flat colour"),
    "nearly black": (dim, "the picture is one flat colour"),
    "white": (only(255), "the picture is one flat colour"),
    "a colour": (only((200, 20, 90)), "the picture is one flat colour"),
    "unpainted": (lambda request: request.init, "nothing was painted"),
    "jump": (upside_down, r"the picture changed \d\d?\.\d times as much as usual"),
}


def faulty(fault, seeds=(7 + FAULTY,)):
    return Painter(lambda request: fault(request) if request.seed in seeds else calm(request))


def filmed(painter, **changes):
    """The pictures that count, and the frames."""
    made = shot(**{"max_frames": 9, "noise_schedule": "0:(0.02)", **changes})
    reel, pictures, frames = Reel(made), [], []
    while (take := reel.ask()) is not None:
        frames += [rendered.frame for rendered in reel.take(painter.sample_take(take))]
        pictures += reel.finished
    return pictures, frames


def noted(answers, name):
    return {index: answer.notes[name] for index, answer in enumerate(answers) if name in answer.notes}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_painted_again_from_another_seed(name):
    fault, words = FAULTS[name]
    painter = faulty(fault)
    answers, frames = filmed(painter, judge="retry")
    asked = [request.index for request in painter.requests]
    assert asked == sorted([*range(9), FAULTY])
    assert answers[FAULTY].seed not in range(7, 16)  # the next frame's seed would paint the same twice
    assert noted(answers, "fault") == {}
    assert list(noted(answers, "rejected")) == [FAULTY]
    (rejected,) = answers[FAULTY].notes["rejected"]
    assert re.fullmatch(words, rejected)
    np.testing.assert_array_equal(frames[FAULTY], calm(painter.requests[FAULTY + 1]))


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_kept_and_noted(name):
    fault, words = FAULTS[name]
    painter = faulty(fault)
    answers, frames = filmed(painter, judge="keep")
    assert len(painter.requests) == 9
    assert min(noted(answers, "fault")) == FAULTY  # on the way back pictures change much too
    assert re.fullmatch(words, answers[FAULTY].notes["fault"])
    np.testing.assert_array_equal(frames[FAULTY], fault(painter.requests[FAULTY]))


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_the_end(name):
    fault, words = FAULTS[name]
    painter = faulty(fault)
    with pytest.raises(EngineError, match=f"^judge: frame {FAULTY}: {words}$"):
        filmed(painter, judge="stop")
    assert len(painter.requests) == FAULTY + 1


JUMPS = (0.9, 0.8, 0.85)  # of the way to the upside-down picture, by attempts


@pytest.mark.parametrize(("patience", "kept"), [(1, 1), (2, 1)])
def test_of_many_faults_the_least_is_kept_after_the_patience(patience, kept):
    def paint(request):
        if request.index != FAULTY:
            return calm(request)
        share = JUMPS[len(painter.requests) - FAULTY - 1]
        return np.rint(request.init * (1 - share) + upside_down(request) * share).astype(np.uint8)

    painter = Painter(paint)
    answers, _ = filmed(painter, judge="retry", judge_patience=patience, max_frames=FAULTY + 1)
    assert len(painter.requests) == FAULTY + 1 + patience
    assert answers[FAULTY].seed == painter.requests[FAULTY + kept].seed
    assert len({request.seed for request in painter.requests[FAULTY:]}) == 1 + patience
    assert (list(noted(answers, "fault")), len(answers[FAULTY].notes["rejected"])) == ([FAULTY], patience)


WORST_FIRST = ("blank", "black", "jump", "unpainted")


@pytest.mark.parametrize("worse", range(3))
def test_a_lesser_fault_is_kept_before_a_worse_one(worse):
    faults = {"blank": raising, "black": only(0), "jump": upside_down, "unpainted": lambda request: request.init}

    def paint(request):
        attempt = len(painter.requests) - FAULTY - 1
        return faults[WORST_FIRST[worse + attempt]](request) if request.index == FAULTY else calm(request)

    painter = Painter(paint)
    _, frames = filmed(painter, judge="retry", judge_patience=1, max_frames=FAULTY + 1)
    better = WORST_FIRST[worse + 1]
    np.testing.assert_array_equal(frames[FAULTY], faults[better](painter.requests[FAULTY + 1]))


def raising(request):
    raise Blank("no numbers; is the checkpoint damaged?")


@pytest.mark.parametrize(("mode", "calls"), [("keep", 1), ("stop", 1), ("retry", 4)])
def test_where_there_is_no_picture_it_ends_with_the_engines_words(mode, calls):
    painter = Painter(raising)
    with pytest.raises(Blank, match=r"^no numbers; is the checkpoint damaged\?$"):
        filmed(painter, judge=mode)
    assert len(painter.requests) == calls


MEANT = {
    "a new scene": {"prompts": {"0": "a", "6": "zebra --neg b"}},
    "three short ones": {"prompts": {"0": "a", "3": "zebra", "4": "lion", "9": "a"}},
    "strength 0": {"strength_schedule": "0:(0.7), 5:(0.7), 6:(0), 7:(0.7)"},
    "strength 1": {"strength_schedule": "0:(0.7), 5:(0.7), 6:(1), 7:(0.7)"},
    "strength in waves": {"strength_schedule": "0:(0.6+0.38*sin(t))"},
    "uncovered": {"uncovered_denoise_schedule": "0:(1)", "translation_x": "0:(0), 5:(0), 6:(20), 7:(0)", "border": "wrap"},
    "nothing to change": {"noise_schedule": 0, "strength_schedule": "0:(0.999)"},
    "cadence": {"diffusion_cadence": 3, "max_frames": 30, "zoom": "0:(1.01)"},
}


@pytest.mark.parametrize("name", MEANT)
def test_what_is_meant_passes(name):
    answers, _ = filmed(painter := Painter(calm), judge="retry", **{"max_frames": 14, **MEANT[name]})
    assert noted(answers, "fault") == noted(answers, "rejected") == {}
    assert len(painter.requests) <= len(answers)


def test_numbers_in_a_prompt_are_no_new_scene():
    painter = faulty(upside_down)
    answers, _ = filmed(painter, judge="keep", prompts={"0": "(a:`1+t/1000`)"}, max_frames=FAULTY + 1)
    assert list(noted(answers, "fault")) == [FAULTY]


def test_a_film_gone_on_with_knows_what_is_usual():
    def rest_of(reel):
        return [rendered.frame for rendered in render(reel, faulty(upside_down))]

    changes = {"max_frames": 9, "noise_schedule": "0:(0.02)", "judge": "retry"}
    reel = Reel(shot(**changes))
    engine = Painter(calm)
    for _ in range(FAULTY):
        list(reel.take(engine.sample_take(reel.ask())))
    again = Reel(shot(**changes))
    again.restore(unpack(pack(reel.state())))
    for one, other in zip(rest_of(reel), rest_of(again), strict=True):
        np.testing.assert_array_equal(one, other)


def test_each_pass_of_a_redo_is_judged():
    painter = Painter(lambda request: only(0)(request) if request.seed == 7 + FAULTY else calm(request))
    answers, _ = filmed(painter, judge="retry", diffusion_redo=1)
    assert len(painter.requests) == 1 + 8 * 2 + 1
    assert list(noted(answers, "rejected")) == [FAULTY]
