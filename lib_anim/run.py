"""Filming to disk: drives a reel with an engine and writes what comes of it, so that nothing painted is ever lost.

PNG files, states and the video are written by a thread of their own, while the next picture is painted.
"""

from __future__ import annotations

import queue
import threading
import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from statistics import median

from lib_anim import __version__
from lib_anim.control import Control, Edited, Terminated
from lib_anim.embedded import png_chunk, text_of
from lib_anim.engines.base import Engine, SampleRequest, SecondTry
from lib_anim.errors import AnimError, Interrupted, OutputError, VideoError, WriteError, one_line
from lib_anim.output import RunFolder
from lib_anim.plan import Plan
from lib_anim.render import Reel
from lib_anim.settings import Settings
from lib_anim.shot import Rendered, Shot
from lib_anim.video import VideoWriter

QUEUED_SPANS = 2  # that wait for the writer; more would only be memory

Progress = Callable[[int, int], None]
Delivery = Callable[[Path, str | None], None]  # of the video's path and the ffmpeg to use


_ENDINGS = {KeyboardInterrupt: "interrupted", Edited: "interrupted", Terminated: "terminated"}


@dataclass
class _Times:
    """How long painting took and how long the engine waited, in milliseconds."""

    began: float = field(default_factory=time.perf_counter)
    engine: list[float] = field(default_factory=list)
    gap: list[float] = field(default_factory=list)
    answered: float | None = None

    def asked(self) -> float:
        now = time.perf_counter()
        if self.answered is not None:
            self.gap.append((now - self.answered) * 1e3)
        return now

    def painted(self, asked: float) -> None:
        self.answered = time.perf_counter()
        self.engine.append((self.answered - asked) * 1e3)

    def summary(self) -> dict[str, object]:
        return {
            "painted": len(self.engine),
            "seconds": round(time.perf_counter() - self.began, 3),
            "engine_ms": round(median(self.engine), 3) if self.engine else None,
            "gap_ms": round(median(self.gap), 3) if self.gap else None,
        }


def film(
    shot: Shot,
    engine: Engine,
    folder: RunFolder,
    *,
    video: bool = True,
    progress: Progress = lambda _done, _total: None,
    ffmpeg: str | None = None,
    control: Control | None = None,
) -> dict[str, object]:
    """Film a shot into a run folder, from where its newest state left off. Returns what summary.json says.

    Whatever ends it (an error, Ctrl-C, SIGTERM) is raised again when the frames so far and their video are on disk and
    summary.json says how it ended.
    """
    reel, times, plan = Reel(shot), _Times(), shot.plan
    start = _restore(reel, plan, folder)
    facts = {"version": __version__, "engine": engine.name, "seed": plan.settings["seed"], "notes": list(shot.notes)}
    folder.write_summary({"status": "running", "frames": start, "of": len(plan.frames), **facts})
    folder.chunk = png_chunk(text_of(plan.settings))
    writer = _Writer(shot, folder, start, progress, ffmpeg, video)
    control = control or Control()
    engine.wanted = lambda: not control.stopped
    painter = shot.painter(SecondTry(engine))
    status, error = _attempt(partial(_loop, reel, painter, folder, writer, times, control), writer)
    for step in shot.steps.close:
        step()
    summary = {
        "status": status,
        "error": one_line(str(error)) if isinstance(error, Exception) else None,
        "frames": writer.frames,
        "of": len(plan.frames),
        **times.summary(),
        "video": folder.video.name if folder.video.exists() else None,
        **facts,
    }
    if error:  # perhaps a full disk
        folder.make_room()
    folder.write_summary(summary)
    folder.log("end", status=status, error=summary["error"], **_traceback(error))
    if error:
        raise error
    return summary


def _attempt(work: Callable[[], None], writer: _Writer) -> tuple[str, BaseException | None]:
    """Film to the end, or to whatever ends it; either way all that was painted is written. How it ended, and with what."""
    try:
        try:
            work()
        finally:
            writer.close()
    except OSError as fault:
        return "failed", WriteError(f"{writer.folder.path}: cannot be written: {fault.strerror or fault}")
    except BaseException as fault:
        return _ENDINGS.get(type(fault), "failed"), fault
    return ("failed", writer.video_error) if writer.video_error else ("done", None)


def _traceback(error: BaseException | None) -> dict[str, str]:
    """For the journal: where an error that nobody foresaw came from."""
    if not isinstance(error, Exception) or isinstance(error, AnimError):
        return {}
    return {"traceback": "".join(traceback.format_exception(error))}


def _restore(reel: Reel, plan: Plan, folder: RunFolder) -> int:
    """Put the reel where the run left off; returns how many frames are there already."""
    first = plan.frames.start
    frames = {done: range(first, span.last + 1) for done, span in enumerate(plan.spans, 1)}
    state = folder.newest_state(frames)
    if state is None:
        return 0
    reel.restore(state)
    return len(frames[state["done"]])


def _loop(reel: Reel, engine: Engine, folder: RunFolder, writer: _Writer, times: _Times, control: Control) -> None:
    try:
        while request := reel.ask():
            control.check(engine.rest)
            began = times.asked()
            try:
                sampled = engine.sample(request)
            except Interrupted:
                if control.stopped:  # somebody did not want to wait for the picture under way
                    control.check()
                raise
            times.painted(began)
            frames = reel.take(sampled)
            _log(folder, request, sampled.seed, dict(reel.notes), times)
            writer.put(frames, reel.state())
    finally:
        engine.rest()


def _log(folder: RunFolder, request: SampleRequest, seed: int, notes: dict, times: _Times) -> None:
    folder.log(
        "painted",
        index=request.index,
        seed=seed,
        steps=request.steps,
        denoise=round(request.denoise, 6),
        engine_ms=round(times.engine[-1], 3),
        **({"notes": notes} if notes else {}),
    )


class _Writer:
    """The thread that turns spans into files."""

    def __init__(self, shot: Shot, folder: RunFolder, start: int, progress: Progress, ffmpeg: str | None, video: bool) -> None:
        self.frames = start
        self.video_error: VideoError | None = None
        self._shot, self.folder, self._progress = shot, folder, progress
        self._start, self._ffmpeg, self._wanted = start, ffmpeg, video
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
                self.folder.write_frame(rendered.index, rendered.frame)
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
