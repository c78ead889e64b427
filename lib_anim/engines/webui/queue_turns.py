"""Our turns in a WebUI's queue: how long its lock is kept."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Any

HELD = 4.0  # times what loading took
LOADING_S = 0.5  # from which on it was loading, and not the usual preparations


class Turns:
    """Takes the lock of a host's queue for a turn, and gives it back after it.

    A turn is one picture, and others are served in between. Where they use another checkpoint, ours is loaded at the
    beginning of every turn and theirs at the end, which can take longer than painting. So a turn goes on for HELD times as
    long as loading took: then at most 1 / (1 + HELD) of it goes into loading, and nobody waits much longer than for a few
    changes of checkpoint. Not `polite`, it goes on until `end`.
    """

    def __init__(self, lock: Any, *, polite: bool = True):
        self._lock, self._polite = lock, polite
        self._held = False
        self._began = 0.0  # seconds, as all times here
        self._until: float | None = None  # known once painting begins

    @contextmanager
    def picture(self) -> Iterator[None]:
        """Around a picture: begins a turn, or goes on with it, and ends it when it is over or something fails."""
        if not self._held:
            self._lock.acquire()
            self._held, self._began, self._until = True, monotonic(), None
        try:
            yield
        except BaseException:
            self.end()
            raise
        if self._polite and monotonic() >= (self._until or 0.0):
            self.end()

    def loaded(self) -> None:
        """The host begins to paint; what a turn's first picture took until now went into loading."""
        if self._until is None:
            now = monotonic()
            took = now - self._began
            self._until = now + (HELD * took if took >= LOADING_S else 0.0)

    def end(self) -> None:
        """Give the lock back, if it is held."""
        if self._held:
            self._held = False
            self._lock.release()
