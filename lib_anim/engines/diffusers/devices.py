"""Devices: their memory, and their errors as ours."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

from lib_anim.errors import EngineError, OutOfMemory, ran_out_of_memory
from lib_anim.messages import Message


def empty_cache(device: str) -> None:
    """Release torch's cached memory of a device ("cuda:0", "mps"); the CPU has no cache."""
    import torch

    gc.collect()
    empty = getattr(getattr(torch, device.partition(":")[0], None), "empty_cache", None)
    if empty:
        empty()


@contextmanager
def translate_errors(remedy: str) -> Iterator[None]:
    """Translate torch's errors to ours; `remedy` is advice for running out of memory."""
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        if ran_out_of_memory(type(error).__name__, str(error)):
            raise OutOfMemory(remedy) from error
        raise EngineError(Message("painting failed: {error}", error=error)) from error
