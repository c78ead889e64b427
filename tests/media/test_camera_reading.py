"""Cameras of other programs, against matrices that are made here: where the camera is, how it looks, its lens."""

import io
import json
import zipfile

import numpy as np
import pytest

from lib_anim.errors import FieldError
from lib_anim.images.camera_pose import cameras_of, other_axes
from lib_anim.media.camera_file import CameraPath, write_camera
from lib_anim.media.camera_reading import read_camera

RNG = np.random.default_rng(8)
N, SIZE = 40, (160, 96)
# all axes turn and go at once
C2W = cameras_of(RNG.normal(0.0, 9.0, (N, 3)), RNG.normal(0.0, 12.0, (N, 3)))
FOCAL = np.linspace(90.0, 220.0, N)
# another program's world, turned and moved
ELSEWHERE = cameras_of(*RNG.normal(0.0, 60.0, (2, 2, 3)))[1]


def path(pixel=1.0, fps=24.0):
    return CameraPath(C2W, np.stack([FOCAL, FOCAL * pixel, np.full(N, 80.0), np.full(N, 48.0)], axis=1), SIZE, fps)


def read(tmp_path, content, name="camera.json", **more):
    file = tmp_path / name
    if isinstance(content, (bytes, bytearray)):
        file.write_bytes(content)
    else:
        file.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return read_camera(file, **more)


def as_npy(array):
    data = io.BytesIO()
    np.save(data, array)
    return data.getvalue()


def as_npz(**arrays):
    data = io.BytesIO()
    np.savez(data, **arrays)
    return data.getvalue()


# -- what we write ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("pixel", [1.0, 0.6, 1.7])
@pytest.mark.parametrize("fps", [24, 23.976])
@pytest.mark.parametrize(("kind", "suffix"), [("opencv", "npz"), ("opencv", "json"), ("blender", "json"), ("omnicam", "json")])
def test_what_is_written_is_read(tmp_path, kind, suffix, pixel, fps):
    write_camera(path(pixel, fps), tmp_path / f"camera.{suffix}", kind)
    made = read_camera(tmp_path / f"camera.{suffix}")
    assert made.c2w == pytest.approx(C2W, abs=1e-7)
    assert made.fov == pytest.approx(np.degrees(2 * np.arctan(96 / 2 / (FOCAL * pixel))), abs=1e-7)
    assert made.aspect == pytest.approx(np.full(N, 160 / 96 * pixel), abs=1e-7)
    assert (made.size, made.fps, made.notes) == (SIZE, fps, ())


def test_blender_gets_its_own_axes_and_millimetres(tmp_path):
    write_camera(path(), tmp_path / "camera.json", "blender")
    data = json.loads((tmp_path / "camera.json").read_text())
    first, last = np.array(data["matrix_world"][0]), np.array(data["matrix_world"][-1])
    assert first[:3, :3].T.tolist() == [[1, 0, 0], [0, 0, 1], [0, -1, 0]]  # right, up and back, in a world whose z is up
    x, y, z = C2W[-1, :3, 3]
    assert last[:3, 3] == pytest.approx((x, z, -y), abs=1e-8)
    assert data["lens"][0] == pytest.approx(90 / 160 * 36)
    assert (data["pixel_aspect"], data["width"], data["height"]) == ([1, 1], 160, 96)


def test_omnicam_gets_keys_that_it_takes(tmp_path):
    write_camera(path(pixel=1.5, fps=12.5), tmp_path / "camera.json", "omnicam")
    data = json.loads((tmp_path / "camera.json").read_text())
    assert {key: data[key] for key in ("schema_version", "fps", "duration_frames", "width", "height", "objects")} == {
        **{"schema_version": 1, "fps": 12, "duration_frames": N, "width": 160, "height": 96, "objects": []}
    }
    assert data["metadata"] == {"fps": 12.5, "pixel_aspect": 1.5}
    key = data["keyframes"][3]
    assert (key["frame"], key["interpolation"], key["camera"]["camera_type"]) == (3, "linear", "perspective")
    x, y, z = C2W[3, :3, 3]
    assert key["camera"]["position"] == pytest.approx((x, -y, -z))  # its y is up, and its cameras look along -z
    ahead = np.array(key["camera"]["target"]) - key["camera"]["position"]
    assert ahead == pytest.approx(C2W[3, :3, 2] * (1, -1, -1))


@pytest.mark.parametrize(
    ("kind", "changes", "said"),
    [
        ("omnicam", {"pixel": np.linspace(1, 2, N)}, "aspect_ratio_schedule changes, which only the format opencv can say"),
        ("blender", {"pixel": np.linspace(1, 2, N)}, "aspect_ratio_schedule changes"),
        ("omnicam", {"pixel": 50.0}, "frame 0: OmniCam takes view angles from 5 to 150 degrees"),
    ],
)
def test_what_a_format_cannot_say_is_refused(tmp_path, kind, changes, said):
    with pytest.raises(Exception, match=said):
        write_camera(path(**changes), tmp_path / "camera.json", kind)
    assert not list(tmp_path.iterdir())


# -- what others write --------------------------------------------------------------------------------------------

_GL = (ELSEWHERE @ other_axes(C2W)).tolist()
_CV = ELSEWHERE @ C2W
_LENS = {"intrinsics": np.array([90.0, 90.0, 80.0, 48.0])}
FILES = {
    "npy": ("a.npy", as_npy(_CV), {}),
    "npy, three rows": ("a.npy", as_npy(_CV[:, :3].astype(">f4")), {}),
    "npy by columns": ("a.npy", as_npy(np.asfortranarray(_CV)), {}),
    "npy, Blender's axes": ("a.npy", as_npy(np.array(_GL)), {"axes": "blender"}),
    "npz, any name": ("a.npz", as_npz(arr_0=_CV), {}),
    "npz": ("a.npz", as_npz(c2w=_CV, **_LENS), {}),
    "a list": ("a.json", _GL, {}),
    "a list of sixteens": ("a.json", np.reshape(_GL, (N, 16)).tolist(), {}),
    "a list, OpenCV's axes": ("a.json", _CV.tolist(), {"axes": "opencv"}),
    "by frame": ("a.json", {str(k + 1): row for k, row in enumerate(_GL)}, {}),
    "objects": ("a.json", [{"frame": k + 1, "matrix_world": row} for k, row in reversed(list(enumerate(_GL)))], {}),
    "NeRF": ("a.json", {"camera_angle_x": 1.0, "frames": [{"transform_matrix": row} for row in _GL]}, {}),
    "said": ("a.json", {"convention": "opencv", "matrix_world": _CV.tolist()}, {}),
    "c2w": ("a.json", {"c2w": _CV.tolist(), "width": 160, "height": 96, "fps": 8}, {}),
}


@pytest.mark.parametrize("kind", FILES)
def test_matrices_are_read(tmp_path, kind):
    name, content, more = FILES[kind]
    assert read(tmp_path, content, name, **more).c2w == pytest.approx(C2W, abs=1e-4 if "three" in kind else 1e-9)


def test_lenses_are_read(tmp_path):
    made = read(tmp_path, as_npz(c2w=_CV, **_LENS), "a.npz")
    assert (made.size, made.fps) == (SIZE, None)
    assert made.fov == pytest.approx(np.full(N, np.degrees(2 * np.arctan(48 / 90))))
    matrix = np.tile([[90.0, 0, 80], [0, 45, 48], [0, 0, 1]], (N, 1, 1))
    made = read(tmp_path, as_npz(c2w=_CV, intrinsics=matrix, size=np.array([160, 96]), fps=np.array(30.0)), "a.npz")
    assert (made.size, made.fps) == (SIZE, 30)
    assert made.aspect == pytest.approx(np.full(N, 160 / 96 / 2))
    nerf = {"camera_angle_x": np.pi / 2, "w": 200, "h": 100, "frames": [{"transform_matrix": row} for row in _GL]}
    assert read(tmp_path, nerf).fov == pytest.approx(np.full(N, np.degrees(2 * np.arctan(0.5))))
    [note] = read(tmp_path, {"c2w": _CV.tolist(), "intrinsics": [90, 90, 96, 48], "width": 160, "height": 96}).notes
    assert note == "its lens is not centred, by 10 % of the picture; a film's is"


def test_a_model_of_colmap_is_read(tmp_path):
    """One camera at (1, 2, 3) that is not turned, and one at (4, 2, 3) that is turned by 90 degrees about y."""
    half = np.sqrt(0.5)
    w2c = np.array([[0, 0, -1], [0, 1, 0], [1, 0, 0]])  # what the quaternion says
    t = -w2c @ (4, 2, 3)
    text = f"""# Image list with two lines of data per image:
2 {half} 0 {-half} 0 {t[0]} {t[1]} {t[2]} 1 b.png
10 20 -1 30 40 7
1 1 0 0 0 -1 -2 -3 1 a.png

"""
    made = read(tmp_path, text, "images.txt")
    assert made.c2w[1, :3, 3] == pytest.approx((3, 0, 0))
    assert made.c2w[1, :3, :3] == pytest.approx(w2c.T)
    assert made.fov is None
    (tmp_path / "cameras.txt").write_text("# lenses\n1 SIMPLE_RADIAL 160 96 48 80 48 0.1\n")
    made = read(tmp_path, text, "images.txt")
    assert made.fov == pytest.approx([90, 90])
    assert made.size == SIZE


# -- what is wrong ------------------------------------------------------------------------------------------------


def with_one(frame, row, column, value):
    wrong = C2W.copy()
    wrong[frame, row, column] = value
    return as_npy(wrong)


def bomb():
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("c2w.npy", header((5 * 2**17, 4, 4)) + b"\0" * (80 * 2**20))
    return data.getvalue()


def header(shape):
    return (
        b"\x93NUMPY\x01\x00v\x00"
        + f"{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}".ljust(117).encode()
        + b"\n"
    )


_MIRROR = C2W @ np.diag([-1.0, 1, 1, 1])
_SCALED = C2W.copy()
_SCALED[5, :3, :3] *= 2
KNOWN = "none of the camera files that are known: Blender's, OmniCam's, COLMAP's, c2w in .npy, .npz or JSON"
DAMAGED = "a NumPy file that cannot be read: damaged, or not made of numbers"
SHAPE = "its matrices have not 4 rows of 4 numbers each"
LENS = "intrinsics are fx, fy, cx and cy, above 0"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "there is nothing in it"),
        ("  \n", "there is nothing in it"),
        ({}, "there is nothing in it"),
        ([], "there is nothing in it"),
        ({"frames": []}, "there is nothing in it"),
        ("a film of a dog", KNOWN),
        (b"\xff\xfe\x00", KNOWN),
        ({"a": 1}, KNOWN),
        ({"frames": [{"a": 1}]}, KNOWN),
        ("{", "line 1, column 2: not valid JSON: it ends too early; is a bracket missing at the end?"),
        ("[[NaN]]", "not valid JSON: NaN and Infinity are no numbers in JSON; write a number, or null"),
        ([1, 2, 3], SHAPE),
        ({"c2w": {"a": 1}}, SHAPE),
        ({"c2w": [[[1, 2], [3, 4]]]}, SHAPE),
        (as_npy(C2W[0]), SHAPE),
        (as_npy(C2W)[:-8], DAMAGED),
        (as_npy(C2W)[:20], DAMAGED),
        (as_npy(np.array(["a"])), DAMAGED),
        (header((10**12, 4, 4)), DAMAGED),
        (as_npz(c2w=C2W)[:300], DAMAGED),
        (as_npz(c2w=np.array([{}], dtype=object)), DAMAGED),
        (bomb(), DAMAGED),
        (as_npy(C2W[:1]), "a camera of one frame does not move; it takes two frames and more"),
        (with_one(4, 1, 3, np.nan), "frame 4: a matrix with what is no number, or too large a one"),
        (with_one(4, 1, 3, np.inf), "frame 4: a matrix with what is no number, or too large a one"),
        (with_one(7, 3, 0, 0.5), "frame 7: the last row is not 0 0 0 1; write a matrix as rows"),
        (
            as_npy(_SCALED),
            "frame 5: no rotation: RᵀR is off by 3, and 0.001 is the most; take the scale out of the camera",
        ),
        (as_npy(_MIRROR), "frame 0: no rotation, but a mirror image; one axis is the wrong way round"),
        (
            as_npz(c2w=C2W, intrinsics=np.ones((7, 4))),
            "there are 40 matrices and intrinsics of 7 frames; both are a frame each",
        ),
        (as_npz(c2w=C2W, intrinsics=np.ones(3)), LENS),
        (as_npz(c2w=C2W, intrinsics=np.array([-1.0, 1, 1, 1])), f"frame 0: {LENS}"),
        ({"c2w": C2W.tolist(), "intrinsics": "wide"}, LENS),
        (
            [{"frame": k, "matrix_world": _GL[0]} for k in (1, 2, 4)],
            "after frame 2 comes frame 4; export every frame",
        ),
    ],
)
def test_what_is_wrong_is_said(tmp_path, content, said):
    with pytest.raises(FieldError) as caught:
        read(tmp_path, content)
    assert str(caught.value) == said


@pytest.mark.parametrize(
    "content",
    [
        {"keyframes": [1, "a", None]},
        {"keyframes": [], "camera_track": 3},
        {"shots": []},
        {"camera_track": {"camera_track": {}}},
        {"keyframes": [{"frame": 1e400}]},
        {"keyframes": [{"frame": 0, "camera": [1]}]},
        {"keyframes": [{"frame": 0, "camera": {"position": "abc", "target": [0, 0, "x"]}}]},
        {"keyframes": [{"frame": 0, "camera": {"position": [1e300] * 3, "target": [0, 0, 0]}}]},
        {"frames": [None, {}]},
        {"frames": [{"frame": True, "matrix": None}, {"frame": 2}]},
        {"9" * 5000: 1},
        {"c2w": C2W.tolist(), "intrinsics": [[None] * 4]},
        {"translation_x": {"a": 1}},
        {"translation_x": [[1], [2, 3]]},
        {"translation_x": ["a"]},
        {"translation_x": "0:(1/(t-5)), 10:(1)"},
        {"translation_x": "0:(1), 999999:(2)"},
        {"translation_x": "0:(1e99), 9:(0)"},
    ],
)
def test_no_file_is_unforeseen(tmp_path, content):
    with pytest.raises(FieldError):
        read(tmp_path, json.dumps(content).replace("Infinity", "1e400"))


@pytest.mark.parametrize(
    "facts",
    [
        {"size": [{}, 1]},
        {"size": "big", "fps": "fast"},
        {"width": None, "height": [], "fps": -1},
        {"width": 1e300, "height": 1e300, "fps": True},
    ],
)
def test_facts_that_are_none_are_left_out(tmp_path, facts):
    made = read(tmp_path, {"c2w": C2W.tolist(), **facts})
    assert (made.size, made.fps, made.fov) == (None, None, None)
