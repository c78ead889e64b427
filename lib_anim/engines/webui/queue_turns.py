"""Turns in the WebUI's queue: how long a film holds the queue's lock."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from time import monotonic
from typing import Any

HELD = 4.0  # a turn's length as a multiple of its loading time
LOADING_S = 0.5  # a shorter time is preparation, not loading

_HOLDERS: dict[int, int] = {}  # id of a lock -> the thread whose film holds it


@contextmanager
def within_turn(lock: Any) -> Iterator[None]:
    """Hold the lock of the host's queue, which cannot be acquired twice, unless a film of this thread holds it already."""
    with nullcontext() if _HOLDERS.get(id(lock)) == threading.get_ident() else lock:
        yield


class Turns:
    """Acquires the lock of the host's queue for a turn, and releases it afterwards.

    A turn is one picture, and other jobs run between turns. If they use another checkpoint, each turn begins with loading ours,
    which can take longer than painting. So a turn continues for HELD times its loading time: then at most 1 / (1 + HELD) of it
    is loading, and others wait for about as long as a few changes of checkpoint. If not `polite`, a turn lasts until `end`.
    """

    def __init__(self, lock: Any, *, polite: bool = True):
        self._lock, self._polite = lock, polite
        self._held = False
        self._began = 0.0  # seconds, like all times here
        self._until: float | None = None  # None until painting begins
        self._delayed: tuple[str, float] | None = None  # by what, and since when

    @contextmanager
    def picture(self) -> Iterator[None]:
        """A context for one picture. Begins or continues a turn, and ends it when its time is over or an error is raised."""
        if not self._held:
            self._delayed = "waiting", monotonic()
            self._lock.acquire()
            _HOLDERS[id(self._lock)] = threading.get_ident()
            self._held, self._began, self._until = True, monotonic(), None
            self._delayed = "loading", self._began
        try:
            yield
        except BaseException:
            self.end()
            raise
        if self._polite and monotonic() >= (self._until or 0.0):
            self.end()

    def loaded(self) -> None:
        """Record that the host begins to paint: the time since the turn began was loading."""
        if self._until is None:
            now = monotonic()
            loading = now - self._began
            self._until = now + (HELD * loading if loading >= LOADING_S else 0.0)

        self._delayed = None

    def activity(self) -> str:
        """Return "waiting" for the lock or "loading" if that takes longer than preparation does; else ""."""
        doing, since = self._delayed or ("", 0.0)
        return doing if monotonic() - since >= LOADING_S else ""

    def end(self) -> None:
        """Release the lock, if it is held."""
        self._delayed = None
        if self._held:
            self._held = False
            _HOLDERS.pop(id(self._lock), None)
            self._lock.release()
