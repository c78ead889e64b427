"""The thread that writes the PNG files, states and video of a run while the engine paints the next picture."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

import numpy as np

from lib_anim.errors import OutputError, VideoError
from lib_anim.images.frame import Frame
from lib_anim.media.encode import VideoWriter
from lib_anim.media.metadata import parameters_chunk, png_chunk, text_of
from lib_anim.messages import Message
from lib_anim.runs.folder import RunFolder
from lib_anim.settings.settings import Settings
from lib_anim.shot.canvas import DEPTH_NOTE, Rendered
from lib_anim.shot.movie import Movie
from lib_anim.shot.shot import Shot
from lib_anim.shot.steps import Steps
from lib_anim.shot.track import SPANS_IN_USE

QUEUED_SPANS = SPANS_IN_USE - 2  # maximum number that wait for the writer; more would only use memory

HUNG_S = 60.0  # an ffmpeg that accepts no frame for this time hangs
LONGEST_WAIT_S = 0.5  # for the engine to paint; frames of a paused film are written too

Progress = Callable[[int, int], None]
_Item = tuple[Iterator[Rendered], dict[str, object], Mapping[int, str]]  # a span, the state after it, frame -> infotext


class Writer:
    """Writes spans to files in a thread.

    Unless it lags behind, it begins a span while the engine paints (`engine_paints` is set), so that it does not compete with
    the film's computation between two pictures.
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
        self._video: VideoWriter | None = None  # the current video
        self._engine_paints = engine_paints
        self._thread = threading.Thread(target=self._work, name="writer", daemon=True)
        self._thread.start()

    def put(self, frames: Iterator[Rendered], state: dict[str, object], painted: Mapping[int, str]) -> None:
        """Queue a span, the state after it, and frame -> infotext of painted frames. Raises the error of an earlier span."""
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
        """A context in which the engine paints, and threads may work."""
        self._engine_paints.set()
        try:
            yield
        finally:
            self._engine_paints.clear()

    def close(self) -> None:
        """Wait until everything is written. Raises the thread's error."""
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
        """Kill an ffmpeg that hangs, so that frames are written without it."""
        video = self._video
        since = video and video.waiting_since
        if video and since and time.monotonic() - since > HUNG_S:
            video.kill(Message("it took no frame for {n} s", n=HUNG_S))

    def _work(self) -> None:
        frames = self._all_frames()
        try:
            if self._wanted:
                self._record(frames)
            for _ in frames:  # without a video, or after it failed, frames are still written
                pass
        except BaseException as fault:
            self._fault = fault

    def _record(self, frames: Iterator[Frame]) -> None:
        """Encode the frames as they are written. If that fails, `anim stitch` can make the video later."""
        plan, video = self._shot.plan, None
        try:
            taken = self._in_order(frames)
            movie = _streamed(Movie(taken, plan.size, plan.settings.number("fps")), self._shot.steps.stream)
            try:
                for frame in movie.frames:
                    video = self._video = video or _video(self.folder, movie, plan.settings, self._ffmpeg)
                    video.write(frame)
            finally:
                if video:
                    video.close()
                    self._run_delivery()
        except VideoError as error:
            self._set_video_error(error)

    def _run_delivery(self) -> None:
        """Run the delivery steps of the features on the finished video."""
        for step in self._shot.steps.deliver:
            step(self.folder.video, self._ffmpeg)

    def _set_video_error(self, error: VideoError) -> None:
        text = "{said}; the frames are in {path}, `anim stitch` makes the video"
        self.video_error = VideoError(Message(text, said=error, path=self.folder.frames))

    def _in_order(self, frames: Iterator[Frame]) -> Iterator[Frame]:
        """Yield the frames in the order in which they are shown: if the first is filmed last, after all are written; and once
        more backwards, if the video comes back."""
        shown = self._read_back(frames) if self._shot.plan.backwards else frames
        yield from (frame for frame in shown)  # a failing step closes this generator and not `frames`
        indexes = sorted(self._shot.plan.order[: self.frames])
        yield from self.folder.read_frames(_way_back(self._shot.plan.settings, indexes))

    def _read_back(self, frames: Iterator[Frame]) -> Iterator[Frame]:
        for _ in frames:
            pass
        yield from self.folder.read_frames(reversed(self._shot.plan.order[: self.frames]))

    def _all_frames(self) -> Iterator[Frame]:
        """Yield frames after they are written. With a video, first the frames that existed before this run."""
        plan = self._shot.plan
        if self._wanted and not plan.backwards:
            yield from self.folder.read_frames(plan.frames[: self._start])
        while item := self._queue.get():
            span, state, painted = item
            if self._queue.empty():  # no further span waits
                self._engine_paints.wait(LONGEST_WAIT_S)
            written: list[int] = []
            for rendered in span:
                chunk = parameters_chunk(painted.get(rendered.index, "")) + self._chunk
                self.folder.write_frame(rendered.index, rendered.frame, chunk)
                if isinstance(distance := rendered.notes.get(DEPTH_NOTE), np.ndarray):
                    self.folder.write_depth(rendered.index, distance)
                self.frames += 1
                written.append(rendered.index)
                self._progress(self.frames, len(plan.frames))
                yield rendered.frame
            done = state["done"]
            assert isinstance(done, int)
            self.folder.write_state(done, state, written)


def stitch(folder: RunFolder, settings: Settings, steps: Steps, ffmpeg: str | None = None) -> int:
    """Make the video of a run's frames again, with the stream and delivery steps of its features; return the number of frames.

    Raises OutputError, VideoError.
    """
    indexes = sorted(int(path.stem) for path in folder.frames.glob("*.png") if path.stem.isdigit())
    if not indexes:
        raise OutputError(Message("{path}: there are no frames", path=folder.frames))
    first, frames = next(folder.read_frames(indexes[:1])), folder.read_frames([*indexes, *_way_back(settings, indexes)])
    movie = _streamed(Movie(frames, first.shape[1::-1], settings.number("fps")), steps.stream)
    with _video(folder, movie, settings, ffmpeg) as video:
        for frame in movie.frames:
            video.write(frame)
    for deliver in steps.deliver:
        deliver(folder.video, ffmpeg)
    return len(indexes)


def _way_back(settings: Settings, indexes: Sequence[int]) -> Sequence[int]:
    """Return the indexes of the frames that follow the last one where the video goes there and back, without both ends."""
    return indexes[-2:0:-1] if settings.switch("ping_pong") else ()


def _streamed(movie: Movie, steps: Iterable[Callable[[Movie], Movie]]) -> Movie:
    for step in steps:
        movie = step(movie)
    return movie


def _video(folder: RunFolder, movie: Movie, settings: Settings, ffmpeg: str | None) -> VideoWriter:
    """Open the video of a run with a movie's size and rate. Its comment stores the settings. Raises VideoError."""
    return VideoWriter(
        folder.video,
        movie.size,
        movie.fps,
        crf=settings.integer("ffmpeg_crf"),
        preset=settings.text("ffmpeg_preset"),
        comment=text_of(settings),
        ffmpeg=ffmpeg,
    )
