"""The disk: space for a run, a lock file, and files that are whole after a loss of power, with old or new content."""

from __future__ import annotations

import errno
import os
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path

from lib_anim.errors import OutputError, cannot_be_written
from lib_anim.files import write_bytes
from lib_anim.messages import Message

_BYTES_PER_PIXEL = 1.2  # minimum, in a PNG of a painted picture
_UNSUPPORTED = (errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EBADF)  # network file systems may lack fsync


def write_durably(path: Path, data: bytes, after: Iterable[Path] = ()) -> None:
    """Replace a file atomically. Its content is synced to the disk before its name, and the files `after` before both.

    The files are synced in sequence, which costs little more than syncing one. Raises OSError, and leaves no new file then.
    """
    before = tuple(after)

    def sync_all(new: Path) -> None:
        for file in (*before, new):
            with file.open("r+b") as written:  # Windows does not sync a file that is open for reading only
                sync(written.fileno())
        for folder in {file.parent for file in before}:
            _sync_folder(folder)

    write_bytes(path, data, sync_all)
    _sync_folder(path.parent)


def sync(descriptor: int) -> None:
    """Wait until an open file is on the disk, if the file system supports that. Raises OSError."""
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _UNSUPPORTED:
            raise


def _sync_folder(path: Path) -> None:
    """Wait until the names in a folder are on the disk. Windows writes them with the files, and has no such call."""
    if sys.platform == "win32":
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        sync(descriptor)
    finally:
        os.close(descriptor)


class Lock:
    """A lock file that one process holds. The system releases it when the process ends, for whatever reason."""

    def __init__(self, path: Path):
        """Acquire the lock. Raises OSError, and OutputError if another process holds it."""
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
        """Release the lock."""
        self._file.close()


def check_space(out: str | Path, n_frames: int, size: tuple[int, int]) -> None:
    """Raise OutputError if the disk has no space for a run of `n_frames` frames of `size`, (width, height)."""
    folder = Path(out).absolute()
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    needed = n_frames * size[0] * size[1] * _BYTES_PER_PIXEL
    try:
        free = shutil.disk_usage(folder).free
    except OSError as error:
        raise OutputError(cannot_be_written(out, error)) from None
    if free < needed:
        text = "{path}: no space: {n} frames need {needed}, {free} are free"
        raise OutputError(Message(text, path=out, n=n_frames, needed=_gigabytes(needed), free=_gigabytes(free)))


def _gigabytes(count: float) -> str:
    return f"{count / 2**30:.1f} GiB" if count >= 2**30 else f"{count / 2**20:.1f} MiB"
