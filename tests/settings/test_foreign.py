"""Settings files of other tools: settings one level down, prompts in other shapes, keys of other names."""

import json

import pytest

from lib_anim.errors import SettingsError
from lib_anim.settings.settings import check_bytes

FILM = {"prompts": {"0": "a cat"}, "W": 256, "H": 128, "max_frames": 24}


def check(given):
    return check_bytes(json.dumps(given).encode(), "film.json")


def notes_of(found):
    return [note for note in found.notes if "(classic)" not in note]


# a file, the notes on it
WRAPPED = [
    ({"deforum_settings": FILM, "options_overrides": {}}, ["the settings are taken from deforum_settings"]),
    ({"settings": FILM}, ["the settings are taken from settings"]),
    ({"input": {"settings": FILM}, "id": 7}, ["the settings are taken from input.settings"]),
    ({"deforum_settings": [FILM, {**FILM, "W": 64}]}, ["deforum_settings: of 2 settings the first are taken"]),
    ({"seed": 3, "job": {"args": FILM}}, ["the settings are taken from job.args"]),
    (FILM, []),
    ({**FILM, "extra": {"W": 64, "H": 64}}, []),  # fewer than outside
]


@pytest.mark.parametrize(("given", "notes"), WRAPPED)
def test_settings_one_level_down_are_taken_from_there(given, notes):
    found = check(given)
    assert (found.value["W"], found.value["H"], dict(found.value.prompts)) == (256, 128, {"0": "a cat"})
    assert [note for note in notes_of(found) if "not known" not in note] == notes
    assert found.value["seed"] == given.get("seed", -1)


def test_changes_win_over_settings_one_level_down():
    data = json.dumps({"deforum_settings": FILM}).encode()
    assert check_bytes(data, "film.json", {"W": 512}).value["W"] == 512


@pytest.mark.parametrize("given", [{"name": "web", "version": "1.0"}, {"a": {"b": {"c": {"d": FILM}}}}])
def test_a_file_without_settings_is_refused(given):
    with pytest.raises(SettingsError, match=r"film\.json: none of its keys is a setting; take a settings file"):
        check(given)


@pytest.mark.parametrize("given", [{}, {"W": 64}, {"prompts": ""}, {"animation_prompts": None}])
def test_the_tables_prompts_are_said(given):
    (note,) = notes_of(check(given))
    assert note.startswith("it has no prompts; the film shows 'a lighthouse on a cliff")


# what a file has, the prompts that are read
PROMPTS = [
    ({"prompt": "a cat"}, {"0": "a cat"}),
    ({"prompt": {"0": "a cat", "9": "a dog"}}, {"0": "a cat", "9": "a dog"}),
    ({"prompts": "0: a cat | 50: a dog"}, {"0": "a cat", "50": "a dog"}),
    ({"prompts": "0:'a cat',\n16:'a dog'"}, {"0": "a cat", "16": "a dog"}),
    ({"prompts": '"0": "a cat", "16": "a dog"'}, {"0": "a cat", "16": "a dog"}),
    ({"prompts": "0: a cat\n50: a dog"}, {"0": "a cat", "50": "a dog"}),
    ({"prompts": "0: a cat, grey, 50: a dog"}, {"0": "a cat, grey", "50": "a dog"}),
    ({"prompts": "0: a cat"}, {"0": "a cat"}),
    ({"prompts": "hill,\n0: sun\n8: rain,\nin oil\n"}, {"0": "hill, sun, in oil", "8": "hill, rain, in oil"}),
    ({"prompts": "hill\n4: sun\n8: rain"}, {"0": "hill, sun", "4": "hill, sun", "8": "hill, rain"}),
    ({"prompts": "0: sun\n8: rain\nin oil"}, {"0": "sun, in oil", "8": "rain, in oil"}),
    ({"prompts": "0: a cat\non a hill"}, {"0": "a cat\non a hill"}),
    ({"prompts": "hill\n8: sun\n4: rain"}, {"0": "hill\n8: sun\n4: rain"}),
    ({"prompts": "a cat, 16:9, 4k"}, {"0": "a cat, 16:9, 4k"}),
    ({"prompts": "0: a clock at 12:30 | 9: a cat, 16:9"}, {"0": "a clock at 12:30", "9": "a cat, 16:9"}),
    ({"prompts": {"0": {"prompt": "a cat", "negative_prompt": "fur"}}}, {"0": "a cat --neg fur"}),
    ({"prompts": [{"frame": 0, "prompt": "a cat"}, {"frame": 8, "text": "a dog"}]}, {"0": "a cat", "8": "a dog"}),
    ({"prompts": [[0, "a cat"], [8, "a dog"]]}, {"0": "a cat", "8": "a dog"}),
    ({"prompts": ["a cat", "a dog"]}, {"0": "a cat", "(max_f+1)*1/2": "a dog"}),
    ({"prompts": ["a still"], "animation_prompts": {"0": "a film"}}, {"0": "a film"}),
    ({"text_prompts": ["a still"], "animation_prompts": "0: a | 5: b"}, {"0": "a", "5": "b"}),
]


@pytest.mark.parametrize(("given", "prompts"), PROMPTS)
def test_prompts_in_other_shapes(given, prompts):
    found = check(given)
    assert (dict(found.value.prompts), found.problems) == (prompts, ())


@pytest.mark.parametrize(
    ("words", "avoid"),
    [("fur", "fur"), ({"0": "fur"}, "fur"), ("0: fur", "fur"), (["fur", "mud"], "fur, mud"), ({"0": "fur", "9": "fur"}, "fur")],
)
def test_negatives_in_other_shapes(words, avoid):
    found = check({**FILM, "negative_prompts": words})
    assert (found.value["animation_prompts_negative"], found.problems) == (avoid, ())


@pytest.mark.parametrize("words", [{"0": "fur", "9": "mud"}, "0: fur | 9: mud"])
def test_negatives_by_frame_are_refused(words):
    (problem,) = check({**FILM, "negative_prompts": words}).problems
    said = "these words go into every prompt, and stand here by frame; put them into the prompts, behind --neg"
    assert str(problem) == f"animation_prompts_negative: {said}"


# a key of older files or other tools, its value; the key that it means, and its value
RENAMED = [
    ("fov", 40, "fov_schedule", "0:(40)"),
    ("guidance_scale", 9, "cfg_scale_schedule", "0:(9)"),
    ("num_inference_steps", 12, "steps", 12),
    ("FPS", 24, "fps", 24),
    ("Seed", 5, "seed", 5),
    ("hybrid_video_composite", True, "hybrid_composite", "Normal"),
    ("hybrid_video_motion", "Optical Flow", "hybrid_motion", "Optical Flow"),
    ("hybrid_video_comp_alpha_schedule", "0:(0.6)", "hybrid_comp_alpha_schedule", "0:(0.6)"),
    ("controlnet_enabled", True, "cn_1_enabled", True),
    ("controlnet_weight", "0:(0.5)", "cn_1_weight", "0:(0.5)"),
    ("border", "warp", "border", "replicate"),
    ("sampler_name", "dpmpp_2s_a", "sampler", "dpmpp_2s_a"),
]


@pytest.mark.parametrize(("key", "value", "meant", "read"), RENAMED)
def test_keys_of_other_names(key, value, meant, read):
    found = check({**FILM, key: value})
    assert (found.value[meant], found.problems, dict(found.value.unknown)) == (read, (), {})


@pytest.mark.parametrize(
    ("switches", "on"),
    [
        ({"use_mask_video": True}, True),
        ({"use_alpha_as_mask": True, "use_init": True}, True),
        ({"use_alpha_as_mask": True, "use_init": False}, False),
        ({"use_mask_video": True, "anim_version": "0.1.0"}, False),
        ({"use_mask_video": True, "use_noise_mask": True}, False),
    ],
)
def test_a_mask_that_a_file_implies_is_not_passed_over(switches, on):
    assert check({**FILM, **switches}).value["use_mask"] is on


def test_no_advice_names_a_key_without_effect():
    (note,) = (note for note in check({**FILM, "wan_strength_overide": 1}).notes if "not known" in note)
    assert "?" not in note


# a path, the words on it
PATHS = [
    ("a\0b.png", "is not a path; write the path of a file"),
    ("\ud800.png", "is not a path; write the path of a file"),
    ("x" * 5000, "is not a path; write the path of a file"),
    ("~nobody-of-that-name/x.png", "is not a path; write it without ~"),
]


@pytest.mark.parametrize(("path", "words"), PATHS)
def test_a_path_that_is_none_is_said_where_it_has_an_effect(tmp_path, path, words):
    data = json.dumps({**FILM, "init_image": path, "use_init": True}).encode()
    (problem,) = check_bytes(data, "film.json", folder=tmp_path).problems
    assert problem.key == "init_image"
    assert words in str(problem)
    data = json.dumps({**FILM, "init_image": path, "use_init": False}).encode()
    assert check_bytes(data, "film.json", folder=tmp_path).problems == ()
