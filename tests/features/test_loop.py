"""A film that goes round: its numbers and prompts close, and its pictures come back to the first one."""

from functools import reduce

import cv2
import numpy as np
import pytest

from lib_anim.cli import main
from lib_anim.engines.preview import Passthrough
from lib_anim.errors import SettingsError
from lib_anim.features.common.camera_path import moves
from lib_anim.images.metrics import Follower
from lib_anim.images.test_card import test_card as card
from lib_anim.images.warp import Warp
from lib_anim.plan.loop import approach
from lib_anim.plan.plan import make_plan
from lib_anim.runs.report import curves_of, totals
from lib_anim.shot.reel import Reel, render
from lib_anim.shot.steps import Tools
from tests.helpers import Painter, noisy, problems_of, settings, shot

SMOOTH = {"loop": True, "loop_frames": 4, "max_frames": 12}


def plan(**changes):
    return make_plan(settings(**changes))


# -- how long -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("n_frames", "wanted", "expected"),
    [(120, 0, 30), (120, 12, 12), (10, 0, 2), (3, 0, 1), (2, 0, 1), (1, 0, 0), (6, 5, 5), (6, 6, 5), (6, 500, 5), (1, 7, 0)],
)
def test_so_many_frames_lead_back_but_never_frame_0(n_frames, wanted, expected):
    assert approach(settings(loop=True, max_frames=n_frames, loop_frames=wanted)) == expected
    assert approach(settings(loop=False, max_frames=n_frames, loop_frames=wanted)) == 0


# -- numbers --------------------------------------------------------------------------------------------------------------


def steps(u):
    return u * u * (3 - 2 * u)


@pytest.mark.parametrize(
    ("schedule", "before"),  # before: what the schedule is at frames -4 .. -1
    [
        ("0:(2), 11:(13)", [2, 2, 2, 2]),
        ("3:(2), 11:(13)", [2, 2, 2, 2]),
        ("0:(sin(t/3))", [np.sin(k / 3) for k in (-4, -3, -2, -1)]),
        ("0:(5), 6:(t)", [5, 5, 5, 5]),
        ("-9:(t/2), 6:(1)", [-2, -1.5, -1, -0.5]),
        ("0:(log(t+1))", [0, 0, 0, 0]),
        ("0:(1/(t+2))", [0.5, 0.5, 0.5, 0.5]),
        ("t", [-4, -3, -2, -1]),
    ],
)
def test_a_schedule_goes_over_to_what_it_was_before_frame_0(schedule, before):
    free, closed = (plan(angle=schedule, **{**SMOOTH, "loop": loop}).columns["angle"] for loop in (False, True))
    assert np.array_equal(closed[:8], free[:8])
    for k in range(4):
        weight = steps((k + 1) / 5)
        assert closed[8 + k] == pytest.approx((1 - weight) * free[8 + k] + weight * before[k])


def test_formulas_of_the_films_own_period_and_constants_stay_as_they_are():
    changes = {"angle": "0:(wave(t/6))", "zoom": "0:(1.0123456789)", "strength_schedule": "0:(0.61)"}
    free, closed = (plan(**changes, **{**SMOOTH, "loop": loop}).columns for loop in (False, True))
    assert np.allclose(closed["angle"], free["angle"], atol=1e-12)
    assert np.array_equal(closed["zoom"], free["zoom"])
    assert np.array_equal(closed["strength_schedule"], free["strength_schedule"])


def test_what_comes_in_from_before_frame_0_is_kept_in_range():
    zoom = plan(zoom="0:(1+t)", **SMOOTH).columns["zoom"]  # -3 .. 0 before frame 0
    assert zoom[11] == pytest.approx(12 + steps(4 / 5) * (0.001 - 12))
    assert zoom.min() > 0


def test_names_and_seeds_do_not_mix():
    changes = {
        "sampler_schedule": '0:("Euler"), 6:("DDIM")',
        "seed_schedule": "0:(5), 11:(500)",
        "subseed_schedule": "0:(5), 11:(500)",
    }
    free, closed = (plan(**changes, **{**SMOOTH, "loop": loop}).columns for loop in (False, True))
    for key in changes:
        assert list(closed[key]) == list(free[key])
    assert closed["seed"] == free["seed"]


def test_a_manifests_numbers_close_too():
    rows = ", ".join(f'{{"frame": {k}, "angle": {k}}}' for k in range(12))
    column = plan(parseq_manifest=f'{{"rendered_frames": [{rows}]}}', **SMOOTH).columns["angle"]
    assert list(column[:8]) == list(range(8))
    assert column[11] == pytest.approx(11 + steps(4 / 5) * (0 - 11))


def test_prompts_melt_into_the_first():
    made = plan(prompts={"0": "a --neg x", "6": "b --neg x"}, **SMOOTH).columns["prompts"]
    assert [one.positives for one in made[6:8]] == [(("b", 1.0),)] * 2
    for k, one in enumerate(made[8:]):
        weight = steps((k + 1) / 5)
        assert one.positives == (("b", pytest.approx(1 - weight)), ("a", pytest.approx(weight)))
        assert one.negatives == (("x", 1.0),)


def test_a_prompt_between_two_others_melts_into_three():
    made = plan(prompts={"0": "a", "6": "b", "14": "c"}, prompt_blend="linear", **SMOOTH).columns["prompts"]
    weight = steps(2 / 5)  # frame 9 is 5/8 b, 3/8 c
    expected = {"b": (1 - weight) * 5 / 8, "c": (1 - weight) * 3 / 8, "a": weight}
    assert dict(made[9].positives) == pytest.approx(expected)
    back = plan(prompts={"0": "a", "11": "b"}, prompt_blend="linear", **SMOOTH).columns["prompts"]
    assert len(back[10].positives) == 2  # what is there twice is there once
    assert sum(share for _, share in back[10].positives) == pytest.approx(1)


# -- the camera -----------------------------------------------------------------------------------------------------------


def round_trip(film):
    """All moves of a film, and the one from its last frame to its first."""
    move = moves(film.plan.settings, film.plan, Tools())
    n_frames = film.plan.timeline.n_frames
    return reduce(Warp.then, map(move, (*range(1, n_frames), 0)))


@pytest.mark.parametrize("speed", ["0:(1)", "0:(1), 29:(3)"])
def test_a_shaken_camera_is_back_where_it_was_and_gets_there_smoothly(speed):
    changes = {"shake_name": "Hand-held", "max_frames": 30, "fps": 24, "W": 400, "H": 200, "shake_speed": speed}
    film = shot(loop=True, loop_frames=10, **changes)
    assert round_trip(film).is_identity
    move = moves(film.plan.settings, film.plan, Tools())
    far = [np.hypot(*move(k).matrix[:2, 2]) for k in range(30)]
    assert far[0] < 1.5 * max(far[1:])
    free = moves(settings(**changes), plan(**changes), Tools())
    assert np.allclose(free(19).matrix, move(19).matrix)


def test_the_way_is_that_of_all_that_moves_in_its_order():
    changes = {"translation_x": "0:(3)", "enable_perspective_flip": True, "perspective_flip_phi": "0:(4)"}
    film = shot(max_frames=4, **changes)
    move = moves(film.plan.settings, film.plan, Tools())
    first, second, *_ = (rendered.frame for rendered in render(Reel(film), Passthrough()))
    assert np.array_equal(move(1)(first), second)


# -- pictures -------------------------------------------------------------------------------------------------------------


LEVEL = 80  # of all that is painted after the first picture


def grey(request):
    """A lopsided picture first, then pictures that have nothing of it."""
    width, height = request.size
    if request.index:
        return np.full((height, width, 3), LEVEL, np.uint8)
    x, y = np.meshgrid(np.arange(width), np.arange(height))
    return np.stack([x * 3 % 256, y * 5 % 256, (x + 2 * y) % 256], axis=-1).astype(np.uint8)


def filmed(paint=grey, part=None, **changes):
    changes = {"W": 160, "H": 160, "loop": True, "max_frames": 12, "loop_frames": 4, **changes}
    return [rendered.frame.astype(float) for rendered in render(Reel(shot(part=part, **changes)), Painter(paint))]


def after(share):
    """What is dissolved in after painting."""
    return share**1.5


MIDDLE = slice(56, 86), slice(48, 94)  # that all moves below keep covered, and free of soft edges


@pytest.mark.parametrize("move", [(0, 0), (3, 0), (-2, 5), (4, -1)])
@pytest.mark.parametrize(
    ("cadence", "shares"),  # frame -> its share of the first picture
    [
        (1, {7: 0, 8: after(1 / 5), 9: after(1 / 4), 10: after(1 / 3), 11: after(1 / 2)}),
        (3, {6: 0, 7: after(1 / 2) / 3, 9: after(1 / 2), 10: 1 - (1 - after(1 / 2)) * 2 / 3}),  # 7 leads to 9, 10 on from it
        (5, {5: 0, 10: after(5 / 7), 11: 1 - (1 - after(5 / 7)) / 2}),
        (20, {4: 4 / 12, 11: 11 / 12}),
    ],
)
def test_the_end_has_its_share_of_the_first_picture_as_it_is_seen_from_there(move, cadence, shares):
    frames = filmed(translation_x=f"0:({move[0]})", translation_y=f"0:({move[1]})", diffusion_cadence=cadence)

    def first_moved(steps):
        return np.roll(frames[0], (move[1] * steps, move[0] * steps), (0, 1))

    for index, share in shares.items():
        here = first_moved(index) if cadence == 20 else LEVEL
        expected = (1 - share) * here + share * first_moved(index - 12)
        assert np.abs(frames[index] - expected)[MIDDLE].max() <= 2.0


def test_of_a_zoom_the_first_picture_is_small_in_the_middle_first_and_then_fills_the_frame():
    frames = filmed(lambda request: card(request.size) if not request.index else np.zeros_like(request.init), zoom="0:(1.2)")
    there = [np.argwhere(frames[index].sum(axis=-1) > 0) for index in (8, 9, 10, 11)]
    wide = [int(np.ptp(places[:, 1])) for places in there]
    assert wide == sorted(wide)
    for width, to_go in zip(wide, (4, 3, 2, 1), strict=True):
        assert 0.75 * 160 / 1.2**to_go < width <= 160 / 1.2**to_go + 1  # its edge is soft
    assert not frames[8][:40].any()  # what it does not cover yet stays


def test_where_the_camera_uncovers_the_painter_is_given_what_the_first_picture_has_there():
    painter = Painter(grey)
    film = shot(W=160, H=160, max_frames=12, loop=True, loop_frames=4, translation_x="0:(-8)")
    first, *_ = [rendered.frame.astype(float) for rendered in render(Reel(film), painter)]
    given = painter.requests[11].init.astype(float)
    assert np.abs(given - np.roll(first, 8, 1))[:, 154:].max() < 12  # nearly all of it, in the strip that came in
    assert np.abs(given - np.roll(first, 8, 1))[:, 60:90].mean() > 15  # elsewhere its share


@pytest.mark.parametrize(
    "changes",
    [
        {"zoom": "0:(1.02)", "angle": "0:(1)"},
        {"animation_mode": "3D", "use_depth_warping": False, "rotation_3d_y": "0:(0.4)", "translation_z": "0:(2)"},
        {"zoom": "0:(1.02)", "enable_perspective_flip": True, "perspective_flip_phi": "0:(0.3)", "shake_name": "Walking"},
    ],
)
def test_the_last_frame_moved_once_more_is_the_first(changes):
    """With a painter that keeps what it is given, and a long way to come."""
    film = {"max_frames": 40, "loop_frames": 30, "sampling_mode": "bicubic", **changes}

    def keeps(request):
        return cv2.GaussianBlur(card(request.size), (0, 0), 6) if request.init is None else request.init

    gaps = {}
    for loop in (False, True):
        frames = filmed(keeps, loop=loop, **film)
        made = plan(W=160, H=160, loop=loop, **film)
        onward = moves(made.settings, made, Tools())(0)
        seen = onward.uncovered() < 0.01
        gaps[loop] = np.abs(onward(frames[-1].astype(np.float32)) - frames[0])[seen].mean()
    assert gaps[True] < 0.12 * gaps[False]


@pytest.mark.parametrize("cadence", [1, 3, 5])
def test_it_goes_on_exactly_where_it_was(cadence):
    changes = {
        **{"loop": True, "max_frames": 12, "loop_frames": 6, "diffusion_cadence": cadence},
        **{"zoom": "0:(1.05)", "color_coherence": "LAB", "shake_name": "Walking"},
    }
    whole = [rendered.frame for rendered in render(Reel(shot(**changes)), Painter(noisy))]
    reel, painter = Reel(shot(**changes)), Painter(noisy)
    frames = []
    while (take := reel.ask()) is not None:
        frames += reel.take(painter.sample_take(take))
        state, reel = reel.state(), Reel(shot(**changes))
        reel.restore(state)
    assert all(np.array_equal(rendered.frame, frame) for rendered, frame in zip(frames, whole, strict=True))


def test_a_start_picture_is_painted_over_and_what_comes_of_it_is_come_back_to(tmp_path):
    changes = {"use_init": True, "init_image": "card", "max_frames": 12, "loop": True}
    tools = Tools(picture=lambda _: card((64, 48)))
    frames = [rendered.frame for rendered in render(Reel(shot(tools, **changes)), Painter(noisy))]
    assert not np.array_equal(frames[0], card((64, 48)))
    gap = [np.abs(frames[-1].astype(int) - frame).mean() for frame in (frames[0], card((64, 48)))]
    assert gap[0] < gap[1]


def test_a_part_that_begins_with_frame_0_has_the_frames_of_the_whole():
    whole, part = filmed(noisy), filmed(noisy, part=(0, 10))
    assert all(np.array_equal(one, other) for one, other in zip(whole[:10], part, strict=True))


def test_a_part_without_frame_0_is_filmed_without_coming_back_and_says_so():
    film = shot(part=(4, 12), **SMOOTH)
    assert film.notes == ("loop: this part of the film does not begin with frame 0, so its pictures do not come back to it",)
    frames = [rendered.frame for rendered in render(Reel(film), Painter(grey))]
    assert all((frame == LEVEL).all() for frame in frames)


def test_a_fault_of_the_camera_is_told_once():
    with pytest.raises(SettingsError) as error:
        shot(loop=True, animation_mode="3D", rotation_3d_y="0:(100)")
    assert len(problems_of(error)) == 1


def test_it_cannot_be_switched_on_in_the_middle_of_a_film(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "film.json").write_text('{"W": 64, "H": 64, "max_frames": 5, "batch_name": "film"}')
    assert main(["run", "film.json", "--engine", "passthrough", "--no-video"]) == 0
    assert main(["run", "film.json", "--set", "loop=true", "--resume", "output/film"]) == 2
    assert "loop was False and cannot become True in the middle of a run" in capsys.readouterr().err


# -- the report -----------------------------------------------------------------------------------------------------------


def windows(places):
    rng = np.random.default_rng(3)
    wide = cv2.resize(rng.integers(0, 255, (30, 60, 3)).astype(np.uint8), (600, 300), interpolation=cv2.INTER_CUBIC)
    return [np.ascontiguousarray(wide[90:210, x : x + 160]) for x in places]


def test_a_seam_is_the_step_from_the_last_frame_to_the_first_over_the_other_steps():
    there_and_back = [100 + 3 * k for k in (*range(8), *range(7, 0, -1))]
    frames = windows(there_and_back)
    closed = totals(curves_of(frames, list(range(len(frames)))))
    dimmed = [*frames[:-1], np.clip(frames[-1].astype(int) - 30, 0, 255).astype(np.uint8)]
    torn = curves_of(dimmed, list(range(len(frames))))
    assert closed["seam"] == pytest.approx(1.0, abs=0.3)
    assert torn.seam == Follower()(dimmed[-1], dimmed[0]).error
    assert totals(torn)["seam"] > 3.0
    assert totals(curves_of([frames[0]] * 4, list(range(4))))["seam"] == 1.0


def wandering(request):
    """A scene that goes on and on with the order of filming, painted over what was before."""
    scene = windows([10 + 12 * (24 - request.index)])[0][:96, :96]
    return scene if request.init is None else np.rint(0.6 * request.init + 0.4 * scene).astype(np.uint8)


@pytest.mark.parametrize("move", [{}, {"zoom": "0:(1.03)"}, {"translation_x": "0:(4)", "border": "wrap"}])
@pytest.mark.parametrize("cadence", [1, 3, 5])
def test_filmed_backwards_it_goes_round_as_well(move, cadence):
    changes = {"W": 96, "H": 96, "max_frames": 24, "diffusion_cadence": cadence, "reverse": True, **move}
    seams = {}
    for loop in (False, True):
        film = shot(loop=loop, loop_frames=8, **changes)
        frames = {one.index: one.frame for one in render(Reel(film), Painter(wandering))}
        seams[loop] = totals(curves_of([frames[k] for k in range(24)], list(range(24))))["seam"]
    assert seams[True] < 3.0  # 2.15 for the zoom, as that of a film with the inverse zoom that is filmed forwards
    assert seams[True] < 0.4 * seams[False]


def test_a_part_without_the_end_of_a_film_that_is_filmed_backwards_does_not_go_round():
    film = shot(part=(0, 8), loop=True, reverse=True, max_frames=12)
    assert film.notes == (
        "loop: this part of the film does not end with its last frame, so its pictures do not come back to it",
    )
    assert not shot(part=(4, 12), loop=True, reverse=True, max_frames=12).notes
