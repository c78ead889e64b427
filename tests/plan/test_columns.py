"""The values of schedules at all frames: in their ranges, whoever gave them, and what is told where they are not."""

import json

import pytest

from lib_anim.errors import FieldError, Problem, SettingsError
from lib_anim.language.schedules import Timeline
from lib_anim.messages import Place
from lib_anim.plan.columns import attempt, default_numbers, default_texts, schedules
from lib_anim.plan.parseq import Manifest, applied
from lib_anim.settings.table import FIELDS
from tests.helpers import settings

TIMELINE = Timeline(5, fps=10, seed=3)


def worked_out(manifest=None, unsure=(), **changes):
    """(numbers, texts, problems) of some settings."""
    film = settings(max_frames=5, **changes)
    problems = []
    if manifest:
        film, manifest = applied(film.replace(parseq_manifest=json.dumps({"rendered_frames": manifest})))
    numbers, texts = schedules(film, manifest or Manifest(), TIMELINE, problems, set(unsure))
    return numbers, texts, problems


def test_there_is_a_column_for_every_schedule():
    numbers, texts, problems = worked_out()
    assert sorted(numbers) == sorted(key for key, field in FIELDS.items() if field.kind == "schedule")
    assert sorted(texts) == sorted(key for key, field in FIELDS.items() if field.kind == "texts")
    assert {len(column) for column in (*numbers.values(), *texts.values())} == {5}
    assert problems == []


SPEED = {"enable_steps_scheduling": True}
TUNNEL, LATE_TUNNEL = ({"tunnel_schedule": text} for text in ("0:(1)", "0:(0), 3:(0), 4:(1)"))

VALUES = [
    # a schedule, its text, what else is set, its values, or what is told
    ("strength_schedule", "0:(-1), 4:(3)", {}, [0, 0, 1, 1, 1]),  # is moved into its range
    ("zoom", "0:(1), 4:(0.001)", {}, [1, 0.75025, 0.5005, 0.25075, 0.001]),
    ("zoom", "0:(1), 4:(0)", {}, "zoom, frame 4: 0 is out of range; keep it from 0.001 up"),
    ("zoom", "0:(1), 2:(-1)", {}, "zoom, frame 1: 0 is out of range; keep it from 0.001 up"),  # the first of them
    ("zoom", "0:(1), 4:(0)", {"animation_mode": "3D"}, [1, 0.75, 0.5, 0.25, 0.001]),  # there it does nothing
    ("steps_schedule", "0:(1), 4:(1000)", SPEED, [1, 250.75, 500.5, 750.25, 1000]),
    ("steps_schedule", "0:(1), 4:(1001)", SPEED, "steps_schedule, frame 4: 1001 is out of range; keep it from 1 to 1000"),
    ("steps_schedule", "0:(0.5)", SPEED, "steps_schedule, frame 0: 0.5 is out of range; keep it from 1 to 1000"),
    ("steps_schedule", "0:(0.5)", {}, [1] * 5),
    ("tunnel_ratio_schedule", "0:(9)", TUNNEL, "tunnel_ratio_schedule, frame 0: 9 is out of range; keep it from 1.5 to 8"),
    ("tunnel_ratio_schedule", "0:(9)", LATE_TUNNEL, "tunnel_ratio_schedule, frame 0: 9 is out of range; keep it from 1.5 to 8"),
    ("tunnel_ratio_schedule", "0:(9)", {"tunnel_schedule": "0:(0)"}, [8] * 5),
    ("angle", "0:(-1000), 4:(1000)", {}, [-1000, -500, 0, 500, 1000]),  # has no range
    ("angle", "0:(s + fps)", {}, [13] * 5),
    ("angle", "0:(t", {}, "angle, keyframe 0, column 3: cannot read '(t'; a bracket is missing or left over"),
]


@pytest.mark.parametrize(("key", "text", "changes", "expected"), VALUES)
def test_values_in_their_ranges(key, text, changes, expected):
    numbers, _, problems = worked_out(**{key: text, **changes})
    if isinstance(expected, str):
        assert list(map(str, problems)) == [expected]
        expected = default_numbers(key, TIMELINE).tolist()
    else:
        assert problems == []
    assert numbers[key].tolist() == pytest.approx(expected)


def test_where_a_setting_is_wrong_itself_what_goes_by_it_is_told_too():
    out_of_range = {"zoom": "0:(0)", "animation_mode": "3D"}
    assert [problem.key for problem in worked_out(**out_of_range)[2]] == []
    assert [problem.key for problem in worked_out(unsure=["animation_mode"], **out_of_range)[2]] == ["zoom"]
    wrong_amount = {"tunnel_ratio_schedule": "0:(9)", "tunnel_schedule": "0:(q)"}
    assert [problem.key for problem in worked_out(**wrong_amount)[2]] == ["tunnel_schedule", "tunnel_ratio_schedule"]


def test_texts_stand_in_where_they_are_wrong():
    _, texts, problems = worked_out(sampler_schedule="0:(a), 3:(b)", scheduler_schedule="0:()")
    assert texts["sampler_schedule"] == ["a", "a", "a", "b", "b"]
    assert texts["scheduler_schedule"] == default_texts("scheduler_schedule", TIMELINE) == ["Automatic"] * 5
    assert list(map(str, problems)) == ["scheduler_schedule, keyframe 0, column 3: no value; write frame:(value)"]


def test_columns_of_a_manifest_come_before_those_of_the_settings():
    rows = [
        {"frame": 0, "angle": 1, "sampler_schedule": "a"},
        {"frame": 2, "angle": 2, "sampler_schedule": "b"},
        {"frame": 4, "angle": 2, "sampler_schedule": "b"},
    ]
    numbers, texts, problems = worked_out(rows, angle="0:(q)", sampler_schedule="0:()", zoom="0:(t + 1)")
    assert numbers["angle"].tolist() == [1, 1.5, 2, 2, 2]
    assert texts["sampler_schedule"] == ["a", "a", "b", "b", "b"]
    assert numbers["zoom"].tolist() == [1, 2, 3, 4, 5]
    assert problems == []


def test_what_is_out_of_range_in_a_manifest_is_told_of_the_manifest():
    rows = [{"frame": 0, "zoom": 1}, {"frame": 4, "zoom": -1}]
    numbers, _, problems = worked_out(rows)
    assert list(map(str, problems)) == ["parseq_manifest, frame 2, zoom: 0 is out of range; keep it from 0.001 up"]
    assert numbers["zoom"].tolist() == default_numbers("zoom", TIMELINE).tolist()


CLOSES = {"loop": True, "loop_frames": 3}
SOFT = [0.15625, 0.5, 0.84375]  # 3u² - 2u³ at a quarter, a half and three quarters of the way


@pytest.mark.parametrize(
    ("key", "text", "expected"),
    [
        ("angle", "0:(2), 2:(4)", [2, 3, *(4 - 2 * share for share in SOFT)]),
        ("angle", "0:(t)", [0, 1, *(k - share * 5 for k, share in zip((2, 3, 4), SOFT, strict=True))]),  # to -3, -2, -1
        ("strength_schedule", "0:(1 + t)", [1, 1, *(1 - share for share in SOFT[:2]), 1 - SOFT[2]]),  # -2, -1, 0 are 0
        ("steps_schedule", "0:(1 + t)", [1, 2, *((k + share * (1 - k)) for k, share in zip((3, 4, 5), SOFT, strict=True))]),
        ("seed_schedule", "0:(t)", [0, 1, 2, 3, 4]),  # between two seeds there is nothing
        ("subseed_schedule", "0:(t)", [0, 1, 2, 3, 4]),
    ],
)
def test_numbers_of_a_film_that_closes_lead_back_to_the_first(key, text, expected):
    assert worked_out(**CLOSES, **{key: text})[0][key].tolist() == pytest.approx(expected)


def test_a_manifests_numbers_lead_back_to_its_first():
    rows = [{"frame": 0, "angle": 2}, {"frame": 1, "angle": 4}, {"frame": 4, "angle": 4}]
    assert worked_out(rows, **CLOSES)[0]["angle"].tolist() == pytest.approx([2, 4, *(4 - 2 * share for share in SOFT)])


def test_a_fault_is_told_and_nothing_returned():
    def fails(error):
        raise error

    known, other = Problem("soundtrack_path", "is gone"), Problem("init_image", "is gone")
    problems = [known]
    assert attempt(problems, "angle", lambda: 7) == 7
    assert attempt(problems, "angle", lambda: fails(FieldError("is wrong", "mend it", Place(frame=3)))) is None
    assert attempt(problems, "zoom", lambda: fails(SettingsError([known, other]))) is None  # of several that go by a file
    assert problems == [known, Problem("angle", "is wrong", "mend it", Place(frame=3)), other]
