"""Settings files: defaults, forgiveness, refusals, round trips."""

import json

import pytest

from lib_anim.errors import SettingsError
from lib_anim.settings import settings as settings_file
from lib_anim.settings.table import FIELDS
from tests.helpers import problems_of


def read(**given):
    return settings_file.parse(given, "film.json")


# Deforum's defaults by reference part 1, for the keys that a film depends on
DEFORUM = {
    "W": 512,
    "H": 512,
    "seed": -1,
    "sampler": "Euler a",
    "steps": 25,
    "batch_name": "Deforum_{timestring}",
    "seed_behavior": "iter",
    "seed_iter_N": 1,
    "strength": 0.8,
    "animation_mode": "2D",
    "max_frames": 120,
    "border": "replicate",
    "angle": "0: (0)",
    "zoom": "0: (1.0025+0.002*sin(1.25*3.14*t/30))",
    "translation_z": "0: (1.75)",
    "transform_center_x": "0: (0.5)",
    "perspective_flip_fv": "0: (53)",
    "use_depth_warping": True,
    "padding_mode": "border",
    "sampling_mode": "bicubic",
    "fov_schedule": "0: (70)",
    "aspect_ratio_schedule": "0: (1)",
    "noise_type": "perlin",
    "noise_schedule": "0: (0.065)",
    "perlin_octaves": 4,
    "perlin_persistence": 0.5,
    "noise_multiplier_schedule": "0: (1.05)",
    "color_coherence": "LAB",
    "legacy_colormatch": False,
    "contrast_schedule": "0: (1.0)",
    "diffusion_redo": 0,
    "amount_schedule": "0: (0.1)",
    "kernel_schedule": "0: (5)",
    "sigma_schedule": "0: (1)",
    "threshold_schedule": "0: (0)",
    "diffusion_cadence": 2,
    "strength_schedule": "0: (0.65)",
    "cfg_scale_schedule": "0: (7)",
    "seed_schedule": '0:(s), 1:(-1), "max_f-2":(-1), "max_f-1":(s)',
    "fps": 15,
    "use_init": False,
    "cn_3_guidance_end": "0:(1.0)",
}


@pytest.mark.parametrize("nothing", [{}, dict.fromkeys(DEFORUM), dict.fromkeys(DEFORUM, "")])
def test_missing_null_and_empty_keys_take_the_defaults(nothing):
    settings = read(**nothing)
    assert {key: settings[key] for key in DEFORUM} == {**DEFORUM, "perlin_octaves": "0:(4)", "perlin_persistence": "0:(0.5)"}
    assert settings == read(**DEFORUM)


def test_what_is_written_reads_the_same():
    settings = read(
        max_frames=33, prompts={"0": "ж 漢"}, custom={"a": [1]}, zoom="0:(1.1)", sampler="DPM++ 2M Karras", fps=23.976
    )
    again = settings_file.parse(json.loads(settings_file.dumps(settings)))
    assert again == settings
    assert settings_file.dumps(again) == settings_file.dumps(settings)
    assert "ж 漢" in settings_file.dumps(settings)
    assert again.unknown == {"custom": {"a": [1]}}


@pytest.mark.parametrize(
    ("given", "key", "value"),
    [
        ({"W": "640"}, "W", 640),
        ({"W": 640.0}, "W", 640),
        ({"seed": "12345678901234567"}, "seed", 12345678901234567),
        ({"fps": "23.976"}, "fps", 23.976),
        ({"diffusion_redo": "0"}, "diffusion_redo", 0),
        ({"use_init": "true"}, "use_init", True),
        ({"use_init": 0}, "use_init", False),
        ({"border": "WRAP"}, "border", "wrap"),
        ({"zoom": 1.02}, "zoom", "0:(1.02)"),
        ({"translation_y": 0}, "translation_y", "0:(0)"),
        ({"zoom": {"0": 1, "30": "sin(t)"}}, "zoom", "0:(1), 30:(sin(t))"),
        ({"width": 320, "height": 200}, "H", 200),
        ({"width": 320, "W": 640}, "W", 640),
        ({"duration": 4, "fps": 12}, "max_frames", 48),
        ({"duration": 4, "max_frames": 7}, "max_frames", 7),
        ({"cfg_scale": 7.5}, "cfg_scale_schedule", "0:(7.5)"),
        ({"text_prompts": {"0": "a", "9": "b"}}, "prompts", {"0": "a", "9": "b"}),
        ({"animation_prompts": "just one"}, "prompts", {"0": "just one"}),
        ({"prompts": '{"0": "a"}'}, "prompts", {"0": "a"}),
        ({"negative_prompts": "bad"}, "animation_prompts_negative", "bad"),
        ({"sampler": 15}, "sampler", "DPM++ 2M Karras"),
        ({"fill": 1}, "fill", "original"),
        ({"color_coherence": "Match Frame 0 HSV"}, "color_coherence", "HSV"),
        ({"histogram_matching": True}, "color_coherence", "LAB"),
        ({"flip_2d_perspective": True}, "enable_perspective_flip", True),
        ({"skip_video_for_run_all": True}, "skip_video_creation", True),
        ({"hybrid_composite": True}, "hybrid_composite", "Normal"),
        ({"hybrid_composite": False}, "hybrid_composite", "None"),
        ({"optical_flow_cadence": True}, "optical_flow_cadence", "DIS Fine"),
        ({"add_soundtrack": False}, "add_soundtrack", "None"),
        ({"frame_interpolation_engine": "RIFE v4.6"}, "frame_interpolation_engine", "RIFE"),
        ({"frame_interpolation_engine": "DAIN"}, "frame_interpolation_engine", "Flow"),
        ({"frame_interpolation_engine": "film"}, "frame_interpolation_engine", "FILM"),
        ({"use_zoe_depth": True}, "depth_algorithm", "Zoe+AdaBins (old)"),
        ({"cn_1_weight": 0.5}, "cn_1_weight", "0:(0.5)"),
        ({"strength": 1.7}, "strength", 1.0),
        ({"init_image": "None"}, "init_image", ""),
    ],
)
def test_harmless_differences_are_forgiven(given, key, value):
    assert read(**given)[key] == value


def test_a_list_of_prompts_is_spread_over_the_frames():
    assert read(text_prompts=["a", "b", "c"])["prompts"] == {"0": "a", "(max_f+1)*1/3": "b", "(max_f+1)*2/3": "c"}


@pytest.mark.parametrize(
    ("given", "classic"),
    [
        ({}, True),
        ({"anim_version": "0.1.0"}, False),
        ({"classic": False}, False),
        ({"anim_version": "1", "classic": True}, True),
    ],
)
def test_files_of_other_tools_are_classic(given, classic):
    assert read(**given)["classic"] is classic


def test_whole_old_files_match_colours_before_painting_only():
    whole = {"color_coherence": "LAB", "seed_behavior": "iter", "strength_schedule": "0:(0.6)"}
    assert read(**whole)["legacy_colormatch"] is True
    assert read(**whole, legacy_colormatch=False)["legacy_colormatch"] is False
    assert read(color_coherence="LAB")["legacy_colormatch"] is False


@pytest.mark.parametrize(
    ("file", "sets"),
    [
        ({"animation_mode": "Video Input"}, "Length"),
        ({"hybrid_motion": "Affine"}, "Length"),
        ({"hybrid_video_composite": True, "animation_mode": "3D"}, "Length"),
        ({"hybrid_composite": "Normal", "hybrid_use_init_image": True}, "None"),
        ({"hybrid_composite": "Normal", "animation_mode": "Interpolation"}, "None"),
        ({"animation_mode": "Video Input", "anim_version": "0.1.0"}, "None"),
        ({"animation_mode": "Video Input", "video_sets": "Length and rate"}, "Length and rate"),
        ({"hybrid_motion": "None"}, "None"),
    ],
)
def test_films_of_deforum_that_go_by_a_video_are_as_long_as_it(file, sets):
    assert read(**file)["video_sets"] == sets


def test_unknown_keys_are_kept_and_named():
    settings = read(camera=None, stepz=3)
    assert settings.unknown == {"camera": None, "stepz": 3}
    assert any("camera" in note and "stepz (steps?)" in note for note in settings.notes)


def test_paths_are_relative_to_the_file(tmp_path):
    (tmp_path / "film.json").write_text('{"init_image": "start.png", "color_coherence_image_path": "https://x/y.png"}')
    settings = settings_file.load(tmp_path / "film.json")
    assert settings["init_image"] == str(tmp_path / "start.png")
    assert settings["color_coherence_image_path"] == "https://x/y.png"


@pytest.mark.parametrize(
    ("given", "line"),
    [
        ({"max_frames": 0}, "film.json: max_frames: 0 is too small; the least is 1"),
        ({"max_frames": 10**9}, "film.json: max_frames: 1000000000 is too large; the most is 1000000"),
        ({"max_frames": 2.5}, "film.json: max_frames: 2.5 is not a whole number; write 2"),
        ({"W": 4}, "film.json: W: 4 is too small; the least is 8"),
        ({"H": 100000}, "film.json: H: 100000 is too large; the most is 8192"),
        ({"W": "wide"}, 'film.json: W: "wide" is not a number; write a number such as 512'),
        ({"fps": 0}, "film.json: fps: 0 is too small; the least is 1"),
        ({"fps": 1e999}, "film.json: fps: inf is not a finite number; write a number such as 15"),
        ({"diffusion_cadence": -1}, "film.json: diffusion_cadence: -1 is too small; the least is 1"),
        ({"use_init": "maybe"}, 'film.json: use_init: "maybe" is neither true nor false; write true or false'),
        ({"ffmpeg_crf": 52}, "film.json: ffmpeg_crf: 52 is too large; the most is 51"),
        ({"ffmpeg_preset": "slowest"}, "film.json: ffmpeg_preset: there is no \"slowest\"; did you mean 'slower'?"),
        ({"border": "wrp"}, "film.json: border: there is no \"wrp\"; did you mean 'wrap'?"),
        ({"zoom": True}, "film.json: zoom: true is not a schedule; write 0:(1)"),
        ({"zoom": [1]}, "film.json: zoom: [1] is not a schedule; write 0:(1), 30:(2)"),
        ({"prompts": {}}, 'film.json: prompts: there is no prompt; write {"0": "what the film shows"}'),
        ({"prompts": {"0": 3}}, "film.json: prompts, keyframe 0: 3 is not a text; write the prompt in quotes"),
        ({"prompts": 3}, "film.json: prompts: 3 is no set of prompts"),
        ({"init_image": 3, "use_init": True}, "film.json: init_image: 3 is not a path"),
    ],
)
def test_refusals_name_file_key_reason_and_remedy(given, line):
    with pytest.raises(SettingsError) as error:
        read(**given)
    assert len(problems_of(error)) == 1
    assert problems_of(error)[0].startswith(line)


def test_all_problems_come_in_one_go():
    with pytest.raises(SettingsError) as error:
        read(max_frames=0, W="x", border="z", zoom=True)
    assert len(problems_of(error)) == 4


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ('{"W": 1,}', "a comma before a closing bracket; remove it"),
        ('{"W": 1, "H"}', "line 1, column 13: not valid JSON"),
        ('{"W": 1\n "H": 2}', "line 2, column 2: not valid JSON: a comma is missing; write , before it"),
        ("{'W': 1}", "line 1, column 2: not valid JSON"),
        ('{"W": NaN}', "NaN and Infinity are no numbers in JSON"),
        ("[1]", "a settings file is one JSON object"),
        ("", "line 1, column 1: not valid JSON"),
        ("[" * 100_000, "not valid JSON"),
        ('{"a":' * 100_000, "not valid JSON"),
    ],
)
def test_broken_files_name_line_and_column(tmp_path, content, words):
    path = tmp_path / "ж film.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(SettingsError) as error:
        settings_file.load(path)
    assert len(problems_of(error)) == 1
    assert words in problems_of(error)[0]
    assert "ж film.json" in problems_of(error)[0]


def test_other_unreadable_files(tmp_path):
    (tmp_path / "latin.json").write_bytes('{"batch_name": "é"}'.encode("latin-1"))
    (tmp_path / "film.json").write_text("{}")
    for name, words in [
        ("latin.json", "byte 16: not UTF-8 text; save it as UTF-8"),
        ("flm.json", "there is no such file; did you mean 'film.json'?"),
        (".", "a folder, not a file"),
    ]:
        with pytest.raises(SettingsError) as error:
            settings_file.load(tmp_path / name)
        assert words in problems_of(error)[0]


def test_a_byte_order_mark_and_doubled_keys_are_fine(tmp_path):
    (tmp_path / "film.json").write_bytes(b'\xef\xbb\xbf{"zoom": "0:(1.02)", "W": 64, "zoom": null}')
    settings = settings_file.load(tmp_path / "film.json", {"width": 128})
    assert settings["zoom"] == "0:(1.02)"
    assert settings["W"] == 128
    assert any("zoom stands in the file twice" in note for note in settings.notes)


def test_the_schema_describes_every_key():
    schema = settings_file.json_schema()
    assert set(schema["properties"]) == set(FIELDS)
    assert schema["properties"]["steps"] == {
        "title": "Steps",
        "description": FIELDS["steps"].help,
        "default": 25,
        "type": "integer",
        "minimum": 1,
        "maximum": 1000,
        "needs": {"off": "enable_steps_scheduling"},
    }
    assert json.loads(json.dumps(schema)) == schema


def test_a_drawn_seed_is_a_webuis_seed():
    drawn = {read().with_drawn_seed()["seed"] for _ in range(20)}
    assert len(drawn) > 10
    assert all(0 <= seed < 2**32 for seed in drawn)
    assert read(seed=5).with_drawn_seed()["seed"] == 5
