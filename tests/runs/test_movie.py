"""Movies: what the stream of features makes of size and rate goes through video, GIF, stitch and resume. A real ffmpeg."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from PIL import Image

from lib_anim.errors import SettingsError, VideoError
from lib_anim.images.test_card import test_card as card
from lib_anim.media.source_video import Film
from lib_anim.runs.film import film
from lib_anim.runs.folder import RunFolder
from lib_anim.runs.writer import stitch
from lib_anim.shot.movie import Movie
from lib_anim.shot.shot import Shot
from lib_anim.shot.steps import Steps
from tests.helpers import Painter, problems_of, settings, shot, write_tone

FILM = {"max_frames": 8, "fps": 10, "make_gif": True}


def grey(request):
    """Frame k is a grey of its own."""
    return np.full((*request.size[::-1], 3), 20 + 25 * request.index, np.uint8)


def twice_as_often(movie):
    """Each picture, and one half way to the next."""

    def frames():
        before = None
        for frame in movie.frames:
            if before is not None:
                yield ((before.astype(int) + frame) // 2).astype(np.uint8)
            yield frame
            before = frame
        yield before

    return Movie(frames(), movie.size, 2 * movie.fps)


def twice_as_large(movie):
    size = tuple(2 * side for side in movie.size)
    return Movie((np.repeat(np.repeat(frame, 2, 0), 2, 1) for frame in movie.frames), size, movie.fps)


def streaming(*stream, **changes):
    base = shot(**{**FILM, **changes})
    return Shot(base.plan, (*base.features, ("extra", Steps(stream=stream))))


def filmed(out, made, name="film", engine=None, **how):
    folder = RunFolder.create(out, name, made.plan.settings)
    try:
        film(made, engine or Painter(grey), folder, **how)
    finally:
        folder.close()
    return folder


def greys(path):
    """The grey in the middle of each frame of a video."""
    source = Film.open(path)
    frames = source.frames(source.size)
    found = [int(frames[k][source.size[1] // 2, source.size[0] // 2, 0]) for k in range(source.n_frames)]
    frames.close()
    return found


WANTED = [20, *(value for k in range(1, 8) for value in (20 + 25 * k - 13, 20 + 25 * k)), 195]


def check(folder):
    """The video is twice as large and as often; the frames on disk are as they were painted."""
    source = Film.open(folder.video)
    assert (source.size, source.fps, source.n_frames) == ((128, 96), 20.0, 16)
    assert np.abs(np.subtract(greys(folder.video), WANTED)).max() <= 3
    assert sorted(path.name for path in folder.frames.iterdir()) == [f"{index:09d}.png" for index in range(8)]
    with Image.open(folder.frame_path(0)) as frame, Image.open(folder.video.with_suffix(".gif")) as gif:
        assert frame.size == (64, 48)
        assert (gif.size, gif.n_frames) == ((128, 96), 16)


@pytest.mark.parametrize("stream", [(twice_as_often, twice_as_large), (twice_as_large, twice_as_often)])
def test_a_movie_of_another_size_and_rate_is_the_video_and_what_is_made_of_it(tmp_path, stream):
    check(filmed(tmp_path, streaming(*stream)))


def test_it_is_as_long_as_before_and_so_is_its_sound(tmp_path):
    write_tone(tmp_path / "tone.wav", 3.0)
    sound = {"add_soundtrack": "File", "soundtrack_path": str(tmp_path / "tone.wav")}
    for name, stream in (("plain", ()), ("doubled", (twice_as_often,))):
        video = cv2.VideoCapture(str(filmed(tmp_path, streaming(*stream, **sound), name).video))
        seconds = video.get(cv2.CAP_PROP_FRAME_COUNT) / video.get(cv2.CAP_PROP_FPS)
        assert seconds == pytest.approx(0.8, abs=0.06), name


def test_stitching_streams_again(tmp_path):
    made = streaming(twice_as_often, twice_as_large)
    folder = filmed(tmp_path, made, video=False)
    assert not folder.video.exists()
    assert stitch(folder, made.plan.settings, made.steps) == 8
    check(folder)


@pytest.mark.parametrize("painted", [1, 4, 7])
def test_a_film_gone_on_with_has_the_same_movie(tmp_path, painted):
    class Stops(Painter):
        def paint(self, request):
            if request.index == painted:
                raise KeyboardInterrupt
            return super().paint(request)

    with pytest.raises(KeyboardInterrupt):
        filmed(tmp_path, streaming(twice_as_often, twice_as_large), engine=Stops(grey))
    folder = RunFolder.open(tmp_path / "film")
    film(streaming(twice_as_often, twice_as_large), Painter(grey), folder)
    folder.close()
    check(folder)


def failing(movie):
    def frames():
        yield next(movie.frames)
        raise VideoError("the network is gone")

    return replace(movie, frames=frames())


def failing_through(movie):
    def frames():
        yield from movie.frames  # what closes this, closes what it is read from

    return failing(replace(movie, frames=frames()))


@pytest.mark.parametrize("stream", [failing, failing_through])
def test_a_step_that_fails_costs_the_video_and_no_frame(tmp_path, stream):
    with pytest.raises(VideoError, match=r"the network is gone; the frames are in .*frames, `anim stitch` makes the video"):
        filmed(tmp_path, streaming(stream))
    assert len(list((tmp_path / "film" / "frames").iterdir())) == 8


def test_without_features_the_movie_is_the_film(tmp_path):
    folder = filmed(tmp_path, shot(**FILM))
    source = Film.open(folder.video)
    assert (source.size, source.fps, source.n_frames) == ((64, 48), 10.0, 8)
    assert settings(**FILM)["fps"] == 10


# -- frames between frames --------------------------------------------------------------------------------------------------

BETWEEN = {"frame_interpolation_engine": "Blend", "max_frames": 4, "fps": 10}
SLOW = {"frame_interpolation_slow_mo_enabled": True}


@pytest.mark.parametrize(
    ("changes", "fps", "seen"),
    [
        ({}, 20, [20, 32, 45, 57, 70, 82, 95, 95]),
        ({"loop": True}, 20, [20, 32, 45, 57, 70, 82, 95, 57]),
        ({"frame_interpolation_x_amount": 4}, 40, [20, 26, 32, 39, 45, 51, 57, 64, 70, 76, 82, 89, 95, 95, 95, 95]),
        ({"frame_interpolation_fps": 25}, 25, [20, 30, 40, 50, 60, 70, 80, 90, 95, 95]),
        ({"frame_interpolation_fps": 10}, 10, [20, 45, 70, 95]),
        (SLOW, 10, [20, 32, 45, 57, 70, 82, 95, 95]),
        ({**SLOW, "frame_interpolation_slow_mo_amount": 4}, 5, [20, 32, 45, 57, 70, 82, 95, 95]),
        ({**SLOW, "frame_interpolation_fps": 15}, 15, [20, 28, 37, 45, 53, 62, 70, 78, 87, 95, 95, 95]),
        ({"skip_video_creation": False, "frame_interpolation_engine": "None"}, 10, [20, 45, 70, 95]),
    ],
)
def test_a_film_has_frames_between_its_frames(tmp_path, changes, fps, seen):
    folder = filmed(tmp_path, shot(**{**BETWEEN, "loop_frames": 1, **changes}), engine=Painter(grey))
    source = Film.open(folder.video)
    assert source.fps == pytest.approx(fps)
    assert np.abs(np.subtract(greys(folder.video), seen)).max() <= (30 if "loop" in changes else 3)
    assert len(list(folder.frames.iterdir())) == 4


def test_a_part_of_a_film_that_goes_round_does_not():
    whole, part = (shot(part=part, **{**BETWEEN, "loop": True}) for part in (None, (0, 3)))
    told = [dict(one.features)["frame_interpolation"].does for one in (whole, part)]
    assert told == ["Blend: 20 frames a second, round to the first", "Blend: 20 frames a second"]


def test_a_film_of_one_frame_is_told_and_filmed():
    made = shot(**{**BETWEEN, "max_frames": 1})
    assert "frame_interpolation_engine: there is nothing between the frames of a film of one" in made.notes
    assert made.steps.stream == ()


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        (
            {"frame_interpolation_fps": 8},
            "frame_interpolation_fps: 8 frames a second are fewer than the 10 that there are, and",
        ),
        ({"frame_interpolation_x_amount": 1}, "frame_interpolation_x_amount: 1 is too small; the least is 2"),
        ({"frame_interpolation_x_amount": 300}, "frame_interpolation_x_amount: that makes 3000 frames a second; 1000 are the"),
        ({"frame_interpolation_engine": "Magic"}, 'frame_interpolation_engine: there is no "Magic"; choose one of None, Flow,'),
    ],
)
def test_rates_that_are_none_are_told_in_a_line(changes, line):
    with pytest.raises(SettingsError) as caught:
        shot(**{**BETWEEN, **changes})
    (told,) = problems_of(caught)
    assert told.startswith(line)


def walking(request):
    """A test card that walks to the right."""
    return np.roll(card(request.size), 2 * request.index, axis=1)


@pytest.mark.parametrize("painted", [2, 6])
def test_a_film_gone_on_with_has_the_same_frames_between(tmp_path, painted):
    """To the byte of the video: they are made from the frames on disk."""

    class Stops(Painter):
        def paint(self, request):
            if request.index == painted:
                raise KeyboardInterrupt
            return super().paint(request)

    made = {"frame_interpolation_engine": "Flow", "loop": True, "max_frames": 8, "diffusion_cadence": 2, "zoom": "0:(1.02)"}
    whole = filmed(tmp_path, shot(**made), "whole", Painter(walking))
    with pytest.raises(KeyboardInterrupt):
        filmed(tmp_path / "stopped", shot(**made), "whole", Stops(walking))
    folder = RunFolder.open(tmp_path / "stopped" / "whole")
    film(shot(**made), Painter(walking), folder)
    folder.close()
    assert folder.video.read_bytes() == whole.video.read_bytes()
    assert Film.open(folder.video).n_frames == 16
