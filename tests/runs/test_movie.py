"""Movies: what the stream of features makes of size and rate goes through video, GIF, stitch and resume. A real ffmpeg."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from PIL import Image

from lib_anim.errors import VideoError
from lib_anim.media.source_video import Film
from lib_anim.runs.film import film
from lib_anim.runs.folder import RunFolder
from lib_anim.runs.writer import stitch
from lib_anim.shot.movie import Movie
from lib_anim.shot.shot import Shot
from lib_anim.shot.steps import Steps
from tests.helpers import Painter, settings, shot, write_tone

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
