"""`--status FILE`: the state of a run, for programs that watch it. The file is replaced atomically."""

from __future__ import annotations

import json
import time
from pathlib import Path

from lib_anim.files import write_bytes
from lib_anim.messages import one_line

SECONDS_BETWEEN_WRITES = 1.0


class StatusFile:
    """Writes {state, run, frame, of, seconds_a_frame, finish_time, last_error} as JSON. Without a path it does nothing."""

    def __init__(self, path: str | None):
        self._path = Path(path) if path else None
        self._values: dict[str, object] = {"state": "starting", "last_error": None}
        self._began, self._written = time.monotonic(), 0.0
        self._first: int | None = None  # frames on disk before this run
        self._write()

    def begin(self, run: str, total: int) -> None:
        """Record the start of a run."""
        self._began, self._first = time.monotonic(), None
        self._values |= {"state": "running", "run": run, "frame": 0, "of": total, "seconds_a_frame": None, "finish_time": None}
        self._write()

    def advance(self, done: int, total: int) -> None:
        """Record that `done` of `total` frames are on disk."""
        first = done - 1 if self._first is None else self._first
        self._first = first
        each = (time.monotonic() - self._began) / max(done - first, 1)
        finish = time.strftime("%Y-%m-%dT%H:%M:%S%z", time.localtime(time.time() + each * (total - done)))
        self._values |= {"frame": done, "of": total, "seconds_a_frame": round(each, 3), "finish_time": finish}
        if time.monotonic() - self._written >= SECONDS_BETWEEN_WRITES or done == total:
            self._write()

    def end(self, state: str, error: BaseException | None = None) -> None:
        """Record the end of the run."""
        self._values["state"] = state
        if error is not None:
            self._values["last_error"] = one_line(str(error) or type(error).__name__)
        self._write()

    def _write(self) -> None:
        if self._path:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            write_bytes(self._path, (json.dumps(self._values, indent=2, ensure_ascii=False) + "\n").encode())
            self._written = time.monotonic()
