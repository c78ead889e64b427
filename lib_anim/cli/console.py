"""Output of the command line: exit statuses, lines on stderr, progress."""

from __future__ import annotations

import contextlib
import os
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from tqdm import tqdm

from lib_anim.errors import AnimError, BadInput, SettingsError
from lib_anim.messages import one_line

DONE, FAILED, BAD_INPUT, INTERRUPTED, TERMINATED = 0, 1, 2, 130, 143
SECONDS_BETWEEN_LINES = 5.0


# flags are written otherwise where the command line is not `anim`'s own; of a thread, since a page can speak beside it
_flags_here: ContextVar[Callable[[str], str]] = ContextVar("flags_here", default=str)


@contextmanager
def flags_written_as(here: Callable[[str], str]) -> Iterator[None]:
    """What is said names the flags of the place where it is read; `here` turns a text with `anim`'s flags into one with
    those."""
    token = _flags_here.set(here)
    try:
        yield
    finally:
        _flags_here.reset(token)


def say(text: str) -> None:
    """Print one line on stderr, if it is still open."""
    with contextlib.suppress(OSError):
        print(f"anim: {one_line(_flags_here.get()(text), 4000)}", file=sys.stderr, flush=True)


def print_result(text: object) -> None:
    """Print what a command made on stdout, if it is still open: it must not hide how the command ended."""
    with contextlib.suppress(OSError):
        print(text, flush=True)


def exit_status_of(error: Exception) -> int:
    """Print an error, one problem a line; return its exit status."""
    if isinstance(error, SettingsError):
        for line in error.lines():
            say(line)
    elif isinstance(error, AnimError):
        say(str(error))
    else:
        if os.environ.get("ANIM_DEBUG"):
            traceback.print_exception(error)
        say(f"this should not have happened: {type(error).__name__}: {error} (ANIM_DEBUG=1 shows where)")
    return BAD_INPUT if isinstance(error, BadInput) else FAILED


@contextmanager
def progress(name: str, total: int | None) -> Iterator[Callable[[int, int], None]]:
    """Provide a function of (done, total) that shows progress: a bar on a terminal, else a line every few seconds."""
    if sys.stderr.isatty():
        # tqdm itself takes a closed terminal for granted
        with tqdm(total=total, desc=name[:24], unit="frame", file=sys.stderr, dynamic_ncols=True) as bar:
            yield lambda done, _total: bar.update(done - bar.n)
    else:
        yield _print_lines(name)


def _print_lines(name: str) -> Callable[[int, int], None]:
    began = last = time.monotonic()
    first = None

    def advance(done: int, total: int) -> None:
        nonlocal last, first
        now = time.monotonic()
        first = done - 1 if first is None else first
        if now - last < SECONDS_BETWEEN_LINES and done < total:
            return
        last = now
        each = (now - began) / max(done - first, 1)
        left = time.strftime("%H:%M:%S", time.gmtime(each * (total - done)))
        with contextlib.suppress(OSError):
            print(f"{name}: frame {done} of {total}, {each:.2f} s a frame, {left} left", file=sys.stderr, flush=True)

    return advance
