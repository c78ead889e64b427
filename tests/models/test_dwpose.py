"""People seen by DWPose's networks: stand-ins of them see dots of known colours at known places."""

import numpy as np
import pytest

from lib_anim.errors import ModelError
from lib_anim.images.skeleton import FACE, LEFT_HAND, RIGHT_HAND
from lib_anim.models import dwpose as module
from lib_anim.models.dwpose import OF_PEOPLE, OF_POINTS, find_people, load, pose_networks
from tests.flow_network import write_endless_network
from tests.pose_networks import DOTS, PEOPLE, write_endless_people_network, write_people_network, write_points_network

# places among a body's points of those that have dots
PLACES = {0: 0, 15: 1, 14: 2, 5: 5, 2: 6, 7: 9, LEFT_HAND.start: 91, RIGHT_HAND.start: 112, FACE.start: 23}


@pytest.fixture
def folder(tmp_path):
    pytest.importorskip("onnxruntime", reason="poses are seen by onnxruntime")
    pytest.importorskip("onnx", reason="the networks of these tests are made with onnx")
    write_points_network(tmp_path / OF_POINTS)
    write_people_network(tmp_path / OF_PEOPLE)
    return tmp_path


def person(x, y, scale=1.0):
    """The place of each dot about (x, y)."""
    offsets = {
        0: (0, -60),
        1: (25, -75),
        2: (-25, -75),
        5: (45, -20),
        6: (-45, -20),
        9: (60, 50),
        91: (60, 85),
        112: (-60, 60),
        23: (0, -95),
    }
    return {point: (x + dx * scale, y + dy * scale) for point, (dx, dy) in offsets.items()}


def scene(size, *people, without=()):
    """A picture of people as coloured panels with dots."""
    picture = np.full((size[1], size[0], 3), 20, np.uint8)
    rows, columns = np.mgrid[: size[1], : size[0]]
    for colour, dots in zip(PEOPLE, people, strict=False):
        xs, ys = zip(*dots.values(), strict=True)
        picture[int(min(ys)) - 12 : int(max(ys)) + 13, int(min(xs)) - 12 : int(max(xs)) + 13] = colour
        for point, (x, y) in dots.items():
            if point not in without:
                picture[np.hypot(columns - x, rows - y) < 7] = DOTS[point]
    return picture


def check(body, dots, within=2.0):
    for place, point in PLACES.items():
        assert np.abs(body[place] - dots[point]).max() <= within, (place, body[place], dots[point])


@pytest.mark.parametrize("size", [(640, 640), (480, 270), (300, 500), (1280, 720)])
def test_points_are_where_they_are_shown(folder, size):
    dots = person(size[0] * 0.4, size[1] * 0.55)
    (body,) = pose_networks(str(folder)).see(scene(size, dots))
    check(body, dots)
    neck = np.mean([dots[5], dots[6]], axis=0)
    assert np.abs(body[1] - neck).max() <= 2.0
    pupils = body[FACE][68:]  # the right one first
    assert np.abs(pupils - [dots[2], dots[1]]).max() <= 2.0
    assert np.isfinite(body[:, 0]).sum() == len(PLACES) + 3


def test_two_people_are_two_and_an_animal_is_none(folder):
    first, second = person(150, 150), person(450, 220)
    bodies = pose_networks(str(folder)).see(scene((640, 400), first, second))
    assert len(bodies) == 2
    for body, dots in zip(sorted(bodies, key=lambda one: one[0, 0]), (first, second), strict=True):
        check(body, dots)


def test_nobody_is_nobody(folder):
    assert pose_networks(str(folder)).see(np.full((200, 300, 3), 20, np.uint8)) == []


def test_without_the_network_of_people_a_picture_is_of_one(folder):
    dots = person(150, 140)
    alone = pose_networks(str(folder / OF_POINTS))
    (body,) = alone.see(scene((300, 280), dots))
    check(body, dots)
    (folder / OF_PEOPLE).unlink()
    (body,) = pose_networks(str(folder)).see(scene((300, 280), dots))
    check(body, dots)


def test_what_is_not_sure_is_missing_and_so_is_a_neck_without_a_shoulder(folder):
    (body,) = pose_networks(str(folder)).see(scene((300, 280), person(150, 140), without=(6, 9, 91)))
    assert np.isnan(body[[1, 2, 7, LEFT_HAND.start]]).all()
    assert np.isfinite(body[[0, 5, RIGHT_HAND.start]]).all()


def test_half_precision_and_other_sizes(folder):
    write_points_network(folder / OF_POINTS, size=(192, 256), kind="float16")
    write_people_network(folder / OF_PEOPLE, side=416)
    dots = person(200, 150)
    (body,) = pose_networks(str(folder)).see(scene((400, 300), dots))
    check(body, dots)


def test_of_boxes_that_overlap_the_surest_stays(folder):
    people = load(str(folder)).people
    (box,) = find_people(people, scene((640, 640), person(300, 300)))
    assert box == pytest.approx([228, 193, 373, 398], abs=1.5)


# -- what is refused ------------------------------------------------------------------------------------------------------


def spoil(folder, name, text):
    (folder / name).write_bytes(text)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda folder: (folder / OF_POINTS).unlink(), "there is no dw-ll_ucoco_384.onnx in this folder"),
        (
            lambda folder: spoil(folder, OF_POINTS, b"nonsense"),
            "dw-ll_ucoco_384.onnx: not an ONNX file that onnxruntime can run: ",
        ),
        (lambda folder: spoil(folder, OF_PEOPLE, b""), "yolox_l.onnx: not an ONNX file that onnxruntime can run: "),
        (
            lambda folder: write_points_network(folder / OF_POINTS, n=17),
            "dw-ll_ucoco_384.onnx: gives [1, 17, 576], [1, 17, 768]; [1, 133, 576], [1, 133, 768] is expected",
        ),
        (
            lambda folder: write_points_network(folder / OF_PEOPLE, size=(640, 640)),
            "yolox_l.onnx: gives [1, 133, 1280], [1, 133, 1280]; [1, 8400, 85] is expected",
        ),
        (
            lambda folder: write_endless_network(folder / OF_PEOPLE),
            "yolox_l.onnx: takes tensor(float) [1, 3, 'H', 'W'], tensor(float) [1, 3, 'H', 'W']; this network takes one",
        ),
    ],
)
def test_files_that_are_no_such_network(folder, change, words):
    change(folder)
    with pytest.raises(ModelError) as caught:
        pose_networks(str(folder))
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("name", "words"), [("none.onnx", "there is no such file"), ("none", "there is no such file")])
def test_a_path_that_leads_nowhere(tmp_path, name, words):
    with pytest.raises(ModelError, match=words):
        pose_networks(str(tmp_path / name))


def test_a_network_without_an_end_is_refused(folder, monkeypatch):
    write_endless_people_network(folder / OF_PEOPLE)
    monkeypatch.setattr(module, "_TRIAL_S", 4.0)
    with pytest.raises(ModelError, match=r"cannot be run: it did not end within 4 seconds"):
        pose_networks(str(folder))


def test_a_run_on_a_frame_is_limited_too(folder, monkeypatch):
    write_endless_people_network(folder / OF_PEOPLE)
    monkeypatch.setattr(module, "_RUN_S", 0.2)
    with pytest.raises(ModelError, match=r"yolox_l\.onnx: cannot be run: .*terminate flag"):
        load(str(folder)).see(scene((640, 640), person(300, 300)))
