"""Each feature: absent when off, and what it does when on, seen at its place in the loop."""

import sys
from collections import Counter

import numpy as np
import pytest

from lib_anim.engines.base import Capabilities
from lib_anim.engines.preview import Passthrough
from lib_anim.engines.scripts import Script
from lib_anim.errors import Checked, SettingsError
from lib_anim.features import FEATURES
from lib_anim.features.camera import camera_shake
from lib_anim.features.common import scenes
from lib_anim.features.open import check_shot, make_shot, open_shot
from lib_anim.images.camera import move_2d
from lib_anim.images.color import ColorReference, match_histogram
from lib_anim.images.frame import write_png
from lib_anim.images.test_card import test_card as card
from lib_anim.plan.plan import make_plan
from lib_anim.runs.prefetch import Prefetch
from lib_anim.settings.table import FIELDS
from lib_anim.shot.reel import Reel, render
from lib_anim.shot.steps import PLACES, Tools
from tests.features.inputs import write_inputs
from tests.helpers import Painter, flat, noisy, problems_of, settings, shot

# what each feature needs to be on, and where it then acts
SWITCHES = {
    "guided_images": ({"use_looper": True, "init_images": {"0": "card"}}, {"start", "ask", "finish"}),
    "start_picture": ({"use_init": True, "init_image": "card"}, {"start"}),
    "still_scene": (
        {"animation_mode": "3D", "use_init": True, "init_image": "card", "still_scene": True, "depth_shape": "hill"},
        {"start", "move"},
    ),
    "camera_2d": ({"animation_mode": "2D"}, {"move"}),
    "perspective_flip": ({"enable_perspective_flip": True}, {"move"}),
    "camera_3d": ({"animation_mode": "3D"}, {"move"}),
    "camera_shake": ({"shake_name": "Walking"}, {"move"}),
    "reverse": ({"reverse": True}, set()),
    "hybrid": (
        {"hybrid_motion": "Affine", "hybrid_composite": "Normal", "video_init_path": "video.mkv"},
        {"start", "move", "prepare"},
    ),
    "temporal_filter": ({"temporal_filter_schedule": "0:(0.3)"}, {"finish"}),
    "color_coherence": ({"color_coherence": "LAB"}, {"prepare", "finish"}),
    "governor": ({"governor_schedule": "0:(0.5)"}, {"finish"}),
    "grayscale": ({"color_force_grayscale": True}, {"prepare", "finish"}),
    "echo": ({"echo_schedule": "0:(0.3)"}, {"finish"}),
    "loop": ({"loop": True}, {"prepare", "finish", "show"}),
    "mirror": ({"mirror": "Left/right"}, {"prepare", "show"}),
    "kaleidoscope": ({"kaleidoscope_schedule": "0:(6)"}, {"prepare", "show"}),
    "tunnel": ({"tunnel_schedule": "0:(0.5)"}, {"prepare", "show"}),
    "contrast": ({"contrast_schedule": "0:(1.2)"}, {"prepare"}),
    "sharpen": ({"amount_schedule": "0:(0.2)"}, {"prepare"}),
    "noise": ({"noise_schedule": "0:(0.1)"}, {"prepare"}),
    "video_input": (
        {"animation_mode": "Video Input", "video_init_path": "video.mkv", "video_carry_schedule": "0:(1)"},
        {"start", "move", "prepare"},
    ),
    "prompts": ({}, {"ask"}),
    "clips": ({}, {"ask"}),
    "seeds": ({}, {"ask"}),
    "interpolation": ({"animation_mode": "Interpolation", "seed_walk": True}, {"move", "ask"}),
    "sampling": ({}, {"ask"}),
    "strength": ({}, {"ask"}),
    "noise_multiplier": ({"enable_noise_multiplier_scheduling": True}, {"ask"}),
    "host_options": ({"tiling": True}, {"ask"}),
    "option_schedules": ({"enable_clipskip_scheduling": True}, {"ask"}),
    "scripts": ({"alwayson_scripts": {"ADetailer": {"1": True}}}, {"ask"}),
    "controlnet": ({"cn_1_enabled": True, "cn_1_model": "edges", "cn_1_source": "Moved picture"}, {"ask"}),
    "reroll": ({"reroll_blank_frames": "reroll"}, {"paint"}),
    "hires": ({"hires": True}, {"paint"}),
    "uncovered": ({"uncovered_denoise_schedule": "0:(0.8)"}, {"ask"}),
    "judge": ({"judge": "retry"}, {"paint", "finish"}),
    "redo": ({"diffusion_redo": 2}, {"paint"}),
    "flow_redo": ({"optical_flow_redo_generation": "DIS Fast"}, {"paint"}),
    "inpaint_mask": ({"use_mask": True, "mask_file": "card"}, {"ask", "paint", "finish"}),
    "flow_cadence": ({"optical_flow_cadence": "DIS Fast"}, {"between"}),
    "glow": ({"glow_schedule": "0:(0.5)"}, {"show"}),
    "grade": ({"exposure_schedule": "0:(1)"}, {"show"}),
    "caption": ({}, {"show"}),
    "frame_interpolation": ({"frame_interpolation_engine": "Flow"}, {"stream"}),
    "soundtrack": ({"add_soundtrack": "File", "soundtrack_path": "sound.wav"}, {"deliver"}),
    "subtitles": ({"subtitles": "File"}, {"deliver"}),
    "formats": ({"make_gif": True}, {"deliver"}),
}
ALWAYS = {"prompts", "seeds", "sampling", "strength"}
CAPTION = Capabilities(words=frozenset({"caption"}))


def tools(name=""):
    words = {
        "caption": {"caption"},
        "uncovered": {"soft_mask"},
        "host_options": {"tiling", "restore_faces", "seed_resize_from_w", "controlnet", "alwayson_scripts"},
        "controlnet": {"controlnet"},
        "scripts": {"alwayson_scripts"},
        "clips": {"clip_length"},
    }.get(name, ())
    scripts = (Script("ADetailer", (("Enable", ""),)),)
    there = Capabilities(words=frozenset(words), controls=("edges",), scripts=scripts)
    return Tools(there, picture=lambda _: card((64, 48)), grey=lambda _: np.ones((48, 64), np.float32))


@pytest.mark.parametrize("name", SWITCHES)
def test_on_is_at_its_places_and_off_is_absent(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_inputs(tmp_path)
    changes, places = SWITCHES[name]
    on = dict(shot(tools(name), **changes).features)
    off = dict(shot(tools(), animation_mode="3D" if name == "camera_2d" else "2D").features)
    assert {place for place in PLACES if getattr(on[name], place)} == places
    assert on[name].does
    assert (name in off) == (name in ALWAYS)


def test_every_feature_has_a_row_above_and_names_schedules_of_the_table(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_inputs(tmp_path)
    assert [feature.__name__.rpartition(".")[2] for feature in FEATURES] == list(SWITCHES)
    for name, (changes, _) in SWITCHES.items():
        for key in dict(shot(tools(name), **changes).features)[name].uses:
            assert key in FIELDS, (name, key)


def requests(n_frames=4, painter=noisy, **changes):
    engine = Painter(painter)
    list(render(Reel(shot(tools(), max_frames=n_frames, **changes)), engine))
    return engine.requests


def test_numbers_of_the_settings_reach_the_request():
    asked = requests(
        strength_schedule="0:(0.5), 3:(0.8)",
        cfg_scale_schedule="0:(3+t)",
        steps=17,
        sampler="DPM++ 2M Karras",
        enable_subseed_scheduling=True,
        subseed_schedule="0:(t*2)",
        subseed_strength_schedule="0:(0.25)",
        prompts={"0": "a --neg x", "2": "b"},
        animation_prompts_negative="y",
        enable_noise_multiplier_scheduling=True,
        noise_multiplier_schedule="0:(1.1)",
    )
    assert [r.index for r in asked] == [0, 1, 2, 3]
    assert [r.denoise for r in asked] == pytest.approx([1, 0.4, 0.3, 0.2])
    assert [r.cfg_scale for r in asked] == [3, 4, 5, 6]
    assert {(r.steps, r.sampler, r.scheduler) for r in asked} == {(17, "DPM++ 2M", "Karras")}
    assert [(r.seed, r.subseed, r.subseed_strength) for r in asked] == [(7, 0, 0.25), (8, 2, 0.25), (9, 4, 0.25), (10, 6, 0.25)]
    assert [r.prompts for r in asked] == [(("a", 1.0),)] * 2 + [(("b", 1.0),)] * 2
    assert [r.negatives for r in asked] == [(("x y", 1.0),)] * 2 + [(("y", 1.0),)] * 2
    assert {r.overrides["initial_noise_multiplier"] for r in asked} == {1.1}
    assert [r.init is None for r in asked] == [True, False, False, False]


def test_schedules_of_steps_samplers_and_schedulers():
    asked = requests(
        enable_steps_scheduling=True,
        steps_schedule="0:(10), 3:(13.9)",
        enable_sampler_scheduling=True,
        sampler_schedule='0:("Euler a"), 2:("DDIM")',
        enable_scheduler_scheduling=True,
        scheduler_schedule='0:("Karras"), 1:("Automatic")',
    )
    assert [r.steps for r in asked] == [10, 11, 12, 13]
    assert [(r.sampler, r.scheduler) for r in asked] == [
        ("Euler a", "Karras"),
        ("Euler a", "Automatic"),
        ("DDIM", "Automatic"),
        ("DDIM", "Automatic"),
    ]


def test_a_start_picture_is_painted_over_by_strength():
    asked = requests(2, use_init=True, init_image="card", strength=0.7)
    assert asked[0].denoise == pytest.approx(0.3)
    assert np.array_equal(asked[0].init, card((64, 48)))
    assert asked[0].moved is None


def test_a_start_picture_is_stretched_to_the_size(tmp_path):
    write_png(tmp_path / "ж.png", card((32, 96)))
    engine = Painter(noisy)
    list(render(Reel(shot(use_init=True, init_image=str(tmp_path / "ж.png"), max_frames=1)), engine))
    assert engine.requests[0].init.shape == (48, 64, 3)


HALVES = np.zeros((40, 80, 3), np.uint8)  # twice as wide as high: red, green, blue, black, 20 wide each
HALVES[:, :20, 0] = HALVES[:, 20:40, 1] = HALVES[:, 40:60, 2] = 255


@pytest.mark.parametrize(
    ("how", "columns", "note"),
    [
        ("stretch", "rrggbbkk", "80x40 is resized to 64x64, which stretches it"),
        ("crop", "ggggbbbb", "80x40 is cropped to the shape of 64x64"),
        ("pad", "rrggbbkk", "80x40 is padded to the shape of 64x64"),
    ],
)
def test_a_start_picture_of_another_shape_is_stretched_cropped_or_padded(tmp_path, how, columns, note):
    write_png(tmp_path / "wide.png", HALVES)
    film = shot(use_init=True, init_image=str(tmp_path / "wide.png"), init_image_fit=how, W=64, H=64, max_frames=1)
    list(render(Reel(film), engine := Painter(noisy)))
    frame = engine.requests[0].init
    assert frame.shape == (64, 64, 3)
    colours = {(255, 0, 0): "r", (0, 255, 0): "g", (0, 0, 255): "b", (0, 0, 0): "k"}
    for row in (2, 32, 61):  # what is repeated above and below is the row at the edge
        assert "".join(colours[tuple(int(v > 127) * 255 for v in frame[row, x])] for x in range(4, 64, 8)) == columns
    assert any(note in one for one in film.notes)


@pytest.mark.parametrize("size", [(8, 1024), (1024, 8), (8, 8)])
@pytest.mark.parametrize("how", ["crop", "pad"])
def test_a_start_picture_goes_into_any_size(tmp_path, how, size):
    write_png(tmp_path / "line.png", np.full((2, 900, 3), 77, np.uint8))
    changes = {"use_init": True, "init_image": str(tmp_path / "line.png"), "init_image_fit": how}
    list(render(Reel(shot(**changes, W=size[0], H=size[1], max_frames=1)), engine := Painter(noisy)))
    assert engine.requests[0].init.shape == (size[1], size[0], 3)
    assert (engine.requests[0].init == 77).all()


@pytest.mark.parametrize(
    ("image", "words"),
    [
        ("", "there is no picture"),
        ("https://x/y.png", "a web address; nothing is downloaded"),
        ("/none/x.png", "there is no such file"),
    ],
)
def test_a_start_picture_that_is_none(image, words):
    with pytest.raises(SettingsError) as error:
        shot(use_init=True, init_image=image)
    assert words in problems_of(error)[0]
    assert problems_of(error)[0].startswith("init_image: ")


def test_moved_is_the_picture_before_anything_was_done_to_it():
    asked = requests(3, translation_x="0:(8)", noise_schedule="0:(0.5)", contrast_schedule="0:(2)")
    first = noisy(asked[0])
    assert np.array_equal(asked[1].moved[:, 8:], first[:, :-8])
    assert not np.array_equal(asked[1].init, asked[1].moved)


def test_order_of_preparation(tmp_path, monkeypatch):
    """The video, colour, grey, loop, looks, contrast, sharpening, noise: each changes what the next gets."""
    monkeypatch.chdir(tmp_path)
    write_inputs(tmp_path)
    everything = {key: value for changes, _ in SWITCHES.values() for key, value in changes.items()} | {"animation_mode": "3D"}
    names = [name for name, steps in shot(tools("host_options"), **everything).features if steps.prepare]
    assert names[:7] == ["hybrid", "color_coherence", "grayscale", "loop", "mirror", "kaleidoscope", "tunnel"]
    assert names[7:] == ["contrast", "sharpen", "noise"]


@pytest.mark.parametrize("legacy", [False, True])
def test_colours_are_those_of_the_first_painted_frame(legacy):
    def drifting(request):
        shift = request.index * 30
        return np.clip(card(request.size).astype(int) // 2 + shift, 0, 255).astype(np.uint8)

    engine = Painter(drifting)
    film = shot(tools(), max_frames=4, color_coherence="LAB", legacy_colormatch=legacy, cadence=1)
    frames = [rendered.frame for rendered in render(Reel(film), engine)]
    reference = ColorReference.of(frames[0], "LAB")
    expected = drifting(engine.requests[3])
    if not legacy:
        expected = match_histogram(expected, reference)
    assert np.array_equal(frames[3], expected)
    assert abs(engine.requests[3].init.mean() - frames[0].mean()) < 3  # matched before painting, either way
    assert np.array_equal(frames[0], drifting(engine.requests[0]))


def brighter(request):
    """A film that gets brighter by 8 levels with every painted frame."""
    return np.clip(card(request.size).astype(int) // 2 + request.index * 8, 0, 255).astype(np.uint8)


def means(n=5, **changes):
    frames = render(Reel(shot(tools(), max_frames=n, color_coherence="LAB", **changes)), Painter(brighter))
    return np.array([rendered.frame.mean() for rendered in frames])


def test_what_colours_follow():
    first, previous, mean = (means(12, color_coherence_reference=kind) for kind in ("first", "previous", "mean"))
    raw = means(12, color_coherence_strength_schedule="0:(0)")
    assert np.ptp(first) < 3
    assert previous[1:] == pytest.approx(raw[:-1], abs=3)  # one frame late
    assert (np.diff(mean[1:]) > 0).all()
    assert first[-1] + 20 < mean[-1] < raw[-1] - 20
    quick = means(12, color_coherence_reference="mean", color_coherence_mean_frames=2)
    assert mean[-1] < quick[-1] < raw[-1]


@pytest.mark.parametrize(
    ("more", "rates"),
    [
        ({}, [1, 1 / 2, 1 / 3, 0, 0, 0, 0, 0, 0]),
        ({"prompts": {"0": "sea", "5": "hills"}}, [1, 1 / 2, 1 / 3, 0, 0, 1, 1 / 2, 1 / 3, 0]),
        ({"prompts": {"0": "sea", "8": "hills"}, "prompt_blend": "linear"}, [1, 1, 1 / 2, *[1 / 3] * 5, 1]),
        ({"prompts": {"0": "(sea:`1-t/20`)"}}, [1, 1 / 2, *[1 / 3] * 7]),
        ({"diffusion_cadence": 4}, {0: 1, 4: 1 / 2, 8: 1 / 3}),
    ],
)
def test_colours_of_a_scene_are_those_of_its_first_painted_frames(more, rates):
    plan = make_plan(settings(max_frames=9, **more))
    expected = rates if isinstance(rates, dict) else dict(enumerate(rates))
    assert scenes.rates("scene", 3, plan) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("when", "asked", "shown"),  # mean light of what is painted over and of what is shown, beside the first frame's
    [("before and after", 0, 0), ("before", 0, 8), ("after", 0, 0)],
)
def test_colours_are_matched_before_painting_and_after(when, asked, shown):
    """The painter brightens by 8 levels whatever it is given; the contrast before it tells what it was given."""
    given = []

    def painter(request):
        if request.init is None:
            return card(request.size) // 2 + 40
        given.append(request.init.mean())
        return request.init + np.uint8(8)

    film = shot(tools(), max_frames=5, color_coherence="RGB", color_coherence_when=when)
    frames = [rendered.frame.mean() for rendered in render(Reel(film), Painter(painter))]
    assert np.array(given) - frames[0] == pytest.approx([asked] * 4, abs=0.6)
    assert np.array(frames[1:]) - frames[0] == pytest.approx([shown] * 4, abs=0.6)
    assert bool(film.steps.prepare) == ("before" in when)


def test_colours_of_a_scene_hold_within_it_and_change_with_the_prompt():
    scene = {"color_coherence_reference": "scene", "color_coherence_mean_frames": 2}
    held = means(10, **scene)
    assert np.ptp(held[2:]) < 3
    changed = means(10, prompts={"0": "sea", "5": "hills"}, **scene)
    assert np.ptp(changed[2:5]) < 3
    assert changed[8] - changed[4] > 20
    assert np.ptp(changed[7:]) < 3


def test_half_the_colour_strength_is_half_the_way():
    kept, half, free = (means(color_coherence_strength_schedule=f"0:({share})") for share in (1, 0.5, 0))
    assert np.abs(half[1:] - (kept[1:] + free[1:]) / 2).max() < 4


def test_colours_of_a_picture_hold_from_the_first_frame(tmp_path):
    picture = np.clip(card((40, 30)).astype(int) // 3 + 120, 0, 255).astype(np.uint8)
    write_png(tmp_path / "ж.png", picture)
    film = shot(max_frames=3, color_coherence="Image", color_coherence_image_path=str(tmp_path / "ж.png"))
    frames = [rendered.frame for rendered in render(Reel(film), Painter(brighter))]
    assert [frame.mean() for frame in frames] == pytest.approx([picture.mean()] * 3, abs=4)


@pytest.mark.parametrize(
    ("path", "words"),
    [("", "color_coherence Image needs a picture; name one, or write LAB"), ("none.png", "none.png: there is no such file")],
)
def test_a_missing_colour_picture_is_told_before_anything_is_painted(path, words):
    with pytest.raises(SettingsError) as caught:
        shot(color_coherence="Image", color_coherence_image_path=path)
    assert words in problems_of(caught)[0]


def test_legacy_takes_a_new_reference_at_strength_0():
    engine = Painter(flat)
    film = shot(
        max_frames=4, color_coherence="RGB", legacy_colormatch=True, strength_schedule="0:(0.5), 1:(0.5), 2:(0), 3:(0.5)"
    )
    list(render(Reel(film), engine))
    assert engine.requests[2].init.mean() == 0  # still frame 0's
    assert engine.requests[3].init.mean() == 2  # now frame 2's


def test_grey_films_are_grey_all_the_way():
    engine = Painter(noisy)
    film = shot(max_frames=5, diffusion_cadence=2, color_force_grayscale=True)
    for rendered in render(Reel(film), engine):
        assert np.ptp(rendered.frame.astype(int), axis=2).max() == 0
    assert all(np.ptp(r.init.astype(int), axis=2).max() == 0 for r in engine.requests[1:])


def test_noise_depends_on_seed_and_frame_and_is_made_beforehand():
    made = []

    class Recorded(Prefetch):
        def submit(self, make, key):
            if "noise" in make.__module__:
                made.append(key)
            return super().submit(make, key)

    film = shot(Tools(prefetch=Recorded()), max_frames=5, diffusion_cadence=2, noise_schedule="0:(0.2)")
    engine = Painter(lambda request: np.full((48, 64, 3), 128, np.uint8))
    list(render(Reel(film), engine))
    one, two = (r.init.astype(int) - 128 for r in engine.requests[1:])
    assert made == [4]  # while frame 2 is painted; nothing is known before that one is asked for
    assert one.std() > 5
    assert not np.array_equal(one, two)
    assert abs(one.mean()) < 0.5


def test_captions_are_shown_and_not_fed_back():
    engine = Painter(lambda request: np.full((96, 128, 3), 200, np.uint8))
    film = shot(Tools(CAPTION), W=128, H=96, max_frames=3, prompts={"0": "сцена 漢字 scene"})
    frames = [rendered.frame for rendered in render(Reel(film), engine)]
    assert all((r.init == 200).all() for r in engine.requests[1:])
    assert all(frame[-20:].std() > 20 for frame in frames)
    assert all((frame[:40] == 200).all() for frame in frames)
    assert not np.array_equal(frames[0], frames[1])  # another number


def test_flip_comes_after_the_2d_camera_and_shifts_survive():
    """Shifted right by 8, then turned a quarter about the middle: shifted up."""
    picture = np.zeros((48, 48, 3), np.uint8)
    picture[20:24, 10:16] = 255
    flip = {"enable_perspective_flip": True, "perspective_flip_theta": "0:(90)", "translation_x": "0:(8)"}
    asked = requests(2, lambda request: picture, W=48, H=48, **flip)
    shifted = np.zeros_like(picture)
    shifted[20:24, 18:24] = 255
    moved = asked[1].init
    assert np.argwhere(moved[..., 0]).mean(0) == pytest.approx(np.argwhere(np.rot90(shifted)[..., 0]).mean(0), abs=1)


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"fov_schedule": "0:(70), 5:(0)"}, "fov_schedule, frame 5: 0 degrees is no view angle; keep it from 1 to 180"),
        ({"aspect_ratio_schedule": "0:(0)"}, "aspect_ratio_schedule, frame 0: 0 is no aspect ratio; 1 is the usual"),
        (
            {"rotation_3d_x": "0:(0), 5:(100)"},
            "rotation_3d_y, frame 3: the camera would turn away from the scene; keep rotations small",
        ),
        ({"depth_map": "/none.png"}, "depth_map: /none.png: there is no such file; write the path of a grey picture"),
    ],
)
def test_cameras_that_cannot_be(changes, line):
    with pytest.raises(SettingsError) as error:
        shot(animation_mode="3D", translation_z=changes.pop("translation_z", 0), **changes)
    assert problems_of(error) == [line]


def test_a_depth_picture_moves_near_things_more(tmp_path):
    nearness = np.zeros((48, 64, 3), np.uint8)
    nearness[:, :32] = 255
    write_png(tmp_path / "depth.png", nearness)
    stripes = np.zeros((48, 64, 3), np.uint8)
    stripes[:, 15] = stripes[:, 50] = 255
    engine = Painter(lambda request: stripes)
    film = shot(
        animation_mode="3D", depth_map=str(tmp_path / "depth.png"), translation_x="0:(20)", translation_z=0, max_frames=2
    )
    list(render(Reel(film), engine))
    near, far = (engine.requests[1].init[:, part].max(axis=(0, 2)).argmax() for part in (slice(0, 30), slice(34, 64)))
    assert (15 - near, 16 - far) == (5, 2)  # 4.57 and 2.28 pixels, to the nearest


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"zoom": "0:(1.02)"}, "zoom has no effect in 3D; the same speed is translation_z 0:(2.71)"),
        ({"angle": "0:(3)"}, "angle has no effect in 3D; rotation_3d_z turns"),
        ({"translation_z": 0}, "nothing moves in this film"),
        ({}, "no depth model is there, so the scene is flat"),
    ],
)
def test_remarks_in_3d(changes, words):
    notes = shot(animation_mode="3D", **{"use_depth_warping": True, **changes}).notes
    assert any(words in note for note in notes), notes


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"translation_z": "0:(5)"}, "translation_z has no effect in 2D; zoom"),
        ({"rotation_3d_z": "0:(1)"}, "rotation_3d_z has no effect in 2D"),
    ],
)
def test_remarks_in_2d(changes, words):
    assert any(words in note for note in shot(**changes).notes)


def test_what_rests_or_is_not_given_is_not_remarked_on():
    assert not shot().notes
    assert not shot(animation_mode="3D", use_depth_warping=False, zoom="0:(0)").notes  # no zoom at all, in presets for 3D
    assert not shot(animation_mode="3D", use_depth_warping=False, zoom="0:(1)", angle="0:(0)").notes


# what is not built, what switches it on, and what is said of it
ABSENT = [
    ("animation_mode", {"animation_mode": "Wan Video"}, 'this animation mode: not built yet; write animation_mode "2D"'),
    (
        "hybrid_comp_save_extra_frames",
        {"hybrid_composite": "Normal", "hybrid_comp_save_extra_frames": True, "video_init_path": "video.mkv"},
        "saving masks of the mix: not built yet; write hybrid_comp_save_extra_frames false",
    ),
    (
        "hybrid_generate_human_masks",
        {"hybrid_generate_human_masks": "PNGs"},
        'human masks: not built yet; write mask_schedule "0: (<person>)"',
    ),
    ("freeu_enabled", {"freeu_enabled": True}, "FreeU: not built yet; write freeu_enabled false"),
    ("kohya_hrfix_enabled", {"kohya_hrfix_enabled": True}, "Kohya HR fix: not built yet; write kohya_hrfix_enabled false"),
    *(
        (f"cn_{n}_enabled", {f"cn_{n}_enabled": True}, f"ControlNet: this engine cannot do that; write cn_{n}_enabled false")
        for n in range(1, 6)
    ),
    ("restore_faces", {"restore_faces": True}, "face restoration: this engine cannot do that; write restore_faces false"),
    ("tiling", {"tiling": True}, "tiling: this engine cannot do that; write tiling false"),
    (
        "seed_resize_from_w",
        {"seed_resize_from_w": 4, "seed_resize_from_h": 512},
        "seed resizing: this engine cannot do that; write seed_resize_from_w 0",
    ),
    (
        "alwayson_scripts",
        {"alwayson_scripts": {"ADetailer": {}}},
        'scripts of a WebUI: this engine cannot do that; write alwayson_scripts ""',
    ),
    (
        "soundtrack_path",
        {"add_soundtrack": "File", "soundtrack_path": "https://host/sound.mp3"},
        "sound from a web address: nothing is downloaded; write the path of a sound file, or allow it: --fetch",
    ),
    ("r_upscale_video", {"r_upscale_video": True}, "upscaling: not built yet; write r_upscale_video false"),
    ("delete_imgs", {"delete_imgs": True}, "deleting frames: not built yet; write delete_imgs false"),
    (
        "resume_from_timestring",
        {"resume_from_timestring": True},
        "resuming by time string: not built yet; write anim run --resume DIR",
    ),
]


@pytest.mark.parametrize(("key", "changes", "said"), ABSENT)
def test_what_is_switched_on_but_not_built_stops_unless_allowed(key, changes, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_inputs(tmp_path)
    with pytest.raises(SettingsError) as error:
        shot(**changes)
    (line,) = problems_of(error)
    assert line.startswith(f"{key}: {said}")
    assert line.endswith(", or go on without it: --allow-missing")
    allowed = make_shot(make_plan(settings(**changes)), allow_missing=True)
    assert f"left out: {line}" in allowed.notes


def test_a_placeholder_leaves_what_engines_may_have_to_them():
    def problems(**changes):
        found = check_shot(Checked(make_plan(settings(**changes))), Tools(Passthrough.capabilities)).problems
        return [problem.key for problem in found]

    assert problems(tiling=True, restore_faces=True, alwayson_scripts={"ADetailer": {}}) == []
    assert problems(r_upscale_video=True, tiling=True) == ["r_upscale_video"]


def test_all_that_is_not_built_has_a_row_above():
    assert {key for key, *_ in ABSENT} == {field.key for field in FIELDS.values() if field.unbuilt} | {"soundtrack_path"}


@pytest.mark.parametrize(
    "changes",
    [
        {"seed_resize_from_w": 4, "seed_resize_from_h": 0},
        {"seed_resize_from_w": -1, "seed_resize_from_h": 512},
        {"frame_interpolation_engine": "none", "frame_interpolation_slow_mo_enabled": True},
        {"add_soundtrack": "File", "soundtrack_path": "https://host/sound.mp3", "skip_video_creation": True},
    ],
)
def test_what_switches_nothing_on_is_not_missing(changes):
    assert shot(**changes)


def test_an_engine_that_can_is_handed_what_it_alone_has():
    film = shot(tools("host_options"), tiling=True, seed_resize_from_w=512, seed_resize_from_h=256)
    assert not film.notes
    (request,) = Reel(film).ask()
    assert request.overrides == {"tiling": True, "seed_resize_from_w": 512, "seed_resize_from_h": 256}


def test_two_names_that_are_wrong_are_both_told():
    with pytest.raises(SettingsError) as error:
        shot(sampler="Eulr", scheduler="Karas")
    assert [line.partition(",")[0].partition(";")[0] for line in problems_of(error)] == [
        "sampler: there is no sampler 'Eulr'",
        "scheduler: there is no scheduler 'Karas'",
    ]


def test_every_thing_that_a_camera_cannot_is_told_at_its_first_frame():
    with pytest.raises(SettingsError) as error:
        shot(
            animation_mode="3D",
            fov_schedule="0:(70), 2:(0), 3:(0)",
            aspect_ratio_schedule="0:(1), 4:(0)",
            rotation_3d_y="0:(0), 5:(100)",
        )
    assert [line.partition(":")[0] for line in problems_of(error)] == [
        "fov_schedule, frame 2",
        "rotation_3d_y, frame 3",
        "aspect_ratio_schedule, frame 4",
    ]


def test_an_aspect_ratio_that_is_not_used_is_no_problem():
    film = shot(animation_mode="3D", aspect_ratio_schedule=0, aspect_ratio_use_old_formula=True)
    assert "aspect_ratio_schedule" not in film.steps.uses
    list(render(Reel(film), Painter(noisy)))


def test_all_features_faults_come_together():
    with pytest.raises(SettingsError) as error:
        shot(sampler="Eulr", use_init=True, use_mask=True)
    assert len(problems_of(error)) == 3
    assert any("sampler: there is no sampler 'Eulr'; the nearest are Euler" in line for line in problems_of(error))


def test_an_unknown_sampler_in_a_schedule_is_placed():
    with pytest.raises(SettingsError) as error:
        shot(enable_sampler_scheduling=True, sampler_schedule='0:("Euler"), 4:("Bogus")')
    assert problems_of(error)[0].startswith("sampler_schedule, frame 4: there is no sampler 'Bogus'")


def test_denoise_0_costs_nothing():
    engine = Painter(noisy)
    frames = list(render(Reel(shot(max_frames=3, strength_schedule="0:(1)")), engine))
    assert len(engine.requests) == 1
    assert all(np.array_equal(frame.frame, frames[0].frame) for frame in frames)


def test_passthrough_is_the_free_sampler():
    frames = list(render(Reel(shot(max_frames=3)), Passthrough()))
    assert all(np.array_equal(frame.frame, card((64, 48))) for frame in frames)


# -- uncovered paint ------------------------------------------------------------------------------------------------------


def uncovered(**changes):
    """Requests of a film that shifts by 16 pixels to the right a frame, over zeros from the left."""
    soft = Tools(Capabilities(words=frozenset({"soft_mask"})))
    engine = Painter(noisy)
    moves = {"translation_x": "0:(16)", "border": "replicate", "W": 128, "H": 64, "strength_schedule": "0:(0.6)"}
    list(render(Reel(shot(soft, max_frames=3, **{**moves, **changes})), engine))
    return engine.requests


def test_uncovered_ground_gets_a_denoise_of_its_own():
    first, second, _ = uncovered(uncovered_denoise_schedule="0:(0.8)")
    assert (first.denoise, first.mask) == (1.0, None)
    assert second.denoise == pytest.approx(0.8)
    row = second.mask[32]
    assert row[:16] == pytest.approx(np.ones(16))  # came in from outside
    assert row[48:] == pytest.approx(np.full(80, 0.5))  # keeps its own 0.4 of 0.8
    assert (np.diff(row) <= 1e-6).all()  # no hard edge, nothing in between


@pytest.mark.parametrize(
    "changes",
    [
        {"uncovered_denoise_schedule": "0:(0.3)"},  # less than everywhere else
        {"uncovered_denoise_schedule": "0:(0.8)", "border": "wrap"},  # nothing comes from outside
        {"uncovered_denoise_schedule": "0:(0.8)", "translation_x": "0:(0)"},  # nothing moves
    ],
)
def test_without_anything_uncovered_a_request_is_as_without_the_feature(changes):
    _, second, _ = uncovered(**changes)
    assert second.denoise == pytest.approx(0.4)
    assert second.mask is None


# -- camera shake -----------------------------------------------------------------------------------------------------------


def shaken(style="Hand-held", fps=24, n=240, **changes):
    one = shot(W=400, H=200, max_frames=n, fps=fps, shake_name=style, **changes)
    return camera_shake.poses(camera_shake.STYLES[style], one.plan, one.plan.settings["seed"])


@pytest.mark.parametrize("style", camera_shake.STYLES)
def test_a_held_camera_trembles_smoothly_and_comes_back(style):
    way = shaken(style)
    assert way.shape == (240, 3)
    assert np.abs(way.mean(axis=0)).max() < 2.5  # pixels: it stays where it is
    assert 1.0 < way[:, 0].std() < 8.0
    assert np.abs(np.diff(way[:, 0])).max() < 0.8 * np.ptp(way[:, 0])  # no jumps


def test_shake_is_told_by_seed_speed_and_strength():
    still = shaken()
    assert np.array_equal(still, shaken())
    assert not np.allclose(still, shaken(seed=8))
    assert np.allclose(shaken(shake_intensity="0:(2)"), 2 * still)
    assert np.allclose(shaken(shake_speed="0:(2)")[:100], still[1:200:2])
    assert np.allclose(shaken(fps=48, n=480)[1::2], still)  # seconds, not frames
    assert not shaken(shake_intensity="0:(0)").any()


def test_shake_moves_the_picture_from_pose_to_pose_and_back_again():
    """Whatever it did on the way, at any frame the picture stands where the pose says."""
    engine = Painter(lambda request: card((400, 200)))
    one = shot(W=400, H=200, max_frames=30, fps=24, diffusion_cadence=100, shake_name="Hand-held", sampling_mode="bicubic")
    frames = [rendered.frame for rendered in render(Reel(one), engine)]
    way = shaken(n=30)
    there = (move_2d((400, 200), angle_deg=way[k, 2], translate_px=way[k, :2]) for k in (0, 17))
    first, later = there
    expected = first.inverse().then(later)(card((400, 200)))
    assert np.abs(frames[17][20:-20, 30:-30].astype(int) - expected[20:-20, 30:-30]).max() <= 1


def test_tracks_that_are_not_here_are_replaced_and_that_is_said():
    (note,) = shot(shake_name="INVESTIGATION").notes
    assert note == "shake_name: 'INVESTIGATION' is not here, Hand-held is used; there is Hand-held, Walking, Nervous"


# -- schedules of options ---------------------------------------------------------------------------------------------------

ALL_OPTIONS = frozenset({"CLIP_stop_at_last_layers", "eta_ddim", "eta_ancestral", "sd_model_checkpoint"})
HOST = Tools(Capabilities(words=ALL_OPTIONS, checkpoints=("model.safetensors [abc]", "Anime/other.ckpt [def]")))
SWITCHED = {f"enable_{name}_scheduling": True for name in ("clipskip", "ddim_eta", "ancestral_eta", "checkpoint")}


def overrides(tools, **changes):
    engine = Painter(noisy)
    list(render(Reel(shot(tools, max_frames=3, **changes)), engine))
    return [dict(request.overrides) for request in engine.requests]


def test_option_schedules_reach_the_engine_by_the_webuis_names():
    asked = overrides(
        HOST,
        **SWITCHED,
        clipskip_schedule="0:(1), 2:(3.7)",
        ddim_eta_schedule="0:(0.5)",
        ancestral_eta_schedule="0:(t*0.25)",
        checkpoint_schedule='0: ("model"), 1: ("other.ckpt")',
    )
    assert [one["CLIP_stop_at_last_layers"] for one in asked] == [1, 2, 3]
    assert [one["eta_ddim"] for one in asked] == [0.5] * 3
    assert [one["eta_ancestral"] for one in asked] == [0.0, 0.25, 0.5]
    assert [one["sd_model_checkpoint"] for one in asked] == ["model.safetensors [abc]", *["Anime/other.ckpt [def]"] * 2]


def test_an_unknown_checkpoint_is_found_before_the_first_picture():
    with pytest.raises(SettingsError) as caught:
        shot(HOST, enable_checkpoint_scheduling=True, checkpoint_schedule='0: ("model"), 4: ("othr.ckpt")')
    assert problems_of(caught) == [
        "checkpoint_schedule, frame 4: there is no checkpoint 'othr.ckpt'; did you mean 'other'?",
    ]


def test_an_engine_that_cannot_is_left_alone_and_that_is_said():
    one = shot(Tools(Capabilities(words=frozenset({"eta_ddim"}))), **SWITCHED)
    assert [note.split(":")[0] for note in one.notes] == ["clipskip_schedule", "ancestral_eta_schedule", "checkpoint_schedule"]
    assert overrides(Tools(Capabilities()), enable_clipskip_scheduling=True) == [{}, {}, {}]


LONG = [
    {},
    {"prompts": {"0": "a `t` b", "999999": "c `sqrt(t)`"}, "prompt_blend": "linear"},
    {"animation_mode": "3D", "shake_name": "Walking"},
    {"seed_behavior": "random"},
    {"seed_behavior": "schedule", "seed_schedule": "0:(-1)"},
    {"color_coherence": "LAB", "color_coherence_reference": "first", "noise_schedule": 0.02},
]


@pytest.mark.parametrize("changes", LONG)
def test_a_faulty_film_of_a_million_frames_is_refused_without_a_call_per_frame(changes):
    one, calls = settings(max_frames=1_000_000, angle="0:(1+oops)", **changes), Counter()
    sys.setprofile(lambda _frame, event, _what: calls.update((event,)))
    try:
        with pytest.raises(SettingsError, match="unknown name 'oops'"):
            open_shot(one)
    finally:
        sys.setprofile(None)
    assert calls["call"] < 100_000
