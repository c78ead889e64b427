"""The thread that does jobs one after the other."""

from __future__ import annotations

import queue
import threading
import traceback
from collections.abc import Callable

from lib_anim.jobs.job import Job


class Lane:
    """A thread that works off a queue of jobs; it begins with the first one."""

    def __init__(self, name: str, work: Callable[[Job], None]):
        self._name, self._work = name, work
        self._queue: queue.Queue[Job | None] = queue.Queue()
        self._thread: threading.Thread | None = None
        self._closed = False

    def put(self, job: Job | None) -> None:
        """Add a job to the end of the queue."""
        self._queue.put(job)
        if self._thread is None and not self._closed:
            self._thread = threading.Thread(target=self._run, name=f"anim-{self._name}", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """Wait until all jobs are over; no more are taken."""
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
