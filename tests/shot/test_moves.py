"""A film that is filmed backwards: its order, its moves, and that all the rest stays at its frames. Moves computed ahead."""

import json
import threading
from dataclasses import replace

import numpy as np
import pytest

from lib_anim.engines.preview import Passthrough
from lib_anim.errors import FieldError
from lib_anim.features.camera import camera_3d
from lib_anim.features.common.camera_path import moves
from lib_anim.images import camera
from lib_anim.images.frame import write_png
from lib_anim.images.test_card import test_card as card
from lib_anim.jobs import requests
from lib_anim.models.depth import DepthNetwork
from lib_anim.plan.plan import check_goes_on, make_plan
from lib_anim.runs.prefetch import Prefetch
from lib_anim.shot.reel import Reel, render
from lib_anim.shot.steps import Tools
from tests.helpers import Painter, flat, noisy, settings, shot


def plan(part=None, **changes):
    return make_plan(settings(**{"reverse": True, **changes}), part)


# -- the order ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("n_frames", "cadence", "part", "expected"),
    [
        (1, 1, None, [(0, 0, 0)]),
        (3, 1, None, [(2, 2, 2), (1, 1, 1), (0, 0, 0)]),
        (5, 2, None, [(4, 4, 4), (3, 2, 2), (1, 0, 0)]),
        (6, 2, None, [(5, 5, 5), (4, 4, 4), (3, 2, 2), (1, 0, 0)]),
        (10, 4, (2, 7), [(6, 6, 6), (5, 4, 2)]),
        (10, 4, (5, 8), [(7, 7, 5)]),
        (10, 4, (8, 9), [(8, 8, 8)]),
    ],
)
def test_spans_go_from_the_end_to_the_beginning(n_frames, cadence, part, expected):
    made = plan(part, max_frames=n_frames, diffusion_cadence=cadence)
    assert [tuple(span) for span in made.spans] == expected
    first, stop = part or (0, n_frames)
    assert list(made.frames) == list(range(first, stop))
    assert list(made.order) == list(range(stop - 1, first - 1, -1))
    film = render(Reel(shot(part=part, reverse=True, max_frames=n_frames, diffusion_cadence=cadence)), Painter(flat))
    assert [one.index for one in film] == list(made.order)


MANIFEST = json.dumps({"rendered_frames": [{"frame": k, "angle": k / 10, "strength": 0.5} for k in range(12)]})
NUMBERS = {
    "formulas and keys": {"zoom": "0:(1), 11:(1.2)", "strength_schedule": "0:(0.5+0.1*sin(t))"},
    "prompts": {"prompts": {"0": "a", "6": "b"}, "prompt_blend": "linear"},
    "a loop": {"loop": True, "zoom": "0:(1+t/100)", "prompts": {"0": "a", "6": "b"}},
    "parseq": {"parseq_manifest": MANIFEST},
    "keyframes": {"keyframe_distribution": "Additive", "prompts": {"0": "a", "5": "b"}},
}


@pytest.mark.parametrize("changes", NUMBERS.values(), ids=NUMBERS)
def test_numbers_prompts_and_seeds_stay_at_their_frames(changes):
    changes = {"max_frames": 12, "diffusion_cadence": 3, "seed_behavior": "iter", "use_init": True, **changes}
    forward, back = make_plan(settings(**changes)), plan(**changes)
    assert all(np.array_equal(back.numbers[key], column) for key, column in forward.numbers.items())
    assert back.prompts == forward.prompts
    assert back.painted == forward.painted | {11}
    assert [back.seeds[frame] for frame in sorted(forward.painted - {11})] == [
        forward.seeds[frame] for frame in sorted(forward.painted - {11})
    ]
    assert back.strength(11) == back.settings.number("strength")  # it is painted over the start picture
    assert back.strength(3) == forward.strength(3)


# -- the moves ------------------------------------------------------------------------------------------------------------

MOVES = {
    "2D": ({"zoom": "0:(1.05)", "angle": "0:(2*sin(t))", "translation_x": "0:(3)"}, 1e-6),
    "flip": ({"enable_perspective_flip": True, "perspective_flip_phi": "0:(4)", "zoom": "0:(0.97)"}, 1e-6),
    "shake": ({"shake_name": "Nervous", "shake_speed": "0:(1), 5:(3)"}, 1e-6),
    "3D, flat": ({"animation_mode": "3D", "translation_z": "0:(4)", "rotation_3d_z": "0:(1)"}, 1e-6),
    "3D, turning": ({"animation_mode": "3D", "translation_x": "0:(4)", "rotation_3d_y": "0:(1.4)"}, 0.05),
}


@pytest.mark.parametrize("loop", [False, True])
@pytest.mark.parametrize(("changes", "tolerance"), MOVES.values(), ids=MOVES)
def test_a_move_is_the_inverse_of_that_into_the_frame_after(changes, tolerance, loop):
    changes = {"W": 128, "H": 96, "max_frames": 6, "loop": loop, **changes}
    forward = moves(settings(**changes), make_plan(settings(**changes)), Tools())
    back = moves(settings(reverse=True, **changes), plan(**changes), Tools())
    pixels = np.stack(np.meshgrid(np.arange(128), np.arange(96)), axis=-1)
    for frame in range(5 + loop):  # the last frame is entered from frame 0 where the film goes round
        there_and_back = forward((frame + 1) % 6).then(back(frame)).positions
        assert np.abs(there_and_back - pixels)[8:-8, 8:-8].max() <= tolerance


@pytest.mark.parametrize("cadence", [1, 2, 5])
def test_without_a_painter_the_film_is_the_forward_one_byte_for_byte(tmp_path, cadence):
    write_png(tmp_path / "end.png", card((64, 48)))
    changes = {"max_frames": 11, "use_init": True, "strength": 1.0, "strength_schedule": "0:(1)", "border": "wrap"}
    changes |= {"diffusion_cadence": cadence, "translation_x": "0:(3*(t%3))", "translation_y": "0:(t)"}
    film = shot(reverse=True, init_image=str(tmp_path / "end.png"), **changes)
    back = {one.index: one.frame for one in render(Reel(film), Passthrough())}
    assert np.array_equal(back[10], card((64, 48)))
    write_png(tmp_path / "start.png", back[0])
    forward = render(Reel(shot(init_image=str(tmp_path / "start.png"), **changes)), Passthrough())
    assert all(np.array_equal(one.frame, back[one.index]) for one in forward)


def test_what_is_uncovered_is_at_the_border_where_a_zoom_in_is_filmed_backwards():
    masks = {}
    changes = {"uncovered_denoise_schedule": "0:(1)", "zoom": "0:(1.25)", "W": 128, "H": 128}
    for reverse in (False, True):
        painter = Painter(lambda request: card(request.size))
        list(render(Reel(shot(Tools(Painter.capabilities), reverse=reverse, **changes)), painter))
        masks[reverse] = painter.requests[1].mask
    assert masks[False] is None or np.ptp(masks[False]) == 0  # nothing comes in: the picture is blown up
    assert masks[True][64, 64] < masks[True][64, 4] == masks[True][4, 64] == 1.0


@pytest.mark.parametrize("flow", ["None", "DIS Fine"])
def test_between_two_pictures_the_frames_go_from_one_to_the_other(flow):
    def bar(request):
        """A bright bar at 4 pixels a frame."""
        picture = np.zeros((48, 64, 3), np.uint8)
        picture[:, 8 + 4 * request.index : 16 + 4 * request.index] = 200
        return picture

    film = shot(reverse=True, max_frames=9, diffusion_cadence=4, optical_flow_cadence=flow, translation_x="0:(4)")
    frames = {one.index: one.frame for one in render(Reel(film), Painter(bar))}
    for index, frame in frames.items():
        assert frame[24, 8 + 4 * index : 16 + 4 * index].min() > 150, index
        assert frame[24, : max(4 * index - 2, 0)].max(initial=0) < 60, index


# -- going on, and parts ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("done", "keys", "refused"),
    [
        (0, (6,), None),
        (1, (9,), None),
        (2, (4, 8), None),  # frames 12 and 8 are filmed
        (2, (8, 2), None),
        (2, (8, 10), "frame 10 has gone by, and would be painted now; keys can change before frame 8 only"),
        (2, (4,), "frame 8 was painted already, and would not be now; keys can change before frame 8 only"),
    ],
)
def test_it_goes_on_where_what_is_filmed_stays(done, keys, refused):
    def keyed(*frames):
        prompts = {"0": "a", **{str(frame): "b" for frame in frames}}
        return plan(max_frames=13, prompts=prompts, keyframe_distribution="Keyframes Only")

    before, after = keyed(4, 8), keyed(*keys)
    if refused is None:
        check_goes_on(before, after, done)
        return
    with pytest.raises(FieldError) as error:
        check_goes_on(before, after, done)
    assert refused in str(error.value)


@pytest.mark.parametrize(
    ("what", "reverse", "expected"),
    [
        (requests.FIRST, False, range(1)),
        (requests.FIRST, True, range(29, 30)),
        (requests.OPENING, True, range(18, 30)),
        (requests.PREVIEW, True, range(30)),
    ],
)
def test_a_trial_shows_what_is_painted_first(what, reverse, expected):
    assert requests.shot_of(settings(reverse=reverse, max_frames=30), what, Tools()).plan.frames == expected


def test_a_start_picture_is_what_it_ends_with(tmp_path):
    write_png(tmp_path / "a.png", card((64, 48)))
    film = shot(reverse=True, use_init=True, init_image=str(tmp_path / "a.png"))
    assert any("the start picture is what it ends with" in note for note in film.notes)
    painter = Painter(noisy)
    list(render(Reel(film), painter))
    assert (painter.requests[0].index, painter.requests[0].init is not None) == (5, True)


# -- computed ahead -------------------------------------------------------------------------------------------------------

TURNING = {"animation_mode": "3D", "translation_z": "0:(3)", "rotation_3d_y": "0:(0.8)"}
MOVING = {
    "2D": {"zoom": "0:(1.03)", "angle": "0:(1)"},
    "3D": TURNING,
    "3D over a hill": {**TURNING, "depth_shape": "hill"},
    "several steps": {**TURNING, "enable_perspective_flip": True, "perspective_flip_theta": "0:(4)"},
    "backwards": {**TURNING, "reverse": True},
    "backwards in a loop": {**TURNING, "reverse": True, "loop": True},
    "cadence": {**TURNING, "diffusion_cadence": 3},
    "shaking": {"shake_name": "Walking"},
}


@pytest.mark.parametrize("changes", MOVING.values(), ids=MOVING)
def test_a_film_whose_moves_are_computed_ahead_is_the_same(changes):
    film = shot(max_frames=9, sampling_mode="bicubic", **changes)
    assert film.track is not None
    frames, plain = ([one.frame for one in render(Reel(s), Painter(noisy))] for s in (film, replace(film, track=None)))
    assert all(np.array_equal(a, b) for a, b in zip(frames, plain, strict=True))


@pytest.mark.parametrize("reverse", [False, True])
def test_while_a_picture_is_painted_the_next_move_is_computed(monkeypatch, reverse):
    threads = []

    def watched(*args, **kwargs):
        threads.append(threading.current_thread().name)
        return camera.move_3d(*args, **kwargs)

    monkeypatch.setattr(camera_3d, "move_3d", watched)
    pool = Prefetch()
    pool.engine_paints.set()

    def paint(request):
        pool.submit(int).result()  # what was begun is done
        return noisy(request)

    list(render(Reel(shot(Tools(prefetch=pool), max_frames=9, reverse=reverse, **TURNING)), Painter(paint)))
    pool.shutdown(wait=True)
    assert threads.count("prefetch") == len(threads) - 1 == 7  # the first is asked for before any is prefetched


def test_a_move_that_looks_at_the_picture_is_not_computed_ahead():
    depths = []

    def estimate(frame):
        depths.append(frame.copy())
        return np.full(frame.shape[:2], 1.5, np.float32)

    network = DepthNetwork("flat", estimate, metric=True)
    film = shot(Tools(depth=lambda _: network), use_depth_warping=True, max_frames=4, **TURNING)
    list(render(Reel(film), Painter(noisy)))
    assert len({picture.tobytes() for picture in depths}) == len(depths) == 3
