"""Live photos: the settings of a film that brings one picture to life."""

import numpy as np
import pytest
from PIL import Image

from lib_anim.engines.preview import Passthrough
from lib_anim.errors import SettingsError
from lib_anim.features.open import make_shot
from lib_anim.images.test_card import test_card as card
from lib_anim.jobs.live import PAINTERS, LivePhoto, fitted, live_settings
from lib_anim.plan.plan import make_plan
from lib_anim.settings.table import ROTATION, TRANSLATION
from lib_anim.shot.steps import Tools

SIDES = {  # of a photo -> of its film
    (1024, 576): (1024, 576),
    (4000, 3000): (888, 664),
    (3000, 4000): (664, 888),
    (641, 427): (640, 424),
    (10, 10): (64, 64),
    (20_000, 30): (2048, 64),
}


@pytest.fixture
def photo(tmp_path):
    path = tmp_path / "photo.png"
    Image.fromarray(card((160, 96))).save(path)
    return str(path)


@pytest.fixture
def depth(tmp_path):
    """White in the middle, so that it is near."""
    y, x = np.mgrid[-1:1:96j, -1:1:160j]
    Image.fromarray((255 * (np.hypot(x, y) < 0.5)).astype(np.uint8)).save(tmp_path / "depth.png")
    return str(tmp_path / "depth.png")


def views(photo, depth, **asked):
    """The canvases of all frames, and the settings."""
    settings = live_settings(LivePhoto(photo, (160, 96), depth=depth, **{"seconds": 1, "fps": 12, **asked}))
    made = make_shot(make_plan(settings), Tools(Passthrough.capabilities))
    (see,) = dict(made.features)["still_scene"].start
    return [see(made.plan[n]) for n in range(made.plan.timeline.n_frames)]


def ways(canvases):
    """How far every pixel is read from its own place."""
    own = np.stack(np.meshgrid(np.arange(160), np.arange(96)), axis=-1)
    return np.array([np.zeros(own.shape) if one.path is None else one.path.positions - own for one in canvases])


@pytest.mark.parametrize(("sides", "size"), SIDES.items())
def test_any_size_is_fitted(sides, size):
    assert fitted(sides) == size


def test_the_film_goes_round_without_a_jump(photo, depth):
    """The way into each frame; that into frame 0, from the last one, is no longer than its neighbours."""
    step = np.abs(np.diff(ways(views(photo, depth)), axis=0, append=0.0)).max(axis=(1, 2, 3))
    assert step[-1] <= 1.1 * step[0]
    assert step.max() > 4 * step[0]  # it begins slowly


def test_there_and_back_begins_at_the_photo_and_turns_far_from_it(photo, depth):
    way = np.abs(ways(views(photo, depth, ping_pong=True))).max(axis=(1, 2, 3))
    assert way[0] == 0.0
    assert way[-1] > 0.5 * way.max()


@pytest.mark.parametrize("motion", [1, 127, 255])
@pytest.mark.parametrize(("noise", "guidance"), [(0, 1), (0, 10), (0.02, 3), (0.1, 10), (1, 1)])
def test_no_border_of_the_photo_is_seen(photo, depth, motion, noise, guidance):
    for canvas in views(photo, depth, motion=motion, noise=noise, guidance=guidance, fps=24):
        if canvas.path is not None:
            x, y = canvas.path.positions[..., 0], canvas.path.positions[..., 1]
            assert min(x.min(), y.min(), 159 - x.max(), 95 - y.max()) > -0.5


def test_motion_is_how_far_it_goes(photo, depth):
    far = [np.abs(ways(views(photo, depth, motion=motion, noise=0))).max() for motion in (0, 127, 254)]
    assert far[0] == 0.0
    assert far[2] == pytest.approx(2 * far[1], rel=0.2)


def test_guidance_is_how_clearly_near_things_part_from_far_ones(photo, depth):
    def parted(guidance):
        way = ways(views(photo, depth, guidance=guidance))[4, ..., 0]
        return abs(way[48, 80] - (way[48, 4] + way[48, 155]) / 2)

    assert parted(1) < parted(3) < parted(10)


def test_noise_is_how_freely_it_strays(photo, depth):
    def up_and_down(noise):
        return np.abs(ways(views(photo, depth, noise=noise))[:, 48, 80, 1]).max()

    assert up_and_down(0) < 0.1 < up_and_down(0.1) < up_and_down(1)


def test_a_painter_paints_over_the_moved_photo(photo):
    wanted = {(0, 3): 0.15, (0.02, 3): 0.2, (0.1, 8): 0.4, (1, 10): 0.75}  # noise and guidance -> denoise
    for (noise, guidance), denoise in wanted.items():
        settings = live_settings(LivePhoto(photo, (160, 96), noise=noise, guidance=guidance, painter="img2img", prompt="a"))
        plan = make_plan(settings)
        assert 1 - plan.strength(5) == pytest.approx(denoise)
        assert plan[5].number("cfg_scale_schedule") == guidance
        assert settings["seed_behavior"] == "fixed"
        assert plan.prompts[5].positives[0][0] == "a"


@pytest.mark.parametrize("painter", PAINTERS)
def test_the_camera_is_the_same_for_all_painters(photo, painter):
    one, other = (live_settings(LivePhoto(photo, (160, 96), painter=name)) for name in ("parallax", painter))
    assert all(one[key] == other[key] for key in (*TRANSLATION, *ROTATION))


def test_nothing_but_the_painter_changes_the_photo(photo):
    made = make_shot(make_plan(live_settings(LivePhoto(photo, (160, 96)))), Tools(Passthrough.capabilities))
    assert [name for name, _ in made.features] == ["still_scene", "prompts", "seeds", "sampling", "strength"]


BAD = {
    ("motion", 256): "motion: 256 is not from 0 to 255",
    ("motion", -1): "motion: -1 is not from 0 to 255",
    ("noise", float("nan")): "noise: nan is not from 0 to 1",
    ("guidance", 0): "guidance: 0 is not from 1 to 10",
    ("seconds", 0): "seconds: 0 is not from 0 to 60",
    ("seconds", 61): "seconds: 61 is not from 0 to 60",
}


@pytest.mark.parametrize(("given", "text"), BAD.items())
def test_numbers_out_of_range_are_named(photo, given, text):
    name, value = given
    with pytest.raises(SettingsError, match=text):
        live_settings(LivePhoto(photo, (160, 96), **{name: value}))


def test_all_that_is_wrong_is_told_at_once(photo):
    with pytest.raises(SettingsError) as caught:
        live_settings(LivePhoto(photo, (160, 96), motion=300, guidance=11))
    assert [problem.key for problem in caught.value.problems] == ["motion", "guidance"]
