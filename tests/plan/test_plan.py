"""The plan: spans, columns, what is said of it, all faults in one go."""

import json

import numpy as np
import pytest

from lib_anim.errors import Checked, FieldError, Problem, SettingsError
from lib_anim.plan.plan import check_goes_on, check_plan, independent, make_plan
from lib_anim.plan.seeds import derived
from lib_anim.settings import settings as settings_file
from lib_anim.settings.table import DEFAULT_PROMPTS, FIELDS
from tests.helpers import problems_of, settings, tone, write_sound


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
        ((3, 6), [(3, 3, 5)]),  # up to the next painted frame, which is no longer in it
        ((4, 10), [(4, 4, 4), (5, 6, 6), (7, 9, 9)]),
        ((4, 5), [(4, 4, 4)]),
    ],
)
def test_a_part_keeps_to_the_films_own_grid(part, expected):
    assert spans(12, 3, part) == expected


@pytest.mark.parametrize(
    ("part", "told"),
    [
        ((0, 12), None),
        ((11, 12), None),
        ((0, 13), "0:13 is not a part of frames 0:12; write FIRST:END, END not included"),
        ((-1, 3), "-1:3 is not a part of frames 0:12; write FIRST:END, END not included"),
        ((4, 4), "4:4 is not a part of frames 0:12; write FIRST:END, END not included"),
        ((5, 4), "5:4 is not a part of frames 0:12; write FIRST:END, END not included"),
    ],
)
def test_a_part_that_is_none_is_told_and_the_whole_stands_in(part, told):
    found = check_plan(Checked(settings(max_frames=12)), part)
    assert list(map(str, found.problems)) == ([f"--frames: {told}"] if told else [])
    assert found.value.frames == (range(12) if told else range(*part))


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
        ({"seed_behavior": "schedule", "seed_schedule": "0:(-1)"}, [derived(7, frame) for frame in (0, 2, 4, 6)]),
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


def test_faults_name_the_settings_file():
    with pytest.raises(SettingsError) as error:
        make_plan(settings_file.parse({"prompts": {"0": "a"}, "angle": "0:(sn(t))"}, source="film.json"))
    assert problems_of(error) == ["film.json: angle, keyframe 0, column 4: unknown function 'sn'; did you mean 'sin'?"]


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


def keyed(*frames, **changes):
    """A plan that paints keyframes, with keys of the prompts at `frames`."""
    texts = {str(frame): f"scene at {frame}" for frame in frames}
    return make_plan(settings(**{"keyframe_distribution": "Keyframes Only", "prompts": texts, **changes}))


# -- what is known of each frame --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        (None, {0: 0.9, 4: 0.4, 5: 0.05, 8: 0.8, 10: 0.1}),  # the first picture is painted over a start picture
        ((4, 11), {4: 0.9, 5: 0.05, 8: 0.8, 10: 0.1}),
    ],
)
def test_strength_is_that_of_start_pictures_keyframes_and_all_others(part, expected):
    schedules = {"strength_schedule": "0:(t/10)", "keyframe_strength_schedule": "0:(t/100)"}
    film = settings(
        **schedules,
        use_init=True,
        strength=0.9,
        max_frames=11,
        diffusion_cadence=4,
        keyframe_distribution="Additive",
        prompts={"0": "a", "5": "b"},
    )
    made = make_plan(film, part)
    assert {index: made.strength(index) for index in sorted(made.painted)} == pytest.approx(expected)


def test_formulas_go_by_the_films_length_rate_and_seed():
    made = make_plan(settings(angle="0:(max_f), 1:(fps), 2:(s), 3:(sec)", max_frames=4, fps=12, seed=9))
    assert made.columns["angle"].tolist() == [3, 12, 9, 0.25]


@pytest.mark.parametrize(("classic", "expected"), [(False, [0, 1, 2]), (True, [0, 0, 0])])
def test_classic_films_do_not_see_keys_past_their_end(classic, expected):
    assert make_plan(settings(angle="0:(0), 4:(4)", max_frames=3, classic=classic)).columns["angle"].tolist() == expected


@pytest.mark.parametrize(
    ("changes", "positives", "negatives"),
    [
        ({}, ("a", "b"), ("", "no")),
        ({"animation_prompts_positive": "oil"}, ("oil a", "oil b"), ("", "no")),
        ({"animation_prompts_negative": "blur"}, ("a", "b"), ("blur", "no blur")),
    ],
)
def test_prompts_stand_between_the_boxes(changes, positives, negatives):
    made = make_plan(settings(max_frames=3, prompts={"0": "a", "2": "b --neg no"}, **changes))
    assert [made[k].prompt.positives for k in (0, 1, 2)] == [((positives[k // 2], 1.0),) for k in (0, 1, 2)]
    assert [made[k].prompt.negatives for k in (0, 2)] == [((negatives[k], 1.0),) for k in (0, 1)]


def test_prompts_are_blended_as_asked():
    made = make_plan(settings(max_frames=5, prompts={"0": "a", "4": "b"}, prompt_blend="linear"))
    assert made[1].prompt.positives == (("a", 0.75), ("b", 0.25))


def test_prompts_and_numbers_of_a_film_that_closes_lead_back():
    made = make_plan(settings(max_frames=8, loop=True, loop_frames=3, prompts={"0": "a", "4": "b"}, angle="0:(0), 5:(8)"))
    assert [len(made[k].prompt.positives) for k in range(8)] == [1] * 5 + [2] * 3
    assert made.columns["angle"][5:].tolist() == pytest.approx([8 * (1 - share) for share in (0.15625, 0.5, 0.84375)])


@pytest.mark.parametrize(
    ("key", "changes", "expected"),
    [
        ("zoom", {}, True),
        ("zoom", {"animation_mode": "3D"}, False),
        ("kernel_schedule", {"amount_schedule": "0:(0)"}, False),
        ("kernel_schedule", {"amount_schedule": "0:(0), 5:(0.1)"}, True),  # only the values tell
    ],
)
def test_whether_a_setting_does_something(key, changes, expected):
    assert make_plan(settings(**changes)).in_use(key) is expected


@pytest.fixture
def swell(tmp_path):
    """A tone that grows louder every second, up to the fourth."""
    write_sound(tmp_path / "swell.wav", tone(6) * np.repeat([0.0, 0.1, 0.2, 0.4, 0.4, 0.4], 44_100))
    return str(tmp_path / "swell.wav")


def test_the_sound_behind_a_schedule_is_how_loud_it_is(swell):
    made = make_plan(settings(angle="0:(0), 2:(3*rms)", soundtrack_path=swell, fps=1))
    assert made.sound_behind("angle").tolist() == pytest.approx([0, 0.25, 0.5, 1, 1, 1], abs=0.02)


@pytest.mark.parametrize("changes", [{"angle": "0:(t)"}, {"angle": "0:(beat)", "soundtrack_path": "", "bpm": 90}])
def test_there_is_no_sound_behind_numbers_or_a_mere_tempo(swell, changes):
    assert make_plan(settings(**{"soundtrack_path": swell, **changes})).sound_behind("angle") is None


# -- what is said of it -----------------------------------------------------------------------------------------------

FEW = "only 2 pictures are painted, the first frame and the last: prompts and schedules have no keys between them"


@pytest.mark.parametrize(
    ("distribution", "n_frames", "cadence", "keys", "said"),
    [
        ("Keyframes Only", 11, 4, (0,), True),
        ("Keyframes Only", 11, 4, (0, 30), True),
        ("Keyframes Only", 11, 4, (0, 3), False),
        ("Keyframes Only", 3, 4, (0,), True),
        ("Keyframes Only", 2, 4, (0,), False),
        ("Keyframes Only", 1, 4, (0,), False),
        ("Additive", 11, 4, (0,), False),
        ("Redistributed", 11, 11, (0,), True),
        ("Off", 11, 11, (0,), False),
    ],
)
def test_a_film_of_two_pictures_is_told_beforehand(distribution, n_frames, cadence, keys, said):
    assert (
        FEW in keyed(*keys, keyframe_distribution=distribution, max_frames=n_frames, diffusion_cadence=cadence).notes
    ) == said


def test_notes_come_in_order():
    manifest = json.dumps({"rendered_frames": [{"noise": 0.1}], "keyframes": [{"frame": 0}]})
    made = keyed(0, W=65, unheard_of=1, parseq_manifest=manifest, parseq_non_schedule_overrides=False)
    unknown, *others = made.notes
    assert "unheard_of" in unknown
    assert others == [
        "65x48 is painted as 64x48; models paint multiples of 8",
        "the manifest ends at frame 0 and the film at frame 5; its last values hold on",
        FEW,
    ]


# -- what is wrong with it --------------------------------------------------------------------------------------------


def test_defaults_stand_in_for_what_is_wrong():
    found = check_plan(Checked(settings(zoom="0:(sn(t))", prompts={"0": "`1/0`"}, prompt_blend="linear", max_frames=3)))
    assert [problem.key for problem in found.problems] == ["zoom", "prompts"]
    made = found.value
    assert (
        made.columns["zoom"].tolist() == make_plan(settings(zoom=made.settings["zoom"], max_frames=3)).columns["zoom"].tolist()
    )
    assert made.settings["zoom"] == FIELDS["zoom"].default != settings()["zoom"]
    assert made[2].prompt.positives == ((DEFAULT_PROMPTS["0"], 1.0),)
    assert made.settings["prompts"] == DEFAULT_PROMPTS


@pytest.mark.parametrize(
    ("wrong", "size"), [("angle", True), ("W", False), ("H", False), ("max_frames", False), ("animation_mode", False)]
)
def test_notes_on_the_film_are_left_out_where_its_frame_is_wrong(wrong, size):
    found = check_plan(Checked(settings(W=65, unheard_of=1), (Problem(wrong, "is wrong"),)))
    assert [problem.key for problem in found.problems] == [wrong]
    assert ["unheard_of" in note for note in found.notes] == [True, *([False] if size else [])]


SAID = Problem("angle", "beat needs a sound", causes=("soundtrack_path",))


@pytest.mark.parametrize(
    ("known", "new", "counts"),
    [
        ([], SAID, True),
        (["zoom"], SAID, True),
        (["angle"], SAID, False),  # a default stands there
        (["soundtrack_path"], SAID, False),  # it names no file any more
        (["zoom"], Problem("angle", "is wrong", causes=("zoom",)), True),  # zoom is no file
        (["--frames"], Problem("angle", "is wrong", causes=("--frames",)), True),  # no setting at all
    ],
)
def test_problems_that_come_of_others_are_not_told(known, new, counts):
    assert independent([new], [Problem(key, "is wrong") for key in known]) == ((new,) if counts else ())


def test_a_broken_manifest_is_told_beside_all_else_and_the_film_is_the_settings_own():
    found = check_plan(Checked(settings(parseq_manifest="{", angle="0:(sn(t))", max_frames=4)))
    assert [problem.key for problem in found.problems] == ["parseq_manifest", "angle"]
    assert (found.value.settings["parseq_manifest"], found.value.timeline.n_frames) == ("", 4)
    known = (Problem("parseq_manifest", "is wrong"),)
    assert check_plan(Checked(settings(parseq_manifest="{"), known)).problems == known


# -- a film under way -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("done", "keys", "refused"),
    [
        # the film paints 0, 4, 8 and 12
        (0, (0, 1), None),
        (1, (0, 2, 4, 8), None),  # frame 0 alone is filmed
        (2, (0, 4, 6), None),
        (2, (0, 2, 4, 8), "frame 2 has gone by, and would be painted now; keys can change after frame 4 only"),
        (2, (0, 8), "frame 4 was painted already, and would not be now; keys can change after frame 4 only"),
        (3, (0, 3, 8), "frame 3 has gone by, and would be painted now; keys can change after frame 8 only"),
        (3, (0, 4, 8, 9, 10, 11), None),
        (3, (0, 4), "frame 8 was painted already"),
        (4, (0, 4, 8, 9), "frame 9 has gone by"),
        (9, (0, 4, 8), None),  # what is under way may be past the last
    ],
)
def test_a_film_goes_on_where_what_is_filmed_stays(done, keys, refused):
    before, after = (keyed(*frames, max_frames=13) for frames in ((0, 4, 8), keys))
    if refused is None:
        check_goes_on(before, after, done)
        assert before.spans[:done] == after.spans[:done]
        return
    with pytest.raises(FieldError) as error:
        check_goes_on(before, after, done)
    assert refused in str(error.value)
