"""The camera of a film in other programs' terms, against rotation matrices that are written out here."""

import json

import numpy as np
import pytest

from lib_anim.cli import main
from lib_anim.errors import SettingsError
from lib_anim.features.common.camera_steps import camera_path
from lib_anim.plan.plan import make_plan
from lib_anim.shot.steps import Tools
from tests.helpers import QUIET, problems_of, settings

FILM = {**QUIET, "animation_mode": "3D", "max_frames": 8, "W": 160, "H": 120, "fps": 12, "use_depth_warping": False}


def path(part=None, **changes):
    return camera_path(make_plan(settings(**{**FILM, **changes}), part), Tools())


@pytest.mark.parametrize(
    ("changes", "expected"),  # where the camera is after 7 frames: x right, y down, z in
    [
        ({"translation_z": "0:(20)"}, (0, 0, 0.7)),
        ({"translation_z": "0:(0)", "translation_x": "0:(20)"}, (0.7, 0, 0)),
        ({"translation_z": "0:(0)", "translation_y": "0:(20)"}, (0, -0.7, 0)),
    ],
)
def test_a_step_goes_where_it_says(changes, expected):
    c2w = path(**changes).c2w
    assert c2w[:, :3, :3] == pytest.approx(np.tile(np.eye(3), (8, 1, 1)))
    assert c2w[-1, :3, 3] == pytest.approx(expected)
    assert np.array_equal(c2w[0], np.eye(4))


def test_a_camera_that_looks_right_and_goes_on_goes_right():
    c2w = path(rotation_3d_y="0:(0), 1:(90), 2:(0)", translation_z="0:(0), 1:(0), 2:(20)").c2w
    assert c2w[1, :3, 2] == pytest.approx((1, 0, 0))  # the axis of the lens, in the scene
    assert c2w[7, :3, 3] == pytest.approx((0.6, 0, 0))
    assert c2w[7, :3, :3] @ c2w[7, :3, :3].T == pytest.approx(np.eye(3))


def test_the_lens_is_in_pixels():
    made = path(fov_schedule="0:(90), 7:(60)")
    assert made.intrinsics[0] == pytest.approx((80, 60, 80, 60))  # cot(45°) times half of the width, and of the height
    assert made.intrinsics[7, :2] == pytest.approx(np.array([80, 60]) / np.tan(np.radians(30)))
    assert path(fov_schedule="0:(90)", aspect_ratio_use_old_formula=True).intrinsics[0, 0] == pytest.approx(60)
    assert path(part=(3, 5)).c2w.shape == (2, 4, 4)


def test_a_target_is_in_the_middle_of_every_camera():
    c2w = path(camera_target=True, translation_z="0:(0)", translation_x="0:(25)").c2w
    seen = np.linalg.inv(c2w) @ (0, 0, 1, 1)
    assert seen[:, :2] == pytest.approx(np.zeros((8, 2)), abs=1e-12)


@pytest.mark.parametrize("suffix", ["npz", "json"])
def test_the_command_writes_what_can_be_read(tmp_path, monkeypatch, capsys, suffix):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "film.json").write_text(json.dumps({**FILM, "translation_z": "0:(3)", "rotation_3d_x": "0:(2)"}))
    assert main(["export", "film.json", "--camera", f"camera.{suffix}"]) == 0
    assert capsys.readouterr().out == f"camera.{suffix}\n"
    made = path(translation_z="0:(3)", rotation_3d_x="0:(2)")
    read = np.load("camera.npz") if suffix == "npz" else json.loads((tmp_path / "camera.json").read_text())
    assert np.array(read["c2w"]) == pytest.approx(made.c2w, abs=1e-8)
    assert np.array(read["intrinsics"]) == pytest.approx(made.intrinsics, abs=1e-8)
    assert float(read["fps"]) == 12
    assert (read["size"].tolist() if suffix == "npz" else [read["width"], read["height"]]) == [160, 120]


@pytest.mark.parametrize(
    ("changes", "name", "line"),
    [
        ({"animation_mode": "2D"}, "a.json", "animation_mode: only the camera of a 3D film is in space; write 3D"),
        ({}, "a.txt", "a.txt: a camera file ends in .npz or .json"),
        ({}, "no/a.json", "no/a.json: cannot be written"),
    ],
)
def test_what_cannot_be_written_is_said(tmp_path, monkeypatch, capsys, changes, name, line):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "film.json").write_text(json.dumps({**FILM, **changes}))
    assert main(["export", "film.json", "--camera", name]) != 0
    assert line in capsys.readouterr().err


def test_in_2d_there_is_none():
    with pytest.raises(SettingsError) as caught:
        path(animation_mode="2D")
    assert "only the camera of a 3D film" in problems_of(caught)[0]
