"""The small depth network: its drawings, its training, and what it sees in pictures that it never saw."""

import numpy as np
import pytest
import torch

from lib_anim.engines.base import Capabilities
from lib_anim.engines.catalog import EngineSpec
from lib_anim.engines.diffusers.checkpoint import BUNDLED
from lib_anim.models.depth import SMALL, small_network
from lib_anim.models.depth_net import layers, nearness
from lib_anim.shot.canvas import Canvas
from lib_anim.shot.reel import Reel, render
from lib_anim.shot.steps import Tools
from tests.helpers import Painter, shot
from tools.tiny_model import depth as tool
from tools.tiny_model.canvas import View
from tools.tiny_model.depth_drawings import (
    ITEM,
    WALL,
    choose_landscape,
    choose_scene,
    draw_window,
    draw_with_depth,
    land_nearness,
)
from tools.tiny_model.draw import draw
from tools.tiny_model.evaluate_depth import correlations, rank_correlation, unseen
from tools.tiny_model.export import load_folder
from tools.tiny_model.landscape import Land
from tools.tiny_model.objects import choose_shapes, item_mask
from tools.tiny_model.train_depth import DepthNet, DepthRecipe, Size, round_trip


def seed(n):
    return np.random.default_rng(n)


# -- drawings -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ground", ["sea", "lake", "hills", "mountains", "forest", "desert", "city", "field"])
def test_the_sky_is_farthest_and_the_foreground_nearest(ground):
    near = land_nearness(Land("day", 0.5, ground, horizon=0.55, seed=3), View(96, 128))
    assert near[0].max() == 0.0
    assert near[-1].mean() > 0.8
    rows = near.mean(axis=1)[56:]  # below the horizon
    assert rank_correlation(rows, np.arange(len(rows))) > 0.95


@pytest.mark.parametrize(
    ("thing", "ground", "low", "high"),
    [
        ("house", "field", 0.4, 0.6),
        ("boat", "sea", 0.2, 0.6),
        ("balloon", "hills", 0.35, 0.35),
        ("cactus", "desert", 0.55, 0.95),
    ],
)
def test_a_thing_is_as_near_as_where_it_stands(thing, ground, low, high):
    land = Land("day", 0.5, ground, thing=thing, thing_colour="red", horizon=0.55, seed=3)
    view = View(96, 128)
    with_it, without = (land_nearness(one, view) for one in (land, Land("day", 0.5, ground, horizon=0.55, seed=3)))
    changed = with_it[(with_it != without) & (with_it > 0)]
    assert changed.size > 20
    assert low - 0.01 <= np.median(changed) <= high + 0.01


def test_shapes_stand_before_a_wall():
    scene, view = choose_shapes(seed(2)), View(64, 64)
    near = draw_with_depth(scene, 64, 64).nearness
    covered = np.max([item_mask(view, item) for item in scene.items], axis=0) > 0.5
    assert np.array_equal(near, np.where(covered, np.float32(ITEM), np.float32(WALL)))


def test_a_drawing_is_the_same_picture_as_without_depth():
    scene = choose_landscape(seed(5))
    assert np.array_equal(draw_with_depth(scene, 64, 96).picture, draw(scene, 64, 96))


def test_windows_have_the_size_that_is_asked_for():
    rng = seed(1)
    for _ in range(8):
        window = draw_window(choose_scene(rng), 48, 80, rng)
        assert (window.picture.shape, window.nearness.shape) == ((48, 80, 3), (48, 80))
        assert window.picture.dtype == np.uint8
        assert 0.0 <= window.nearness.min() <= window.nearness.max() <= 1.0


# -- the network ----------------------------------------------------------------------------------------------------------


def test_it_is_small():
    net = DepthNet()
    assert sum(value.numel() for value in net.parameters()) < 500_000
    assert SMALL.stat().st_size < 2**20
    names = {f"{name}.{part}" for name in layers() for part in ("weight", "bias")}
    assert set(net.weights()) == names


@pytest.mark.parametrize(("height", "width"), [(64, 64), (48, 80), (160, 16)])
def test_it_takes_pictures_of_many_sizes(height, width):
    with torch.no_grad():
        assert nearness(DepthNet().weights(), torch.zeros(2, 3, height, width)).shape == (2, 1, height, width)


def test_training_goes_on_where_it_was(tmp_path, monkeypatch):
    few = DepthRecipe(steps=4, sizes=(Size(32, 32, 3, 2), Size(32, 48, 2, 1)), turns=(0, 1))
    monkeypatch.setattr(tool, "DepthRecipe", lambda: few)
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    tool.main(["train", "--out", str(whole), "--pictures", "1"])
    monkeypatch.setattr(tool, "DepthRecipe", lambda: DepthRecipe(**{**vars(few), "steps": 2}))
    tool.main(["train", "--out", str(broken), "--pictures", "1"])
    monkeypatch.setattr(tool, "DepthRecipe", lambda: few)
    tool.main(["train", "--out", str(broken), "--pictures", "1", "--resume"])
    one, other = (torch.load(folder / "depth.pt", weights_only=True) for folder in (whole, broken))
    assert one["step"] == other["step"] == 4
    finished = (whole / "depth.safetensors").read_bytes()
    tool.main(["export", "--out", str(whole), "--pictures", "1"])
    assert (whole / "depth.safetensors").read_bytes() == finished


# -- what it sees ---------------------------------------------------------------------------------------------------------


def test_rank_correlation():
    ramp = np.arange(12.0).reshape(3, 4)
    assert rank_correlation(ramp, ramp**3) == pytest.approx(1.0)
    assert rank_correlation(ramp, -ramp) == pytest.approx(-1.0)
    ties = np.array([[0.0, 0.0, 1.0, 2.0]])
    assert rank_correlation(ties, np.array([[0.0, 1.0, 2.0, 3.0]])) == pytest.approx(0.9487, abs=1e-3)  # as SciPy says


@pytest.mark.parametrize("decoded", [False, True])
def test_it_orders_the_pixels_of_unseen_pictures(decoded):
    vae = load_folder(BUNDLED)[2]
    pictures = unseen(12, 128, 128)
    found = correlations(small_network().see, pictures, lambda one: round_trip(vae, one[None])[0] if decoded else one)
    assert found.mean() > 0.95
    assert found.min() > 0.85


def test_the_small_painter_has_it_without_being_asked():
    words = EngineSpec("diffusers").capabilities().words
    made = shot(Tools(Capabilities(words=words)), animation_mode="3D")
    assert "estimated by the small network that comes along" in dict(made.features)["camera_3d"].does
    another = EngineSpec("diffusers", model="another.safetensors").capabilities().words
    assert "small_world" not in another


def test_near_layers_move_more_than_far_ones():
    """Of a landscape that the camera passes sideways, the rows are moved by more the nearer they are drawn."""
    drawing = draw_with_depth(Land("day", 0.5, "hills", horizon=0.5, seed=8), 128, 128)
    changes = {"animation_mode": "3D", "translation_x": "0:(12)", "translation_z": "0:(0)", "W": 128, "H": 128}
    tools = Tools(Capabilities(words=frozenset({"small_world", "soft_mask"})))
    reel = Reel(shot(tools, max_frames=2, **changes))
    list(render(reel, painter := Painter(lambda _: drawing.picture)))
    made = shot(tools, max_frames=2, **changes)
    canvas = made.steps.finish[0](Canvas(drawing.picture), None, made.plan[0])
    ways = np.arange(128) - made.steps.move[0](canvas, made.plan[1]).path.positions[..., 0]
    assert np.array_equal(painter.requests[1].moved, made.steps.move[0](canvas, made.plan[1]).frame)
    moved, drawn = -ways[:, 16:112].mean(axis=1), drawing.nearness.mean(axis=1)
    assert rank_correlation(moved, drawn) > 0.9
    assert moved[-8:].mean() > 1.5 * moved[:8].mean()
