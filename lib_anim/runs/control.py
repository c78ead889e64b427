"""A run's stop and pause, for whoever stands beside it: a signal handler, a button, another thread."""

from __future__ import annotations

import threading
from collections.abc import Callable


class Terminated(BaseException):
    """The process was asked to end (SIGTERM)."""


class Edited(BaseException):
    """The film goes on with other settings, from where it stands."""


class Control:
    """Stops and holds a run. Both take effect between two pictures."""

    def __init__(self) -> None:
        self._reason: type[BaseException] | None = None
        self._going = threading.Event()
        self._going.set()

    def stop(self, reason: type[BaseException] = KeyboardInterrupt) -> None:
        """End the run as if `reason` had come; what was painted is kept."""
        self._reason = reason
        self._going.set()

    def forget(self, reason: type[BaseException]) -> None:
        """Take a stop back if it was for this reason."""
        if self._reason is reason:
            self._reason = None

    def pause(self) -> None:
        """Hold the run, unless it was asked to end."""
        if not self._reason:
            self._going.clear()

    def go_on(self) -> None:
        """Let it go on."""
        self._going.set()

    @property
    def stopped(self) -> bool:
        """Whether the run was asked to end."""
        return self._reason is not None

    @property
    def paused(self) -> bool:
        """Whether the run is held."""
        return not self._going.is_set()

    def check(self, rest: Callable[[], object] = lambda: None) -> None:
        """Wait while held, `rest` called before; raise when asked to end."""
        if self.paused:
            rest()
            self._going.wait()
        if self._reason:
            raise self._reason
