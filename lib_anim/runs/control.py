"""Stopping and pausing a run from outside: from a signal handler, a button or another thread."""

from __future__ import annotations

import threading
from collections.abc import Callable
from enum import Enum, auto


class Ending(Enum):
    """Why a run ends before its last frame."""

    STOPPED = auto()  # a user stopped it
    TERMINATED = auto()  # the process has to end (SIGTERM)
    EDITED = auto()  # it continues from here with other settings


class Stopped(BaseException):
    """A run was asked to end, by a Control or a signal. It is no Exception, so that no handler of errors catches it."""

    def __init__(self, ending: Ending):
        self.ending = ending
        super().__init__(ending.name.capitalize())


class Control:
    """Stops and pauses a run. Both take effect between two pictures."""

    def __init__(self) -> None:
        self._ending: Ending | None = None
        self._going = threading.Event()
        self._going.set()

    def stop(self, ending: Ending = Ending.STOPPED) -> None:
        """Ask the run to end. What was painted is kept."""
        self._ending = ending
        self._going.set()

    def forget(self, ending: Ending) -> None:
        """Cancel a stop if it has this reason."""
        if self._ending is ending:
            self._ending = None

    def pause(self) -> None:
        """Pause the run, unless it was asked to end."""
        if not self._ending:
            self._going.clear()

    def go_on(self) -> None:
        """Continue the run."""
        self._going.set()

    @property
    def stopped(self) -> bool:
        """Whether the run was asked to end."""
        return self._ending is not None

    @property
    def paused(self) -> bool:
        """Whether the run is paused."""
        return not self._going.is_set()

    def check(self, rest: Callable[[], object] = lambda: None) -> None:
        """Wait while paused, after a call of `rest`. Raises Stopped if asked to end."""
        if self.paused:
            rest()
            self._going.wait()
        if self._ending:
            raise Stopped(self._ending)
