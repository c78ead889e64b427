"""Masks: what a film's mask expressions name, faults with their places; noise where they are white."""

import json

import numpy as np
import pytest
from PIL import Image

from lib_anim.errors import SettingsError
from lib_anim.features.common.masking import masks
from lib_anim.features.open import open_shot
from lib_anim.images import grain
from lib_anim.images.masks import adjusted
from lib_anim.images.noise import gaussian, generator, mix_to_grey
from lib_anim.plan.plan import make_plan
from lib_anim.runs.film import film
from lib_anim.runs.folder import RunFolder
from lib_anim.settings import settings as settings_file
from lib_anim.shot.reel import Reel, render
from lib_anim.shot.steps import Tools
from tests.helpers import Painter, assert_resumed_alike, noisy, problems_of, settings, shot
from tests.media.test_source_video import write_film


def test_files_are_beside_the_settings_file_wherever_it_is_read_from(tmp_path):
    keys = ("mask_schedule", "noise_mask_schedule")
    text = '0: ("![a, (b).png] & {video_mask}"), 3: ([https://host/c.png] | [/x/[1].png])'
    (tmp_path / "film.json").write_text(json.dumps({**dict.fromkeys(keys, text), "checkpoint_schedule": "0:(m [1a2b])"}))
    read = settings_file.load(tmp_path / "film.json")
    there = f'0: ("![{tmp_path}/a, (b).png] & {{video_mask}}"), 3: ([https://host/c.png] | [/x/[1].png])'
    assert [read[key] for key in keys] == [there, there]
    assert read["checkpoint_schedule"] == "0:(m [1a2b])"


# -- what a film names -----------------------------------------------------------------------------------------------------


def grey(path, values):
    """A mask as a picture file; returns its path."""
    Image.fromarray(np.rint(values * 255).astype(np.uint8)).save(path)
    return str(path)


def half(size, side="left"):
    """(H, W), white in one half."""
    values = np.zeros(size[::-1], np.float32)
    values[:, : size[0] // 2] = 1.0
    return values if side == "left" else 1.0 - values


LEFT, RIGHT = half((64, 48)), half((64, 48), "right")
ON = {"use_noise_mask": True, "noise_schedule": "0:(0.3)", "noise_type": "uniform"}


def at(index, **changes):
    """The noise mask at a frame."""
    return masks("noise_mask_schedule", make_plan(settings(**changes)), Tools()).at(index)


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A folder with masks; the film is 64x48."""
    monkeypatch.chdir(tmp_path)
    grey("left.png", LEFT)
    grey("right.png", RIGHT)
    grey("soft.png", np.tile(np.linspace(0, 1, 64, dtype=np.float32), (48, 1)))
    grey("half.png", half((32, 24)))
    grey("deep.png", LEFT[:40])
    top = np.zeros((48, 64, 4), np.uint8)
    top[:30, :, 3] = 255
    Image.fromarray(top).save("top.png")
    Image.fromarray(np.pad(top, ((20, 20), (0, 0), (0, 0)))).save("tall.png")
    Image.fromarray(top | 255).save("whole.png")
    (tmp_path / "text.png").write_text("no picture")
    return tmp_path


TOP = np.repeat(np.float32([1, 0]), [30, 18])[:, None] * np.ones((1, 64), np.float32)
START = {"use_init": True, "use_alpha_as_mask": True}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"mask_file": "left.png"}, LEFT),
        ({**START, "init_image": "top.png", "mask_file": "left.png"}, TOP),
        ({**START, "init_image": "tall.png", "init_image_fit": "crop"}, TOP),
        ({**START, "init_image": "whole.png", "mask_file": "left.png"}, LEFT),  # nowhere transparent
        ({**START, "init_image": "top.png", "mask_file": "left.png", "use_init": False}, LEFT),
        ({"noise_mask_schedule": "0:([left.png] | [right.png])"}, LEFT * 0 + 1),
        ({"noise_mask_schedule": "0:(!{video_mask} & [left.png])", "mask_file": "right.png"}, LEFT),
        ({"noise_mask_schedule": "{everywhere}", "mask_file": "not there"}, LEFT * 0 + 1),
        ({"mask_file": "half.png"}, LEFT),
        ({"mask_file": "left.png", "mask_brightness_adjust": 0.5}, LEFT * 0.5),
        ({"mask_file": "left.png", "mask_contrast_adjust": 0.5}, LEFT * 0.5 + 0.25),
        ({"mask_file": "left.png", "invert_mask": True}, LEFT),  # of what is painted
    ],
)
def test_what_masks_are_made_of(here, changes, expected):
    found = at(0, **changes)
    assert (found.dtype, found.shape) == (np.float32, (48, 64))
    inside = np.abs(np.arange(64) - 31.5) > (changes.get("mask_file") == "half.png")  # pixels that resizing smears
    assert np.abs(found - expected)[:, inside].max() < 0.004


def test_greys_stay_soft(here):
    assert np.abs(at(0, mask_file="soft.png")[0] - np.linspace(0, 1, 64)).max() < 0.003
    assert 0.0 <= at(0, mask_file="half.png").min() <= at(0, mask_file="half.png").max() <= 1.0


@pytest.mark.parametrize(
    ("brightness", "contrast", "expected"),
    [(1, 1, [0, 0.25, 1]), (2, 1, [0, 0.5, 1]), (1, 2, [0, 5 / 60, 1]), (2, 0, [0.5] * 3), (0, 3, [0] * 3)],
)
def test_brightness_then_contrast_about_the_mean(brightness, contrast, expected):
    assert adjusted(np.float32([[0, 0.25, 1]]), brightness, contrast)[0] == pytest.approx(expected)


def test_an_expression_holds_until_the_next_key(here):
    text = "0:([left.png]), 2:(![left.png]), 4:([right.png] & [left.png])"
    shown = [at(index, noise_mask_schedule=text) for index in range(6)]
    for index, expected in enumerate([LEFT, LEFT, RIGHT, RIGHT, LEFT * 0, LEFT * 0]):
        assert np.array_equal(shown[index], expected), index


@pytest.mark.parametrize(
    ("changes", "numbers"),
    [({}, [0, 1, 2, 3, 3]), ({"extract_nth_frame": 2}, [0, 2, 2, 2, 2]), ({"extract_from_frame": 1}, [1, 2, 3, 3, 3])],
)
def test_a_mask_video_goes_frame_by_frame(here, changes, numbers):
    """A white bar that goes to the right by 16 pixels a frame."""
    frames = np.zeros((4, 48, 64, 3), np.uint8)
    for k in range(4):
        frames[k, :, 16 * k : 16 * k + 16] = 255
    write_film(here / "bar.mkv", frames)
    changes = {"use_mask_video": True, "video_mask_path": "bar.mkv", "mask_file": "left.png", **changes}
    found = masks("noise_mask_schedule", make_plan(settings(**changes)), Tools())
    for index, number in enumerate(numbers):
        assert found.at(index).mean(axis=0).reshape(4, 16).mean(axis=1).round(2).tolist() == np.eye(4)[number].tolist()
    (close,) = found.close
    close()


# -- what is said before the first picture ---------------------------------------------------------------------------------

NOTHING = "there is no {video_mask}: no mask_file is named, and use_mask_video is off; choose a picture or a video of masks"
A_PICTURE, A_VIDEO = "write the path of a picture file", "write the path of a video file"
REFUSED = [
    ({}, [f"noise_mask_schedule, frame 0, column 6: {NOTHING}"]),
    ({"mask_file": "none.png"}, [f"mask_file: none.png: there is no such file; {A_PICTURE}"]),
    ({"mask_file": "text.png"}, ["mask_file: text.png: not a picture that can be read"]),
    ({"mask_file": "https://host/M1.jpg"}, [f"mask_file: a web address; nothing is downloaded; {A_PICTURE}"]),
    ({"use_mask_video": True}, [f"video_mask_path: use_mask_video needs a video; {A_VIDEO}"]),
    (
        {"use_mask_video": True, "video_mask_path": "https://host/VM1.mp4"},
        [f"video_mask_path: a web address; nothing is downloaded; {A_VIDEO}"],
    ),
    ({"use_mask_video": True, "video_mask_path": "left.png.mp4"}, ["video_mask_path: left.png.mp4: there is no such file; "]),
    ({**START, "init_image": "none.png"}, [f"init_image: none.png: there is no such file; {A_PICTURE}"]),
    (
        {"noise_mask_schedule": '0: ("{everywhere} & [none.png]"), 2: (<sky> & [left.png]), 4: ([a] | ), 5: ([http://h/x])'},
        [
            f"noise_mask_schedule, frame 0, column 21: none.png: there is no such file; {A_PICTURE}",
            "noise_mask_schedule, frame 2: <sky> needs a model that finds what words name; name the folder of one as",
            "noise_mask_schedule, frame 4: a mask is missing at the end; a mask is {everywhere}, {video_mask}",
            f"noise_mask_schedule, frame 5: a web address; nothing is downloaded; {A_PICTURE}",
        ],
    ),
    (
        {"noise_mask_schedule": "0:({everywhere}), 3:({video_mask} & {video_mask})"},
        ["noise_mask_schedule, frame 3, column 22: "],
    ),
]


@pytest.mark.parametrize(("changes", "lines"), REFUSED)
def test_all_faults_are_told_at_once(here, changes, lines):
    with pytest.raises(SettingsError) as error:
        shot(**ON, **changes)
    assert [one[: len(line)] for one, line in zip(problems_of(error), lines, strict=True)] == lines


def test_a_file_that_is_not_there_hides_no_other_fault_and_makes_none(here):
    with pytest.raises(SettingsError) as error:
        open_shot(settings(**ON, mask_file="none.png", color_coherence="Image"))
    assert [line.split(":")[0] for line in problems_of(error)] == ["color_coherence_image_path", "mask_file"]


@pytest.mark.parametrize("changes", [{}, {"use_noise_mask": True, "noise_schedule": "0:(0)"}])
def test_masks_that_nobody_looks_at_are_not_read(changes):
    sources = {
        "use_mask_video": True,
        "use_alpha_as_mask": True,
        "mask_file": "none.png",
        "noise_mask_schedule": "0:(<nonsense)",
    }
    assert "noise" not in dict(shot(**sources, **changes).features)


@pytest.mark.parametrize(
    ("changes", "notes"),
    [
        ({"mask_file": "left.png"}, []),
        ({"mask_file": "half.png"}, ["mask_file: 32x24 is resized to 64x48"]),
        (
            {"noise_mask_schedule": "0:([deep.png])"},
            [
                "noise_mask_schedule, deep.png: 64x40 is resized to 64x48, which stretches it; crop it to the film's shape to "
                "avoid that"
            ],
        ),
        (
            {"use_mask_video": True, "video_mask_path": "short.mkv"},
            [
                "video_mask_path: 32x24 is resized to 64x48",
                "video_mask_path: its 2 frames end before the film's 6; the last one holds on",
            ],
        ),
    ],
)
def test_what_is_not_as_wished_is_said(here, changes, notes):
    write_film(here / "short.mkv", np.zeros((2, 24, 32, 3), np.uint8))
    assert list(dict(shot(**ON, **changes).features)["noise"].notes) == notes


# -- noise -----------------------------------------------------------------------------------------------------------------


def change(kind, **changes):
    """|what noise changed| of the second painted frame, a flat grey one: (H, W) levels."""
    engine = Painter(lambda request: np.full((48, 64, 3), 120, np.uint8))
    reel = Reel(shot(noise_type=kind, noise_schedule="0:(0.3)", **changes))
    list(reel.take(engine.sample_take(reel.ask())))
    return np.abs(reel.ask()[0].init.astype(int) - 120).mean(axis=2)


@pytest.mark.parametrize("kind", ["uniform", "perlin"])
def test_noise_is_where_the_mask_is_white(here, kind):
    plain = change(kind)
    masked = change(kind, use_noise_mask=True, mask_file="left.png")
    assert masked[:, 32:].max() == 0
    assert np.array_equal(masked[:, :32], plain[:, :32])
    assert masked[:, :32].mean() > 8
    soft = change(kind, use_noise_mask=True, mask_file="left.png", mask_brightness_adjust=0.5)
    assert soft[:, :32].mean() == pytest.approx(0.5 * plain[:, :32].mean(), rel=0.02)


@pytest.mark.parametrize(("brightness", "share"), [(1.0, 1.0), (0.6, 1.0), (0.4, 0.0)])
def test_classic_rounds_masks_and_pulls_to_grey_outside_of_them(here, brightness, share):
    classic = {"classic": True, "use_noise_mask": True, "mask_file": "left.png", "mask_brightness_adjust": brightness}
    request = requests(noise_type="uniform", noise_schedule="0:(0.3)", **classic)[1]
    field = gaussian((64, 48), generator(7 + 1, 1))
    before = np.full((48, 64, 3), 0, np.uint8)
    assert np.array_equal(request.init, mix_to_grey(before, field * (LEFT * share)[..., None], 0.3))
    assert np.unique(request.init[:, 32:]).tolist() == [38]  # 0.3 of 127.5


def requests(**changes):
    engine = Painter(lambda request: np.zeros((48, 64, 3), np.uint8))
    list(render(Reel(shot(max_frames=3, **changes)), engine))
    return engine.requests


def test_detail_is_put_back_where_the_mask_is_white(here):
    def init(**changes):
        engine = Painter(noisy)
        moved = {"translation_x": "0:(2.5)", "sampling_mode": "bilinear", "strength_schedule": "0:(0.65)"}
        reel = Reel(shot(noise_type="detail", noise_schedule="0:(1)", **moved, **changes))
        list(reel.take(engine.sample_take(reel.ask())))
        return reel.ask()[0].init

    without, whole = init(), init(use_noise_mask=True, noise_mask_schedule="{everywhere}")
    left = init(use_noise_mask=True, mask_file="left.png")
    moved = init(use_noise_mask=True, noise_mask_schedule="!{everywhere}")
    assert np.array_equal(without, whole)
    assert np.array_equal(left[:, :32], whole[:, :32])
    assert np.array_equal(left[:, 32:], moved[:, 32:])
    assert np.abs(whole.astype(int) - moved).mean() > 2
    gained = [grain.energy(grain.luminance(one))[8:-8, 8:24].mean() for one in (left, moved)]
    assert gained[0] > 1.2 * gained[1]


def test_noise_follows_a_mask_video(here):
    frames = np.zeros((6, 48, 64, 3), np.uint8)
    frames[::2, :, :32] = frames[1::2, :, 32:] = 255
    write_film(here / "sides.mkv", frames)
    sides = {"use_noise_mask": True, "use_mask_video": True, "video_mask_path": "sides.mkv"}
    engine = Painter(lambda request: np.full((48, 64, 3), 120, np.uint8))
    made = shot(noise_type="uniform", noise_schedule="0:(0.3)", **sides)
    list(render(Reel(made), engine))
    for request in engine.requests[1:]:
        noise = [half.std() > 5 for half in np.split(request.init, 2, axis=1)]
        assert noise == ([True, False] if request.index % 2 == 0 else [False, True]), request.index
    assert "where noise_mask_schedule is white" in dict(made.features)["noise"].does
    for close in made.steps.close:
        close()


MOVING = {"noise_mask_schedule": "0:({video_mask}), 2:(!{video_mask} | [soft.png]), 4:([left.png] ^ {video_mask})"}


@pytest.mark.parametrize("kind", ["perlin", "detail"])
@pytest.mark.parametrize("ahead", [False, True])
def test_stopped_after_any_picture_and_restored_it_goes_on_alike(here, kind, ahead):
    write_film(here / "masks.mkv", np.random.default_rng(1).integers(0, 256, (6, 48, 64, 3), np.uint8))
    changes = {"use_noise_mask": True, "use_mask_video": True, "video_mask_path": "masks.mkv", **MOVING}
    changes |= {"noise_type": kind, "noise_schedule": "0:(0.5)", "angle": "0:(3)", "sampling_mode": "bilinear"}
    assert_resumed_alike(changes, ahead=ahead)


def test_a_run_is_resumed_to_the_byte_from_the_settings_that_it_wrote(here):
    """Files are named beside the first settings file, and the run's own lies elsewhere."""
    asked = {**ON, **MOVING, "mask_file": "left.png"}
    (here / "film.json").write_text(
        json.dumps({"W": 64, "H": 48, "max_frames": 6, "diffusion_cadence": 1, "seed": 7, "anim_version": "x", **asked})
    )

    def paint(request):
        if request.index == 3 and len(stopping.requests) < 5:
            raise KeyboardInterrupt
        return noisy(request)

    whole, stopping = Painter(noisy), Painter(paint)
    asked = settings_file.load(here / "film.json")
    folders = [RunFolder.create(here / "out", name, asked) for name in ("whole", "stopped")]
    film(open_shot(asked), whole, folders[0], video=False)
    with pytest.raises(KeyboardInterrupt):
        film(open_shot(asked), stopping, folders[1], video=False)
    film(open_shot(settings_file.load(folders[1].path / "settings.json")), stopping, folders[1], video=False)
    files = [[file.read_bytes() for file in sorted(folder.frames.iterdir())] for folder in folders]
    assert files[0] == files[1]
    for folder in folders:
        folder.close()
