"""Keyframe painting: which frames are painted, with what strength and seed, and what becomes of it on disk."""

import json
import tracemalloc

import numpy as np
import pytest

from lib_anim.cli import main
from lib_anim.errors import SettingsError
from lib_anim.images.frame import read_picture
from lib_anim.images.warp import Warp
from lib_anim.jobs import requests
from lib_anim.page import cautions
from lib_anim.plan.plan import make_plan
from lib_anim.runs.control import Ending
from lib_anim.runs.film import film
from lib_anim.runs.folder import RunFolder
from lib_anim.settings.table import FIELDS
from lib_anim.shot.reel import Reel, render
from tests.features.inputs import write_inputs
from tests.features.test_features import SWITCHES, tools
from tests.helpers import Dies, Mortal, Painter, flat, noisy, problems_of, settings, shot
from tests.jobs.test_queue import held, over, small, until  # noqa: F401
from tests.runs.test_film import pictures, video_frames

ONLY = {"keyframe_distribution": "Keyframes Only"}


def prompts(*frames):
    return {str(frame): f"scene at {frame}" for frame in frames}


def planned(distribution="Keyframes Only", n_frames=11, cadence=4, part=None, **changes):
    changes = {"prompts": prompts(0), **changes}
    return make_plan(
        settings(keyframe_distribution=distribution, max_frames=n_frames, diffusion_cadence=cadence, **changes), part
    )


def painted(*args, **changes):
    return [span.painted for span in planned(*args, **changes).spans]


# -- which frames -----------------------------------------------------------------------------------------------------

FRAMES = [
    # distribution, frames, cadence, keys of the prompts, painted
    ("Off", 11, 4, (0, 5), [0, 4, 8]),
    ("Keyframes Only", 11, 4, (0,), [0, 10]),
    ("Keyframes Only", 11, 4, (0, 5), [0, 5, 10]),
    ("Keyframes Only", 11, 4, (3, 4, 5), [0, 3, 4, 5, 10]),  # next to each other, and none at 0
    ("Keyframes Only", 11, 4, (0, 10), [0, 10]),
    ("Keyframes Only", 11, 4, (0, 5, 11, 400), [0, 5, 10]),  # keys past the end are no frames
    ("Keyframes Only", 11, 4, (-3, 0, 7), [0, 7, 10]),
    ("Keyframes Only", 11, 4, (0, "max_f-1"), [0, 9, 10]),
    ("Keyframes Only", 11, 4, (0, "max_f/4"), [0, 2, 10]),
    ("Keyframes Only", 11, 400, (0, 5), [0, 5, 10]),  # whatever the cadence
    ("Keyframes Only", 1, 4, (0, 5), [0]),
    ("Keyframes Only", 2, 4, (0, 5), [0, 1]),
    ("Additive", 11, 4, (0,), [0, 4, 8, 10]),
    ("Additive", 11, 4, (0, 3, 4, 5), [0, 3, 4, 5, 8, 10]),
    ("Additive", 11, 400, (0, 5), [0, 5, 10]),
    ("Additive", 9, 4, (0, 7), [0, 4, 7, 8]),
    ("Additive", 4, 1, (0, 2), [0, 1, 2, 3]),
    ("Additive", 1, 3, (0, 2), [0]),
    ("Redistributed", 11, 4, (0,), [0, 5, 10]),  # 1 + 11//4 frames, evenly
    ("Redistributed", 11, 4, (0, 5), [0, 5, 10]),
    ("Redistributed", 11, 4, (0, 1), [0, 1, 10]),  # 1 takes the place of 5: there is no other
    ("Redistributed", 11, 4, (0, 5, 6), [0, 5, 6, 10]),  # 5 is a key itself, and stays
    ("Redistributed", 11, 4, (0, 1, 2, 3), [0, 1, 2, 3, 10]),  # more keys than frames of the cadence
    ("Redistributed", 21, 5, (0, 8), [0, 5, 8, 15, 20]),  # 10 is nearer to 8 than 5
    ("Redistributed", 22, 7, (0, 12), [0, 7, 12, 21]),  # of 0, 7, 14, 21
    ("Redistributed", 21, 10, (0, 6, 9), [0, 6, 9, 20]),  # 6 takes 10, and for 9 there is none left
    ("Redistributed", 31, 10, (0, 15), [0, 15, 20, 30]),  # as near to 10 as to 20: the earlier goes
    ("Redistributed", 11, 400, (0, 3), [0, 3, 10]),
    ("Redistributed", 4, 1, (0, 2), [0, 1, 2, 3]),
    ("Redistributed", 1, 3, (0,), [0]),
    ("Redistributed", 2, 9, (0,), [0, 1]),
]


@pytest.mark.parametrize(("distribution", "n_frames", "cadence", "keys", "expected"), FRAMES)
def test_painted_frames(distribution, n_frames, cadence, keys, expected):
    assert painted(distribution, n_frames, cadence, prompts=prompts(*keys)) == expected


@pytest.mark.parametrize("cadence", [2, 3, 7, 10, 60])
@pytest.mark.parametrize("n_frames", [60, 119, 120, 121])
def test_redistributed_without_keys_is_as_the_fork_has_it(n_frames, cadence):
    """There, counted from 1, 1 + int(k * (max_frames - 1) / (count - 1)), count being 1 + int(max_frames / cadence)."""
    count = 1 + int(n_frames / cadence)
    assert painted("Redistributed", n_frames, cadence) == [int(k * (n_frames - 1) / (count - 1)) for k in range(count)]


@pytest.mark.parametrize("distribution", ["Keyframes Only", "Additive", "Redistributed"])
@pytest.mark.parametrize("seed", range(20))
def test_every_key_is_painted_and_every_frame_belongs_to_one_span(distribution, seed):
    rng = np.random.default_rng(seed)
    n_frames, cadence = int(rng.integers(2, 90)), int(rng.integers(1, 20))
    keys = rng.integers(0, n_frames, rng.integers(1, 12)).tolist()
    plan = planned(distribution, n_frames, cadence, prompts=prompts(*keys))
    assert plan.keyframes == {0, n_frames - 1, *keys}
    assert plan.painted >= plan.keyframes
    assert [k for first, _, last in plan.spans for k in range(first, last + 1)] == list(range(n_frames))
    assert len(plan.columns["seed"]) == n_frames
    if distribution == "Redistributed":
        assert len(plan.painted) >= min(1 + n_frames // cadence, n_frames)


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        ((0, 8), [(0, 0, 0), (1, 5, 7)]),
        ((3, 11), [(3, 3, 3), (4, 5, 5), (6, 10, 10)]),
        ((6, 9), [(6, 6, 8)]),
        ((5, 6), [(5, 5, 5)]),
    ],
)
def test_a_part_keeps_to_the_films_own_keyframes(part, expected):
    part = planned(prompts=prompts(0, 5), part=part)
    whole = planned(prompts=prompts(0, 5))
    assert [tuple(span) for span in part.spans] == expected
    assert [part[k]["seed"] for k in part.frames] == [whole[k]["seed"] for k in part.frames]


# -- what is a key ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, []),
        ({"angle": "0:(0), 6:(3)"}, [6]),
        ({"angle": "0:(0), 6:(0)"}, [6]),  # a key is a key, whatever it says
        ({"angle": '0:(0), "max_f-3":(3), 400:(1), -2:(1)'}, [7]),
        ({"angle": "3*t"}, []),
        ({"angle": "2:(3), 8:(0)", "noise_schedule": "0:(0), 5:(0.1)"}, [2, 5, 8]),
        ({"angle": "0:(0), 6:(3)", "classic": True}, [6]),
        ({"strength_schedule": "0:(0.6), 6:(0.3)"}, []),  # that of all other frames
        ({"keyframe_strength_schedule": "0:(0.6), 6:(0.3)"}, [6]),
        ({"translation_z": "0:(0), 6:(3)"}, []),  # of the other mode
        ({"translation_z": "0:(0), 6:(3)", "animation_mode": "3D"}, [6]),
        ({"zoom": "0:(1), 6:(1.1)", "animation_mode": "3D"}, []),
        ({"seed_schedule": "0:(5), 6:(-1)"}, []),
        ({"seed_schedule": "0:(5), 6:(-1)", "seed_behavior": "schedule"}, [6]),
        ({"seed_behavior": "schedule"}, []),  # the default says 1, max_f-2, max_f-1, and nobody asked for it
        ({"checkpoint_schedule": "0:(a), 6:(b)"}, []),
        ({"sampler_schedule": "0:(Euler), 6:(DDIM)", "enable_sampler_scheduling": True}, [6]),
        ({"subseed_schedule": "0:(1), 6:(2)"}, []),
        ({"subseed_schedule": "0:(1), 6:(2)", "enable_subseed_scheduling": True}, [6]),
        ({"perspective_flip_theta": "0:(0), 6:(1)"}, []),
        ({"cn_2_weight": "0:(1), 6:(0)", "hybrid_comp_alpha_schedule": "0:(1), 6:(0)", "freeu_b1": "0:(1), 6:(2)"}, []),
        ({"mask_schedule": "0:(x), 6:(y)", "blendFactorMax": "0:(1), 6:(0)", "shake_speed": "0:(1), 6:(2)"}, []),
    ],
)
def test_keys_of_schedules(changes, expected):
    assert sorted(planned(**changes).keyframes - {0, 10}) == expected


@pytest.mark.parametrize("name", SWITCHES)
def test_keys_of_all_schedules_that_a_film_goes_by_count(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_inputs(tmp_path)
    changes = {**SWITCHES[name][0], **ONLY, "add_soundtrack": "None", "max_frames": 9}
    for key in (one for one in shot(tools(name), **changes).steps.uses if FIELDS[one].kind in ("schedule", "texts")):
        value = changes.get(key, FIELDS[key].default).rpartition(":")[2]
        film = make_plan(settings(**{**changes, key: f"0:{value}, 5:{value}"}))
        assert (5 in film.keyframes) == (key not in ("strength_schedule", "image_strength_schedule")), key


def parseq(rows=("zoom", "deforum_prompt"), **more):
    frames = [{"frame": frame, "zoom": 1.01, "deforum_prompt": f"(a:{frame})", "strength": 0.7} for frame in range(9)]
    frames = [{key: value for key, value in row.items() if key in ("frame", *rows)} for row in frames]
    return {"parseq_manifest": json.dumps({"rendered_frames": frames, **more}), "prompts": prompts(0, 2)}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (parseq(keyframes=[{"frame": 0}, {"frame": 4}, {"frame": 8}, {"frame": 99}]), [0, 4, 8]),  # not every change of words
        ({**parseq(keyframes=[{"frame": 4}]), "angle": "0:(0), 5:(1)"}, [0, 4, 5, 8]),  # not the manifest's, so ours
        ({**parseq(keyframes=[{"frame": 4}]), "zoom": "0:(1), 5:(1)"}, [0, 4, 8]),
        (parseq(rows=("zoom",), keyframes=[{"frame": 4}]), [0, 2, 4, 8]),
        (parseq(rows=("zoom",)), [0, 2, 8]),
        (parseq(rows=("zoom",), keyframes="none"), [0, 2, 8]),
    ],
)
def test_keys_of_parseq(changes, expected):
    assert painted(**changes) == expected


def test_parseqs_strength_holds_at_keyframes_too():
    plan = planned(**parseq(rows=("strength",), keyframes=[{"frame": 4}]))
    assert plan.strength(4) == 0.7


def test_broken_keys_are_told_once():
    with pytest.raises(SettingsError) as error:
        planned(angle="0:(0), q:(1)", prompts={"0": "a", "w": "b"})
    assert len(problems_of(error)) == 2


# -- how they are painted ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("distribution", "expected"),
    [
        ("Off", {4: 0.4, 8: 0.8}),
        ("Keyframes Only", {5: 0.05, 10: 0.1}),
        ("Additive", {4: 0.4, 5: 0.05, 8: 0.8, 10: 0.1}),
        ("Redistributed", {5: 0.05, 10: 0.1}),
    ],
)
def test_keyframes_have_their_own_strength(distribution, expected):
    schedules = {"strength_schedule": "0:(t/10)", "keyframe_strength_schedule": "0:(t/100)", "prompts": prompts(0, 5)}
    engine = Painter(flat)
    film = shot(keyframe_distribution=distribution, max_frames=11, diffusion_cadence=4, **schedules)
    frames = list(render(Reel(film), engine))
    assert {r.index: r.denoise for r in engine.requests} == {0: 1.0, **{k: pytest.approx(1 - v) for k, v in expected.items()}}
    assert [frame.index for frame in frames] == list(range(11))
    assert [frame.index for frame in frames if frame.painted] == [0, *expected]
    assert [one.strength for one in cautions.painted(film.plan)] == [None, *map(pytest.approx, expected.values())]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"seed_behavior": "iter"}, [7, 8, 9, 10]),
        ({"seed_behavior": "iter", "seed_iter_N": 2}, [7, 7, 8, 8]),
        ({"seed_behavior": "ladder"}, [7, 9, 8, 10]),
        ({"seed_behavior": "schedule", "seed_schedule": "0:(100+t)"}, [100, 101, 109, 110]),
    ],
)
def test_seeds_advance_with_each_painted_frame_however_far_it_is(changes, expected):
    plan = planned(prompts=prompts(0, 1, 9), **changes)
    assert [plan[span.painted]["seed"] for span in plan.spans] == expected


def test_between_two_pictures_each_frame_has_its_share_of_both():
    engine = Painter(lambda request: np.full((48, 64, 3), 200 if request.index == 3 else 0, np.uint8))
    frames = list(render(Reel(shot(**ONLY, max_frames=8, prompts=prompts(0, 3))), engine))
    assert [int(frame.frame.mean().round()) for frame in frames] == [0, 67, 133, 200, 150, 100, 50, 0]


# -- what is said -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("distribution", "said"), [("Off", False), ("Keyframes Only", True), ("Additive", False), ("Redistributed", False)]
)
def test_where_strength_does_nothing_it_is_said(distribution, said):
    notes = shot(
        keyframe_distribution=distribution,
        max_frames=30,
        diffusion_cadence=4,
        strength_schedule="0:(0.7)",
        prompts=prompts(0, 5),
    ).notes
    told = f"strength_schedule has no effect in {distribution}; keyframe_strength_schedule counts at keyframes"
    assert (told in notes) == said


def test_the_command_line_says_which_frames_are_keys(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    given = {
        **ONLY,
        "W": 64,
        "H": 48,
        "seed": 1,
        "max_frames": 300,
        "prompts": prompts(0, 5, 200),
        "strength_schedule": "0:(1)",
    }
    (tmp_path / "film.json").write_text(json.dumps(given))
    assert main(["plan", "film.json"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "4 painted, seed 1, iter" in lines
    assert "keyframes: 0, 5, 200, 299" in lines
    assert main(["plan", "film.json", "--frames", "3:201"]) == 0
    assert "keyframes: 5, 200" in capsys.readouterr().out.splitlines()
    assert main(["plan", "film.json", "--set", f"angle={', '.join(f'{k}:(1)' for k in range(100))}"]) == 0
    assert any(
        line.startswith("keyframes: 0, 1") and line.endswith("38, 39, …") for line in capsys.readouterr().out.splitlines()
    )
    assert main(["explain", "film.json"]) == 0
    assert any(
        line.split() == ["ask", "strength", "keyframe_strength_schedule"] for line in capsys.readouterr().out.splitlines()
    )
    assert main(["check", "film.json"]) == 0
    assert "film.json: fine, 300 frames, 4 of them painted" in capsys.readouterr().out


# -- on disk ----------------------------------------------------------------------------------------------------------

FILM = {"max_frames": 13, "color_coherence": "LAB", "noise_schedule": "0:(0.1)", "zoom": "0:(1.03)", "diffusion_cadence": 5}
UNEVEN = [
    {"keyframe_distribution": "Keyframes Only", "prompts": prompts(0, 1, 2, 9)},
    {"keyframe_distribution": "Additive", "prompts": prompts(0, 4, 6), "optical_flow_cadence": "DIS Fast"},
    {"keyframe_distribution": "Redistributed", "prompts": prompts(0, 1), "seed_behavior": "random"},
]


@pytest.mark.parametrize("changes", UNEVEN)
def test_dead_after_any_picture_and_resumed_it_is_the_same_film(tmp_path, changes):
    film_of = shot(**FILM, **changes)
    whole = RunFolder.create(tmp_path, "whole", film_of.plan.settings)
    film(film_of, Painter(noisy), whole)
    assert video_frames(whole) == 13
    painted = [line["index"] for line in whole.journal() if line["event"] == "painted"]
    assert painted == sorted(film_of.plan.painted)
    for alive in range(len(painted)):
        folder = RunFolder.create(tmp_path, f"dies_{alive}", film_of.plan.settings)
        with pytest.raises(Dies):
            film(shot(**FILM, **changes), Mortal(alive), folder, video=False)
        assert folder.spans_done() == alive
        again = Painter(noisy)
        film(shot(**FILM, **changes), again, folder, video=False)
        folder.close()
        assert pictures(folder) == pictures(whole), alive
        assert [request.index for request in again.requests] == painted[alive:]  # at most one call is lost


def test_a_long_span_takes_no_more_memory_than_a_short_one():
    def peak(n_frames):
        moves = {"animation_mode": "3D", "rotation_3d_y": "0:(0.3)", "translation_z": "0:(0.1)"}
        reel = Reel(shot(**ONLY, **moves, max_frames=n_frames, optical_flow_cadence="DIS Fast"))
        tracemalloc.start()
        for _ in render(reel, Painter(flat)):
            pass
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    assert peak(200) < 1.5 * peak(20)


def test_a_span_that_goes_further_than_numbers_reach_is_filmed():
    frames = list(render(Reel(shot(**ONLY, W=16, H=16, max_frames=260, zoom="0:(30)")), Painter(flat)))
    assert len(frames) == 260
    assert frames[-1].frame.mean() == 259 % 256


@pytest.mark.parametrize("scale", [0.0, 1e-170, np.inf, np.nan])
def test_a_move_that_cannot_be_undone_leads_nowhere(scale):
    back = Warp((6, 4), matrix=np.diag([scale, scale, 1.0])).inverse()
    assert (back.uncovered() == 1.0).all()


# -- a film under way -------------------------------------------------------------------------------------------------


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(name, **changes):
    given = {
        "W": 64,
        "H": 48,
        "seed": 7,
        "batch_name": "film",
        "max_frames": 13,
        **ONLY,
        "prompts": prompts(0, 4, 8),
        **changes,
    }
    with open(name, "w", encoding="utf-8") as file:  # noqa: PTH123
        json.dump(given, file)
    return name


def test_a_resumed_run_takes_keys_that_lie_ahead_and_no_others(here, capsys):
    assert main(["run", write("film.json"), "--engine", "preview"]) == 0
    folder = here / "output/film"
    for index in range(9, 13):  # it ended with 0, 4 and 8
        (folder / f"frames/{index:09d}.png").unlink()
    (folder / "state/000000004.safetensors").unlink()
    filmed = {path.name: path.read_bytes() for path in (folder / "frames").iterdir()}
    assert main(["run", write("other.json", prompts=prompts(0, 4, 7, 8)), "--resume", "output/film"]) == 2
    assert "frame 7 has gone by" in capsys.readouterr().err
    assert main(["run", write("other.json", prompts=prompts(0, 4, 8, 10)), "--resume", "output/film"]) == 0
    journal = map(json.loads, (folder / "journal.jsonl").read_text().splitlines())
    assert [line["index"] for line in journal if line["event"] == "painted"] == [0, 4, 8, 12, 10, 12]
    frames = {path.name: path.read_bytes() for path in (folder / "frames").iterdir()}
    assert len(frames) == 13
    assert filmed.items() <= frames.items()


def test_a_resumed_run_refuses_keys_that_are_past(here, capsys):
    assert main(["run", write("film.json"), "--engine", "preview"]) == 0
    capsys.readouterr()
    assert main(["run", write("other.json", prompts=prompts(0, 4, 6, 8)), "--resume", "output/film"]) == 2
    assert (
        "output/film: frame 6 has gone by, and would be painted now; keys can change after frame 12 only"
        in capsys.readouterr().err
    )
    assert "scene at 6" not in (here / "output/film/settings.json").read_text()
    assert main(["run", write("words.json", prompts={"0": "x", "4": "y", "8": "z"}), "--resume", "output/film"]) == 0
    assert main(["run", write("off.json", keyframe_distribution="Off"), "--resume", "output/film"]) == 2


def paints(jobs, run_id="film"):
    lines = map(json.loads, (jobs.out / run_id / "journal.jsonl").read_text().splitlines())
    return [line["index"] for line in lines if line["event"] == "painted"]


KEYED = {**ONLY, "max_frames": 13, "prompts": prompts(0, 4, 8)}


@pytest.mark.parametrize("hold", [False, True])
def test_keys_ahead_of_the_picture_under_way_can_be_edited(held, hold):
    jobs, engine = held
    job = jobs.submit(small(**KEYED), "film")
    engine.asked.acquire()
    engine.may.release()
    engine.asked.acquire()  # the picture of frame 4 is under way
    if hold:
        jobs.pause(jobs.find("film"))
    assert jobs.edit("film", small(**{**KEYED, "prompts": prompts(0, 4, 6, 10)})).view()["doing"] == "editing"
    if hold:
        engine.may.release()
        until(lambda: job.edit is None)
        jobs.go_on(jobs.find("film"))
    for _ in range(9):
        engine.may.release()
    assert over(job) == "done"
    assert paints(jobs) == [0, 4, 6, 10, 12]
    straight = jobs.submit(small(**{**KEYED, "prompts": prompts(0, 4, 6, 10)}), "film")
    for _ in range(9):
        engine.may.release()
    assert over(straight) == "done"
    for index in range(13):  # the files differ by the settings in them
        one, other = (read_picture(folder.frame_path(index)) for folder in (job.folder, straight.folder))
        assert np.array_equal(one, other), index


@pytest.mark.parametrize("hold", [False, True])
@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ((0, 2, 4, 8), "frame 2 has gone by, and would be painted now; keys can change after frame 4 only"),
        ((0, 8), "frame 4 was painted already, and would not be now"),
    ],
)
def test_keys_up_to_the_picture_under_way_cannot_be_edited_and_it_goes_on_as_it_was(held, hold, keys, said):
    jobs, engine = held
    job = jobs.submit(small(**KEYED), "film")
    engine.asked.acquire()
    engine.may.release()
    engine.asked.acquire()  # the picture of frame 4 is under way
    if hold:
        jobs.pause(jobs.find("film"))
    with pytest.raises(SettingsError) as refused:
        jobs.edit("film", small(**{**KEYED, "prompts": prompts(*keys)}))
    assert [problem.key for problem in refused.value.problems] == ["keyframe_distribution"]
    assert said in str(refused.value)
    assert (job.control.stopped, job.control.paused) == (False, hold)
    if hold:
        jobs.go_on(jobs.find("film"))
    for _ in range(9):
        engine.may.release()
    assert over(job) == "done"
    assert paints(jobs) == [0, 4, 8, 12]
    assert "edit" not in (jobs.out / "film" / "journal.jsonl").read_text()


def test_an_edit_that_was_taken_back_between_two_pictures_changes_nothing(held):
    jobs, engine = held
    job = jobs.submit(small(**KEYED), "film")
    engine.asked.acquire()
    job.control.stop(Ending.EDITED)
    for _ in range(9):
        engine.may.release()
    assert over(job) == "done"
    assert paints(jobs) == [0, 4, 8, 12]
    assert (jobs.out / "film" / "journal.jsonl").read_text().count('"start"') == 1


def test_a_film_that_rests_takes_keys_that_lie_ahead(held):
    jobs, engine = held
    job = jobs.submit(small(**KEYED), "film")
    for _ in range(2):
        engine.asked.acquire()
        engine.may.release()
    engine.asked.acquire()
    jobs.stop(jobs.find("film"))
    engine.may.release()
    assert over(job) == "stopped"
    done = paints(jobs)
    assert done == [0, 4, 8]
    with pytest.raises(SettingsError) as refused:
        jobs.edit("film", small(**{**KEYED, "prompts": prompts(0, 4, 7, 8)}))
    assert "frame 7 has gone by" in str(refused.value)
    jobs.edit("film", small(**{**KEYED, "prompts": prompts(0, 4, 8, 11)}))
    for _ in range(9):
        engine.may.release()
    assert over(jobs.find("film")) == "done"
    assert paints(jobs) == [0, 4, 8, 11, 12]


def manifest(n_frames):
    return json.dumps({"rendered_frames": [{"frame": k, "zoom": 1.0} for k in range(n_frames)]})


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (planned(n_frames=13), planned(n_frames=12)),
        (planned(parseq_manifest=manifest(13)), planned(parseq_manifest=manifest(14))),
    ],
    ids=["a shorter film", "a longer manifest"],
)
def test_other_pictures_are_another_film(before, after):
    with pytest.raises(SettingsError) as refused:
        requests.check_goes_on(before, after, 0)
    assert "other pictures would be painted than in the film under way" in str(refused.value)


def test_a_longer_film_is_the_same_one():
    requests.check_goes_on(planned(n_frames=13), planned(n_frames=14), 0)
