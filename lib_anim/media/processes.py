"""ffmpeg processes: starting, waiting, ending."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import weakref
from collections.abc import Iterator, Sequence
from typing import IO

from lib_anim.errors import VideoError, VideoTimeout
from lib_anim.messages import Message

Stream = int | IO[bytes]  # one of subprocess's constants, or an open file

_started: weakref.WeakSet[subprocess.Popen[bytes]] = weakref.WeakSet()  # all ffmpeg processes of this process

# a process group of its own for ffmpeg, so that Ctrl-C does not reach it and end a file in the middle
if sys.platform == "win32":
    _OWN_GROUP = subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW
else:
    _OWN_GROUP = 0  # here start_new_session does it; on Windows that has no effect


def start(
    command: Sequence[str],
    *,
    stdin: Stream = subprocess.DEVNULL,
    stdout: Stream = subprocess.DEVNULL,
    stderr: Stream = subprocess.DEVNULL,
) -> subprocess.Popen[bytes]:
    """Start ffmpeg in its own process group. Raises VideoError."""
    try:
        process = subprocess.Popen(
            command, stdin=stdin, stdout=stdout, stderr=stderr, creationflags=_OWN_GROUP, start_new_session=True
        )
    except OSError as error:
        raise VideoError(Message("cannot start {program}: {said}", program=command[0], said=error)) from None
    _started.add(process)
    return process


def end_all() -> None:
    """Kill all ffmpeg processes, before this process exits; their writers and readers raise VideoError."""
    for process in list(_started):
        kill(process)


def kill(process: subprocess.Popen[bytes]) -> None:
    """Kill ffmpeg if it runs, with what it started: the chosen one can be a script that starts another."""
    if process.poll() is not None:
        return
    if sys.platform == "win32":
        process.kill()
    else:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


@contextlib.contextmanager
def killed_after(process: subprocess.Popen[bytes], seconds: float, name: str) -> Iterator[None]:
    """Kill ffmpeg if the block takes longer, and raise VideoTimeout then; `name` is the file that it works on."""
    late = threading.Event()

    def end() -> None:
        late.set()
        kill(process)

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
    if late.is_set():
        raise VideoTimeout(Message("{name}: ffmpeg took longer than {n} seconds for it", name=name, n=round(seconds)))


def give_way(process: subprocess.Popen[bytes]) -> None:
    """Lower an encoder's priority, where possible, so that it does not slow the engine down."""
    if sys.platform != "win32":
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, process.pid, 10)


def run(command: Sequence[str], seconds: float, name: str) -> subprocess.CompletedProcess[bytes]:
    """Run ffmpeg in its own process group and wait for it, for so many seconds. `name` is the file that it works on.

    Raises VideoError.
    """
    with start(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        try:
            with killed_after(process, seconds, name):
                out, words = process.communicate()
        finally:
            kill(process)
    return subprocess.CompletedProcess(command, process.returncode, out, words)
