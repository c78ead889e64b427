"""A job: one request for a film or a trial, and its state."""

from __future__ import annotations

import threading
import time
import traceback
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from lib_anim import messages
from lib_anim.engines.catalog import EngineSpec
from lib_anim.errors import AnimError, OutOfMemory, cannot_be_written, ran_out_of_memory, unforeseen
from lib_anim.jobs import history, requests
from lib_anim.runs.control import Control, Ending
from lib_anim.runs.folder import RunFolder
from lib_anim.runs.prefetch import Prefetch
from lib_anim.shot.shot import Shot

QUEUED, RUNNING, PAUSED, DONE, STOPPED, FAILED = "queued", "running", "paused", "done", "stopped", "failed"
OVER = (DONE, STOPPED, FAILED)
_ENDINGS = {DONE: "done", STOPPED: "interrupted", FAILED: "failed"}  # state -> status in the summary


AT_ONCE_S = 0.05


class Clock:
    """Estimates the remaining time of a job from its last frames."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, int]] = deque(maxlen=24)

    def saw(self, done: int) -> None:
        """Record that `done` frames are on disk now. Frames of one span come at once and count as one step."""
        now = time.monotonic()
        if self._seen and now < self._seen[-1][0] + AT_ONCE_S:
            now = self._seen.pop()[0]
        self._seen.append((now, done))

    def forget(self) -> None:
        """Discard measurements, since the job was paused."""
        self._seen.clear()

    def left(self, total: int) -> float | None:
        """Return the seconds until `total` frames are done, or None if there are too few measurements."""
        if len(self._seen) < 2:
            return None
        (first, before), (last, done) = self._seen[0], self._seen[-1]
        if done <= before or last <= first:
            return None
        left = (last - first) / (done - before) * (total - done)
        return max(0.0, left - (time.monotonic() - last))


@dataclass(frozen=True)
class Outline:
    """What the page shows of a shot, also after the job's end. `frames` are in the order of filming."""

    frames: range
    seed: object
    notes: tuple[str, ...]

    @classmethod
    def of(cls, shot: Shot) -> Outline:
        """Return the outline of a shot."""
        return cls(shot.plan.order, shot.plan.settings["seed"], shot.notes)


@dataclass(eq=False)
class Job:
    """One job. Only its worker thread writes `state` and `frame` while it runs; any thread may read."""

    id: str
    what: str
    engine: EngineSpec
    planned: Shot | None  # None once the job is over and released
    folder: RunFolder
    prefetch: Prefetch
    control: Control = field(default_factory=Control)
    state: str = QUEUED
    doing: str = ""
    activity: Callable[[], str] = str  # of its engine, "" before it has one
    frame: int = 0
    error: str | None = None  # why it failed: a Message
    out_of_memory: bool = False  # whether that was why
    began: float = field(default_factory=time.time)
    clock: Clock = field(default_factory=Clock)
    resumed: bool = False
    remarks: list[str] = field(default_factory=list)  # notes on damage in its folder
    edit: tuple[Shot, Prefetch] | None = None  # the shot to continue with after the current picture
    over: threading.Event = field(default_factory=threading.Event)
    outline: Outline = field(init=False)

    def __post_init__(self) -> None:
        self.outline = Outline.of(self.shot)

    @property
    def shot(self) -> Shot:
        """The shot of a job that is not over."""
        assert self.planned is not None
        return self.planned

    @property
    def of(self) -> int:
        """Number of frames of the whole job."""
        return len(self.outline.frames)

    def offer_edit(self, shot: Shot, prefetch: Prefetch) -> None:
        """Request that the job continues with this shot after the current picture, replacing an earlier request."""
        self.drop_edit()
        self.edit = shot, prefetch
        self.control.stop(Ending.EDITED)

    def spans_begun(self) -> int:
        """Return an upper bound of the spans filmed or begun. No more begin while the job is paused or asked to stop."""
        if self.state == QUEUED:
            return self.folder.spans_done()
        painted = (line["index"] for line in reversed(self.folder.journal()) if line.get("event") == "painted")
        newest, order = next(painted, -1), self.shot.plan.order
        filmed = order[: order.index(newest) + 1] if newest in order else range(0)
        return sum(span.painted in filmed for span in self.shot.plan.spans) + 1

    def drop_edit(self) -> None:
        """Discard a requested edit."""
        if self.edit:
            self.edit[1].close()
        self.edit = None

    def take_edit(self) -> None:
        """Apply the requested edit, if it was not discarded. A paused film stays paused."""
        if self.edit:
            self.prefetch.close()
            (self.planned, self.prefetch), self.edit = self.edit, None
            self.outline = Outline.of(self.shot)
        self.control.forget(Ending.EDITED)
        if self.state == PAUSED:
            self.control.pause()
        self.resumed = self.resumed or self.state != QUEUED

    def view(self) -> dict[str, object]:
        """Describe the job for the page, with the keys of `history.view`."""
        left = self.clock.left(self.of) if self.state == RUNNING else None
        return {
            "id": self.id,
            "name": self.folder.path.name,
            "what": self.what,
            "state": self.state,
            "doing": self._activity(),
            "frame": self.frame,
            "of": self.of,
            "left": None if left is None else round(left, 1),
            "finish": None if left is None else time.time() + left,
            "error": self.error,
            "message": messages.as_data(self.error) if self.error else None,
            "notes": [*self.remarks, *self.outline.notes],
            "note_messages": [messages.as_data(note) for note in (*self.remarks, *self.outline.notes)],
            "seed": self.outline.seed,
            "engine": self.engine.kind,
            "folder": str(self.folder.path) if self.what == requests.FILM else "",
            **history.video_facts(self.folder.path),
            "began": self.began,
        }

    def _activity(self) -> str:
        if self.edit:
            return "editing"
        return "stopping" if self.control.stopped and self.state not in OVER else self.doing or self.activity()

    def newest_frame(self) -> Path | None:
        """Return the path of the last complete frame, or None."""
        if not self.frame:
            return None
        return self.folder.frame_path(self.outline.frames[self.frame - 1])

    def end(self, state: str, error: Exception | None = None) -> None:
        """Release the job's resources and set its final state."""
        self.error, self.doing, self.activity = _message_of(error) if error else None, "", str
        self.out_of_memory = error is not None and _is_of_memory(error)
        self._write_ending(_ENDINGS[state])
        self.frame = history.frames(self.folder.path)
        self.drop_edit()
        self.prefetch.close()
        self.folder.close()
        self.state = state
        self.over.set()

    def release(self) -> None:
        """Release the shot of a job that is over: its plan has values for each frame, and the list of jobs is kept."""
        if self.state in OVER:
            self.planned = None

    def _write_ending(self, status: str) -> None:
        """Write the summary of a job that ended before filming began; otherwise `film` writes it."""
        if self.folder.status():
            return
        facts = {"engine": self.engine.kind, "seed": self.outline.seed, "video": None}
        try:
            self.folder.write_summary({"status": status, "error": self.error, "frames": 0, "of": self.of, **facts})
        except OSError as error:
            self.error = self.error or cannot_be_written(self.folder.path, error)


def _is_of_memory(error: Exception) -> bool:
    return isinstance(error, (OutOfMemory, MemoryError)) or (
        not isinstance(error, AnimError) and ran_out_of_memory(type(error).__name__, str(error))
    )


def _message_of(error: Exception) -> str:
    """Return the message of an error; print the traceback of an unexpected one."""
    if isinstance(error, AnimError):
        return error.message
    traceback.print_exception(error)
    return unforeseen(error)
