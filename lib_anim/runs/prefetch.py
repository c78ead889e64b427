"""Work done beforehand, in a thread, while the engine paints."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import pairwise


class Ahead:
    """`ahead(make, keys)` gives a function of a key that returns make(key); the key after it is made meanwhile."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="ahead")

    def __call__(self, make: Callable, keys: Sequence[Hashable]) -> Callable:
        """A function that gives make(key); keys are asked for in their order."""
        following = dict(pairwise(keys))
        making: dict[Hashable, Future] = {}

        def get(key: Hashable) -> object:
            future = making.pop(key, None)
            making.clear()  # after a jump (a resume) nothing stale stays
            result = make(key) if future is None else future.result()
            if key in following:
                making[following[key]] = self._pool.submit(make, following[key])
            return result

        return get

    def close(self) -> None:
        """Let the thread go."""
        self._pool.shutdown(wait=False, cancel_futures=True)
