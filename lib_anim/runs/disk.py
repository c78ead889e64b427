"""Files that are on the disk for certain: after a loss of power there is the old one or the new one, never half of it.
And a file that only one process holds."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterable
from pathlib import Path

from lib_anim.errors import OutputError
from lib_anim.messages import Message

_NOT_HERE = (errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EBADF)  # file systems over a network may know no fsync


def write_durably(path: Path, data: bytes, after: Iterable[Path] = ()) -> None:
    """Replace a file in one step, its content on the disk before its name is; and the files `after` before both.

    They are synced one behind the other, which costs a file system little more than one of them. Raises OSError; then
    nothing is left of it.
    """
    beside, before = path.with_name(path.name + ".part"), tuple(after)
    try:
        beside.write_bytes(data)
        for file in (*before, beside):
            with file.open("r+b") as written:  # Windows syncs no file that is open for reading only
                sync(written.fileno())
        for folder in {file.parent for file in before}:
            _sync_folder(folder)
        beside.replace(path)
        _sync_folder(path.parent)
    except OSError:
        beside.unlink(missing_ok=True)
        raise


def sync(descriptor: int) -> None:
    """Wait until an open file is on the disk, where the file system can tell. Raises OSError."""
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _NOT_HERE:
            raise


def _sync_folder(path: Path) -> None:
    """Wait until the names in a folder are on the disk. Windows writes them with the files, and has no call for it."""
    if sys.platform == "win32":
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        sync(descriptor)
    finally:
        os.close(descriptor)


class Lock:
    """A file that only one process holds; the system lets go of it when the process ends, however it ends."""

    def __init__(self, path: Path):
        """Hold the file. Raises OSError, and OutputError where another process holds it."""
        self._file = path.open("a+b")
        try:
            if sys.platform == "win32":
                import msvcrt

                msvcrt.locking(self._file.fileno(), msvcrt.LK_NBLCK, 1)
            else:
                import fcntl

                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._file.close()
            raise OutputError(Message("{path}: another process is filming here", path=path.parent)) from None

    def close(self) -> None:
        """Let go of it."""
        self._file.close()
