"""The folder of trials: previews, first pictures and openings, which are kept as long as the process runs."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from lib_anim.errors import OutputError
from lib_anim.runs.disk import Lock
from lib_anim.runs.folder import is_held

_PREFIX, _LOCK = "anim-", ".lock"


class TrialFolder:
    """A temporary folder, held by a lock. Those of processes that were killed are deleted first."""

    def __init__(self) -> None:
        for path in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
            if _is_left(path):
                shutil.rmtree(path, ignore_errors=True)
        self.path, self._lock = _make()

    def close(self) -> None:
        """Delete the folder."""
        self._lock.close()  # Windows deletes no open file
        shutil.rmtree(self.path, ignore_errors=True)


def _make() -> tuple[Path, Lock]:
    while True:
        path = Path(tempfile.mkdtemp(prefix=_PREFIX))
        try:
            lock = Lock(path / _LOCK)
        except (OSError, OutputError):  # another process took it for a left one before it was held
            continue
        if path.is_dir():
            return path, lock
        lock.close()


def _is_left(path: Path) -> bool:
    """Whether a folder is a trial folder of ours whose process has ended."""
    try:
        ours = path.is_dir() and not path.is_symlink() and (os.name == "nt" or path.stat().st_uid == os.getuid())
        return ours and (path / _LOCK).is_file() and not is_held(path)
    except OSError:
        return False
