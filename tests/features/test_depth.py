"""Depth of the scene in 3D: estimated once for each painted picture, carried along by the camera's moves."""

import numpy as np
import pytest

from lib_anim.engines.base import Capabilities
from lib_anim.engines.preview import Preview
from lib_anim.features.common.distances import SteadyDepth
from lib_anim.images.camera import move_2d, move_3d
from lib_anim.images.depth import equalised
from lib_anim.images.frame import read_grey
from lib_anim.models.depth import DepthNetwork
from lib_anim.runs.film import film
from lib_anim.runs.folder import RunFolder
from lib_anim.runs.states import pack, unpack
from lib_anim.shot.canvas import Canvas
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


def network(estimate, metric=True):
    return DepthNetwork("halves", estimate, metric)


def in_3d(estimate, **changes):
    camera = {"animation_mode": "3D", "translation_x": "0:(10)", "translation_z": "0:(0)", "sampling_mode": "bilinear"}
    tools = Tools(depth=lambda name: network(estimate) if name == "halves" else None)
    return shot(tools, **{**camera, "depth_algorithm": "halves", **changes})


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
    tools = Tools(depth=lambda _: network(estimate), grey=lambda _: 2.0 - HALVES)
    made = shot(tools, max_frames=3, animation_mode="3D", depth_map="picture.png")
    list(render(Reel(made), Painter(textured)))
    assert estimate.pictures == []


def test_where_the_camera_stops_is_told_with_the_first_frame():
    made = shot(animation_mode="3D", translation_z="0:(0), 5:(300)")
    assert "translation_z, frame 4: the camera would pass through the scene; it stops in front of it" in made.notes


# -- over time ------------------------------------------------------------------------------------------------------------


def floor(size=(48, 64)):
    """A floor that comes nearer, with a post before it, as nearness in levels of grey."""
    nearness = np.linspace(0.1, 0.8, size[0], dtype=np.float32)[:, None].repeat(size[1], axis=1)
    nearness[8:40, 20:30] = 0.9
    return nearness


def as_picture(nearness):
    return np.rint(nearness[..., None].repeat(3, axis=2) * 255).astype(np.uint8)


class Grey:
    """Sees what is bright as near; with `wobbles`, with another gain and zero each time."""

    def __init__(self, wobbles=False):
        self.rng = np.random.default_rng(3) if wobbles else None

    def __call__(self, frame):
        gain, zero = (1.0, 0.0) if self.rng is None else (self.rng.uniform(0.3, 4.0), self.rng.uniform(-50, 50))
        return (frame[..., 0] / np.float32(255.0) * gain + zero).astype(np.float32)


def carried(wobbles, n=6):
    """The distances of a picture that is moved and painted as it is, picture by picture."""
    steady, step = SteadyDepth(network(Grey(wobbles), metric=False)), move_2d((64, 48), translate_px=(1.5, 0.0))
    canvas, moved, found = Canvas(as_picture(floor())), None, []
    for index in range(n):
        frame = canvas.frame.copy()
        if index >= 3:
            frame[:6, :20] = 255  # something near appears
        distance = steady.take(frame, moved)
        found.append(distance)
        canvas = Canvas(frame).with_depth(lambda _, distance=distance: distance)
        moved = canvas.moved(step)
        canvas = Canvas(moved.frame)
    return np.array(found)


def test_a_model_whose_scale_wobbles_gives_the_same_distances():
    still, wobbling = carried(wobbles=False), carried(wobbles=True)
    assert np.abs(wobbling / still - 1.0).max() < 0.03
    assert np.abs(np.diff(wobbling[:, 40:, 40:], axis=0)).max() < 0.05  # what stays there stays as far
    grey = Grey(wobbles=True)
    alone = np.array([grey(as_picture(floor())) for _ in range(6)])
    assert np.abs(alone / alone[0] - 1.0).max() > 0.5  # which it does not by itself


def in_a_film(wobbles, **changes):
    camera = {"animation_mode": "3D", "translation_x": "0:(4)", "translation_z": "0:(1)", "max_frames": 6}
    made = shot(Tools(depth=lambda _: network(Grey(wobbles), metric=False)), **{**camera, "diffusion_cadence": 1, **changes})
    painter = Painter(lambda request: as_picture(floor()) if request.init is None else request.init)
    return np.array([rendered.frame for rendered in render(Reel(made), painter)])


def test_a_film_by_a_wobbling_model_is_that_by_a_steady_one():
    assert np.abs(in_a_film(True).astype(int) - in_a_film(False)).mean() < 1.0


@pytest.mark.parametrize("cadence", [1, 3])
@pytest.mark.parametrize("classic", [False, True])
def test_a_resumed_film_is_the_same_to_the_byte(cadence, classic):
    """The state goes through its file after every span, into a reel of its own."""

    def reel():
        changes = {"diffusion_cadence": cadence, "max_frames": 8, "classic": classic, "color_coherence": "LAB"}
        camera = {"animation_mode": "3D", "translation_x": "0:(4)", "translation_z": "0:(1)"}
        return Reel(shot(Tools(depth=lambda _: network(Grey(), metric=False)), **camera, **changes))

    def paint(request):
        noise = np.random.default_rng(request.index).integers(0, 30, (48, 64, 3), np.uint8)
        return (as_picture(floor()) if request.init is None else request.init) // 2 + 60 + noise

    whole = [rendered.frame for rendered in render(reel(), Painter(paint))]
    now, parts = reel(), []
    while (take := now.ask()) is not None:
        parts += [rendered.frame for rendered in now.take(Painter(paint).sample_take(take))]
        state, now = unpack(pack(now.state())), reel()
        now.restore(state)
    assert len(parts) == len(whole) == 8
    assert all(np.array_equal(one, other) for one, other in zip(parts, whole, strict=True))


def test_classic_depth_is_equalised_and_warped_as_deforum_does():
    picture = as_picture(floor())
    made = shot(
        Tools(depth=lambda _: network(Grey(), metric=False)),
        **{"animation_mode": "3D", "translation_x": "0:(10)", "translation_z": "0:(0)", "max_frames": 2},
        classic=True,
    )
    list(render(Reel(made), painter := Painter(lambda _: picture)))
    distance = equalised(Grey()(picture), far_is_great=False)
    expected = move_3d((64, 48), translate=(10.0, 0.0, 0.0), depth=distance, sampling="nearest")(picture)
    assert np.array_equal(painter.requests[1].moved, expected)


# -- saved ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("cadence", [1, 3])
def test_the_depth_of_every_frame_is_saved_beside_it(tmp_path, cadence):
    made = in_3d(Estimate(), max_frames=5, diffusion_cadence=cadence, save_depth_maps=True)
    folder = RunFolder.create(tmp_path, "film", settings())
    film(made, Painter(textured), folder, video=False)
    folder.close()
    files = sorted((folder.path / "depth").iterdir())
    assert [path.name for path in files] == [f"{n:09d}.png" for n in range(5)]
    near = [read_grey(path) for path in files]
    assert np.abs(near[0] - (2.0 - HALVES)).max() < 1e-4
    assert all((one[:, :8] > 0.99).all() and (one[:, 48:] < 0.01).all() for one in near)


def test_a_depth_picture_is_saved_too_and_nothing_where_the_scene_is_flat(tmp_path):
    tools = Tools(grey=lambda _: 2.0 - HALVES)
    for name, changes in {"picture": {"depth_map": "picture.png"}, "flat": {}}.items():
        made = shot(tools, max_frames=2, animation_mode="3D", save_depth_maps=True, **changes)
        folder = RunFolder.create(tmp_path, name, settings())
        film(made, Painter(textured), folder, video=False)
        folder.close()
        assert (folder.path / "depth").is_dir() == (name == "picture")


# -- previews -------------------------------------------------------------------------------------------------------------


def previewed(estimate, **changes):
    """A preview over a start picture of stripes."""
    capabilities = Capabilities(words=Preview.capabilities.words)
    tools = Tools(capabilities, picture=lambda _: STRIPES, depth=lambda name: network(estimate) if name == "halves" else None)
    camera = {"animation_mode": "3D", "translation_x": "0:(8)", "translation_z": "0:(0)", "strength_schedule": "0:(1)"}
    return shot(
        tools, **{**camera, "strength": 1, "depth_algorithm": "halves", "use_init": True, "init_image": "a.png", **changes}
    )


STRIPES = np.where(np.arange(64) // 4 % 2, 255, 0).astype(np.uint8)[None, :, None].repeat(48, axis=0).repeat(3, axis=2)


@pytest.mark.parametrize("changes", [{}, {"classic": True}, {"diffusion_cadence": 3}])
def test_a_preview_sees_its_start_picture_once_and_near_things_move_more(changes):
    film = previewed(estimate := Estimate(), max_frames=7, border="wrap", **changes)
    frames = [one.frame for one in render(Reel(film), Preview())]
    flat = [
        one.frame for one in render(Reel(previewed(Estimate(), max_frames=7, use_depth_warping=False, **changes)), Preview())
    ]
    assert len(estimate.pictures) == 1
    assert np.array_equal(estimate.pictures[0], STRIPES)
    apart = [np.abs(one[4:20].astype(int) - other[4:20]).mean(axis=(0, 2)) for one, other in zip(frames, flat, strict=True)]
    assert apart[0].max() == 0
    for columns in apart[2:]:  # a flat scene is as near as the left half
        assert columns[:16].max() < 1 < columns[44:].max()


@pytest.mark.parametrize(("changes", "said"), [({"use_init": False}, True), ({}, False)])
def test_a_preview_without_a_picture_says_that_it_is_flat(changes, said):
    film = previewed(estimate := Estimate(), **changes)
    list(render(Reel(film), Preview()))
    assert (len(estimate.pictures) == 0, any("the preview is flat" in note for note in film.notes)) == (said, said)
