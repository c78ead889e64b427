"""A job: one thing asked of an engine, and how it stands."""

from __future__ import annotations

import threading
import time
import traceback
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path

from lib_anim import messages
from lib_anim.engines.catalog import EngineSpec
from lib_anim.errors import AnimError, cannot_be_written, unforeseen
from lib_anim.jobs import history, requests
from lib_anim.runs.control import Control, Ending
from lib_anim.runs.folder import RunFolder
from lib_anim.runs.prefetch import Prefetch
from lib_anim.shot.shot import Shot

QUEUED, RUNNING, PAUSED, DONE, STOPPED, FAILED = "queued", "running", "paused", "done", "stopped", "failed"
OVER = (DONE, STOPPED, FAILED)
_ENDINGS = {DONE: "done", STOPPED: "interrupted", FAILED: "failed"}  # as summaries say it


AT_ONCE_S = 0.05


class Clock:
    """How long the rest of a job takes, by its last frames."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, int]] = deque(maxlen=24)

    def saw(self, done: int) -> None:
        """So many frames are on disk now. Those of a span come at once, and count as one step."""
        now = time.monotonic()
        if self._seen and now < self._seen[-1][0] + AT_ONCE_S:
            now = self._seen.pop()[0]
        self._seen.append((now, done))

    def forget(self) -> None:
        """What was measured no longer holds: the job was held."""
        self._seen.clear()

    def left(self, total: int) -> float | None:
        """Seconds until `total` frames are there, or None as long as nobody can tell."""
        if len(self._seen) < 2:
            return None
        (first, before), (last, done) = self._seen[0], self._seen[-1]
        if done <= before or last <= first:
            return None
        left = (last - first) / (done - before) * (total - done)
        return max(0.0, left - (time.monotonic() - last))


@dataclass(eq=False)
class Job:
    """One thing asked for. Written by its lane's thread, read by everybody."""

    id: str
    what: str
    engine: EngineSpec
    shot: Shot
    folder: RunFolder
    prefetch: Prefetch
    control: Control = field(default_factory=Control)
    state: str = QUEUED
    doing: str = ""
    frame: int = 0
    error: str | None = None  # what it failed of, a Message
    began: float = field(default_factory=time.time)
    clock: Clock = field(default_factory=Clock)
    resumed: bool = False
    remarks: list[str] = field(default_factory=list)  # on what was not whole in its folder
    edit: tuple[Shot, Prefetch] | None = None  # what it goes on with after the picture under way
    over: threading.Event = field(default_factory=threading.Event)

    @property
    def of(self) -> int:
        """How many frames there will be."""
        return len(self.shot.plan.frames)

    def offer_edit(self, shot: Shot, prefetch: Prefetch) -> None:
        """Have these settings taken after the picture under way, instead of others that were asked for before."""
        self.drop_edit()
        self.edit = shot, prefetch
        self.control.stop(Ending.EDITED)

    def spans_begun(self) -> int:
        """How many spans are filmed or under way, at the most; no more begin while it is held or asked to stop."""
        if self.state == QUEUED:
            return self.folder.spans_done()
        painted = (line["index"] for line in reversed(self.folder.journal()) if line.get("event") == "painted")
        newest = next(painted, -1)
        return sum(span.painted <= newest for span in self.shot.plan.spans) + 1

    def drop_edit(self) -> None:
        """Do not go on with other settings."""
        if self.edit:
            self.edit[1].close()
        self.edit = None

    def take_edit(self) -> None:
        """Go on with the settings that were asked for, if they still are; a film that was held stays held."""
        if self.edit:
            self.prefetch.close()
            (self.shot, self.prefetch), self.edit = self.edit, None
        self.control.forget(Ending.EDITED)
        if self.state == PAUSED:
            self.control.pause()
        self.resumed = self.resumed or self.state != QUEUED

    def view(self) -> dict[str, object]:
        """The job as the page shows it; the same keys as `history.view`."""
        left = self.clock.left(self.of) if self.state == RUNNING else None
        return {
            "id": self.id,
            "name": self.folder.path.name,
            "what": self.what,
            "state": self.state,
            "doing": self._doing(),
            "frame": self.frame,
            "of": self.of,
            "left": None if left is None else round(left, 1),
            "finish": None if left is None else time.time() + left,
            "error": self.error,
            "message": messages.as_data(self.error) if self.error else None,
            "notes": [*self.remarks, *self.shot.notes],
            "seed": self.shot.plan.settings["seed"],
            "engine": self.engine.kind,
            "folder": str(self.folder.path) if self.what == requests.FILM else "",
            **history.video_facts(self.folder.path),
            "began": self.began,
        }

    def _doing(self) -> str:
        if self.edit:
            return "editing"
        return "stopping" if self.control.stopped and self.state not in OVER else self.doing

    def newest_frame(self) -> Path | None:
        """The last frame that is whole on disk."""
        if not self.frame:
            return None
        return self.folder.frame_path(self.shot.plan.frames[self.frame - 1])

    def end(self, state: str, error: Exception | None = None) -> None:
        """Close what the job held, and say how it ended."""
        self.error, self.doing = _told(error) if error else None, ""
        self._note_the_end(_ENDINGS[state])
        self.frame = history.frames(self.folder.path)
        self.drop_edit()
        self.prefetch.close()
        self.folder.close()
        self.state = state
        self.over.set()

    def _note_the_end(self, status: str) -> None:
        """The summary of a job that ended before its filming began; `film` writes it otherwise."""
        if self.folder.status():
            return
        facts = {"engine": self.engine.kind, "seed": self.shot.plan.settings["seed"], "video": None}
        try:
            self.folder.write_summary({"status": status, "error": self.error, "frames": 0, "of": self.of, **facts})
        except OSError as error:
            self.error = self.error or cannot_be_written(self.folder.path, error)


def _told(error: Exception) -> str:
    """What people are told of an error."""
    if isinstance(error, AnimError):
        return error.message
    traceback.print_exception(error)
    return unforeseen(error)
