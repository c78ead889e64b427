"""Ctrl-C, SIGTERM and SIGHUP: the first one stops a run cleanly, each further one kills the ffmpeg that it waits for."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from lib_anim.media.processes import end_all
from lib_anim.runs.control import Ending, Stopped

LONGEST_WAIT_S = 10.0  # seconds after the first signal, from which on another one ends the process at once
_NAMES = ("SIGINT", "SIGTERM", "SIGHUP")  # Windows has no SIGHUP


@contextmanager
def endings() -> Iterator[None]:
    """Raise KeyboardInterrupt on Ctrl-C, and Stopped on the other signals, but only once: another exception during the
    shutdown would leave threads that abort the process when Python exits.

    Ignored signals (nohup, background jobs of a shell) stay ignored. After a signal the handlers stay installed, since the
    process is about to exit.
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
    """Redirect closed terminals to the null device, since writing to them raises an error."""
    sink = os.open(os.devnull, os.O_WRONLY)
    for number in terminals:
        if not os.isatty(number):
            os.dup2(sink, number)
    os.close(sink)
