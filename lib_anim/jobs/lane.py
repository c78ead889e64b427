"""Lanes: worker threads with a queue each."""

from __future__ import annotations

import queue
import threading
import traceback
from collections.abc import Callable

from lib_anim.jobs.job import Job


class Lane:
    """A thread that runs the jobs of one queue; it starts with the first job."""

    def __init__(self, name: str, work: Callable[[Job], None]):
        self._name, self._work = name, work
        self._queue: queue.Queue[Job | None] = queue.Queue()
        self._thread: threading.Thread | None = None
        self._closed = False

    def put(self, job: Job | None) -> None:
        """Queue a job."""
        self._queue.put(job)
        if self._thread is None and not self._closed:
            self._thread = threading.Thread(target=self._run, name=f"anim-{self._name}", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """Wait until the queued jobs are done, and end the thread."""
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
                except Exception as error:  # such as a disk error while a job ends; the next job may succeed
                    traceback.print_exception(error)
            elif self._closed:
                return
