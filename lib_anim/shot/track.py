"""A cache with prefetching, for values per frame that are expensive: frames of a video, noise, motion, depth."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import Executor, Future
from itertools import pairwise
from typing import Generic, TypeVar

from lib_anim.plan.plan import Span

SPANS_IN_USE = 4  # at most: one is being painted, two wait to be written, one is being written
MOST_VALUES = 128  # limit of values that one track keeps, for long spans; frames of 1024x1024 take 400 MB then

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


def frames_in_use(spans: Sequence[Span]) -> int:
    """Return how many frames can be in use at once by the reel and the writer thread: the window of a track by frames."""
    return min(SPANS_IN_USE * max(len(span.moves) + len(span.tail) for span in spans), MOST_VALUES)


class Track(Generic[Key, Value]):
    """A thread-safe cache of make(key), which is called once for each key.

    `keys` is the expected order of the keys; with a `pool`, the value of the key after the requested one is prefetched. The
    last `window` values are kept, and any thread may request them in any order; older ones are made again. An exception of
    `make` is raised to the caller.
    """

    def __init__(self, make: Callable[[Key], Value], keys: Sequence[Key], window: int = 1, pool: Executor | None = None):
        self._make, self._window, self._pool = make, window, pool
        self._following = dict(pairwise(dict.fromkeys(keys)))
        self._values: dict[Key, Future[Value]] = {}  # in the order in which they were begun
        self._lock = threading.Lock()

    def __call__(self, key: Key) -> Value:
        """Return the value of a key; waits if another thread is making it."""
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
        """Return the future of a key, and whether the caller must make its value.

        The caller must if there is no future yet, or if it still waits in the pool and can be cancelled.
        """
        with self._lock:
            future = self._values.get(key)
            if future is not None and not future.cancel():
                return future, False
            future = Future()
            future.set_running_or_notify_cancel()  # a running future cannot be cancelled
            self._keep(key, future)
            return future, True

    def _prefetch(self, key: Key) -> None:
        """Start making the value of the key after `key`, if there is a pool."""
        with self._lock:
            following = self._following.get(key)
            if self._pool and following is not None and following not in self._values:
                self._keep(following, self._pool.submit(self._make, following))

    def _keep(self, key: Key, future: Future[Value]) -> None:
        """Add a value and drop those older than the window. The caller holds the lock."""
        self._values.pop(key, None)
        self._values[key] = future
        while len(self._values) > self._window + 1:  # plus the prefetched one
            del self._values[next(iter(self._values))]

    def _forget(self, key: Key, future: Future[Value]) -> None:
        """Remove a failed value, so that it is made again on the next request."""
        with self._lock:
            if self._values.get(key) is future:
                del self._values[key]
