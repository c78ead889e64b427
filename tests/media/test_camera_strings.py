"""Schedules of the 3D camera in the texts of export scripts for Blender."""

import json

import numpy as np
import pytest

from lib_anim.errors import FieldError
from lib_anim.media.camera_strings import columns_in_text, columns_of, is_schedules

EXPORTED = """Export frames 0 - 5
Export cameras ['Camera', 'Other']

Camera Export: Camera
translation_x = "0:(0.5),1:(0.25),3:(0.25)," #@param {type:"string"}
translation_y = "0:(0),3:(0)," #@param {type:"string"}
translation_z = "0:(-1.5),1:(2.5e-05),2:(3)," #@param {type:"string"}
rotation_3d_x = "0:(0),3:(0.75)," #@param {type:"string"}
rotation_3d_y = "0:(0)," #@param {type:"string"}
rotation_3d_z = "0:(0),3:(-6)," #@param {type:"string"}
cam_code:
(translation_x,translation_y,translation_z,rotation_3d_x,rotation_3d_y,rotation_3d_z) = ("9:(9)", "", "", "", "", "")

Camera Export: Other
translation_x = "0:(8),9:(8)," #@param {type:"string"}
"""


def test_the_first_camera_of_a_text_is_read():
    made = columns_in_text(EXPORTED, None)
    assert made.translate.T.tolist() == [[0.5, 0.25, 0.25, 0.25], [0, 0, 0, 0], [-1.5, 2.5e-05, 3, 3]]
    assert made.rotate.T.tolist() == [[0, 0.25, 0.5, 0.75], [0, 0, 0, 0], [0, -2, -4, -6]]
    assert made.fov is None
    assert made.notes == ("it has 2 cameras; the first is taken",)


@pytest.mark.parametrize(
    "text",
    [
        'translation_z = "0:(0), 4:(2)"',
        "translation_z: 0:(0), 4:(2)",
        "Raw frames for translation_z:\n0:(0),4:(2)\n",
        '{"translation_z": "0:(0), 4:(2)"}',
        "translation_z 0: 0, 4: 2",
    ],
)
def test_a_name_and_its_keys_are_enough(text):
    assert is_schedules(text)
    assert columns_in_text(text, None).translate[:, 2].tolist() == [0, 0.5, 1, 1.5, 2]


@pytest.mark.parametrize("text", ["", "translation_z", "translation: 0:(1)", "fov: 0:(70)", "0:(1), 2:(3)"])
def test_other_texts_are_none(text):
    assert not is_schedules(text)


@pytest.mark.parametrize(
    ("data", "n_frames", "expected"),
    [
        ({"translation_z": "0:(0), 4:(2)"}, None, [0, 0.5, 1, 1.5, 2]),
        ({"translation_z": "0:(0), 4:(2)", "max_frames": 3}, None, [0, 0.5, 1]),
        ({"translation_z": "0:(0), 4:(2)"}, 7, [0, 0.5, 1, 1.5, 2, 2, 2]),
        ({"translation_z": "0:(2)"}, 3, [2, 2, 2]),
        ({"translation_z": 2, "rotation_3d_x": [1, 2]}, None, [2, 2]),
        ({"translation_z": [1, 2.5, -3]}, None, [1, 2.5, -3]),
        ({"translation_z": [1, 2.5], "max_frames": 3}, None, [1, 2.5, 0]),
        ({"translation_z": "0:(2*t)", "max_frames": 3}, None, [0, 2, 4]),
    ],
)
def test_json_holds_schedules_or_lists(data, n_frames, expected):
    assert columns_of(data, n_frames).translate[:, 2].tolist() == expected


def test_a_settings_file_is_one_too():
    made = columns_of({"max_frames": 3, "fps": 24, "fov_schedule": "0:(40), 2:(50)", "rotation_3d_y": "0:(1)"}, None)
    assert made.rotate.tolist() == [[0, 1, 0]] * 3
    assert np.array_equal(made.fov, [40, 45, 50])
    assert made.fps == 24


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"translation_z": "0:(2)"}, "its schedules do not say how long they are; say it: --set max_frames=120"),
        ({"translation_z": [1, 2], "translation_x": [1, 2, 3]}, "its lists have 2 and 3 numbers"),
        ({"translation_z": [1, "a"]}, "translation_z: a list of numbers, one for each frame"),
        ({"translation_z": [1, None]}, "translation_z: a list of numbers, one for each frame"),
        ({"translation_z": "0:(1), 200000:(1)"}, "200001 frames, and 100000 are the most"),
        ({"translation_z": "0:(1), 5:(x)"}, "keyframe 5, column 11: unknown name 'x'"),
    ],
)
def test_what_is_wrong_is_said(data, said):
    with pytest.raises(FieldError) as caught:
        columns_of(json.loads(json.dumps(data)), None)
    assert said in str(caught.value)
