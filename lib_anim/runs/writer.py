"""The thread that turns the frames of a run into files: PNG, video, states, while the next picture is painted."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from lib_anim.errors import OutputError, VideoError
from lib_anim.media.encode import VideoWriter
from lib_anim.media.metadata import png_chunk, text_of
from lib_anim.runs.folder import RunFolder
from lib_anim.settings.settings import Settings
from lib_anim.shot.canvas import Rendered
from lib_anim.shot.shot import Shot

QUEUED_SPANS = 2  # that wait for the writer; more would only be memory

Progress = Callable[[int, int], None]
Delivery = Callable[[Path, str | None], None]  # of the video's path and the ffmpeg to use


class Writer:
    """The thread that turns spans into files."""

    def __init__(self, shot: Shot, folder: RunFolder, start: int, progress: Progress, ffmpeg: str | None, video: bool) -> None:
        self.frames = start
        self.video_error: VideoError | None = None
        self._shot, self.folder, self._progress = shot, folder, progress
        self._start, self._ffmpeg, self._wanted = start, ffmpeg, video
        self._chunk = png_chunk(text_of(shot.plan.settings))
        self._queue: queue.Queue = queue.Queue(QUEUED_SPANS)
        self._fault: BaseException | None = None
        self._thread = threading.Thread(target=self._work, name="writer", daemon=True)
        self._thread.start()

    def put(self, frames: Iterator[Rendered], state: dict[str, object]) -> None:
        """Hand over a span and the state after it. Raises what went wrong with one before."""
        while True:
            if self._fault:
                raise self._fault
            try:
                self._queue.put((frames, state), timeout=0.2)
                return
            except queue.Full:
                continue

    def close(self) -> None:
        """Wait until all is written. Raises what went wrong."""
        while self._thread.is_alive():
            try:
                self._queue.put(None, timeout=0.2)
                break
            except queue.Full:
                continue
        self._thread.join()
        if self._fault:
            raise self._fault

    def _work(self) -> None:
        try:
            frames = self._all_frames()
            for step in self._shot.steps.stream:
                frames = step(frames)
            self._record(frames)
        except BaseException as fault:
            self._fault = fault

    def _record(self, frames: Iterator[Rendered]) -> None:
        """Feed the video. If it fails, the frames go on: they can be put together later."""
        writer, plan = None, self._shot.plan
        try:
            for rendered in frames:
                if self._wanted and not self.video_error:
                    try:
                        writer = writer or _video(self.folder, plan.size, plan.settings, self._ffmpeg)
                        writer.write(rendered.frame)
                    except VideoError as error:
                        self._lost(error)
        finally:
            try:
                if writer and not self.video_error:
                    writer.close()
                    self._deliver()
            except VideoError as error:
                self._lost(error)

    def _deliver(self) -> None:
        for step in self._shot.steps.deliver:
            step(self.folder.video, self._ffmpeg)

    def _lost(self, error: VideoError) -> None:
        self.video_error = VideoError(f"{error}; the frames are in {self.folder.frames}, `anim stitch` makes the video")

    def _all_frames(self) -> Iterator[Rendered]:
        """Frames as they come to be on disk: first those of the run before this one, for the video's sake."""
        plan = self._shot.plan
        before = plan.frames[: self._start]
        for index, frame in zip(before, self.folder.read_frames(before) if self._wanted else (), strict=False):
            yield Rendered(index, frame, index in plan.painted)
        while item := self._queue.get():
            span, state = item
            for rendered in span:
                self.folder.write_frame(rendered.index, rendered.frame, self._chunk)
                self.frames += 1
                self._progress(self.frames, len(plan.frames))
                yield rendered
            self.folder.write_state(state["done"], state)


def stitch(folder: RunFolder, settings: Settings, deliver: Iterable[Delivery] = (), ffmpeg: str | None = None) -> int:
    """Put the frames of a run together anew, and deliver that. Returns how many there were. Raises OutputError, VideoError."""
    indexes = sorted(int(path.stem) for path in folder.frames.glob("*.png") if path.stem.isdigit())
    if not indexes:
        raise OutputError(f"{folder.frames}: there are no frames")
    frames = folder.read_frames(indexes)
    first = next(frames)
    with _video(folder, first.shape[1::-1], settings, ffmpeg) as writer:
        writer.write(first)
        for frame in frames:
            writer.write(frame)
    for step in deliver:
        step(folder.video, ffmpeg)
    return writer.frames


def _video(folder: RunFolder, size: tuple[int, int], settings: Settings, ffmpeg: str | None) -> VideoWriter:
    """The video of a run, `size` (width, height), as its settings want it and with them in it."""
    quality = {"crf": settings["ffmpeg_crf"], "preset": settings["ffmpeg_preset"]}
    return VideoWriter(folder.video, size, settings["fps"], **quality, comment=text_of(settings), ffmpeg=ffmpeg)
