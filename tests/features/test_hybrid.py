"""Hybrid video: known motions are recovered within a pixel, and videos are mixed in where the masks say."""

import cv2
import numpy as np
import pytest

from lib_anim.engines.preview import Preview
from lib_anim.errors import SettingsError
from lib_anim.features.open import make_shot
from lib_anim.images.frame import write_png
from lib_anim.images.masks import equalized, stretched
from lib_anim.images.warp import Warp
from lib_anim.media.source_video import Film, Frames
from lib_anim.models.depth import DepthNetwork
from lib_anim.plan.plan import make_plan
from lib_anim.runs.prefetch import Prefetch
from lib_anim.shot.canvas import Canvas
from lib_anim.shot.reel import Reel, render
from lib_anim.shot.steps import Tools
from tests.features.test_video_input import off_by, textured
from tests.flow_network import write_network
from tests.helpers import Painter, noisy, problems_of, settings, shot
from tests.media.test_source_video import write_film

SIZE = WIDTH, HEIGHT = 192, 144


def turned(degrees, zoom, dx, dy):
    """The matrix that leads from a place in one frame to that in the next."""
    matrix = cv2.getRotationMatrix2D((WIDTH / 2, HEIGHT / 2), degrees, zoom)
    matrix[:, 2] += dx, dy
    return np.vstack([matrix, (0, 0, 1)])


# what the video does from each frame to the next, a matrix dst_from_src
MOVES = {
    "to the right": turned(0, 1, 4, 0),
    "up and left": turned(0, 1, -2.5, -3.25),
    "turns and grows": turned(2, 1.02, 1, 0),
    "tips": np.array([[1, 0.01, 0], [0, 1.01, -1], [0, 8e-5, 1]], float),
}


def write_moving(path, matrix, n=4):
    """A video of a texture that moves by the matrix from each frame to the next. It is cut from a larger one."""
    large = textured(3, 3 * HEIGHT, 3 * WIDTH)
    shift = np.array([[1, 0, WIDTH], [0, 1, HEIGHT], [0, 0, 1]], float)
    views = [shift @ np.linalg.inv(np.linalg.matrix_power(matrix, k)) for k in range(n)]
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    write_film(path, np.stack([cv2.warpPerspective(large, view, SIZE, flags=flags) for view in views]))


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def hybrid(**changes):
    base = {"W": WIDTH, "H": HEIGHT, "video_init_path": "video.mkv", "hybrid_flow_method": "DIS Medium", "max_frames": 4}
    return {**base, "sampling_mode": "bicubic", **changes}


def travelled(made, picture, index):
    """Where each pixel comes from in the frame filmed before, by the moves into a frame."""
    canvas = Canvas(picture)
    for step in made.steps.move:
        canvas = step(canvas, made.plan[index])
    return canvas.travel.positions if canvas.travel else Warp.identity(SIZE).positions


def expected(matrix):
    return Warp(SIZE, matrix=np.linalg.inv(matrix)).positions


def errors(seen, true):
    """How far places are off in pixels, in the middle, where both pictures show the same."""
    return np.linalg.norm(seen - true, axis=2)[24:-24, 24:-24]


METHODS = [
    *({"hybrid_motion": "Optical Flow", "hybrid_flow_method": name} for name in ("DIS Medium", "DIS Fine", "Farneback")),
    {"hybrid_motion": "Optical Flow", "hybrid_flow_consistency": True},
    {"hybrid_motion": "Perspective"},
]


@pytest.mark.parametrize("from_painted", [False, True])
@pytest.mark.parametrize("method", METHODS, ids=lambda one: " ".join(map(str, one.values())))
@pytest.mark.parametrize("move", MOVES)
def test_the_motion_of_the_video_is_recovered_within_a_pixel(here, move, method, from_painted):
    """Also from a painted picture, where Deforum's affine and perspective motions never are (a fault of it)."""
    write_moving(here / "video.mkv", MOVES[move])
    made = shot(**hybrid(**method, hybrid_motion_use_prev_img=from_painted))
    first = Film.open(here / "video.mkv").frames(SIZE)[1]
    off = errors(travelled(made, first, 2), expected(MOVES[move]))
    assert (np.median(off) < 0.5, np.percentile(off, 95) < 1.0) == (True, True), np.percentile(off, [50, 95])


@pytest.mark.parametrize("from_painted", [False, True])
@pytest.mark.parametrize("move", ["to the right", "up and left", "turns and grows"])
def test_an_affine_motion_too(here, move, from_painted):
    write_moving(here / "video.mkv", MOVES[move])
    made = shot(**hybrid(hybrid_motion="Affine", hybrid_motion_use_prev_img=from_painted))
    first = Film.open(here / "video.mkv").frames(SIZE)[1]
    assert errors(travelled(made, first, 2), expected(MOVES[move])).max() < 0.5


def test_raft_is_followed_too(here):
    pytest.importorskip("onnxruntime", reason="RAFT runs on onnxruntime")
    pytest.importorskip("onnx", reason="the networks of these tests are made with onnx")
    write_moving(here / "video.mkv", turned(0, 1, 4, -2))
    made = shot(
        **hybrid(hybrid_motion="Optical Flow", hybrid_flow_method="RAFT", flow_model=str(write_network(here / "n.onnx")))
    )
    off = travelled(made, textured(1, HEIGHT, WIDTH), 1) - expected(turned(0, 1, 4, -2))
    assert np.abs(off[36:-36, 48:-48].reshape(-1, 2).mean(0)).max() < 1.1


@pytest.mark.parametrize("kind", ["Perspective", "Affine"])
@pytest.mark.parametrize("picture", [np.full((HEIGHT, WIDTH, 3), 90, np.uint8), textured(5, HEIGHT, WIDTH)])
def test_where_nothing_is_found_again_nothing_moves(here, kind, picture):
    other = np.full((2, HEIGHT, WIDTH, 3), 90, np.uint8)
    other[1] = textured(8, HEIGHT, WIDTH)
    write_film(here / "video.mkv", other)
    made = shot(**hybrid(hybrid_motion=kind, hybrid_motion_use_prev_img=True))
    off = errors(travelled(made, picture, 1), Warp.identity(SIZE).positions)
    assert off.max() == 0


def test_the_flow_factor_scales_the_motion(here):
    write_moving(here / "video.mkv", MOVES["to the right"])
    made = shot(**hybrid(hybrid_motion="Optical Flow", hybrid_flow_factor_schedule="0:(0.5), 2:(0), 3:(-1)"))
    still = Warp.identity(SIZE).positions
    for index, px in ((1, 1.0), (2, 0.0), (3, -4.0)):
        moved = (still - travelled(made, textured(1, HEIGHT, WIDTH), index))[36:-36, 36:-36, 0]
        assert np.median(moved) == pytest.approx(px, abs=0.2), index


def test_the_motion_comes_after_the_cameras_and_pixels_are_looked_up_once(here):
    write_moving(here / "video.mkv", MOVES["to the right"])
    made = shot(**hybrid(hybrid_motion="Optical Flow", zoom="0:(2)", border="wrap"))
    picture = textured(1, HEIGHT, WIDTH)
    canvas = Canvas(picture)
    for step in made.steps.move:
        canvas = step(canvas, made.plan[1])
    assert canvas.origin is picture
    assert canvas.path.border == "wrap"
    camera = shot(W=WIDTH, H=HEIGHT, zoom="0:(2)").steps.move[0](Canvas(picture), made.plan[1]).path
    seen = camera.then(Warp(SIZE, matrix=np.linalg.inv(MOVES["to the right"]))).positions
    assert np.median(errors(canvas.path.positions, seen)) < 0.5


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("from_painted", [False, True])
def test_pictures_stay_with_the_video_in_both_directions_of_filming(here, reverse, from_painted):
    """The painter paints nothing, so all frames but the first show what moved along, cadence included."""
    write_moving(here / "video.mkv", MOVES["to the right"], 7)
    changes = {"max_frames": 7, "diffusion_cadence": 3, "reverse": reverse, "hybrid_motion_use_prev_img": from_painted}
    made = shot(**hybrid(hybrid_motion="Optical Flow", **changes))
    frames = Film.open(here / "video.mkv").frames(SIZE)
    middle = np.zeros((HEIGHT, WIDTH), bool)
    middle[30:-30, 40:-40] = True
    for rendered in render(Reel(made), Painter(lambda request: request.init)):
        assert off_by(rendered.frame, frames[rendered.index], middle) < 9, rendered.index


def test_with_consistency_what_the_video_uncovers_is_uncovered(here):
    frames = np.repeat(textured(1, HEIGHT, WIDTH)[None], 2, 0)
    patch = textured(2, 60, 60)
    frames[0, 40:100, 40:100], frames[1, 40:100, 48:108] = patch, patch
    write_film(here / "video.mkv", frames)

    def fresh(**changes):
        made = shot(**hybrid(hybrid_motion="Optical Flow", max_frames=2, **changes))
        canvas = Canvas(frames[0])
        for step in made.steps.move:
            canvas = step(canvas, made.plan[1])
        return canvas.fresh

    behind, still = (slice(50, 90), slice(42, 46)), (slice(110, 140), slice(20, 170))
    sharp, soft = fresh(hybrid_flow_consistency=True, hybrid_consistency_blur=0), fresh(hybrid_flow_consistency=True)
    assert (sharp[behind].mean() > 0.9, sharp[still].mean() < 0.05) == (True, True)
    assert set(np.unique(sharp[20:-20, 20:-20].round(3))) == {0.0, 1.0}
    assert len(np.unique(soft)) > 20
    assert fresh()[behind].mean() < 0.5


# -- the mix -----------------------------------------------------------------------------------------------------------


def grey(level):
    return np.full((HEIGHT, WIDTH, 3), level, np.uint8)


@pytest.fixture
def greys(here):
    """A video whose frames are 40, 80, 120 and 160 all over."""
    write_film(here / "video.mkv", np.stack([grey(40 * k + 40) for k in range(4)]))
    return here


def mixed(**changes):
    """The level that each frame is painted over, and the level it has then. The painter keeps what it gets."""
    engine = Painter(lambda request: grey(200) if request.init is None else request.init)
    made = shot(**hybrid(**{"hybrid_use_first_frame_as_init_image": False, **changes}))
    frames = [rendered.frame for rendered in render(Reel(made), engine)]
    inits = [None if request.init is None else round(float(request.init.mean())) for request in engine.requests]
    return inits, [round(float(frame.mean())) for frame in frames]


@pytest.mark.parametrize(
    ("changes", "inits", "frames"),
    [
        ({"hybrid_composite": "Normal"}, [None, 140, 130, 145], [200, 140, 130, 145]),
        ({"hybrid_composite": "Before Motion"}, [None, 140, 130, 145], [200, 140, 130, 145]),
        ({"hybrid_composite": "After Generation"}, [None, 200, 140, 130], [200, 140, 130, 145]),
        (
            {"hybrid_composite": "Normal", "hybrid_comp_alpha_schedule": "0:(1), 2:(0), 3:(0.25)"},
            [None, 140, 140, 145],
            [200, 140, 140, 145],
        ),
        ({"hybrid_composite": "Normal", "hybrid_use_first_frame_as_init_image": True}, [40, 60, 90, 125], [40, 60, 90, 125]),
        (
            {"hybrid_composite": "Normal", "hybrid_use_first_frame_as_init_image": True, "hybrid_use_init_image": True},
            [40, 40, 40, 40],
            [40, 40, 40, 40],
        ),
        (
            {"hybrid_composite": "Normal", "hybrid_use_init_image": True, "use_init": True, "init_image": "start.png"},
            [100, 100, 100, 100],
            [100, 100, 100, 100],
        ),
    ],
)
def test_the_video_is_mixed_in_at_its_time_and_as_much_as_scheduled(greys, changes, inits, frames):
    write_png(greys / "start.png", grey(100))
    assert mixed(**changes) == (inits, frames)


@pytest.mark.parametrize(("classic", "shift"), [(False, 0), (True, 8)])
def test_before_motion_the_mixed_picture_moves_along(here, classic, shift):
    """So the frame before is mixed in, which the motion brings to its place; Deforum moves the frame itself, too far."""
    write_moving(here / "video.mkv", turned(0, 1, 8, 0), 3)
    alone = {"hybrid_comp_alpha_schedule": "0:(1)", "max_frames": 3, "classic": classic, "hybrid_motion": "Optical Flow"}
    engine = Painter(lambda request: request.init)
    list(render(Reel(shot(**hybrid(hybrid_composite="Before Motion", **alone))), engine))
    video = Film.open(here / "video.mkv").frames(SIZE)[2]
    middle = np.zeros((HEIGHT, WIDTH), bool)
    middle[30:-30, 50:-50] = True
    assert off_by(engine.requests[2].init, np.roll(video, shift, axis=1), middle) < 8


def halves(left, right):
    picture = grey(left)
    picture[:, WIDTH // 2 :] = right
    return picture


# the mask before the mix, from a painted picture of 100 | 100 and a video of 40 | 220, in 1/255
MASKS = [
    ({"hybrid_comp_mask_type": "Difference"}, (60, 120)),
    ({"hybrid_comp_mask_type": "Blend"}, (70, 160)),
    ({"hybrid_comp_mask_type": "Blend", "hybrid_comp_mask_blend_alpha_schedule": "0:(1)"}, (40, 220)),
    ({"hybrid_comp_mask_type": "Difference", "hybrid_comp_mask_inverse": True}, (195, 135)),
    ({"hybrid_comp_mask_type": "Difference", "hybrid_comp_mask_contrast_schedule": "0:(2)"}, (30, 150)),
    ({"hybrid_comp_mask_type": "Difference", "hybrid_comp_mask_auto_contrast": True}, (0, 255)),
    (
        {"hybrid_comp_mask_type": "Difference", "hybrid_comp_mask_auto_contrast": True, "hybrid_comp_mask_inverse": True},
        (255, 0),
    ),
    ({"hybrid_comp_mask_type": "Difference", "hybrid_comp_mask_equalize": "After"}, (0, 255)),
]


@pytest.mark.parametrize(("changes", "levels"), MASKS)
def test_masks_keep_the_painted_picture_where_they_are_white(here, changes, levels):
    write_film(here / "video.mkv", np.stack([halves(40, 220)] * 2))
    engine = Painter(lambda request: grey(100))
    made = shot(**hybrid(hybrid_composite="Normal", hybrid_comp_alpha_schedule="0:(1)", max_frames=2, **changes))
    list(render(Reel(made), engine))
    seen = [int(engine.requests[1].init[70, x, 0]) for x in (10, WIDTH - 10)]
    kept = [level / 255 for level in levels]
    assert seen == pytest.approx([kept[0] * 100 + (1 - kept[0]) * 40, kept[1] * 100 + (1 - kept[1]) * 220], abs=2)


def test_a_mask_of_one_value_stays_as_it_is():
    """Stretching it would divide by 0."""
    flat = np.full((8, 8), 0.4, np.float32)
    assert stretched(flat, 0, 100) == pytest.approx(0.4)
    assert equalized(flat) == pytest.approx(0.4, abs=1 / 255)
    ramp = np.linspace(0.2, 0.6, 64, dtype=np.float32).reshape(8, 8)
    assert (stretched(ramp, 0, 100).min(), stretched(ramp, 0, 100).max()) == (0, 1)
    assert (stretched(ramp, 50, 100) == 0).mean() == pytest.approx(0.5, abs=0.02)
    assert equalized(ramp).mean() == pytest.approx(0.5, abs=0.03)


def near_on_the_left(frame):
    """A depth model that finds everything left of the middle near."""
    nearness = np.zeros(frame.shape[:2], np.float32)
    nearness[:, : frame.shape[1] // 2] = 1.0
    return nearness


@pytest.mark.parametrize("kind", ["Depth", "Video Depth"])
@pytest.mark.parametrize("mode", ["2D", "3D"])
def test_with_depth_the_video_is_mixed_in_where_it_is_near(greys, kind, mode):
    engine = Painter(lambda request: grey(200))
    tools = Tools(Painter.capabilities, depth=lambda name: DepthNetwork("a test's", near_on_the_left))
    changes = {"hybrid_composite": "Normal", "hybrid_comp_mask_type": kind, "hybrid_comp_alpha_schedule": "0:(1)"}
    still = {"animation_mode": mode, "translation_z": "0:(0)", "use_depth_warping": True}
    list(render(Reel(shot(tools, **hybrid(**changes, **still))), engine))
    assert [int(engine.requests[1].init[70, x, 0]) for x in (10, WIDTH - 10)] == [80, 200]


def test_what_a_mix_reads_is_closed_with_the_film(greys, monkeypatch):
    """The depth of the scene can be a video too."""
    depth = np.zeros((4, HEIGHT, WIDTH, 3), np.uint8)
    depth[:, :, : WIDTH // 2] = 255
    write_film("depth.mkv", depth)
    closed, close = [], Frames.close
    monkeypatch.setattr(Frames, "close", lambda frames: (closed.append(frames._film.path.name), close(frames)))
    changes = {"hybrid_composite": "Normal", "hybrid_comp_mask_type": "Depth", "animation_mode": "3D", "depth_map": "depth.mkv"}
    for one in shot(**hybrid(**changes)).steps.close:
        one()
    assert sorted(closed) == ["depth.mkv", "depth.mkv", "video.mkv"]  # the camera reads the depth too


@pytest.mark.parametrize(
    "changes", [{"hybrid_comp_mask_type": "Video Depth"}, {"hybrid_comp_mask_type": "Depth", "hybrid_motion": "Affine"}]
)
def test_a_depth_model_is_not_asked_for_where_nothing_is_mixed(greys, changes):
    """Deforum loads it whenever the mask's type says so (a fault of it)."""
    asked = []
    shot(Tools(depth=asked.append), **hybrid(**changes, hybrid_composite="None"))
    assert asked == []


def test_a_depth_that_nothing_gives_is_said_and_the_film_can_be_made_without_the_mask(greys):
    changes = hybrid(hybrid_composite="Normal", hybrid_comp_mask_type="Video Depth")
    with pytest.raises(SettingsError) as error:
        shot(**changes)
    said = "hybrid_comp_mask_type: Video Depth needs a depth model; write Blend, Difference or None, or go on without it: "
    assert problems_of(error) == [f"{said}--allow-missing"]
    made = make_shot(make_plan(settings(**changes)), allow_missing=True)
    assert [note for note in made.notes if "Video Depth" in note] == [f"left out: {said}--allow-missing"]
    assert dict(made.features)["hybrid"].prepare


def test_a_start_picture_that_is_to_be_mixed_in_and_is_not_there_is_said(greys):
    with pytest.raises(SettingsError) as error:
        shot(**hybrid(hybrid_composite="Normal", hybrid_use_init_image=True, hybrid_use_first_frame_as_init_image=False))
    assert problems_of(error) == [
        "hybrid_use_init_image: there is no start picture to mix in; choose one with use_init and init_image"
    ]


def test_the_first_frame_of_the_video_is_painted_over_with_the_start_strength(greys):
    engine = Painter(noisy)
    list(render(Reel(shot(**hybrid(hybrid_composite="Normal", strength=0.7, use_init=True))), engine))
    assert (engine.requests[0].init.mean(), engine.requests[0].denoise) == (40, pytest.approx(0.3))


@pytest.mark.parametrize("prefetch", [False, True])
@pytest.mark.parametrize("motion", ["Optical Flow", "Perspective"])
def test_stopped_and_restored_it_goes_on_alike_and_ahead_is_as_in_line(here, motion, prefetch):
    write_moving(here / "video.mkv", MOVES["turns and grows"], 8)
    changes = hybrid(hybrid_motion=motion, hybrid_composite="After Generation", diffusion_cadence=2, max_frames=8)
    whole = list(render(Reel(shot(**changes)), Painter(noisy)))
    reel, again = Reel(shot(**changes)), Prefetch() if prefetch else None
    for _ in range(2):
        list(reel.take(Painter(noisy).sample_take(reel.ask())))
    other = Reel(shot(Tools(prefetch=again), **changes))
    other.restore(reel.state())
    rest = list(render(other, Painter(noisy)))
    assert [one.index for one in rest] == [3, 4, 5, 6, 7]
    assert all(np.array_equal(one.frame, whole[one.index].frame) for one in rest)
    if again:
        again.close()


def test_the_preview_shows_the_mix(greys):
    made = shot(Tools(Preview.capabilities), **hybrid(hybrid_composite="Normal", hybrid_comp_alpha_schedule="0:(1)"))
    frames = [rendered.frame for rendered in render(Reel(made), Preview())]
    assert [int(np.median(frame)) for frame in frames] == [40, 80, 120, 160]


def test_where_the_video_stops_nothing_is_moved_and_mixed(greys):
    engine = Painter(lambda request: request.init)
    changes = {"hybrid_composite": "Normal", "hybrid_motion": "Affine", "max_frames": 6, "video_at_end": "stop"}
    list(render(Reel(shot(**hybrid(**changes))), engine))
    assert [round(float(request.init.mean())) for request in engine.requests] == [40, 60, 90, 125, 125, 125]
