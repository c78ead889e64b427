"""A lane: a thread with a queue of its own, in which jobs wait for each other."""

from __future__ import annotations

import queue
import threading
import traceback
from collections.abc import Callable

from lib_anim.jobs.job import Job


class Lane:
    """A thread that works off a queue; it begins with the first job."""

    def __init__(self, name: str, work: Callable[[Job], None]):
        self._name, self._work = name, work
        self._queue: queue.Queue[Job | None] = queue.Queue()
        self._thread: threading.Thread | None = None
        self._closed = False

    def put(self, job: Job | None) -> None:
        """Have a job done after those before it."""
        self._queue.put(job)
        if self._thread is None and not self._closed:
            self._thread = threading.Thread(target=self._run, name=f"anim-{self._name}", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """Take no more, and wait until the rest is done."""
        self._closed = True
        self._queue.put(None)
        if self._thread:
            self._thread.join()

    def _run(self) -> None:
        while True:
            job = self._queue.get()
            if job is not None:
                try:
                    self._work(job)
                except Exception as error:  # a disk that fails while a job ends; the next job may fare better
                    traceback.print_exception(error)
            elif self._closed:
                return
