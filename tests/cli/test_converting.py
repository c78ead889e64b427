"""`anim convert`: from a camera's file to a film with the same camera, and what is said on the way."""

import json
import re
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import lib_anim
from lib_anim.cli import main
from lib_anim.images.camera_pose import camera_errors, cameras_of
from lib_anim.settings import settings as settings_file

# all axes turn at once, the picture is not square, the view angle changes
FILM = {
    **{"anim_version": "test", "animation_mode": "3D", "max_frames": 60, "W": 160, "H": 96, "fps": 23.976},
    **{"use_depth_warping": False, "prompts": {"0": "a"}, "fov_schedule": "0:(70), 59:(50)"},
    **{"translation_x": "0:(3*sin(t/9)), 50:(-1)", "translation_y": "0:(2), 30:(-2)", "translation_z": "0:(1.75*cos(t/20))"},
    **{"rotation_3d_x": "0:(sin(t/7))", "rotation_3d_y": "0:(1), 30:(-1.5)", "rotation_3d_z": "0:(cos(t/5))"},
}
STEPS = ("translation_x", "translation_y", "translation_z", "rotation_3d_x", "rotation_3d_y", "rotation_3d_z")


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def anim(capsys, *words):
    """Run a command line that succeeds; return the lines of stderr about cameras."""
    assert main(list(words)) == 0
    lines = capsys.readouterr().err.splitlines()
    return [line.removeprefix("anim: ") for line in lines if "prompts" not in line and "depth" not in line]


def refused(capsys, *words):
    assert main(["convert", *words, "-o", "film.json"]) == 2
    return capsys.readouterr().err.removeprefix("anim: ").rstrip("\n")


def camera_of(capsys, film):
    anim(capsys, "export", film, "--camera", "of.npz")
    return np.load("of.npz")


def film_of(here, name="film.json"):
    return json.loads((here / name).read_text(encoding="utf-8"))


def keys_of(film):
    return sum(film[key].count(":") for key in STEPS)


def smooth(n=120):
    t = np.linspace(0.0, 5.0, n)[:, None]
    return cameras_of(
        np.hstack([2 * np.sin(t), np.cos(2 * t), 2 + np.sin(t)]), np.hstack([np.sin(t), np.cos(t), np.sin(2 * t)]) / 2
    )


# -- there and back -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("more", [{}, {"aspect_ratio_use_old_formula": True}, {"aspect_ratio_schedule": "0:(1.4)"}])
@pytest.mark.parametrize(
    "words",
    [
        ("a.npz",),
        ("a.json",),
        ("a.json", "--camera-format", "opencv"),
        ("a.json", "--camera-format", "blender"),
        ("a.json", "--camera-format", "omnicam"),
    ],
)
def test_a_camera_comes_back_as_it_went(here, capsys, words, more):
    (here / "first.json").write_text(json.dumps({**FILM, **more}))
    before = camera_of(capsys, "first.json")
    anim(capsys, "export", "first.json", "--camera", *words)
    anim(capsys, "convert", words[0], "-o", "film.json")
    after = camera_of(capsys, "film.json")
    assert np.abs(after["c2w"] - before["c2w"]).max() < 1e-4
    assert np.abs(after["intrinsics"] - before["intrinsics"]).max() < 1e-4
    assert (after["fps"], *after["size"]) == (23.976, 160, 96)
    made = film_of(here)
    assert made["animation_mode"] == "3D"
    assert made["max_frames"] == 60
    assert made["fov_zooms"] is True
    assert made["fov_schedule"] == "0:(70), 59:(50)"


def test_a_camera_goes_out_of_a_film_whose_painter_is_not_there(here, capsys):
    units = {
        "cn_1_enabled": True,
        "cn_1_model": "x",
        "cn_1_source": "Moved picture",
        "freeu_enabled": True,
        "alwayson_scripts": '{"ADetailer": {"1": true}}',
    }
    for name, more in (("film.json", {}), ("painted.json", units)):
        Path(name).write_text(json.dumps({**FILM, **more}), encoding="utf-8")
    plain, of = camera_of(capsys, "film.json")["c2w"], camera_of(capsys, "painted.json")["c2w"]
    assert np.array_equal(plain, of)


def test_schedules_come_back_as_they_are_written(here, capsys):
    exported = "\n".join(f'{key} = "{FILM[key]}," #@param {{type:"string"}}' for key in STEPS)
    (here / "strings.txt").write_text("Camera Export: Camera\n" + exported)
    anim(capsys, "convert", "strings.txt", "-o", "film.json", "--set", "max_frames=60")
    (here / "first.json").write_text(json.dumps(FILM))
    error = camera_errors(camera_of(capsys, "film.json")["c2w"], camera_of(capsys, "first.json")["c2w"])
    assert error.max() < 1e-4
    assert "fov_schedule" not in film_of(here)


# -- few keys -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("tolerance", "most"), [(0.0, 720), (1e-4, 220), (1e-3, 90), (1e-2, 50)])
def test_the_film_stays_within_the_tolerance_and_says_how_far_it_is(here, capsys, tolerance, most):
    np.save("a.npy", smooth())
    [line] = anim(capsys, "convert", "a.npy", "-o", "film.json", "--tolerance", str(tolerance))
    film = film_of(here)
    error = camera_errors(camera_of(capsys, "film.json")["c2w"], smooth()).max()
    assert error <= tolerance + 1e-8
    assert keys_of(film) <= most
    said = f"a.npy: 120 frames; {keys_of(film)} keys instead of 720, off by "
    assert line.startswith(said)
    assert float(line.removeprefix(said).split()[0]) == pytest.approx(error, rel=0.05, abs=1e-8)


def test_a_path_that_trembles_keeps_its_keys_and_is_told_of_another_tolerance(capsys):
    np.save("a.npy", cameras_of(*np.random.default_rng(1).normal(0.0, 0.05, (2, 90, 3))))
    lines = anim(capsys, "convert", "a.npy", "-o", "film.json")
    assert lines[1] == "a.npy: note: to be that near it takes most of the keys; --tolerance 0.01 leaves fewer"


def test_what_does_not_move_is_zero(here, capsys):
    np.save("a.npy", cameras_of(*np.full((2, 30, 3), (-1e-13, 0.0, -1e-11))))
    anim(capsys, "convert", "a.npy", "-o", "film.json")
    assert {film_of(here)[key] for key in STEPS} == {"0:(0)"}


# -- the film that is there ---------------------------------------------------------------------------------------


def test_a_film_that_is_there_keeps_its_other_settings(here, capsys):
    kept = {"prompts": {"0": "a dog", "30": "a cat"}, "W": 320, "H": 192, "fps": 10, "steps": 7, "of_mine": [1]}
    (here / "film.json").write_text(json.dumps({**FILM, **kept, "max_frames": 50, "camera_target": True}))
    (here / "a.json").write_text(json.dumps({"c2w": smooth(40).tolist(), "width": 64, "height": 64, "fps": 24}))
    lines = anim(capsys, "convert", "a.json", "-o", "film.json", "--set", "steps=9")
    assert lines[0] == "a.json: note: it has 40 frames, which win; film.json had 50; --set max_frames=50 keeps them"
    made = film_of(here)
    assert {key: made[key] for key in kept} == {**kept, "steps": 9}
    assert (made["max_frames"], made["camera_target"]) == (40, False)
    assert camera_errors(camera_of(capsys, "film.json")["c2w"], smooth(40)).max() <= 1e-4


@pytest.mark.parametrize(
    ("n", "after"),
    [(100, "the camera ends early"), (150, "the camera stands still after its last frame")],
)
def test_a_length_that_is_asked_for_wins(here, capsys, n, after):
    np.save("a.npy", smooth())
    line, _ = anim(capsys, "convert", "a.npy", "-o", "film.json", "--set", f"max_frames={n}")
    assert line == f"a.npy: note: it has 120 frames and max_frames is {n}, which wins; {after}"
    made = camera_of(capsys, "film.json")["c2w"]
    assert film_of(here)["max_frames"] == len(made) == n
    assert camera_errors(made, smooth()[np.minimum(np.arange(n), 119)]).max() <= 1e-4


def test_what_is_there_and_no_film_is_left_alone(here, capsys):
    np.save("a.npy", smooth(40))
    (here / "film.json").write_text('{"a": 1}')
    assert refused(capsys, "a.npy") == "film.json: none of its keys is a setting; take a settings file, or what a run left"
    assert film_of(here) == {"a": 1}


# -- units --------------------------------------------------------------------------------------------------------


def scaled(factor):
    cameras = smooth()
    cameras[:, :3, 3] *= factor
    return cameras


def test_a_scale_is_applied(capsys):
    np.save("a.npy", scaled(50.0))
    [_] = anim(capsys, "convert", "a.npy", "-o", "film.json", "--scale", "0.02")
    assert camera_errors(camera_of(capsys, "film.json")["c2w"], smooth()).max() <= 1e-4


@pytest.mark.parametrize(("factor", "step", "whole"), [(100.0, "1.9", "160"), (0.002, "0.000037", "0.0032")])
def test_units_that_seem_to_be_others_are_said(capsys, factor, step, whole):
    np.save("a.npy", scaled(factor))
    line = anim(capsys, "convert", "a.npy", "-o", "film.json")[0]
    said, scale = line.split(" --scale ")
    assert said == (
        f"a.npy: note: its longest step is {step} and its path {whole} scene units, and the flat scene is 1 away; "
        "if its units are others, say how many of those one is, such as"
    )
    assert float(scale) * factor == pytest.approx(1.05, rel=0.05)  # so that the longest step is 0.02


# -- what is wrong ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "a.json: there is nothing in it"),
        ("{}", "a.json: there is nothing in it"),
        ("a dog", "a.json: none of the camera files that are known: Blender's, OmniCam's, COLMAP's, c2w in .npy, .npz or JSON"),
        (json.dumps(smooth(1).tolist()), "a.json: a camera of one frame does not move; it takes two frames and more"),
        (
            json.dumps((smooth(3) * 1.1).tolist()),
            "a.json: frame 0: the last row is not 0 0 0 1; write a matrix as rows",
        ),
        (
            json.dumps({"c2w": [np.diag([1, 1, 1, 1]).tolist(), np.diag([1, 1.1, 1, 1]).tolist()]}),
            "a.json: frame 1: no rotation: RᵀR is off by 0.21, and 0.001 is the most; take the scale out of the camera",
        ),
        ('{"translation_z": "0:(1), 9:(x)"}', "a.json: translation_z, keyframe 9, column 11: unknown name 'x'"),
        ('{"translation_z": "0:(1)"}', "a.json: its schedules do not say how long they are; say it: --set max_frames=120"),
    ],
)
def test_one_line_says_what_is_wrong(here, capsys, content, said):
    (here / "a.json").write_text(content, encoding="utf-8")
    lines = refused(capsys, "a.json")
    assert lines.startswith(said)
    assert "\n" not in lines
    assert not (here / "film.json").exists()


def test_no_film_has_one_frame(capsys):
    np.save("a.npy", smooth(9))
    said = "max_frames: a camera of one frame does not move; it takes two frames and more"
    assert refused(capsys, "a.npy", "--set", "max_frames=1") == said


def test_a_file_that_is_not_there_is_said(capsys):
    assert refused(capsys, "a.npy") == "a.npy: there is no such file"


@pytest.mark.parametrize("words", [("--tolerance", "-1"), ("--tolerance", "nan"), ("--scale", "0"), ("--scale", "wide")])
def test_numbers_that_mean_nothing_are_refused(capsys, words):
    with pytest.raises(SystemExit):
        main(["convert", "a.npy", "-o", "film.json", *words])
    assert "is no number from" in capsys.readouterr().err


def test_the_film_can_be_read_by_the_table(here, capsys):
    np.save("a.npy", smooth(9))
    anim(capsys, "convert", "a.npy", "-o", "film.json", "--set", 'prompts={"0": "a fox"}')
    assert settings_file.load("film.json").prompts == {"0": "a fox"}
    assert main(["check", "film.json"]) == 0


# -- what docs/commands.md says for Blender: a stand-in with its own formulas --------------------------------------------


class Matrix(np.ndarray):
    def __new__(cls, rows):
        return np.array(rows, float).view(cls)

    def normalized(self):
        """The columns of the rotation as long as 1."""
        scale = np.linalg.norm(np.asarray(self)[:3, :3], axis=0)
        return Matrix(np.asarray(self) @ np.diag([*(1 / scale), 1]))


class Camera:
    """A camera whose keys are remembered by frame."""

    def __init__(self, scene):
        self.data, self.keys, self.scene = SimpleNamespace(keyframe_insert=lambda _name, frame: None), {}, scene

    def keyframe_insert(self, _name, frame):
        self.keys[frame] = self.__dict__["matrix_world"], self.data.lens

    def __getattr__(self, name):
        if name == "matrix_world":  # the camera is the child of something that is twice as large
            return Matrix(np.asarray(self.keys[self.scene.frame][0]) @ np.diag([2.0, 2, 2, 1]))
        raise AttributeError(name)

    def calc_matrix_camera(self, _graph, x, y, scale_x, scale_y):
        wide = 2 * self.keys[self.scene.frame][1] / self.data.sensor_width
        return [[wide, 0], [0, wide * (x * scale_x) / (y * scale_y)]]


@pytest.mark.parametrize("more", [{}, {"aspect_ratio_use_old_formula": True}])
def test_a_camera_goes_to_blender_and_back(here, capsys, monkeypatch, more):
    text = (Path(lib_anim.__file__).parents[1] / "docs" / "commands.md").read_text(encoding="utf-8")
    to_blender, from_blender = re.findall(r"^```py\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    scene = SimpleNamespace(render=SimpleNamespace(fps_base=1.0), frame_start=1, frame_end=60)
    scene.camera = Camera(scene)
    scene.frame_set = lambda frame: setattr(scene, "frame", frame)
    context = SimpleNamespace(scene=scene, evaluated_depsgraph_get=lambda: None)
    monkeypatch.setitem(sys.modules, "bpy", SimpleNamespace(context=context))
    monkeypatch.setitem(sys.modules, "mathutils", SimpleNamespace(Matrix=Matrix))
    (here / "first.json").write_text(json.dumps({**FILM, **more, "fps": 24}))
    before = camera_of(capsys, "first.json")
    anim(capsys, "export", "first.json", "--camera", "camera.json", "--camera-format", "blender")
    exec(to_blender, {})
    assert sorted(scene.camera.keys) == list(range(1, 61))
    del scene.camera.__dict__["matrix_world"]
    (here / "camera.json").unlink()
    exec(from_blender, {})
    anim(capsys, "convert", "camera.json", "-o", "film.json")
    after = camera_of(capsys, "film.json")
    assert np.abs(after["c2w"] - before["c2w"]).max() < 1e-4
    assert np.abs(after["intrinsics"] - before["intrinsics"]).max() < 1e-4
    assert after["fps"] == 24
