"""Parseq manifests: whose values count, what they override, and what is told about broken ones."""

import json
import os

import numpy as np
import pytest

from lib_anim.cli import main
from lib_anim.errors import SettingsError
from lib_anim.plan.parseq import applied
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


NONE = "no Parseq manifest (it has no rendered_frames); render it in Parseq first"
AGAIN = "render it in Parseq again"


@pytest.mark.parametrize(
    ("manifest", "line"),
    [
        ("{", ", line 1, column 2: not valid JSON: it ends too early; is a bracket missing at the end?"),
        ('{"a": ' + "[" * 100_000, ": not valid JSON: nested too deeply"),
        ('{"a": 1}', f": {NONE}"),
        ('{"rendered_frames": []}', f": {NONE}"),
        ('{"rendered_frames": {"0": {}}}', f": {NONE}"),
        ('{"rendered_frames": [{}, 2]}', f": {NONE}"),
        ('{"rendered_frames": [{}, {"frame": "x"}]}', ", element 1 of rendered_frames: frame is 'x', not a number from 0 up"),
        ('{"rendered_frames": [{"frame": true}]}', ", element 0 of rendered_frames: frame is True, not a number from 0 up"),
        ('{"rendered_frames": [{"frame": -1}]}', ", element 0 of rendered_frames: frame is -1, not a number from 0 up"),
        (
            '{"rendered_frames": [{"frame": 1e7}]}',
            ", element 0 of rendered_frames: frame is 10000000.0, not a number from 0 up",
        ),
        ('{"rendered_frames": [{"zoom": "wide"}]}', ", frame 0, zoom: 'wide' is not a number"),
        ('{"rendered_frames": [{"zoom": 1}, {"frame": 7, "zoom": true}]}', ", frame 7, zoom: True is not a number"),
        ('{"rendered_frames": [{"zoom_delta": [1]}]}', ", frame 0, zoom_delta: [1] is not a number"),
        ('{"rendered_frames": [{"zoom": "1e999"}]}', ", frame 0, zoom: '1e999' is not a number"),
        ('{"rendered_frames": [{"zoom": -1}]}', ", frame 0, zoom: -1 is out of range; keep it from 0.001 up"),
        (
            '{"rendered_frames": [{"frame": 0, "zoom": 1}, {"frame": 1, "zoom": null}, {"frame": 2}, {"frame": 4, "zoom": 1}]}',
            f", zoom: has values for 2 of 4 frames; frame 1 has none; {AGAIN}",
        ),
        (
            '{"rendered_frames": [{"frame": 0}, {"frame": 3, "strength": 0.7}]}',
            f", strength: has values for 1 of 2 frames; frame 0 has none; {AGAIN}",
        ),
        (
            '{"rendered_frames": [{"frame": 0, "deforum_prompt": "a"}, {"frame": 1, "zoom": 1}]}',
            f", deforum_prompt: has values for 1 of 2 frames; frame 1 has none; {AGAIN}",
        ),
        (
            "https://host/manifest",
            ": a web address; nothing is downloaded; save the manifest, and write its path, or allow it: --fetch",
        ),
        ("nowhere.json", ": {here}nowhere.json: there is no such file; write the path of a manifest, or its text"),
        ("picture.json", ": {here}picture.json is no text"),
        ("large.json", ": {here}large.json: larger than 64 MB; write the path of a manifest, or its text"),
    ],
)
def test_a_broken_manifest_is_told_by_check(manifest, line, tmp_path, capsys):
    (tmp_path / "picture.json").write_bytes(b"{\xff")
    with (tmp_path / "large.json").open("wb") as file:
        file.truncate(64 * 1024 * 1024 + 1)
    (tmp_path / "film.json").write_text(json.dumps({"parseq_manifest": manifest}), encoding="utf-8")
    assert main(["check", str(tmp_path / "film.json")]) == 2
    (told,) = [one for one in capsys.readouterr().err.splitlines() if "note:" not in one]
    here = f"{tmp_path}{os.sep}"
    assert told == f"anim: {here}film.json: parseq_manifest{line.replace('{here}', here)}"


def test_a_path_that_is_none_is_told_too(tmp_path, capsys):
    (tmp_path / "film.json").write_text(json.dumps({"parseq_manifest": "x" * 5000}), encoding="utf-8")
    assert main(["check", str(tmp_path / "film.json")]) == 2
    # what is wrong with it, each system says in its own words
    assert f"film.json: parseq_manifest: {tmp_path}" in capsys.readouterr().err


# every name that a manifest has and the schedules it stands for, where they are not of the same name
NAMES = [
    ("scale", "cfg_scale_schedule"),
    ("antiblur_kernel", "kernel_schedule"),
    ("antiblur_sigma", "sigma_schedule"),
    ("antiblur_amount", "amount_schedule"),
    ("antiblur_threshold", "threshold_schedule"),
    ("strength", "image_strength_schedule"),
    ("strength", "keyframe_strength_schedule"),
    ("strength", "strength_schedule"),
    ("steps_schedule", "steps_schedule"),
    ("guided_blendFactorMax", "blendFactorMax"),
    ("guided_blendFactorSlope", "blendFactorSlope"),
    ("guided_tweening_frames", "tweening_frames_schedule"),
    ("guided_color_correction_factor", "color_correction_factor"),
    ("angle_delta", "angle"),
    ("perspective_flip_gamma_delta", "perspective_flip_gamma"),
    ("rotation_3d_x", "rotation_3d_x"),
    ("noise", "noise_schedule"),
    ("fov", "fov_schedule"),
]


@pytest.mark.parametrize(("name", "key"), NAMES)
def test_names_of_a_manifest(name, key):
    _, manifest = applied(settings(parseq_manifest=json.dumps({"rendered_frames": [{name: 0.25}, {name: 0.75}]})))
    assert manifest.manages(key)
    assert manifest.numbers(key, 3).tolist() == [0.25, 0.75, 0.75]
    assert not manifest.manages("prompts")
    assert not manifest.manages("contrast_schedule")
    assert manifest.numbers("contrast_schedule", 3) is None


def test_only_moves_have_deltas():
    _, manifest = applied(settings(parseq_manifest=json.dumps({"rendered_frames": [{"noise": 0.25, "noise_delta": 0.75}]})))
    assert manifest.numbers("noise_schedule", 1).tolist() == [0.25]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, (15, 1)),
        ({"output_fps": 24}, (24, 1)),
        ({"cadence": 3}, (15, 3)),
        ({"output_fps": 0, "cadence": None}, (15, 1)),
        ([], (15, 1)),
    ],
)
def test_what_a_manifest_leaves_out_stays(options, expected):
    raw = {"options": options, "rendered_frames": [{"frame": 0, "noise": 0}, {"frame": 6.5, "noise": 0}]}
    changed, _ = applied(settings(parseq_manifest=json.dumps(raw), max_frames=3))
    assert changed["max_frames"] == 7
    assert (changed["fps"], changed["diffusion_cadence"]) == expected


def test_prompts_of_a_manifest_stand_where_they_change():
    texts = ["a", "a", "b", "b", "a"]
    raw = {"rendered_frames": [{"frame": 2 * k, "deforum_prompt": text} for k, text in enumerate(texts)]}
    changed, _ = applied(settings(parseq_manifest=json.dumps(raw), animation_prompts_negative="x"))
    assert dict(changed["prompts"]) == {"0": "a", "4": "b", "8": "a"}
    assert changed["animation_prompts_negative"] == ""


def test_an_empty_prompt_of_a_manifest_is_a_prompt():
    raw = {"rendered_frames": [{"frame": 0, "deforum_prompt": ""}, {"frame": 3, "deforum_prompt": "a"}]}
    assert dict(applied(settings(parseq_manifest=json.dumps(raw)))[0]["prompts"]) == {"0": "", "3": "a"}


def test_what_is_null_in_all_frames_is_not_managed():
    _, manifest = applied(settings(parseq_manifest=json.dumps({"rendered_frames": [{"zoom": None, "angle": 1}] * 2})))
    assert [manifest.manages(key) for key in ("zoom", "angle", "frame")] == [False, True, False]


def test_seeds_of_a_manifest_are_a_schedule():
    changed, _ = applied(settings(parseq_manifest=json.dumps({"rendered_frames": [{"seed": 3}]})))
    assert changed["seed_behavior"] == "schedule"
    assert changed["enable_subseed_scheduling"] is True
    changed, _ = applied(settings(parseq_manifest=json.dumps({"rendered_frames": [{"zoom": 3}]})))
    assert changed["seed_behavior"] == settings()["seed_behavior"]


def with_keyframes(rows, distribution="Additive"):
    """The keyframes that are read from a manifest."""
    manifest = json.dumps({"rendered_frames": [{"zoom": 1}], "keyframes": rows})
    return applied(settings(parseq_manifest=manifest, keyframe_distribution=distribution))[1].keyframes


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([{"frame": 0}, {"frame": 4, "zoom": 1}, {"frame": 7.5}], (0, 4, 7)),
        ([], ()),
        (None, ()),
        ("none", ()),
        ({"frame": 1}, ()),
    ],
)
def test_keyframes_of_a_manifest(rows, expected):
    assert with_keyframes(rows) == expected
    assert with_keyframes(rows, "Off") == ()


@pytest.mark.parametrize(
    ("row", "frame"),
    [
        ({"frame": "x"}, "'x'"),
        ({}, None),
        (7, None),
        ({"frame": -1}, -1),
        ({"frame": True}, True),
        ({"frame": 10_000_000}, 10_000_000),
    ],
)
def test_broken_keyframes_are_told_where_they_are_asked_for(row, frame):
    rows = [{"frame": 9_999_999}, row]
    assert with_keyframes(rows, "Off") == ()
    with pytest.raises(SettingsError) as caught:
        with_keyframes(rows)
    assert problems_of(caught) == [f"parseq_manifest, element 1 of keyframes: frame is {frame}, not a number from 0 up"]


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
