"""Filming to disk: runs a reel with an engine and writes the frames, so that no painted picture is lost.

A separate thread writes PNG files, states and the video while the engine paints the next picture.
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
from lib_anim.engines.infotext import parameters
from lib_anim.engines.record import ModelRecord
from lib_anim.errors import AnimError, Interrupted, OutputError, WriteError, cannot_be_written
from lib_anim.messages import of_error
from lib_anim.plan.plan import Plan
from lib_anim.runs.control import Control, Ending, Stopped
from lib_anim.runs.folder import Announce, RunFolder
from lib_anim.runs.prefetch import Prefetch
from lib_anim.runs.writer import Progress, Writer
from lib_anim.shot.reel import Reel
from lib_anim.shot.shot import Shot
from lib_anim.version import __version__

_STATUS = {Ending.STOPPED: "interrupted", Ending.TERMINATED: "terminated", Ending.EDITED: "interrupted"}


@dataclass
class _Times:
    """Measures how long the engine paints, and how long it waits between two calls, in milliseconds."""

    began: float = field(default_factory=time.perf_counter)
    painted: int = 0  # finished pictures
    engine: list[float] = field(default_factory=list)  # one value for each call
    gap: list[float] = field(default_factory=list)
    _answered: float | None = None
    _spent: float = 0.0  # in calls for unfinished pictures

    def asked(self) -> float:
        """Record that a call begins, and return its time."""
        now = time.perf_counter()
        if self._answered is not None:
            self.gap.append((now - self._answered) * 1e3)
        return now

    def answer(self, asked: float) -> None:
        """Record that the call which began at `asked` has ended."""
        self._answered = time.perf_counter()
        self.engine.append((self._answered - asked) * 1e3)
        self._spent += self.engine[-1]

    def finish(self, count: int) -> float:
        """Record that `count` pictures are finished, and return how long the engine painted for them."""
        spent, self._spent = self._spent, 0.0
        self.painted += count
        return spent

    def summary(self) -> dict[str, object]:
        """Return the measurements for summary.json."""
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
    """Film a shot into a run folder, from its newest state on, and return the content of summary.json.

    `announce` is called with a sentence for each damaged file in the folder. `prefetch` is the executor of the shot's tools,
    which works while the engine paints.

    An error, Ctrl-C or SIGTERM is raised again after the frames so far, their video and summary.json are on the disk.
    Raises OutputError, WriteError, VideoError, EngineError, Stopped.
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
    status, error = _run(partial(_loop, reel, engine, folder, writer, times, control), writer)
    for step in shot.steps.close:
        step()
    video_name = folder.video.name if folder.video.exists() else None
    counts = {"frames": writer.frames, "of": len(plan.frames), **times.summary(), "video": video_name}
    summary = {"status": status, "error": of_error(error) if isinstance(error, Exception) else None, **counts, **facts}
    _log_ending(folder, summary, error)
    if error:
        raise error
    return summary


def _log_ending(folder: RunFolder, summary: Mapping[str, object], error: BaseException | None) -> None:
    """Write how a run ended. Raises WriteError, except after an `error`, which says more."""
    try:
        if error:  # the disk may be full
            folder.make_room()
        folder.write_summary(summary)
        folder.log("end", status=summary["status"], error=summary["error"], **_traceback(error))
    except OSError as fault:
        if not error:
            raise WriteError(cannot_be_written(folder.path, fault)) from None


def _run(work: Callable[[], None], writer: Writer) -> tuple[str, BaseException | None]:
    """Film until the end or an error, and write everything painted. Return the status for summary.json, and the error."""
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
    """Wait until everything is written, even if the wait is interrupted: a thread that still works aborts an ending process."""
    try:
        writer.close()
    except (KeyboardInterrupt, Stopped):
        writer.close()
        raise


def _status(fault: BaseException) -> str:
    """Return the status of a run that ended with `fault`, for summary.json."""
    if isinstance(fault, Stopped):
        return _STATUS[fault.ending]
    return "interrupted" if isinstance(fault, KeyboardInterrupt) else "failed"


def _traceback(error: BaseException | None) -> dict[str, str]:
    """Return the traceback of an unexpected error for the journal, also of the cause of one of our errors."""
    unforeseen = error.__cause__ if isinstance(error, AnimError) else error
    if not isinstance(unforeseen, Exception) or isinstance(unforeseen, AnimError):
        return {}
    return {"traceback": "".join(traceback.format_exception(unforeseen))}


def _restore(reel: Reel, plan: Plan, folder: RunFolder, announce: Announce) -> int:
    """Restore the reel from the newest state, and return the number of frames that exist."""
    frames = {done: plan.order[: plan.order.index(span.last) + 1] for done, span in enumerate(plan.spans, 1)}
    state = folder.newest_state(frames, announce)
    if state is None:
        return 0
    reel.restore(state)
    done = state["done"]
    assert isinstance(done, int)
    return len(frames[done])


def _loop(reel: Reel, engine: Engine, folder: RunFolder, writer: Writer, times: _Times, control: Control) -> None:
    """Paint and write take by take until the reel ends."""
    record: ModelRecord | None = None
    no_model = "no_model" in engine.capabilities  # then pictures get no infotext
    try:
        while (take := reel.ask()) is not None:
            control.check(engine.rest)
            frames = reel.take(_answers(engine, take, writer, times, control) if take else ())
            if reel.finished:
                _log(folder, reel, times)
                record = record or _log_model(folder, reel.shot.plan, engine)
                texts = {one.request.index: parameters(one.request, one.seed, record) for one in reel.finished if not no_model}
                writer.put(frames, reel.state(), texts)
    finally:
        engine.rest()


def _answers(
    engine: Engine, take: Sequence[SampleRequest], writer: Writer, times: _Times, control: Control
) -> Sequence[Answer]:
    """Return what the engine paints. Raises EngineError, and Stopped if a stop interrupted the engine."""
    began = times.asked()
    try:
        with writer.while_painting():
            answers = sample_or_retry(engine, take, lambda: control.stopped)
    except Interrupted:
        if control.stopped:  # a user did not wait for the picture to finish
            control.check()
        raise
    times.answer(began)
    return answers


def _log_model(folder: RunFolder, plan: Plan, engine: Engine) -> ModelRecord:
    """Write the record of the model into the journal. Called after a picture is painted, when the hashes are known."""
    texts = {text: None for one in plan.prompts for text, _ in (*one.positives, *one.negatives)}
    record, options = engine.record(texts), dict(engine.options())
    if facts := {**record.to_journal(), **({"options": options} if options else {})}:
        folder.log("painter", engine=engine.name, **facts)
    return record


def _log(folder: RunFolder, reel: Reel, times: _Times) -> None:
    """Write a line for each finished picture into the journal; the time of a take is divided among its pictures.

    `clip` is the first frame of its clip, where the engine paints clips.
    """
    finished = reel.finished
    engine_ms = times.finish(len(finished)) / len(finished)
    clip = {"clip": finished[0].request.index} if reel.shot.clip.length > 1 else {}
    for painted in finished:
        folder.log(
            "painted",
            index=painted.request.index,
            seed=painted.seed,
            steps=painted.request.steps,
            denoise=round(painted.request.denoise, 6),
            engine_ms=round(engine_ms, 3),
            **clip,
            **({"notes": dict(painted.notes)} if painted.notes else {}),
        )
