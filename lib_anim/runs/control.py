"""A run's stop and pause, for whoever stands beside it: a signal handler, a button, another thread."""

from __future__ import annotations

import threading
from collections.abc import Callable
from enum import Enum, auto


class Ending(Enum):
    """Why a run ends before its last frame."""

    STOPPED = auto()  # somebody wants no more of it
    TERMINATED = auto()  # the process is to end (SIGTERM)
    EDITED = auto()  # it goes on with other settings, from where it stands


class Stopped(BaseException):
    """A run was asked to end, by a Control or a signal. No Exception: nothing on the way may take it for an error."""

    def __init__(self, ending: Ending):
        self.ending = ending
        super().__init__(ending.name.capitalize())


class Control:
    """Stops and holds a run. Both take effect between two pictures."""

    def __init__(self) -> None:
        self._ending: Ending | None = None
        self._going = threading.Event()
        self._going.set()

    def stop(self, ending: Ending = Ending.STOPPED) -> None:
        """Ask the run to end; what was painted is kept."""
        self._ending = ending
        self._going.set()

    def forget(self, ending: Ending) -> None:
        """Take a stop back if it was for this reason."""
        if self._ending is ending:
            self._ending = None

    def pause(self) -> None:
        """Hold the run, unless it was asked to end."""
        if not self._ending:
            self._going.clear()

    def go_on(self) -> None:
        """Let it go on."""
        self._going.set()

    @property
    def stopped(self) -> bool:
        """Whether the run was asked to end."""
        return self._ending is not None

    @property
    def paused(self) -> bool:
        """Whether the run is held."""
        return not self._going.is_set()

    def check(self, rest: Callable[[], object] = lambda: None) -> None:
        """Wait while held, `rest` called before. Raises Stopped when asked to end."""
        if self.paused:
            rest()
            self._going.wait()
        if self._ending:
            raise Stopped(self._ending)
