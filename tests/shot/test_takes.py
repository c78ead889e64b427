"""Takes: pictures painted as one motion, each over its own moved picture, beside the last ones of the take before."""

from dataclasses import replace

import numpy as np
import pytest

from lib_anim.engines import base
from lib_anim.engines.base import Capabilities, Engine, Sampled
from lib_anim.engines.clips import Clip
from lib_anim.errors import Blank
from lib_anim.runs.control import Control, Stopped
from lib_anim.runs.film import film
from lib_anim.runs.folder import RunFolder, pack, unpack
from lib_anim.shot.canvas import Canvas
from lib_anim.shot.reel import Reel, render
from lib_anim.shot.steps import Steps, Tools
from tests.helpers import Painter, noisy, shot

MARK = (4, 4)  # where a picture is marked with its number


class Clips(Engine):
    """Paints clips: each picture is its own moved one, marked. What stands comes back spoiled, since nobody should use it."""

    name = "clips"

    def __init__(self, length, overlap=0):
        self._clip, self.takes = Clip(length, overlap), []

    @property
    def capabilities(self):
        return Capabilities(words=frozenset({"soft_mask"}), clip=self._clip)

    def paint_take(self, take):
        self.takes.append(take)
        return tuple(Sampled(spoiled(request) if request.stands else marked(request), request.seed) for request in take)


def marked(request):
    picture = np.full((*request.size[::-1], 3), 10, np.uint8) if request.init is None else request.init.copy()
    picture[MARK] = 100 + request.index
    return picture


def spoiled(request):
    return 255 - request.init


def filmed(engine, part=None, **changes):
    """The reel and the frames of a film in which the camera shifts pictures by a pixel a frame."""
    reel = Reel(shot(Tools(engine.capabilities), part, **{"translation_x": "0:(1)", **changes}))
    return reel, list(render(reel, engine))


def numbers(takes):
    """The frames of each take; those that stand in brackets."""
    return [" ".join(f"({one.index})" if one.stands else str(one.index) for one in take) for take in takes]


@pytest.mark.parametrize(
    ("length", "overlap", "n_frames", "cadence", "takes"),
    [
        (1, 0, 3, 1, ["0", "1", "2"]),
        (4, 0, 10, 1, ["0 1 2 3", "4 5 6 7", "8 9"]),
        (4, 1, 10, 1, ["0 1 2 3", "(3) 4 5 6", "(6) 7 8 9"]),
        (4, 3, 6, 1, ["0 1 2 3", "(1) (2) (3) 4", "(2) (3) (4) 5"]),
        (4, 2, 16, 3, ["0 3 6 9", "(6) (9) 12 15"]),
        (8, 2, 5, 1, ["0 1 2 3 4"]),
        (3, 1, 1, 1, ["0"]),
        (3, 1, 12, 5, ["0 5 10"]),
    ],
)
def test_takes_follow_each_other_and_overlap(length, overlap, n_frames, cadence, takes):
    engine = Clips(length, overlap)
    _, frames = filmed(engine, max_frames=n_frames, diffusion_cadence=cadence)
    assert numbers(engine.takes) == takes
    assert [frame.index for frame in frames] == list(range(n_frames))
    assert [frame.index for frame in frames if frame.painted] == list(range(0, n_frames, cadence))


def test_a_part_has_takes_of_its_own():
    engine = Clips(4, 1)
    filmed(engine, (6, 13), max_frames=20, diffusion_cadence=2)
    assert numbers(engine.takes) == ["6 8 10 12"]


def test_a_clip_overlaps_by_less_than_its_length():
    with pytest.raises(ValueError, match="a clip of 4 pictures cannot have 4 of the one before"):
        Clip(4, 4)


def test_what_is_painted_over_is_the_last_picture_moved_on_to_each_frame():
    engine = Clips(4, 1)
    _, frames = filmed(engine, max_frames=7)
    _, second = engine.takes
    for request in second[1:]:
        columns = request.index - 3  # since picture 3, by a pixel each
        assert np.array_equal(request.init[:, columns:], frames[3].frame[:, :-columns]), request.index
        assert np.array_equal(request.moved, request.init)
        assert request.denoise == pytest.approx(0.35)


def test_pictures_that_stand_are_those_of_the_film_and_stay_so():
    engine = Clips(4, 2)
    _, frames = filmed(engine, max_frames=9, diffusion_cadence=2)
    _, second = engine.takes
    assert numbers([second]) == ["(4) (6) 8"]
    assert all(np.array_equal(one.init, frames[one.index].frame) for one in second[:2])
    assert [(one.seed, one.prompts) for one in second] == [(9, (("a", 1.0),)), (10, (("a", 1.0),)), (11, (("a", 1.0),))]
    assert not np.array_equal(frames[4].frame, spoiled(second[0]))


def test_every_picture_of_a_take_has_its_own_numbers_and_words():
    engine = Clips(4)
    changes = {"strength_schedule": "4:(0.2), 7:(0.8)", "prompts": {"0": "a", "6": "b"}, "cfg_scale_schedule": "0:(t)"}
    filmed(engine, max_frames=8, **changes)
    _, take = engine.takes
    assert [one.denoise for one in take] == pytest.approx([0.8, 0.6, 0.4, 0.2])
    assert [one.prompts[0][0] for one in take] == ["a", "a", "b", "b"]
    assert [one.cfg_scale for one in take] == [4, 5, 6, 7]


def test_frames_between_the_pictures_of_a_take_lie_between_those():
    """A grey picture that grows lighter: in-betweens rise evenly, within a take and from take to take."""

    class Lighter(Clips):
        def paint_take(self, take):
            self.takes.append(take)
            return tuple(Sampled(np.full((48, 64, 3), 10 * one.index, np.uint8), one.seed) for one in take)

    engine = Lighter(3, 1)
    _, frames = filmed(engine, max_frames=15, diffusion_cadence=3, translation_x="0:(0)")
    assert [int(frame.frame[20, 30, 0]) for frame in frames] == [*range(0, 121, 10), 120, 120]


def test_pictures_are_finished_in_their_order_each_on_the_one_before():
    seen = []

    def finish(canvas, moved, params):
        before = None if moved is None else int(moved.frame[MARK[0], MARK[1] + 1, 0])  # a mark moves on by a pixel
        seen.append((params.index, before))
        return canvas

    engine = Clips(4, 1)
    made = shot(Tools(engine.capabilities), max_frames=7, translation_x="0:(1)")
    list(render(Reel(replace(made, features=(*made.features, ("extra", Steps(finish=(finish,)))))), engine))
    assert seen == [(0, None), *((index, 99 + index) for index in range(1, 7))]


def test_a_start_picture_is_moved_to_every_frame_of_the_first_take():
    picture = np.random.default_rng(1).integers(0, 256, (48, 64, 3), np.uint8)
    engine = Clips(3)
    made = shot(Tools(engine.capabilities), max_frames=3, translation_x="0:(2)")
    made = replace(made, features=(*made.features, ("start", Steps(start=(lambda params: Canvas(picture),)))))
    list(render(Reel(made), engine))
    (take,) = engine.takes
    assert [np.array_equal(one.init[:, 2 * one.index :], picture[:, : 64 - 2 * one.index]) for one in take] == [True] * 3
    assert [one.moved is None for one in take] == [True, False, False]


REDO = {"diffusion_redo": 1, "noise_schedule": "0:(0.1)"}


def test_passes_of_a_redo_are_takes_as_well():
    engine = Clips(4, 1)
    filmed(engine, max_frames=7, **REDO)
    assert numbers(engine.takes) == ["0 1 2 3", "(3) 4 5 6", "(3) 4 5 6"]  # from nothing there is one pass
    _, first, second = engine.takes
    assert [int(one.init[MARK][0]) for one in second[1:]] == [104, 105, 106]
    assert [a.seed != b.seed for a, b in zip(first[1:], second[1:], strict=True)] == [True] * 3


def test_one_blank_picture_is_painted_again_beside_those_that_stand():
    class Fails(Clips):
        def paint_take(self, take):
            first = not self.takes
            answers = super().paint_take(take)
            return tuple(Blank("black") if first and k == 2 else one for k, one in enumerate(answers))

    engine = Fails(4)
    _, frames = filmed(engine, max_frames=4, reroll_blank_frames="reroll")
    assert numbers(engine.takes) == ["0 1 2 3", "(0) (1) 2 (3)"]
    assert np.array_equal(engine.takes[1][1].init, frames[1].frame)
    assert [int(frame.frame[MARK][0]) for frame in frames] == [100, 101, 102, 103]


def test_at_full_strength_nothing_is_painted_and_every_frame_is_there():
    engine = Clips(4, 1)
    _, frames = filmed(engine, max_frames=9, strength_schedule="0:(1)")
    assert numbers(engine.takes) == ["0 1 2 3"]  # and then nobody is asked
    assert len(frames) == 9


STEADY = {
    "max_frames": 13,
    "color_coherence": "LAB",
    "noise_schedule": "0:(0.1)",
    "governor_schedule": "0:(0.5)",
    "zoom": "0:(1.02)",
}


class Noisy(Clips):
    def paint_take(self, take):
        self.takes.append(take)
        return tuple(Sampled(noisy(request), request.seed) for request in take)


@pytest.mark.parametrize(("length", "overlap", "cadence"), [(4, 0, 1), (4, 2, 1), (3, 1, 2), (2, 1, 4)])
def test_stopped_after_any_take_and_restored_it_goes_on_alike(length, overlap, cadence):
    changes = {**STEADY, "diffusion_cadence": cadence}
    _, whole = filmed(Noisy(length, overlap), **changes)
    for stop in range(1, 99):
        engine, frames = Noisy(length, overlap), []
        reel = Reel(shot(Tools(engine.capabilities), translation_x="0:(1)", **changes))
        for _ in range(stop):
            if (take := reel.ask()) is not None:
                frames += reel.take(engine.sample_take(take))
        if reel.ask() is None:
            break
        again = Reel(reel.shot)
        again.restore(unpack(pack(reel.state())))
        frames += render(again, engine)
        assert all(np.array_equal(a.frame, b.frame) for a, b in zip(frames, whole, strict=True)), stop
    assert stop > 2


def test_a_state_of_the_first_edition_which_kept_one_picture_is_read():
    engine = Noisy(3, 1)
    reel, _ = filmed(engine, max_frames=4)
    state = {name: value for name, value in reel.state().items() if name != "before"}
    again = Reel(shot(Tools(engine.capabilities), translation_x="0:(1)", max_frames=8))
    again.restore(state)
    assert numbers([again.ask()]) == ["(3) 4 5"]


@pytest.mark.parametrize("calls", [1, 2])
def test_a_run_that_is_stopped_after_any_take_is_resumed_to_the_byte(tmp_path, calls):
    class Stops(Noisy):
        def paint_take(self, take):
            if len(self.takes) == calls - 1:
                control.stop()
            return super().paint_take(take)

    made = shot(Tools(Noisy(3, 1).capabilities), **STEADY, diffusion_cadence=2)
    runs = [RunFolder.create(tmp_path, name, made.plan.settings) for name in ("whole", "stopped")]
    film(made, Noisy(3, 1), runs[0], video=False)
    control = Control()
    made = shot(Tools(Noisy(3, 1).capabilities), **STEADY, diffusion_cadence=2)
    with pytest.raises(Stopped):
        film(made, Stops(3, 1), runs[1], video=False, control=control)
    summary = film(shot(Tools(Noisy(3, 1).capabilities), **STEADY, diffusion_cadence=2), Noisy(3, 1), runs[1], video=False)
    assert summary["status"] == "done"
    for index in range(13):
        assert runs[0].frame_path(index).read_bytes() == runs[1].frame_path(index).read_bytes(), index
    painted = [line["index"] for line in runs[1].journal() if line["event"] == "painted"]
    assert painted == [0, 2, 4, 6, 8, 10, 12]
    for run in runs:
        run.close()


def test_an_image_engine_has_takes_of_one():
    painter = Painter(noisy)
    reel = Reel(shot(Tools(painter.capabilities), max_frames=3, **REDO))
    sizes = []
    while (take := reel.ask()) is not None:
        sizes.append(len(take))
        list(reel.take(painter.sample_take(take)))
    assert sizes == [1, 1, 1, 1, 1]


def guided(request, canvas, params):
    """A step that has every picture guided by its own moved one."""
    image = np.zeros((48, 64, 3), np.uint8) if canvas is None else canvas.frame
    return replace(request, controls=(*request.controls, base.Control("edges", image, weight=params.index / 10)))


@pytest.mark.parametrize("engine", [Clips(4, 1), Clips(1)], ids=["clips", "pictures"])
def test_what_guides_a_picture_comes_to_the_engine_with_every_pass_of_it(engine):
    made = shot(Tools(engine.capabilities), max_frames=7, translation_x="0:(1)", diffusion_redo=1)
    list(render(Reel(replace(made, features=(*made.features, ("guides", Steps(ask=(guided,)))))), engine))
    asked = [one for take in engine.takes for one in take]
    assert [[(unit.model, unit.weight) for unit in one.controls] for one in asked] == [
        [("edges", one.index / 10)] for one in asked
    ]
    first_passes = {one.index: one for one in reversed(asked) if one.init is not None and not one.stands}
    assert all(np.array_equal(one.controls[0].image, one.moved) for one in first_passes.values())


def test_features_that_guide_add_to_each_other():
    engine = Clips(1)
    made = shot(Tools(engine.capabilities), max_frames=1)
    list(render(Reel(replace(made, features=(*made.features, ("guides", Steps(ask=(guided, guided)))))), engine))
    assert len(engine.takes[0][0].controls) == 2
