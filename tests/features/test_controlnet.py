"""ControlNet units: by which picture, how strongly, and at which frames the engine is asked to be guided; what is wrong."""

import json
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from lib_anim.engines.base import Capabilities
from lib_anim.engines.preview import Passthrough, Preview
from lib_anim.errors import SettingsError
from lib_anim.features.common.endings import place_of
from lib_anim.features.open import open_shot
from lib_anim.images.edges import canny
from lib_anim.images.frame import read_picture, write_png
from lib_anim.media.encode import find_ffmpeg
from lib_anim.models.depth import DepthNetwork
from lib_anim.shot.reel import Reel, render
from lib_anim.shot.steps import Tools
from tests.helpers import Painter, noisy, settings

HAS = Capabilities(words=frozenset({"controlnet", "soft_mask"}), controls=("Edges", "pose"))
SIZE = (64, 48)


def grey(level, size=SIZE):
    return np.full((size[1], size[0], 3), level, np.uint8)


@pytest.fixture
def files(tmp_path):
    """A picture, a folder of three (1, 2, 10), a mask whose left half is white."""
    write_png(tmp_path / "one.png", grey(77))
    (tmp_path / "folder").mkdir()
    for name, level in (("1", 10), ("2", 20), ("10", 100)):
        write_png(tmp_path / f"folder/a{name}.png", grey(level))
    (tmp_path / "folder/words.txt").write_text("no picture")
    mask = grey(0)
    mask[:, :32] = 255
    write_png(tmp_path / "mask.png", mask)
    return tmp_path


def film(**changes):
    return settings(**{"max_frames": 5, "cn_1_enabled": True, "cn_1_model": "edges", **changes})


def controls(**changes):
    """The units that each request of a film is sent with, and the requests."""
    painter = Painter(noisy)
    list(render(Reel(open_shot(film(**changes), tools=Tools(HAS))), painter))
    return [request.controls for request in painter.requests], painter.requests


def problems(capabilities=HAS, **changes):
    with pytest.raises(SettingsError) as caught:
        open_shot(film(**changes), tools=Tools(capabilities))
    return "\n".join(caught.value.lines())


def levels(sent):
    return [int(one[0].image[0, 0, 0]) if one else None for one in sent]


def test_a_unit_that_is_off_sends_nothing_and_adds_no_step(files):
    sent, _ = controls(cn_1_enabled=False, cn_1_vid_path=str(files / "one.png"))
    assert not any(sent)
    made = open_shot(film(cn_1_enabled=False), tools=Tools(HAS))
    assert "controlnet" not in [name for name, _ in made.features]


def test_a_picture_guides_all_frames_by_the_schedules(files):
    sent, _ = controls(
        cn_1_vid_path=str(files / "one.png"),
        cn_1_weight="0:(0.5), 4:(0.9)",
        cn_1_guidance_start="0:(0.1)",
        cn_1_guidance_end="0:(t/10+0.5)",
        cn_1_control_mode="My prompt is more important",
    )
    assert levels(sent) == [77] * 5
    assert [round(one.weight, 3) for (one,) in sent] == [0.5, 0.6, 0.7, 0.8, 0.9]
    assert [round(one.end, 3) for (one,) in sent] == [0.5, 0.6, 0.7, 0.8, 0.9]
    assert {(one.model, one.start, one.mode, one.module) for (one,) in sent} == {
        ("Edges", 0.1, "My prompt is more important", "none")
    }


@pytest.mark.parametrize(
    ("ending", "expected"),
    [
        ("hold", [10, 20, 100, 100, 100]),
        ("loop", [10, 20, 100, 10, 20]),
        ("ping-pong", [10, 20, 100, 20, 10]),
        ("stop", [10, 20, 100, None, None]),
    ],
)
def test_a_folder_guides_frame_by_frame_in_the_order_of_its_numbers(files, ending, expected):
    sent, _ = controls(cn_1_vid_path=str(files / "folder"), cn_1_at_end=ending)
    assert levels(sent) == expected


def test_a_map_is_made_ahead_and_once_while_the_one_before_is_used(files):
    read = []

    def picture(path):
        read.append(Path(path).name)
        return read_picture(path)

    with ThreadPoolExecutor(1) as pool:
        film_of_the_folder = film(cn_1_vid_path=str(files / "folder"), cn_1_module="canny", max_frames=3)
        reel = Reel(open_shot(film_of_the_folder, tools=Tools(HAS, picture=picture, prefetch=pool)))
        read.clear()  # sizes were looked at
        reel.ask()
        pool.shutdown()
        assert read == ["a1.png", "a2.png"]


def test_a_video_guides_with_exactly_its_frames(files):
    video = files / "film.mkv"
    pictures = b"".join(grey(20 * n).tobytes() for n in range(1, 5))
    subprocess.run(
        [find_ffmpeg(None), *"-y -f rawvideo -pix_fmt rgb24 -s 64x48 -i - -c:v ffv1 -pix_fmt bgr0".split(), str(video)],
        input=pictures,
        check=True,
        capture_output=True,
    )
    sent, _ = controls(cn_1_vid_path=str(video), diffusion_cadence=2)
    assert [abs(level - wanted) < 3 for level, wanted in zip(levels(sent), [20, 60, 80], strict=True)] == [True] * 3


def test_the_moved_picture_guides_as_it_is_before_effects(files):
    for changes in ({"cn_1_source": "Moved picture"}, {"cn_1_loopback_mode": True}):
        sent, asked = controls(**changes, translation_x="0:(2)", noise_schedule="0:(0.2)")
        assert sent[0] == ()  # nothing was painted yet
        assert all(np.array_equal(one.image, request.moved) for (one,), request in zip(sent[1:], asked[1:], strict=True))


def test_the_depth_of_the_scene_guides_white_where_it_is_near(files):
    """A depth picture of two halves, the left one near, is that of the scene at every frame."""
    near = grey(0)
    near[:, :32] = 255
    write_png(files / "near.png", near)
    film_3d = {"animation_mode": "3D", "depth_map": str(files / "near.png"), "translation_z": "0:(0)"}
    sent, _ = controls(cn_1_source="Depth", **film_3d)
    assert all(np.abs(one.image.astype(int) - near).max() <= 1 for (one,) in sent)


def test_the_depth_that_a_network_sees_guides_from_the_second_picture_on(files):
    seen = np.tile(np.linspace(0, 1, 64, dtype=np.float32), (48, 1))
    network = DepthNetwork("steps", lambda _: seen)
    painter = Painter(noisy)
    tools = Tools(HAS, depth=lambda _: network)
    film_3d = film(cn_1_source="Depth", animation_mode="3D", translation_z="0:(0)", max_frames=3)
    list(render(Reel(open_shot(film_3d, tools=tools)), painter))
    first, *later = (request.controls for request in painter.requests)
    assert first == ()
    for (one,) in later:
        assert (np.diff(one.image[24, 4:60, 0].astype(int)) >= 0).all()
        assert one.image[24, 60, 0] - one.image[24, 4, 0] > 150


@pytest.mark.parametrize("changes", [{}, {"animation_mode": "3D", "use_depth_warping": False}])
def test_a_film_without_depth_has_none_to_guide(changes):
    assert problems(cn_1_source="Depth", **changes).startswith("cn_1_source: this film has no depth; write animation_mode 3D")


def test_edges_of_the_moved_picture(files):
    sent, asked = controls(cn_1_source="Moved picture", cn_1_module="canny", cn_1_threshold_a=50, cn_1_threshold_b=150)
    for (one,), request in zip(sent[1:], asked[1:], strict=True):
        assert np.array_equal(one.image, canny(request.moved, 50, 150))
    assert sent[1][0].image.any()


def test_the_start_picture_guides_all_frames_and_the_first_by_loopback(files):
    start = {"use_init": True, "init_image": str(files / "one.png"), "strength": 0.5}
    assert levels(controls(cn_1_source="Start picture", **start)[0]) == [77] * 5
    assert levels(controls(cn_1_source="Moved picture", **start)[0])[0] == 77


def test_a_pose_track_is_drawn_at_every_frame_and_who_goes_is_said(tmp_path):
    def people(*places):
        return {"people": [{"pose_keypoints_2d": [v for n in range(18) for v in (x, (n + 1) / 20, 1)]} for x in places]}

    track = tmp_path / "track.json"
    track.write_text(json.dumps({"0": people(0.25), "4": people(0.5, 0.95)}))
    sent, _ = controls(cn_1_model="pose", cn_1_vid_path=str(track))
    middles = [np.flatnonzero(one.image.any(axis=(0, 2))).mean() for (one,) in sent[:4]]
    assert middles == pytest.approx([15.5, 19.5, 23.5, 27.5], abs=1)
    notes = open_shot(film(cn_1_vid_path=str(track)), tools=Tools(HAS)).notes
    assert notes == ("cn_1_vid_path: at frame 4 1 people become 2; the nearest go on, others come and go there",)
    track.write_text("{}")
    assert "track.json: no pose: an object with people" in problems(cn_1_vid_path=str(track))


def test_weight_0_sends_no_unit_and_units_go_in_their_order(files):
    sent, _ = controls(
        cn_1_vid_path=str(files / "one.png"),
        cn_1_weight="0:(0), 2:(1)",
        cn_3_enabled=True,
        cn_3_model="pose [abc123]",
        cn_3_source="Moved picture",
    )
    assert [[one.model for one in units] for units in sent] == [[], ["Edges", "pose"], *[["Edges", "pose"]] * 3]


def test_a_mask_says_where(files):
    sent, _ = controls(cn_1_vid_path=str(files / "one.png"), cn_1_mask_vid_path=str(files / "mask.png"))
    mask = sent[3][0].mask
    assert (mask.shape, mask.dtype) == ((48, 64), np.float32)
    assert (mask[:, :31].min(), mask[:, 33:].max()) == (1, 0)


@pytest.mark.parametrize(
    ("mode", "left"),
    [("Just Resize", 90), ("Crop and Resize", 200), ("Inner Fit (Scale to Fit)", 200), ("Resize and Fill", 90)],
)
def test_a_picture_of_another_shape(tmp_path, mode, left):
    wide = grey(200, (192, 48))
    wide[:, :40] = 90  # a strip at the left
    write_png(tmp_path / "wide.png", wide)
    sent, _ = controls(cn_1_vid_path=str(tmp_path / "wide.png"), cn_1_resize_mode=mode)
    image = sent[0][0].image
    assert image.shape == (48, 64, 3)
    assert (image[24, 2, 0], image[2, 40, 0]) == (left, 200)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "cn_1_vid_path: there is no picture"),
        ({"cn_1_vid_path": "nowhere.png"}, "cn_1_vid_path"),
        ({"cn_1_vid_path": "https://a.b/c.png"}, "cn_1_vid_path"),
        ({"cn_1_model": "None", "cn_1_source": "Moved picture"}, "cn_1_model: no network is chosen; there is Edges, pose"),
        ({"cn_1_model": "egdes", "cn_1_source": "Moved picture"}, "cn_1_model: there is no ControlNet 'egdes'; did you mean"),
        (
            {"cn_1_module": "openpose", "cn_1_source": "Moved picture"},
            "cn_1_module: this engine has no pre-processor 'openpose'",
        ),
        (
            {
                "cn_1_source": "Moved picture",
                "cn_1_guidance_start": "0:(0.2), 3:(0.2), 4:(0.9)",
                "cn_1_guidance_end": "0:(0.5)",
            },
            "cn_1_guidance_start, frame 4: 0.9 is beyond the end, 0.5",
        ),
    ],
)
def test_what_is_wrong_is_found_before_the_film(changes, words):
    assert words in problems(**changes)


def test_all_problems_of_all_units_come_at_once(files):
    said = problems(cn_2_enabled=True, cn_2_model="nose", cn_2_vid_path=str(files / "none"), cn_1_module="depth")
    assert [key in said for key in ("cn_1_vid_path", "cn_1_module", "cn_2_model", "cn_2_vid_path")] == [True] * 4


def test_what_is_asked_and_what_else_can_be_done_are_two_sentences():
    said = problems(cn_1_source="Moved picture", cn_1_model="edgess")
    assert said == "cn_1_model: there is no ControlNet 'edgess'; did you mean 'edges'? Or go on without it: --allow-missing"


def test_an_engine_without_any_network_says_how_to_name_them():
    said = problems(replace(HAS, controls=()), cn_1_source="Moved picture")
    assert "name their folder with --controlnet DIR" in said


def test_a_placeholder_knows_no_names_but_checks_all_else():
    open_shot(
        film(cn_1_model="any [0]", cn_1_module="depth", cn_1_source="Moved picture"), tools=Tools(Passthrough.capabilities)
    )
    said = problems(Passthrough.capabilities, cn_1_model="", cn_1_source="Moved picture")
    assert "cn_1_model: no network is chosen; write its name, such as" in said
    assert "cn_1_vid_path: there is no picture" in problems(Passthrough.capabilities)


def test_an_engine_without_controlnets_is_a_problem_that_can_be_waived():
    assert "cn_1_enabled: ControlNet: this engine cannot do that" in problems(Capabilities())
    made = open_shot(film(), tools=Tools(Capabilities()), allow_missing=True)
    assert "controlnet" not in [name for name, _ in made.features]


def test_a_folder_of_several_sizes_and_one_that_ends_early_are_said(files):
    write_png(files / "folder/a11.png", grey(5, (32, 32)))
    notes = open_shot(film(cn_1_vid_path=str(files / "folder")), tools=Tools(HAS)).notes
    assert "cn_1_vid_path: its pictures have 2 sizes; each is resized to 64x48" in notes
    assert "cn_1_vid_path: its 4 frames end before the film's 5; the last one holds on" in notes
    assert problems(cn_1_vid_path=str(files / "empty")).startswith("cn_1_vid_path")


@pytest.mark.parametrize("ending", ["hold", "loop", "ping-pong", "stop"])
@pytest.mark.parametrize("count", [1, 2, 3])
def test_every_place_is_one_of_the_pictures(ending, count):
    places = [place_of(index, count, ending) for index in range(12)]
    assert set(places) <= {None, *range(count)}
    assert places[:count] == list(range(count))


def previewed(**more):
    """The frames of a preview with a white picture at the right as unit 1, and the notes."""
    tools = Tools(Capabilities(words=frozenset({"controlnet", "soft_mask", "caption", "no_model"})))
    shot = open_shot(film(**{"W": 256, "H": 192, **more}), tools=tools, allow_missing=True)
    return [one.frame for one in render(Reel(shot), Preview())], shot.notes


def test_a_preview_shows_what_guides_over_the_frame_and_names_its_unit(files):
    white = grey(0, (256, 192))
    white[:, 128:] = 255
    write_png(files / "white.png", white)
    mask = white.copy()
    mask[96:] = 0
    write_png(files / "upper.png", mask)
    without, _ = previewed(cn_1_enabled=False)
    seen, notes = previewed(cn_1_vid_path=str(files / "white.png"), cn_1_mask_vid_path=str(files / "upper.png"))
    assert notes == ()
    changed = np.abs(seen[2].astype(int) - without[2]).max(axis=2) > 40
    middle = slice(30, 150)  # between the lines of text
    assert not changed[middle, :124].any()
    assert changed[30:90, 132:].mean() > 0.9
    assert not changed[100:150, 132:].any()
    assert (np.abs(seen[2][:12].astype(int) - without[2][:12]) > 40).any()  # its name
    hidden, _ = previewed(cn_1_vid_path=str(files / "white.png"), cn_1_weight="0:(0)")
    assert np.array_equal(hidden[2], without[2])


def test_a_preview_of_the_movement_needs_no_unit_that_is_right(files):
    without, _ = previewed(cn_1_enabled=False)
    seen, (note,) = previewed(cn_1_vid_path=str(files / "absent.png"))
    assert note.startswith("left out: cn_1_vid_path: ")
    assert all(map(np.array_equal, seen, without))
