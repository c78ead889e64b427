"""Filming to disk: drives a reel with an engine and writes what comes of it, so that nothing painted is ever lost.

PNG files, states and the video are written by a thread of their own, while the next picture is painted.
"""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from statistics import median

from lib_anim import __version__
from lib_anim.engines.base import Engine, SampleRequest, SecondTry
from lib_anim.errors import AnimError, Interrupted, WriteError, one_line
from lib_anim.plan.plan import Plan
from lib_anim.runs.control import Control, Ending, Stopped
from lib_anim.runs.folder import RunFolder
from lib_anim.runs.writer import Progress, Writer
from lib_anim.shot.reel import Reel
from lib_anim.shot.shot import Shot

_STATUS = {Ending.STOPPED: "interrupted", Ending.TERMINATED: "terminated", Ending.EDITED: "interrupted"}


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
    writer = Writer(shot, folder, start, progress, ffmpeg, video)
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


def _attempt(work: Callable[[], None], writer: Writer) -> tuple[str, BaseException | None]:
    """Film to the end, or to whatever ends it; either way all that was painted is written. How it ended, and with what."""
    try:
        try:
            work()
        finally:
            writer.close()
    except OSError as fault:
        return "failed", WriteError(f"{writer.folder.path}: cannot be written: {fault.strerror or fault}")
    except BaseException as fault:
        return _status(fault), fault
    return ("failed", writer.video_error) if writer.video_error else ("done", None)


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


def _restore(reel: Reel, plan: Plan, folder: RunFolder) -> int:
    """Put the reel where the run left off; returns how many frames are there already."""
    first = plan.frames.start
    frames = {done: range(first, span.last + 1) for done, span in enumerate(plan.spans, 1)}
    state = folder.newest_state(frames)
    if state is None:
        return 0
    reel.restore(state)
    return len(frames[state["done"]])


def _loop(reel: Reel, engine: Engine, folder: RunFolder, writer: Writer, times: _Times, control: Control) -> None:
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
