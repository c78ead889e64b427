"""The thread in which values are made beforehand, while the engine paints."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor


class Prefetch(ThreadPoolExecutor):
    """One thread: what has an order, such as the frames of a video, is made in it."""

    def __init__(self) -> None:
        super().__init__(max_workers=1, thread_name_prefix="prefetch")

    def close(self) -> None:
        """Let the thread go; what it has not begun is not made."""
        self.shutdown(wait=False, cancel_futures=True)
