"""A thread that computes values before they are needed, while the engine paints."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from functools import partial
from typing import Any, NamedTuple, ParamSpec, TypeVar

LONGEST_WAIT_S = 0.5  # for the engine to paint; after it the work begins anyway

P = ParamSpec("P")
T = TypeVar("T")


class Prefetch(Executor):
    """An executor of one thread, for values that are computed in order, such as the frames of a video.

    Work begins while `engine_paints` is set, so that it does not compete with the film's computation between two pictures.
    Until then its future can be cancelled, and a caller that needs the value sooner computes it.
    """

    def __init__(self) -> None:
        self._work: queue.SimpleQueue[_Work | None] = queue.SimpleQueue()
        self.engine_paints = threading.Event()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="prefetch", daemon=True)
        self._thread.start()

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Queue the call fn(*args, **kwargs). Raises RuntimeError if the executor is closed."""
        if self._closed:
            raise RuntimeError("cannot schedule new futures after shutdown")
        future: Future[T] = Future()
        self._work.put(_Work(future, partial(fn, *args, **kwargs)))
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the thread after the submitted work; with `cancel_futures`, work that has not begun is cancelled."""
        self._closed = self._closed or cancel_futures
        self._work.put(None)
        if wait:
            self._thread.join()

    def close(self) -> None:
        """End the thread without waiting; work that has not begun is cancelled."""
        self.shutdown(wait=False, cancel_futures=True)

    def _run(self) -> None:
        while (work := self._work.get()) is not None:
            if not (self._closed or work.future.cancelled()):
                self.engine_paints.wait(LONGEST_WAIT_S)
            if self._closed:
                work.future.cancel()
            work.run()


@contextmanager
def open_prefetch() -> Iterator[Prefetch]:
    """Make a job's prefetch thread; it is closed if the block raises."""
    prefetch = Prefetch()
    try:
        yield prefetch
    except BaseException:
        prefetch.close()
        raise


class _Work(NamedTuple):
    """A call, and the future of its result."""

    future: Future[Any]
    call: Callable[[], Any]

    def run(self) -> None:
        """Call, unless the future was cancelled."""
        if not self.future.set_running_or_notify_cancel():
            return
        try:
            self.future.set_result(self.call())
        except BaseException as error:
            self.future.set_exception(error)
