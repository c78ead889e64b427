"""Filming to disk: drives a reel with an engine and writes what comes of it, so that nothing painted is ever lost.

PNG files, states and the video are written by a thread of their own, while the next picture is painted.
"""

from __future__ import annotations

import threading
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from statistics import median

from lib_anim.engines.base import Answer, Engine, SampleRequest, sample_or_retry
from lib_anim.errors import AnimError, Interrupted, OutputError, WriteError, cannot_be_written
from lib_anim.messages import of_error
from lib_anim.plan.plan import Plan
from lib_anim.runs.control import Control, Ending, Stopped
from lib_anim.runs.folder import Announce, RunFolder
from lib_anim.runs.prefetch import Prefetch
from lib_anim.runs.writer import Progress, Writer
from lib_anim.shot.reel import Painted, Reel
from lib_anim.shot.shot import Shot
from lib_anim.version import __version__

_STATUS = {Ending.STOPPED: "interrupted", Ending.TERMINATED: "terminated", Ending.EDITED: "interrupted"}


@dataclass
class _Times:
    """How long the engine painted and how long it waited between its calls, in milliseconds."""

    began: float = field(default_factory=time.perf_counter)
    painted: int = 0  # pictures that count
    engine: list[float] = field(default_factory=list)  # one a call
    gap: list[float] = field(default_factory=list)
    _answered: float | None = None
    _spent: float = 0.0  # in calls for pictures that are not finished

    def asked(self) -> float:
        """A call begins; returns the time."""
        now = time.perf_counter()
        if self._answered is not None:
            self.gap.append((now - self._answered) * 1e3)
        return now

    def answer(self, asked: float) -> None:
        """The call that began at `asked` is over."""
        self._answered = time.perf_counter()
        self.engine.append((self._answered - asked) * 1e3)
        self._spent += self.engine[-1]

    def finish(self, count: int) -> float:
        """So many pictures are finished; returns how long the engine painted for them."""
        spent, self._spent = self._spent, 0.0
        self.painted += count
        return spent

    def summary(self) -> dict[str, object]:
        return {
            "painted": self.painted,
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
    prefetch: Prefetch | None = None,
    announce: Announce = str,
) -> dict[str, object]:
    """Film a shot into a run folder, from where its newest state left off. Returns what summary.json says; `announce` is
    told what was not whole in the folder.

    `prefetch` is the executor of the shot's tools; it works while the engine paints.

    Whatever ends it (an error, Ctrl-C, SIGTERM) is raised again when the frames so far and their video are on disk and
    summary.json says how it ended.
    """
    reel, times, plan = Reel(shot), _Times(), shot.plan
    facts = {"version": __version__, "engine": engine.name, "seed": plan.settings["seed"], "notes": list(shot.notes)}
    try:
        start = _restore(reel, plan, folder, announce)
        folder.write_summary({"status": "running", "frames": start, "of": len(plan.frames), **facts})
    except OSError as fault:
        raise OutputError(cannot_be_written(folder.path, fault)) from None
    engine_paints = prefetch.engine_paints if prefetch else threading.Event()
    writer = Writer(shot, folder, start, progress, ffmpeg, video, engine_paints)
    control = control or Control()
    engine.wanted = lambda: not control.stopped
    status, error = _attempt(partial(_loop, reel, engine, folder, writer, times, control), writer)
    for step in shot.steps.close:
        step()
    summary = {
        "status": status,
        "error": of_error(error) if isinstance(error, Exception) else None,
        "frames": writer.frames,
        "of": len(plan.frames),
        **times.summary(),
        "video": folder.video.name if folder.video.exists() else None,
        **facts,
    }
    _note_the_end(folder, summary, error)
    if error:
        raise error
    return summary


def _note_the_end(folder: RunFolder, summary: Mapping[str, object], error: BaseException | None) -> None:
    """Write how a run ended. Raises WriteError, but where it ended with an error, which says more."""
    try:
        if error:  # perhaps a full disk
            folder.make_room()
        folder.write_summary(summary)
        folder.log("end", status=summary["status"], error=summary["error"], **_traceback(error))
    except OSError as fault:
        if not error:
            raise WriteError(cannot_be_written(folder.path, fault)) from None


def _attempt(work: Callable[[], None], writer: Writer) -> tuple[str, BaseException | None]:
    """Film to the end, or to whatever ends it; either way all that was painted is written. How it ended, and with what."""
    try:
        try:
            work()
        finally:
            _close(writer)
    except OSError as fault:
        return "failed", WriteError(cannot_be_written(writer.folder.path, fault))
    except BaseException as fault:
        return _status(fault), fault
    return ("failed", writer.video_error) if writer.video_error else ("done", None)


def _close(writer: Writer) -> None:
    """Wait until all is written, also when that is interrupted: a thread left at work aborts the process as it ends."""
    try:
        writer.close()
    except (KeyboardInterrupt, Stopped):
        writer.close()
        raise


def _status(fault: BaseException) -> str:
    """How a run ended, as summary.json says it."""
    if isinstance(fault, Stopped):
        return _STATUS[fault.ending]
    return "interrupted" if isinstance(fault, KeyboardInterrupt) else "failed"


def _traceback(error: BaseException | None) -> dict[str, str]:
    """For the journal: where an error that nobody foresaw came from."""
    if not isinstance(error, Exception) or isinstance(error, AnimError):
        return {}
    return {"traceback": "".join(traceback.format_exception(error))}


def _restore(reel: Reel, plan: Plan, folder: RunFolder, announce: Announce) -> int:
    """Put the reel where the run left off; returns how many frames are there already."""
    first = plan.frames.start
    frames = {done: range(first, span.last + 1) for done, span in enumerate(plan.spans, 1)}
    state = folder.newest_state(frames, announce)
    if state is None:
        return 0
    reel.restore(state)
    done = state["done"]
    assert isinstance(done, int)
    return len(frames[done])


def _loop(reel: Reel, engine: Engine, folder: RunFolder, writer: Writer, times: _Times, control: Control) -> None:
    try:
        while (take := reel.ask()) is not None:
            control.check(engine.rest)
            frames = reel.take(_answers(engine, take, writer, times, control) if take else ())
            if reel.finished:
                _log(folder, reel.finished, times)
                writer.put(frames, reel.state())
    finally:
        engine.rest()


def _answers(
    engine: Engine, take: Sequence[SampleRequest], writer: Writer, times: _Times, control: Control
) -> Sequence[Answer]:
    """What the engine paints. Raises EngineError, and what `control` was asked for where that interrupted the engine."""
    began = times.asked()
    try:
        with writer.while_painting():
            answers = sample_or_retry(engine, take)
    except Interrupted:
        if control.stopped:  # somebody did not want to wait for the picture under way
            control.check()
        raise
    times.answer(began)
    return answers


def _log(folder: RunFolder, finished: Sequence[Painted], times: _Times) -> None:
    """A line for each picture that counts; the time of its take is shared between the pictures in it."""
    engine_ms = times.finish(len(finished)) / len(finished)
    for painted in finished:
        folder.log(
            "painted",
            index=painted.request.index,
            seed=painted.seed,
            steps=painted.request.steps,
            denoise=round(painted.request.denoise, 6),
            engine_ms=round(engine_ms, 3),
            **({"notes": dict(painted.notes)} if painted.notes else {}),
        )
