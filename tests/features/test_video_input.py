"""Mode Video Input: over which picture of a video each frame is painted, and what is carried on along its motion."""

import cv2
import numpy as np
import pytest

from lib_anim.engines.preview import Preview
from lib_anim.errors import SettingsError
from lib_anim.media.source_video import Film
from lib_anim.plan.plan import make_plan
from lib_anim.runs.film import film
from lib_anim.runs.folder import RunFolder
from lib_anim.shot.reel import Reel, render
from lib_anim.shot.steps import Tools
from tests.helpers import Painter, assert_resumed_alike, noisy, problems_of, settings, shot, write_tone
from tests.media.test_source_video import numbered, order, write_film

SIZE = (64, 48)
COPY = Painter(lambda request: request.init)


@pytest.fixture
def video(tmp_path, monkeypatch):
    """A video of 8 frames whose grey tells their number, in the folder of the film."""
    monkeypatch.chdir(tmp_path)
    return write_film(tmp_path / "video.mkv", numbered(8, SIZE))


def over(**changes):
    """A film over video.mkv."""
    return {"animation_mode": "Video Input", "video_init_path": "video.mkv", "max_frames": 8, "video_follow": "None", **changes}


def requests(tools=None, **changes):
    engine = Painter(lambda request: np.zeros((48, 64, 3), np.uint8) if request.init is None else request.init)
    frames = list(render(Reel(shot(tools, **over(**changes))), engine))
    return engine.requests, frames


@pytest.mark.parametrize(
    ("changes", "numbers"),
    [
        ({}, [0, 1, 2, 3, 4, 5, 6, 7]),
        ({"diffusion_cadence": 3}, [0, 3, 6]),
        ({"extract_nth_frame": 2, "max_frames": 4}, [0, 2, 4, 6]),
        ({"extract_from_frame": 5, "extract_to_frame": 6, "max_frames": 4}, [5, 6, 6, 6]),
        ({"max_frames": 11}, [0, 1, 2, 3, 4, 5, 6, 7, 7, 7, 7]),
        ({"max_frames": 11, "video_at_end": "loop"}, [0, 1, 2, 3, 4, 5, 6, 7, 0, 1, 2]),
        ({"max_frames": 11, "video_at_end": "ping-pong"}, [0, 1, 2, 3, 4, 5, 6, 7, 6, 5, 4]),
        ({"reverse": True}, [7, 6, 5, 4, 3, 2, 1, 0]),
        ({"reverse": True, "max_frames": 10, "video_at_end": "loop"}, [1, 0, 7, 6, 5, 4, 3, 2, 1, 0]),
    ],
)
def test_every_painted_frame_is_painted_over_its_own_of_the_video(video, changes, numbers):
    asked, _ = requests(**changes)
    assert order([request.init for request in asked], 8) == numbers


def test_where_the_video_stops_the_film_goes_on_over_what_it_painted(video):
    asked, _ = requests(max_frames=10, video_at_end="stop")
    assert order([request.init for request in asked], 8) == [0, 1, 2, 3, 4, 5, 6, 7, 7, 7]
    engine = Painter(noisy)
    list(render(Reel(shot(**over(max_frames=10, video_at_end="stop"))), engine))
    assert np.array_equal(engine.requests[9].init, noisy(engine.requests[8]))


def test_a_frame_of_the_video_is_painted_over_as_it_is_and_as_strongly_as_any_frame(video):
    """Deforum adds no noise, colours and contrast to it. The first one has the strength of all others too."""
    loud = {"noise_schedule": "0:(0.5)", "contrast_schedule": "0:(1.5)", "amount_schedule": "0:(1)", "color_coherence": "LAB"}
    asked, _ = requests(**loud, strength=0.1, strength_schedule="0:(0.6), 4:(0.2)")
    frames = Film.open(video).frames(SIZE)
    assert all(np.array_equal(request.init, frames[k]) for k, request in enumerate(asked))
    assert [request.denoise for request in asked] == pytest.approx([0.4, 0.5, 0.6, 0.7, 0.8, 0.8, 0.8, 0.8])


def test_the_painted_picture_before_is_mixed_in_as_scheduled(video):
    engine = Painter(noisy)
    list(render(Reel(shot(**over(video_carry_schedule="0:(0.25), 4:(0.5)"))), engine))
    frames, asked = Film.open(video).frames(SIZE), engine.requests
    for k, share in ((1, 0.3125), (4, 0.5)):
        expected = share * noisy(asked[k - 1]) + (1 - share) * frames[k].astype(float)
        assert np.abs(asked[k].init - expected).max() <= 1


@pytest.mark.parametrize(
    ("how", "corners"),
    [("stretch", "RB"), ("crop", "GG"), ("pad", "RB")],
)
def test_another_shape_is_stretched_cropped_or_padded(tmp_path, monkeypatch, how, corners):
    """A video three times as wide as the film, in red, green and blue."""
    monkeypatch.chdir(tmp_path)
    picture = np.zeros((1, 48, 192, 3), np.uint8)
    for k in range(3):
        picture[:, :, 64 * k : 64 * (k + 1), k] = 255
    write_film(tmp_path / "video.mkv", picture)
    (asked,), _ = requests(max_frames=1, init_image_fit=how)
    seen = "".join("RGB"[int(asked.init[24, x].argmax())] for x in (1, 62))
    assert (seen, asked.init.shape) == (corners, (48, 64, 3))


# -- along the video ---------------------------------------------------------------------------------------------------

STEP = 3  # pixels a frame to the right


def textured(seed, height, width, cell=4):
    rng = np.random.default_rng(seed)
    cells = rng.integers(30, 226, (-(-height // cell), -(-width // cell), 3)).astype(np.float32)
    return cv2.resize(cells, (width, height), interpolation=cv2.INTER_CUBIC).clip(0, 255).astype(np.uint8)


def moving_shape(n=8, size=(160, 120)):
    """A still ground, and a patch of 60 pixels that moves over it; and the masks of the patch."""
    width, height = size
    ground, patch = textured(1, height, width), textured(2, 60, 60)
    frames, masks = np.repeat(ground[None], n, 0), np.zeros((n, height, width), bool)
    for k in range(n):
        frames[k, 30:90, 20 + STEP * k : 80 + STEP * k] = patch
        masks[k, 30:90, 20 + STEP * k : 80 + STEP * k] = True
    return frames, masks


def painted_over(tmp_path, **changes):
    """The last frame of a film whose painter painted a new texture at the first frame, and then keeps what it gets."""
    frames, masks = moving_shape()
    write_film(tmp_path / "video.mkv", frames)
    first = textured(9, 120, 160, cell=6)
    engine = Painter(lambda request: first if request.index == 0 else request.init)
    made = shot(
        Tools(Painter.capabilities), **over(W=160, H=120, video_carry_schedule="0:(1)", sampling_mode="bicubic", **changes)
    )
    return list(render(Reel(made), engine))[-1].frame, first, frames, masks, engine


def off_by(seen, expected, where):
    return float(np.abs(seen.astype(float) - expected)[where].mean())


@pytest.mark.parametrize(("flow", "held"), [("DIS Medium", True), ("DIS Fine", True), ("Farneback", True), ("None", False)])
def test_a_painted_texture_holds_on_to_a_moving_shape(tmp_path, monkeypatch, flow, held):
    """Measured in levels, away from the border of the shape: 7 frames and 21 pixels later."""
    monkeypatch.chdir(tmp_path)
    last, first, _, masks, _ = painted_over(tmp_path, video_follow=flow)
    inside = cv2.erode(masks[7].astype(np.uint8), np.ones((17, 17), np.uint8)).astype(bool)
    error = off_by(last, np.roll(first, 7 * STEP, axis=1), inside)
    assert error < 8 if held else error > 35, error


def test_what_the_motion_uncovers_is_the_videos_and_painted_with_its_own_denoise(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    last, first, frames, masks, engine = painted_over(
        tmp_path, video_follow="DIS Medium", uncovered_denoise_schedule="0:(1)", strength_schedule="0:(0.8)"
    )
    behind = np.zeros_like(masks[0])
    behind[40:80, 24:36] = True  # the ground where the patch was at the beginning
    still = np.zeros_like(masks[0])
    still[100:115, 20:140] = True
    assert off_by(last, frames[7], behind) < 15 < 45 < off_by(last, first, behind)
    assert off_by(last, first, still) < 2
    fresh = engine.requests[3].mask
    assert fresh[40:80, 25:28].mean() > 0.8 > 0.4 > fresh[100:115, 20:140].mean()
    assert engine.requests[3].denoise == 1


@pytest.mark.parametrize("reverse", [False, True])
def test_frames_between_move_along_with_the_video(tmp_path, monkeypatch, reverse):
    """Every third one is painted; those between are where the shape is, in both directions of filming."""
    monkeypatch.chdir(tmp_path)
    frames, masks = moving_shape(7)
    write_film(tmp_path / "video.mkv", frames)
    changes = {"max_frames": 7, "diffusion_cadence": 3, "video_follow": "DIS Medium", "reverse": reverse, "W": 160, "H": 120}
    seen = {one.index: one.frame for one in render(Reel(shot(**over(**changes))), Painter(lambda request: request.init))}
    dissolved = {**changes, "video_follow": "None"}
    plain = {one.index: one.frame for one in render(Reel(shot(**over(**dissolved))), Painter(lambda request: request.init))}
    for k in (1, 2, 4, 5):
        assert off_by(seen[k], frames[k], masks[k]) < 6 < 12 < off_by(plain[k], frames[k], masks[k]), k


def test_after_a_cut_nothing_is_carried_on(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    before, after = np.full((4, 48, 64, 3), 40, np.uint8), np.full((4, 48, 64, 3), 200, np.uint8)
    write_film(tmp_path / "video.mkv", np.concatenate([before, after]))
    asked, _ = requests(video_carry_schedule="0:(1)", video_follow="DIS Medium")
    assert [round(float(request.init.mean())) for request in asked] == [40] * 4 + [200] * 4


@pytest.mark.parametrize("prefetch", [False, True])
@pytest.mark.parametrize("cadence", [1, 3])
def test_stopped_after_any_picture_and_restored_it_goes_on_alike(video, cadence, prefetch):
    changes = over(video_carry_schedule="0:(0.5)", video_follow="DIS Fast", diffusion_cadence=cadence)
    assert_resumed_alike(changes, ahead=prefetch)


# -- what the film takes from the video --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "length", "rate"),
    [
        ({"max_frames": 5}, 5, 15),
        ({"video_sets": "Length"}, 8, 15),
        ({"video_sets": "Length and rate"}, 8, 10),
        ({"video_sets": "Length and rate", "extract_nth_frame": 2}, 4, 5),
        ({"video_sets": "Length", "extract_from_frame": 2, "extract_to_frame": 4}, 3, 15),
        ({"video_sets": "Length", "animation_mode": "2D"}, 8, 15),
        ({"video_sets": "Length", "video_init_path": "other.mkv"}, 50, 15),
        ({"video_sets": "Length", "extract_from_frame": 20}, 50, 15),
    ],
)
def test_length_and_rate_are_the_videos_if_asked_for(video, changes, length, rate):
    plan = make_plan(settings(**over(**{"max_frames": 50, "fps": 15, **changes})))
    assert (plan.timeline.n_frames, plan.timeline.fps, plan.settings["max_frames"]) == (length, rate, length)


def test_nothing_is_extracted_and_decoding_ends_with_the_last_frame_that_is_used(tmp_path, monkeypatch):
    """Deforum writes every frame to disk, again at every start for a part, and reads on to the end of the file."""
    monkeypatch.chdir(tmp_path)
    write_film(tmp_path / "video.mkv", numbered(8, SIZE))
    made = shot(**over(max_frames=3, extract_to_frame=2))
    folder = RunFolder.create(tmp_path / "out", "film", made.plan.settings)
    film(made, COPY, folder, video=False)
    folder.close()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "video.mkv"]
    assert sorted({path.suffix for path in folder.path.rglob("*") if path.is_file()} & {".jpg", ".mkv"}) == []
    from lib_anim.media.source_video import _reading_command

    seen = Film.open(tmp_path / "video.mkv")
    command = _reading_command(seen, SIZE, seen.numbers(1, 0, 2))
    assert command[command.index("-frames:v") + 1] == "3"


def test_the_preview_shows_the_video(video):
    frames = list(render(Reel(shot(**over())), Preview()))
    assert [abs(int(one.frame[-2, 32, 1]) - (20 + 25 * one.index)) < 40 for one in frames] == [True] * 8


# -- what is said ------------------------------------------------------------------------------------------------------

FIT = "video_init_path: 64x48 is resized to 80x48, which stretches it; crop it to the film's shape to avoid that"
SAID = [
    ({"max_frames": 9}, "video_init_path: its 8 frames end before the film's 9; the last one holds on"),
    ({"W": 80}, FIT),
    ({"W": 80, "init_image_fit": "crop"}, "video_init_path: 64x48 is cropped to the shape of 80x48"),
    ({"use_init": True}, "use_init has no effect in Video Input; the first frame is painted over that of the video"),
    (
        {"hybrid_motion": "Affine"},
        "hybrid_motion has no effect in Video Input; video_follow moves painted pictures along with the video",
    ),
    (
        {"video_carry_schedule": "0:(1)", "video_follow": "RAFT"},
        "video_follow: DIS Medium stands in for RAFT: flow_model names no file of it",
    ),
]


@pytest.mark.parametrize(("changes", "note"), SAID)
def test_what_could_surprise_is_said(video, changes, note):
    assert note in shot(**over(**changes)).notes


def test_nothing_is_said_of_a_video_that_fits_or_of_an_end_that_was_chosen(video):
    assert shot(**over()).notes == ()
    assert shot(**over(max_frames=20, video_at_end="loop")).notes == ()


def text_file(path):
    path.write_text("no film, but a text")


def sound_file(path):
    write_tone(path.with_suffix(".wav"))
    path.with_suffix(".wav").rename(path)


BAD = [
    ("", None, 'animation_mode "Video Input" needs a video; write the path of a video file'),
    ("https://host/a.mp4", None, "a web address; nothing is downloaded; write the path of a video file, or allow it: --fetch"),
    ("none.mp4", None, "none.mp4: there is no such file; write the path of a video file"),
    ("text.mp4", text_file, "text.mp4: not a video that can be read: "),
    ("tone.mkv", sound_file, "tone.mkv: there are no pictures in it; write the path of a video file"),
]


@pytest.mark.parametrize(("name", "write", "said"), BAD, ids=[name for name, *_ in BAD])
def test_what_is_no_video_is_said_before_the_run(tmp_path, monkeypatch, name, write, said):
    monkeypatch.chdir(tmp_path)
    if write:
        write(tmp_path / name)
    with pytest.raises(SettingsError) as error:
        shot(**over(video_init_path=name))
    (line,) = problems_of(error)
    assert line.startswith(f"video_init_path: {said}")


def noise(data):
    middle = slice(len(data) * 2 // 5, len(data) // 2)
    data[middle] = np.random.default_rng(1).integers(0, 256, len(data[middle]), np.uint8).tobytes()


def cut(data):
    del data[len(data) * 3 // 5 :]


@pytest.mark.parametrize(
    ("name", "options", "damage", "used", "said"),
    [
        ("a.mkv", ("-c:v", "ffv1"), noise, [*range(15), *range(24, 40)], True),
        ("a.mkv", ("-c:v", "ffv1"), cut, range(22), True),
        ("a.avi", ("-c:v", "mjpeg"), noise, [*range(9), *range(16, 40)], False),
    ],
)
def test_of_a_damaged_video_what_can_be_read_is_used(tmp_path, monkeypatch, name, options, damage, used, said):
    """Said beforehand where the file's packets tell; some formats show only while they are decoded."""
    monkeypatch.chdir(tmp_path)
    path = write_film(tmp_path / name, numbered(40, (160, 120)), options=options)
    data = bytearray(path.read_bytes())
    damage(data)
    path.write_bytes(data)
    made = shot(**over(video_init_path=name, max_frames=40, W=160, H=120))
    seen = order([one.frame for one in render(Reel(made), Painter(lambda request: request.init))], 40)
    assert set(used) <= set(seen)
    assert any(note.startswith(f"video_init_path: {name} is damaged: ") for note in made.notes) == said
