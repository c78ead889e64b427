"""Files: those that settings name are read only if they are regular and up to a size; new ones are written atomically.

Settings are data from strangers. A path of theirs can lead to a device without end, to a pipe that nobody writes to, or to a
file that fills the memory. Reasons do not name the path: callers do, each in its own way.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from lib_anim.errors import FieldError
from lib_anim.messages import Message

MB = 2**20  # bytes
# the largest file of each kind, in bytes
PICTURE, NETWORK, RECORDING = 256 * MB, 2048 * MB, 64 * 1024 * MB
MOST_FRAMES = 100_000  # that a file of poses or of a camera can have

_NO_WAITING = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)  # a pipe without a writer would hold us


def check_file(path: str | Path, limit: int) -> os.stat_result:
    """Return the state of a regular file of `limit` bytes at the most. Raises FieldError."""
    try:
        return _checked(Path(path).stat(), limit)
    except FileNotFoundError:
        raise FieldError("there is no such file") from None
    except OSError as error:
        raise FieldError(Message("cannot be read: {said}", said=error)) from None
    except ValueError:  # a NUL, or half of a surrogate pair
        raise FieldError("no path that a file can have") from None


def read_file(path: str | Path, limit: int) -> bytes:
    """Return the content of a regular file of `limit` bytes at the most. Raises FieldError."""
    with open_file(path, limit) as file:
        try:
            data = file.read(limit + 1)
        except OSError as error:
            raise FieldError(Message("cannot be read: {said}", said=error)) from None
    if len(data) > limit:  # it grew meanwhile
        raise _too_large(limit)
    return data


def open_file(path: str | Path, limit: int) -> BinaryIO:
    """Open a regular file of `limit` bytes at the most. Raises FieldError."""
    check_file(path, limit)  # before it is opened, since opening a device can do something
    try:
        file = os.fdopen(os.open(path, os.O_RDONLY | _NO_WAITING), "rb")
    except OSError as error:
        raise FieldError(Message("cannot be read: {said}", said=error)) from None
    try:
        _checked(os.fstat(file.fileno()), limit)  # another file can have taken its name
    except FieldError:
        file.close()
        raise
    return file


def _checked(state: os.stat_result, limit: int) -> os.stat_result:
    if stat.S_ISDIR(state.st_mode):
        raise FieldError("a folder, not a file")
    if not stat.S_ISREG(state.st_mode):
        raise FieldError("a device, a pipe or a socket, not a file")
    if state.st_size > limit:
        raise _too_large(limit)
    return state


def _too_large(limit: int) -> FieldError:
    return FieldError(Message("larger than {n} MB", n=limit // MB))


def write_bytes(path: str | Path, data: bytes, prepare: Callable[[Path], None] = lambda _new: None) -> None:
    """Replace a file atomically: readers see the old or the new content. `prepare` gets the new file before it takes the name.

    Raises OSError, and leaves no new file then.
    """
    path = Path(path)
    new = path.with_name(path.name + ".part")
    try:
        new.write_bytes(data)
        prepare(new)
        new.replace(path)
    except OSError:
        new.unlink(missing_ok=True)
        raise
