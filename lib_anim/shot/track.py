"""Values that belong to frames and cost something to make: frames of a video, noise, motion, depth."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import Executor, Future
from itertools import pairwise
from typing import Generic, TypeVar

from lib_anim.plan.plan import Span

SPANS_IN_USE = 4  # at most: one is asked for, two wait to be written, one is being written
MOST_VALUES = 128  # that one track keeps, however long the spans are; frames of 1024x1024 are then 400 MB

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


def frames_in_use(spans: Sequence[Span]) -> int:
    """How many frames the reel and the writer's thread can be apart: the window of what is asked for along a camera's way."""
    return min(SPANS_IN_USE * max(span.last - span.first + 1 for span in spans), MOST_VALUES)


class Track(Generic[Key, Value]):
    """A function of a key that gives make(key), made once for all who ask.

    `keys` says in which order keys will be asked for; with a `pool`, the key after the one that is asked for is made
    beforehand. The last `window` values stay, so inside of that any thread may ask in any order; a key before that is made
    anew. What `make` raises is raised to whoever asks.
    """

    def __init__(self, make: Callable[[Key], Value], keys: Sequence[Key], window: int = 1, pool: Executor | None = None):
        self._make, self._window, self._pool = make, window, pool
        self._following = dict(pairwise(dict.fromkeys(keys)))
        self._values: dict[Key, Future[Value]] = {}  # in the order in which they were begun
        self._lock = threading.Lock()

    def __call__(self, key: Key) -> Value:
        """The value of a key; waits where another thread is making it."""
        future, claimed = self._claim(key)
        if claimed:
            try:
                future.set_result(self._make(key))
            except BaseException as error:
                future.set_exception(error)
        self._prefetch(key)
        try:
            return future.result()
        except BaseException:
            self._forget(key, future)
            raise

    def _claim(self, key: Key) -> tuple[Future[Value], bool]:
        """The future of a key, and whether the caller is to make its value: nobody does, or it only waits in the pool."""
        with self._lock:
            future = self._values.get(key)
            if future is not None and not future.cancel():
                return future, False
            future = Future()
            future.set_running_or_notify_cancel()  # from here on `cancel` does nothing
            self._keep(key, future)
            return future, True

    def _prefetch(self, key: Key) -> None:
        with self._lock:
            following = self._following.get(key)
            if self._pool and following is not None and following not in self._values:
                self._keep(following, self._pool.submit(self._make, following))

    def _keep(self, key: Key, future: Future[Value]) -> None:
        """Keep a value and the window before it; the lock is held."""
        self._values.pop(key, None)
        self._values[key] = future
        while len(self._values) > self._window + 1:  # one is prefetched
            del self._values[next(iter(self._values))]

    def _forget(self, key: Key, future: Future[Value]) -> None:
        """A value that could not be made is tried anew when it is asked for again."""
        with self._lock:
            if self._values.get(key) is future:
                del self._values[key]
