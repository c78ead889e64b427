"""Depth of the scene in 3D: estimated once for each painted picture, carried along by the camera's moves."""

import numpy as np
import pytest

from lib_anim.runs.film import film
from lib_anim.runs.folder import RunFolder
from lib_anim.shot.reel import Reel, render
from lib_anim.shot.steps import Tools
from tests.helpers import Painter, settings, shot

HALVES = np.where(np.arange(64) < 32, 1.0, 2.0).astype(np.float32)[None].repeat(48, axis=0)  # near at the left


class Estimate:
    """The left half is near, the right one far, whatever the picture; remembers which pictures it was asked about."""

    def __init__(self):
        self.pictures = []

    def __call__(self, frame):
        self.pictures.append(frame)
        return HALVES


def in_3d(estimate, **changes):
    camera = {"animation_mode": "3D", "translation_x": "0:(10)", "translation_z": "0:(0)", "sampling_mode": "bilinear"}
    return shot(
        Tools(depth=lambda name: estimate if name == "halves" else None), **{**camera, "depth_algorithm": "halves", **changes}
    )


def textured(request):
    return np.random.default_rng(request.index).integers(0, 256, (48, 64, 3), np.uint8)


def test_near_things_move_more_than_far_ones():
    asked = (painter := Painter(textured)).requests
    list(render(Reel(in_3d(Estimate(), max_frames=2)), painter))
    flat = {half: asked_of(half) for half in (1.0, 2.0)}
    assert np.array_equal(asked[1].init[:, :16], flat[1.0][:, :16])  # as a scene that is near everywhere moves
    assert np.array_equal(asked[1].init[:, 44:], flat[2.0][:, 44:])
    assert not np.array_equal(flat[1.0], flat[2.0])


def test_a_negative_weight_turns_the_relief_inside_out():
    """What is near moves as what is far did, to the pixel; 0 and more leave it."""

    def second(estimate, **changes):
        list(render(Reel(in_3d(estimate, max_frames=2, **changes)), painter := Painter(textured)))
        return painter.requests[1].init

    turned = second(Estimate(), midas_weight=-1)
    assert np.array_equal(turned, second(lambda _: np.float32(3.0) - HALVES))
    assert np.array_equal(turned[:, :16], asked_of(2.0)[:, :16])
    assert np.array_equal(turned[:, 44:], asked_of(1.0)[:, 44:])
    assert np.array_equal(second(Estimate(), midas_weight=0), second(Estimate()))


@pytest.mark.parametrize(("weight", "turned"), [(0.2, False), (-0.2, True)])
def test_a_depth_picture_is_turned_too(weight, turned):
    nearness = 2.0 - HALVES  # white, 1, at the left
    moved = {}
    for name, picture in {"picture": nearness, "turned": 1.0 - nearness}.items():
        made = shot(
            Tools(grey=lambda _, picture=picture: picture),
            **{"animation_mode": "3D", "translation_x": "0:(10)", "translation_z": "0:(0)", "max_frames": 2},
            depth_map="picture.png",
            midas_weight=weight if name == "picture" else 0.2,
        )
        list(render(Reel(made), painter := Painter(textured)))
        moved[name] = painter.requests[1].init
    assert np.array_equal(moved["picture"], moved["turned"]) is turned


def asked_of(distance):
    painter = Painter(textured)
    list(render(Reel(in_3d(lambda _: np.full((48, 64), distance, np.float32), max_frames=2)), painter))
    return painter.requests[1].init


@pytest.mark.parametrize("cadence", [1, 3])
def test_each_painted_picture_is_estimated_once_by_both_threads(tmp_path, cadence):
    estimate = Estimate()
    made, folder = in_3d(estimate, max_frames=12, diffusion_cadence=cadence), RunFolder.create(tmp_path, "film", settings())
    film(made, Painter(textured), folder, video=False)
    folder.close()
    carried = [span.painted for span in made.plan.spans if span.painted < 11]  # nothing comes after the last frame
    assert len(estimate.pictures) == len(carried)
    for index, picture in zip(carried, estimate.pictures, strict=True):
        assert np.array_equal(picture, np.random.default_rng(index).integers(0, 256, (48, 64, 3), np.uint8))


@pytest.mark.parametrize("changes", [{"use_depth_warping": False}, {"depth_algorithm": "another"}, {"animation_mode": "2D"}])
def test_nobody_is_asked_where_depth_is_off(changes):
    estimate = Estimate()
    made = in_3d(estimate, max_frames=3, **changes)
    list(render(Reel(made), Painter(textured)))
    assert estimate.pictures == []
    assert any("no depth model" in note for note in made.notes) == (changes == {"depth_algorithm": "another"})


def test_a_depth_picture_goes_before_the_model():
    estimate = Estimate()
    tools = Tools(depth=lambda _: estimate, grey=lambda _: 2.0 - HALVES)
    made = shot(tools, max_frames=3, animation_mode="3D", depth_map="picture.png")
    list(render(Reel(made), Painter(textured)))
    assert estimate.pictures == []


def test_where_the_camera_stops_is_told_with_the_first_frame():
    made = shot(animation_mode="3D", translation_z="0:(0), 5:(300)")
    assert "translation_z, frame 4: the camera would pass through the scene; it stops in front of it" in made.notes
