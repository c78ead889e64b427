"""Tracks of OmniCam, against what its own sampler gives out, and cameras that are written out here."""

import numpy as np
import pytest

from lib_anim.errors import FieldError
from lib_anim.media.omnicam import cameras_of_track, is_track, track_in, track_of_cameras


def key(frame, position, target=(0, 0, 0), interpolation="linear", tangents=None, **camera):
    facts = {"position": list(position), "target": list(target), "fov": 50, "roll": 0, **camera}
    return {"frame": frame, "interpolation": interpolation, "camera": facts, **({"tangents": tangents} if tangents else {})}


def track(*keys, **more):
    return {"schema_version": 1, "fps": 24, "keyframes": list(keys), "objects": [], "metadata": {}, **more}


@pytest.mark.parametrize(
    ("ease", "expected"),  # at a quarter, the half, and three quarters of the way from 0 to 16
    [
        ("linear", (4, 8, 12)),
        ("hold", (0, 0, 0)),
        ("ease", (2.5, 8, 13.5)),
        ("ease_in", (1, 4, 9)),
        ("ease_out", (7, 12, 15)),
        ("smooth", (1.65625, 8, 14.34375)),
        ("of tomorrow", (4, 8, 12)),
    ],
)
def test_keys_are_eased(ease, expected):
    made, _ = cameras_of_track(track(key(0, (0, 0, 9), interpolation=ease), key(4, (16, 0, 9))))
    assert made[:, 0, 3].tolist() == [0, *expected, 16]


def test_handles_are_those_of_omnicam():
    """The numbers are of OmniCam's sampler, for the same track."""
    free = {"mode": "free", "out_x": 0.18, "out_y": 7.2}
    first = {
        "pos_x": free,
        "fov": {"mode": "free", "out_x": 0.3, "out_y": -12},
        "roll": {"mode": "free", "out_x": 0.25, "out_y": 15},
    }
    then = {"pos_x": {"mode": "free", "in_x": -0.35, "in_y": -1.1, "out_x": 0.2, "out_y": 3.5}}
    aligned = {"target_y": {"mode": "aligned", "out_x": 0.42, "out_y": 2.4}}
    turned = {"target_y": {"mode": "aligned", "in_x": -0.3, "in_y": -1.1, "out_x": 0.3, "out_y": 1.1}}
    keys = (
        key(0, (-3, 2, 8), (1, 0.5, -2), "bezier", {"channels": {**first, **aligned}}, fov=52, roll=170),
        key(17, (4, 7, 1), (-2, 3, 5), "bezier", {"channels": {**then, **turned}}, fov=28, roll=-175),
        key(31, (9, -1, -6), (3, 2, 0), "ease_out", fov=67, roll=-130),
    )
    made, fov = cameras_of_track(track(*keys, duration_frames=32))
    at = [1, 5, 10, 23]
    assert made[at, :3, 3] == pytest.approx(
        np.array(
            [
                (-1.1682198116, 2.3104009776, 7.5906777929),
                (2.0243960805, 3.7759006720, 5.9869733357),
                (3.2236579569, 5.6535721554, 3.9892122941),
                (7.1155288205, 4.6909620996, -1.9135654258),
            ]
        )
    )
    assert fov[at] == pytest.approx((49.6824487285, 41.2342391648, 33.0404252348, 39.2565597645))
    target = np.array((0.8138, 0.8191, -1.5654)) - made[1, :3, 3]
    assert -made[1, :3, 2] == pytest.approx(target / np.linalg.norm(target), abs=1e-4)


@pytest.mark.parametrize(
    ("camera", "right", "up"),
    [
        ({"position": (0, 0, 5)}, (1, 0, 0), (0, 1, 0)),
        ({"position": (0, 0, 5), "roll": 90}, (0, 1, 0), (-1, 0, 0)),
        ({"position": (5, 0, 0)}, (0, 0, -1), (0, 1, 0)),
        ({"position": (0, 5, 0)}, (-1, 0, 0), (0, 0, 1)),  # from above, as OmniCam has it
        ({"position": (0, -5, 0)}, (-1, 0, 0), (0, 0, -1)),
        ({"position": (0, 0, 0)}, (1, 0, 0), (0, 1, 0)),  # at its own target
    ],
)
def test_a_camera_looks_at_its_target(camera, right, up):
    made, _ = cameras_of_track(track(key(0, **camera), key(1, **camera)))
    assert made[0, :3, :2] == pytest.approx(np.array([right, up]).T, abs=1e-12)


def test_a_roll_goes_the_shorter_way():
    made, _ = cameras_of_track(track(key(0, (0, 0, 5), roll=170), key(2, (0, 0, 5), roll=-170)))
    assert made[1, :3, 0] == pytest.approx((-1, 0, 0), abs=1e-12)  # rolled by 180


def test_a_track_that_is_written_is_read_as_it_was():
    rng = np.random.default_rng(2)
    turns = np.linalg.qr(rng.normal(size=(30, 3, 3)))[0]
    turns *= np.linalg.det(turns)[:, None, None]
    turns[3] = [[1, 0, 0], [0, 0, -1], [0, 1, 0]]  # looks straight down
    turns[4] = [[0, 0, 1], [1, 0, 0], [0, 1, 0]]
    cameras = np.tile(np.eye(4), (30, 1, 1))
    cameras[:, :3, :3], cameras[:, :3, 3] = turns, rng.normal(size=(30, 3))
    made, fov = cameras_of_track(track_of_cameras(cameras, np.linspace(20, 90, 30), {"fps": 24}))
    assert made == pytest.approx(cameras, abs=1e-9)
    assert fov == pytest.approx(np.linspace(20, 90, 30))


def test_a_shot_holds_a_track():
    inner = track(key(0, (0, 0, 5)))
    for data in (inner, {"kind": "omnicam_shot", "camera_track": inner}, {"shots": [{"camera_track": inner}, {}]}):
        assert is_track(data)
        assert track_in(data) is inner


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (track(), "an OmniCam file without keyframes"),
        (track(None, 3), "an OmniCam file without keyframes"),
        (track(key(-1, (0, 0, 5))), "-1 is no frame number"),
        (track(key("a", (0, 0, 5))), "'a' is no frame number"),
        (track(key(7, (0, 0))), "frame 7: a camera has a position and a target of three numbers"),
        (track(key(7, (0, 0, None))), "frame 7: a camera has a position and a target of three numbers"),
        (
            track(key(3, (0, 0, 5), camera_type="orthographic")),
            "frame 3: an orthographic camera has no view angle; make it a perspective one",
        ),
        (
            track(key(0, (0, 0, 5)), constraints={"look_at": {"object_id": "actor", "status": "active"}}),
            "its camera is aimed at an object; bake the camera in OmniCam, and save it again",
        ),
    ],
)
def test_what_is_wrong_is_said(data, said):
    with pytest.raises(FieldError) as caught:
        cameras_of_track(track_in(data))
    assert str(caught.value) == said


def test_a_track_has_ten_thousand_keys_at_the_most():
    with pytest.raises(FieldError) as caught:
        track_of_cameras(np.tile(np.eye(4), (10_001, 1, 1)), np.full(10_001, 50.0), {})
    assert str(caught.value) == "OmniCam takes 10000 frames at the most; export a part: --frames A:B"
