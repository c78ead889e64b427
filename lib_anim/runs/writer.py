"""The thread that turns the frames of a run into files: PNG, video, states, while the next picture is painted."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager

from lib_anim.errors import OutputError, VideoError
from lib_anim.images.frame import Frame
from lib_anim.media.encode import VideoWriter
from lib_anim.media.metadata import parameters_chunk, png_chunk, text_of
from lib_anim.messages import Message
from lib_anim.runs.folder import RunFolder
from lib_anim.settings.settings import Settings
from lib_anim.shot.canvas import Rendered
from lib_anim.shot.movie import Movie
from lib_anim.shot.shot import Shot
from lib_anim.shot.steps import Steps
from lib_anim.shot.track import SPANS_IN_USE

QUEUED_SPANS = SPANS_IN_USE - 2  # that wait for the writer; more would only be memory

HUNG_S = 60.0  # an ffmpeg that takes no frame for so long hangs
LONGEST_WAIT_S = 0.5  # for the engine to paint; a film that is held is written all the same

Progress = Callable[[int, int], None]
_Item = tuple[Iterator[Rendered], dict[str, object], Mapping[int, str]]  # a span, the state after it, infotexts by frame


class Writer:
    """The thread that turns spans into files.

    As long as it keeps up, it begins a span while the engine paints (`engine_paints` is set then), so that it does not compete
    with what a film computes between two pictures.
    """

    def __init__(
        self,
        shot: Shot,
        folder: RunFolder,
        start: int,
        progress: Progress,
        ffmpeg: str | None,
        video: bool,
        engine_paints: threading.Event,
    ) -> None:
        self.frames = start
        self.video_error: VideoError | None = None
        self._shot, self.folder, self._progress = shot, folder, progress
        self._start, self._ffmpeg, self._wanted = start, ffmpeg, video
        self._chunk = png_chunk(text_of(shot.plan.settings))
        self._queue: queue.Queue[_Item | None] = queue.Queue(QUEUED_SPANS)
        self._fault: BaseException | None = None
        self._video: VideoWriter | None = None  # under way
        self._engine_paints = engine_paints
        self._thread = threading.Thread(target=self._work, name="writer", daemon=True)
        self._thread.start()

    def put(self, frames: Iterator[Rendered], state: dict[str, object], painted: Mapping[int, str]) -> None:
        """Hand over a span, the state after it, and what painted the frames in it that were painted. Raises what went wrong
        with one before."""
        while True:
            if self._fault:
                raise self._fault
            try:
                self._queue.put((frames, state, painted), timeout=0.2)
                return
            except queue.Full:
                self._end_hung_video()

    @contextmanager
    def while_painting(self) -> Iterator[None]:
        """The engine paints inside the block: the time for work in threads."""
        self._engine_paints.set()
        try:
            yield
        finally:
            self._engine_paints.clear()

    def close(self) -> None:
        """Wait until all is written. Raises what went wrong."""
        while self._thread.is_alive():
            try:
                self._queue.put(None, timeout=0.2)
                break
            except queue.Full:
                self._end_hung_video()
        while self._thread.is_alive():
            self._thread.join(0.2)
            self._end_hung_video()
        if self._fault:
            raise self._fault

    def _end_hung_video(self) -> None:
        """End an ffmpeg that hangs, so that the frames go on without it."""
        video = self._video
        since = video and video.waiting_since
        if video and since and time.monotonic() - since > HUNG_S:
            video.kill(Message("it took no frame for {n} s", n=HUNG_S))

    def _work(self) -> None:
        frames = self._all_frames()
        try:
            if self._wanted:
                self._record(frames)
            for _ in frames:  # without a video, or after it was lost, they are written all the same
                pass
        except BaseException as fault:
            self._fault = fault

    def _record(self, frames: Iterator[Frame]) -> None:
        """Make the video of the frames as they come. If it fails, the frames can be put together later."""
        plan, video = self._shot.plan, None
        try:
            taken = (frame for frame in frames)  # a step that fails closes this and not `frames`, which go on
            movie = _streamed(Movie(taken, plan.size, plan.settings.number("fps")), self._shot.steps.stream)
            try:
                for frame in movie.frames:
                    video = self._video = video or _video(self.folder, movie, plan.settings, self._ffmpeg)
                    video.write(frame)
            finally:
                if video:
                    video.close()
                    self._deliver()
        except VideoError as error:
            self._lost(error)

    def _deliver(self) -> None:
        for step in self._shot.steps.deliver:
            step(self.folder.video, self._ffmpeg)

    def _lost(self, error: VideoError) -> None:
        text = "{said}; the frames are in {path}, `anim stitch` makes the video"
        self.video_error = VideoError(Message(text, said=error, path=self.folder.frames))

    def _all_frames(self) -> Iterator[Frame]:
        """Frames as they come to be on disk: first those of the run before this one, for the video's sake."""
        plan = self._shot.plan
        if self._wanted:
            yield from self.folder.read_frames(plan.frames[: self._start])
        while item := self._queue.get():
            span, state, painted = item
            if self._queue.empty():  # nothing waits behind this span
                self._engine_paints.wait(LONGEST_WAIT_S)
            written: list[int] = []
            for rendered in span:
                chunk = parameters_chunk(painted.get(rendered.index, "")) + self._chunk
                self.folder.write_frame(rendered.index, rendered.frame, chunk)
                self.frames += 1
                written.append(rendered.index)
                self._progress(self.frames, len(plan.frames))
                yield rendered.frame
            done = state["done"]
            assert isinstance(done, int)
            self.folder.write_state(done, state, written)


def stitch(folder: RunFolder, settings: Settings, steps: Steps, ffmpeg: str | None = None) -> int:
    """Put the frames of a run together anew, as its features stream and deliver them. Returns how many there were.

    Raises OutputError, VideoError.
    """
    indexes = sorted(int(path.stem) for path in folder.frames.glob("*.png") if path.stem.isdigit())
    if not indexes:
        raise OutputError(Message("{path}: there are no frames", path=folder.frames))
    first, frames = next(folder.read_frames(indexes[:1])), folder.read_frames(indexes)
    movie = _streamed(Movie(frames, first.shape[1::-1], settings.number("fps")), steps.stream)
    with _video(folder, movie, settings, ffmpeg) as video:
        for frame in movie.frames:
            video.write(frame)
    for deliver in steps.deliver:
        deliver(folder.video, ffmpeg)
    return len(indexes)


def _streamed(movie: Movie, steps: Iterable[Callable[[Movie], Movie]]) -> Movie:
    for step in steps:
        movie = step(movie)
    return movie


def _video(folder: RunFolder, movie: Movie, settings: Settings, ffmpeg: str | None) -> VideoWriter:
    """The video of a run, of a movie's size and rate, as its settings want it and with them in it."""
    return VideoWriter(
        folder.video,
        movie.size,
        movie.fps,
        crf=settings.integer("ffmpeg_crf"),
        preset=settings.text("ffmpeg_preset"),
        comment=text_of(settings),
        ffmpeg=ffmpeg,
    )
