"""Depth that people bring along: pictures, numbers, folders, videos; and what none of them is."""

import os

import cv2
import numpy as np
import pytest

from lib_anim.errors import SettingsError
from lib_anim.features.common.depth_sources import open_depth
from lib_anim.images.frame import write_png
from lib_anim.media.encode import VideoWriter
from lib_anim.plan.plan import make_plan
from lib_anim.shot.steps import Tools
from tests.helpers import settings, shot

SIZE = (64, 48)  # (width, height), as the films of these tests
RAMP = np.linspace(0.0, 1.0, 64, dtype=np.float32)[None].repeat(48, axis=0)  # nearness: the right is near


def opened(path, **changes):
    film = {"animation_mode": "3D", "use_depth_warping": True, "max_frames": 4, "depth_map": str(path)}
    return open_depth(make_plan(settings(**{**film, **changes})), Tools())


def grey(nearness):
    return np.rint(nearness[..., None].repeat(3, axis=2) * 255).astype(np.uint8)


def write_16_bit(path):
    path.write_bytes(cv2.imencode(".png", np.rint(RAMP * 65535).astype(np.uint16))[1].tobytes())


def write_8_bit(path):
    write_png(path, grey(RAMP))


@pytest.mark.parametrize(("write", "step"), [(write_8_bit, 1 / 255), (write_16_bit, 1 / 65535)])
def test_a_picture_is_white_where_it_is_near(tmp_path, write, step):
    write(tmp_path / "depth.png")
    assert np.abs(opened(tmp_path / "depth.png").at(3) - (2.0 - RAMP)).max() <= step


@pytest.mark.parametrize(
    ("name", "save"),
    [
        ("depth.npy", np.save),
        ("depth.npy", lambda path, values: np.save(path, values.astype(np.float64)[None, :, :, None])),
        ("depth.npz", lambda path, values: np.savez(path, depth=values)),
        ("depth.npz", lambda path, values: np.savez_compressed(path, other=np.zeros(3), depth=values)),
    ],
)
def test_numbers_are_distances(tmp_path, name, save):
    metres = (3.0 + 40.0 * (1.0 - RAMP)).astype(np.float32)
    save(tmp_path / name, metres)
    assert np.abs(opened(tmp_path / name).at(0) - metres).max() < 1e-4


@pytest.mark.skipif(os.environ.get("OPENCV_IO_ENABLE_OPENEXR") != "1", reason="OpenCV reads OpenEXR only where that is set")
def test_open_exr_is_read_where_it_may_be(tmp_path):
    metres = (3.0 + 40.0 * (1.0 - RAMP)).astype(np.float32)
    cv2.imwrite(str(tmp_path / "depth.exr"), metres)
    assert np.abs(opened(tmp_path / "depth.exr").at(0) - metres).max() < 0.1


def test_what_is_no_number_is_the_farthest(tmp_path):
    metres = (1.0 + RAMP).astype(np.float32)
    metres[:10, :10], metres[-1, -1] = np.nan, np.inf
    np.save(tmp_path / "depth.npy", metres)
    found = opened(tmp_path / "depth.npy").at(0)
    assert (found[:10, :10] == 2.0).all()
    assert (found.min(), found.max()) == (1.0, 2.0)


def test_a_folder_is_read_by_frame_and_its_last_map_holds_on(tmp_path):
    for number in (2, 10, 1):
        write_png(tmp_path / f"{number}.png", grey(RAMP * np.float32(number / 10)))
    source = opened(tmp_path)
    nearest = [float(source.at(n).min()) for n in range(4)]
    assert nearest == pytest.approx([1.9, 1.8, 1.0, 1.0], abs=0.01)
    assert source.notes == ("depth_map: its 3 frames end before the film's 4; the last one holds on",)


def test_a_video_is_read_by_frame(tmp_path):
    with VideoWriter(tmp_path / "depth.mp4", SIZE, 10.0, crf=1) as video:
        for share in (1.0, 0.5, 0.25, 0.0):
            video.write(grey(RAMP * np.float32(share)))
    source = opened(tmp_path / "depth.mp4")
    assert [float(np.quantile(source.at(n), 0.02)) for n in range(4)] == pytest.approx([1.0, 1.5, 1.75, 2.0], abs=0.06)
    for close in source.close:
        close()


def test_another_size_is_brought_to_the_films(tmp_path):
    np.save(tmp_path / "depth.npy", (1.0 + RAMP[:24, :32]).astype(np.float32))
    source = opened(tmp_path / "depth.npy")
    assert source.at(0).shape == (48, 64)
    assert source.at(0).min() >= 1.0
    assert source.notes == ("depth_map: 32x24 is resized to 64x48",)


def no_numbers(path):
    np.save(path, np.full((48, 64), np.nan, np.float32))


def same_everywhere(path):
    np.save(path, np.full((48, 64), 3.0, np.float32))


def nearness(path):
    np.save(path, RAMP)


def cube(path):
    np.save(path, np.ones((4, 5, 6), np.float32))


def objects(path):
    np.save(path, np.array([{"a": 1}], object), allow_pickle=True)


def text(path):
    path.write_text("this is no picture")


def white(path):
    write_png(path, np.full((48, 64, 3), 255, np.uint8))


FLAT = "the same distance everywhere; write use_depth_warping false for a flat scene"


@pytest.mark.parametrize(
    ("name", "write", "words"),
    [
        ("a.npy", no_numbers, "there is no distance in it, only what is no number"),
        ("a.npy", same_everywhere, FLAT),
        ("a.png", white, FLAT),
        ("a.npy", nearness, "distances are above 0, and the least here is 0; nearness is read from a picture, white near"),
        ("a.npy", cube, "holds [4, 5, 6]; depth is [H, W]"),
        ("a.npy", objects, "a NumPy file that cannot be read: damaged, or not made of numbers"),
        ("a.npz", text, "a NumPy file that cannot be read: damaged, or not made of numbers"),
        ("a.exr", text, "cannot be read; OpenCV reads OpenEXR only where OPENCV_IO_ENABLE_OPENEXR=1 is set"),
        ("a.png", text, "not a picture that can be read"),
        ("a.txt", text, "not a picture that can be read"),
        ("a.mp4", text, "not a video that can be read"),
        ("folder", lambda path: path.mkdir(), "there are no pictures in this folder"),
    ],
)
def test_what_is_no_depth_is_said_on_one_line(tmp_path, name, write, words):
    write(tmp_path / name)
    with pytest.raises(SettingsError) as caught:
        shot(animation_mode="3D", use_depth_warping=True, depth_map=str(tmp_path / name))
    (problem,) = caught.value.problems
    assert problem.key == "depth_map"
    assert str(problem.reason).removeprefix(f"{tmp_path}/").startswith(f"{name}: {words}")
    assert "\n" not in str(caught.value)
