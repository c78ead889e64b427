"""The plan: spans, columns, all faults in one go."""

import pytest

from lib_anim.errors import SettingsError
from lib_anim.plan.plan import make_plan
from tests.helpers import problems_of, settings


def spans(n_frames, cadence, part=None):
    made = make_plan(settings(max_frames=n_frames, diffusion_cadence=cadence), part)
    return [(span.first, span.painted, span.last) for span in made.spans]


@pytest.mark.parametrize(
    ("n_frames", "cadence", "expected"),
    [
        (1, 1, [(0, 0, 0)]),
        (3, 1, [(0, 0, 0), (1, 1, 1), (2, 2, 2)]),
        (5, 2, [(0, 0, 0), (1, 2, 2), (3, 4, 4)]),
        (6, 2, [(0, 0, 0), (1, 2, 2), (3, 4, 5)]),
        (11, 4, [(0, 0, 0), (1, 4, 4), (5, 8, 10)]),
        (5, 10, [(0, 0, 4)]),
    ],
)
def test_spans(n_frames, cadence, expected):
    assert spans(n_frames, cadence) == expected


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        ((0, 5), [(0, 0, 0), (1, 3, 4)]),
        ((3, 8), [(3, 3, 3), (4, 6, 7)]),
        ((4, 10), [(4, 4, 4), (5, 6, 6), (7, 9, 9)]),
        ((4, 5), [(4, 4, 4)]),
    ],
)
def test_a_part_keeps_to_the_films_own_grid(part, expected):
    assert spans(12, 3, part) == expected


@pytest.mark.parametrize("cadence", range(1, 9))
@pytest.mark.parametrize("n_frames", range(1, 41))
def test_every_frame_belongs_to_one_span(n_frames, cadence):
    rows = spans(n_frames, cadence)
    assert [k for first, _, last in rows for k in range(first, last + 1)] == list(range(n_frames))
    assert [painted for _, painted, _ in rows] == list(range(0, n_frames, cadence))
    assert len(rows) == -(-n_frames // cadence)


def test_a_row_of_the_plan():
    made = make_plan(
        settings(max_frames=10, diffusion_cadence=3, zoom="0:(1), 9:(10)", steps=33, prompts={"0": "a", "5": "b"}, seed=7)
    )
    row = made[6]
    assert (row.index, row.painted, row["zoom"], row["steps"]) == (6, True, 7.0, 33)
    assert row["prompts"].positives == (("b", 1.0),)
    assert [made[k]["seed"] for k in range(10)] == [7, 7, 7, 8, 8, 8, 9, 9, 9, 10]
    assert made[5].painted is False


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"seed_behavior": "iter", "seed_iter_N": 2}, [7, 7, 8, 8]),
        ({"seed_behavior": "iter", "seed_iter_N": 2, "classic": True}, [7, 8, 8, 9]),
        ({"seed_behavior": "fixed"}, [7, 7, 7, 7]),
        ({"seed_behavior": "schedule", "seed_schedule": "0:(s+t)"}, [7, 9, 11, 13]),
    ],
)
def test_seeds_advance_with_each_painted_frame(changes, expected):
    made = make_plan(settings(max_frames=8, diffusion_cadence=2, **changes))
    assert [made[span.painted]["seed"] for span in made.spans] == expected


def test_a_part_has_the_seeds_of_the_whole():
    whole = make_plan(settings(max_frames=12, diffusion_cadence=3))
    part = make_plan(settings(max_frames=12, diffusion_cadence=3), (6, 12))
    assert [part[k]["seed"] for k in (6, 9)] == [whole[k]["seed"] for k in (6, 9)]
    assert part.timeline.n_frames == 12


@pytest.mark.parametrize(("size", "painted"), [((854, 480), (848, 480)), ((512, 512), (512, 512)), ((17, 9), (16, 8))])
def test_sizes_are_floored_and_it_is_said(size, painted):
    made = make_plan(settings(W=size[0], H=size[1]))
    assert made.size == painted
    assert any(f"{size[0]}x{size[1]} is painted as {painted[0]}x{painted[1]}" in note for note in made.notes) == (
        size != painted
    )


def test_a_seed_of_minus_one_is_drawn_and_stored():
    made = make_plan(settings(seed=-1, seed_schedule="0:(s)"))
    assert made.settings["seed"] >= 0
    assert made.timeline.seed == made.settings["seed"]
    assert make_plan(made.settings).settings["seed"] == made.settings["seed"]


def test_strength_is_moved_into_range_and_zoom_is_not():
    made = make_plan(settings(max_frames=3, strength_schedule="0:(-1), 2:(3)"))
    assert [made[k]["strength_schedule"] for k in range(3)] == [0, 1, 1]
    with pytest.raises(SettingsError) as error:
        make_plan(settings(zoom="0:(1), 3:(0)"))
    assert problems_of(error) == ["zoom, frame 3: 0 is out of range; keep it from 0.001 up"]


def test_all_faults_of_all_schedules_come_in_one_go():
    with pytest.raises(SettingsError) as error:
        make_plan(
            settings(
                zoom="0:(sn(t))",
                angle="0:(1/(t-3))",
                hybrid_comp_alpha_schedule="0:(",
                sampler_schedule="0:(a) 3:(b)",
                prompts={"0": "`1/0`"},
                max_frames=5,
            ),
            (3, 9),
        )
    lines = "\n".join(problems_of(error))
    assert len(problems_of(error)) == 6
    for words in (
        "--frames: 3:9 is not a part of frames 0:5",
        "zoom, keyframe 0, column 4: unknown function 'sn'; did you mean 'sin'?",
        "angle, keyframe 0, column 4: '1/(t-3)' is infinite at frame 3",
        "hybrid_comp_alpha_schedule, keyframe 0, column 3: no value",
        "sampler_schedule, keyframe 0, column 8: a second ':'",
        "prompts, keyframe 0, column 2",
    ):
        assert words in lines
