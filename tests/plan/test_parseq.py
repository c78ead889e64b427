"""Parseq manifests: whose values count, what they override, and what is told about broken ones."""

import json

import numpy as np
import pytest

from lib_anim.cli import main
from lib_anim.errors import SettingsError
from lib_anim.plan.plan import make_plan
from lib_anim.settings import settings as settings_file
from tests.helpers import problems_of, settings

ROWS = [
    {
        "frame": frame,
        "zoom": 1.0 + frame,
        "zoom_delta": 1.0 + frame / 100,
        "strength": 0.6 + frame / 100,
        "scale": 7 + frame,
        "antiblur_amount": 0.05,
        "seed": 100.5 + frame,
        "subseed": 101,
        "subseed_strength": 0.5,
        "deforum_prompt": "a cat --neg a dog" if frame < 3 else "a bird --neg",
    }
    for frame in range(5)
]
MANIFEST = {"options": {"output_fps": 20, "cadence": 2}, "rendered_frames": ROWS}


def planned(manifest=MANIFEST, **changes):
    return make_plan(settings(parseq_manifest=json.dumps(manifest), max_frames=3, **changes))


def numbers(plan, key):
    return [round(float(value), 6) for value in plan.columns[key]]


def test_managed_fields_are_the_manifests():
    plan = planned()
    assert numbers(plan, "zoom") == [1.0, 1.01, 1.02, 1.03, 1.04]  # the delta, since that is what moves
    assert numbers(plan, "strength_schedule") == [0.6, 0.61, 0.62, 0.63, 0.64]
    assert numbers(plan, "cfg_scale_schedule") == [7, 8, 9, 10, 11]
    assert numbers(plan, "amount_schedule") == [0.05] * 5
    assert plan.columns["seed"] == [100, 101, 102, 103, 104]
    assert [prompt.positives[0][0] for prompt in plan.columns["prompts"]] == ["a cat"] * 3 + ["a bird"] * 2
    assert plan.columns["prompts"][0].negatives[0][0] == "a dog"


def test_all_else_stays_with_the_settings():
    plan = planned(angle="0:(t)", animation_prompts_positive="never seen")
    assert numbers(plan, "angle") == [0, 1, 2, 3, 4]
    assert numbers(plan, "contrast_schedule") == [1.0] * 5


def test_length_rate_and_cadence_are_the_manifests_unless_told_not():
    plan = planned()
    assert (plan.settings["max_frames"], plan.settings["fps"], plan.settings["diffusion_cadence"]) == (5, 20, 2)
    assert sorted(plan.painted) == [0, 2, 4]
    kept = planned(parseq_non_schedule_overrides=False)
    assert (kept.settings["max_frames"], kept.settings["diffusion_cadence"]) == (3, 1)
    assert numbers(kept, "zoom") == [1.0, 1.01, 1.02]


def test_without_deltas_the_values_themselves_count():
    assert numbers(planned(parseq_use_deltas=False), "zoom") == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("frames", "expected"),
    [
        ([(0, 1.0), (4, 3.0)], [1.0, 1.5, 2.0, 2.5, 3.0]),  # straight lines over what is left out
        ([(0, 1.0), (1, 5.0), (1, 2.0), (4, 2.0)], [1.0, 2.0, 2.0, 2.0, 2.0]),  # of two the later counts
        ([(4, 2.0), (0, 1.0), (2, 1.0)], [1.0, 1.0, 1.0, 1.5, 2.0]),  # in any order
    ],
)
def test_gaps_and_order(frames, expected):
    rows = [{"frame": frame, "angle": value} for frame, value in frames]
    assert numbers(planned({"rendered_frames": rows}), "angle") == expected


def test_after_the_manifests_end_its_last_values_hold():
    plan = make_plan(settings(parseq_manifest=json.dumps(MANIFEST), max_frames=8, parseq_non_schedule_overrides=False))
    assert numbers(plan, "cfg_scale_schedule") == [7, 8, 9, 10, 11, 11, 11, 11]
    assert plan.notes == ("the manifest ends at frame 4 and the film at frame 7; its last values hold on",)
    assert planned().notes == ()


def test_a_manifest_can_lie_beside_the_settings(tmp_path):
    (tmp_path / "ж.json").write_text(json.dumps(MANIFEST), encoding="utf-8")
    (tmp_path / "film.json").write_text('{"parseq_manifest": "ж.json"}', encoding="utf-8")
    plan = make_plan(settings_file.load(tmp_path / "film.json"))
    assert len(plan.frames) == 5
    assert json.loads(plan.settings["parseq_manifest"]) == MANIFEST  # so a run needs the file no more


def test_a_run_with_a_manifest_beside_its_settings_is_resumed_and_is_its_own_settings_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "m.json").write_text(json.dumps(MANIFEST))
    given = {"W": 64, "H": 64, "seed": 1, "batch_name": "film", "parseq_manifest": "m.json"}
    (tmp_path / "film.json").write_text(json.dumps(given))
    assert main(["run", "film.json", "--engine", "passthrough"]) == 0
    (tmp_path / "m.json").unlink()
    assert main(["run", "--resume", "output/film"]) == 0
    assert main(["check", "output/film/film.mp4"]) == 0


def test_samplers_of_a_manifest_change_too():
    rows = [{"frame": 0, "sampler_schedule": "Euler a"}, {"frame": 2, "sampler_schedule": "DDIM"}]
    plan = planned({"rendered_frames": rows}, enable_sampler_scheduling=True)
    assert list(plan.columns["sampler_schedule"]) == ["Euler a", "Euler a", "DDIM"]


@pytest.mark.parametrize(
    ("manifest", "line"),
    [
        ("{", "parseq_manifest, line 1, column 2: not valid JSON"),
        ('{"a": 1}', "parseq_manifest: no Parseq manifest (it has no rendered_frames); render it in Parseq first"),
        ('{"rendered_frames": []}', "parseq_manifest: no Parseq manifest"),
        ('{"rendered_frames": [1, 2]}', "parseq_manifest: no Parseq manifest"),
        ('{"rendered_frames": [{"frame": "x"}]}', "element 0 of rendered_frames: frame is 'x', not a number from 0 up"),
        ('{"rendered_frames": [{"frame": 0, "zoom": "wide"}]}', "frame 0, zoom: 'wide' is not a number"),
        ('{"rendered_frames": [{"frame": 0, "zoom": 1}, {"frame": 7, "zoom": true}]}', "frame 7, zoom: True is not a number"),
        (
            '{"rendered_frames": [{"frame": 0, "zoom": -1}]}',
            "parseq_manifest, frame 0, zoom: -1 is out of range; keep it from 0.001 up",
        ),
        ('{"rendered_frames": [{"frame": 1e99, "zoom": 1}]}', "not a number from 0 up"),
        (
            '{"rendered_frames": [{"frame": 0, "zoom": 1}, {"frame": 1, "zoom": null}, {"frame": 2}, {"frame": 4, "zoom": 1}]}',
            "parseq_manifest, zoom: has values for 2 of 4 frames; frame 1 has none; render it in Parseq again",
        ),
        (
            '{"rendered_frames": [{"frame": 0}, {"frame": 3, "strength": 0.7}]}',
            "parseq_manifest, strength: has values for 1 of 2 frames; frame 0 has none",
        ),
        (
            '{"rendered_frames": [{"frame": 0, "deforum_prompt": "a"}, {"frame": 1, "zoom": 1}]}',
            "parseq_manifest, deforum_prompt: has values for 1 of 2 frames; frame 1 has none",
        ),
        ("https://host/manifest", "parseq_manifest: a web address; nothing is downloaded; save the manifest"),
        ("nowhere.json", "nowhere.json: No such file or directory; write the path of a manifest, or its text"),
        ("[" * 5000, "film.json: parseq_manifest: "),  # what is wrong with such a path, each system says in its own words
    ],
)
def test_a_broken_manifest_is_told_by_check(manifest, line, tmp_path, capsys):
    (tmp_path / "film.json").write_text(json.dumps({"parseq_manifest": manifest}), encoding="utf-8")
    assert main(["check", str(tmp_path / "film.json")]) == 2
    (told,) = [one for one in capsys.readouterr().err.splitlines() if "note:" not in one]
    assert line in told


def test_a_long_manifest_is_read_in_no_time():
    rows = [{"frame": k, **{f"{name}_delta": 1.0 for name in ("angle", "zoom")}} for k in range(20_000)]
    plan = planned({"rendered_frames": rows})
    assert len(plan.frames) == 20_000
    assert np.ptp(plan.columns["zoom"]) == 0


def test_a_manifest_that_is_off_is_nothing(tmp_path):
    with pytest.raises(SettingsError) as caught:
        make_plan(settings(parseq_manifest="{"))
    assert len(problems_of(caught)) == 1
    assert make_plan(settings(parseq_manifest="")).settings == settings()
