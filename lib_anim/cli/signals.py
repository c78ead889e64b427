"""Ctrl-C, SIGTERM and SIGHUP: the first one ends a run tidily, each further one ends the ffmpeg that it waits for."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from lib_anim.media.processes import end_all
from lib_anim.runs.control import Ending, Stopped

LONGEST_WAIT_S = 10.0  # after the first; whoever still asks then wants the process gone, tidy or not
_NAMES = ("SIGINT", "SIGTERM", "SIGHUP")  # Windows has no SIGHUP


@contextmanager
def endings() -> Iterator[None]:
    """Raise KeyboardInterrupt on Ctrl-C, and Stopped when the process is to end, but only once: another exception in the
    middle of ending would leave threads that abort the process when Python ends.

    A signal that is ignored (nohup, a shell's background) stays ignored. Once one was heard, the process is to end, and the
    handlers stay.
    """
    heard: list[float] = []
    terminals = [number for number in (1, 2) if os.isatty(number)]

    def end(number: int, _frame: FrameType | None) -> None:
        heard.append(time.monotonic())
        if number != signal.SIGINT:
            _mute(terminals)
        if len(heard) == 1:
            raise KeyboardInterrupt if number == signal.SIGINT else Stopped(Ending.TERMINATED)
        end_all()
        if heard[-1] - heard[0] > LONGEST_WAIT_S:
            os._exit(128 + number)

    numbers = [number for name in _NAMES if (number := getattr(signal, name, None))]
    before = {number: signal.signal(number, end) for number in numbers if signal.getsignal(number) is not signal.SIG_IGN}
    try:
        yield
    finally:
        if not heard:
            for number, handler in before.items():
                signal.signal(number, handler)


def _mute(terminals: list[int]) -> None:
    """Send to nowhere what would go to a terminal that was closed: writing there is an error."""
    sink = os.open(os.devnull, os.O_WRONLY)
    for number in terminals:
        if not os.isatty(number):
            os.dup2(sink, number)
    os.close(sink)
