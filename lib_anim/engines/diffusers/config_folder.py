"""The temporary folder of a checkpoint's configuration files, which are needed while it is loaded."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_PREFIX = "anim_"
_LEFT_S = 3600.0  # seconds; loading takes minutes, so an older folder is one of a process that was killed


@contextmanager
def config_folder() -> Iterator[Path]:
    """Provide an empty folder, which is deleted afterwards. Those that killed processes left are deleted first."""
    for path in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        if _is_left(path):
            shutil.rmtree(path, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=_PREFIX) as made:
        yield Path(made)


def _is_left(path: Path) -> bool:
    """Whether it is a folder of this user, old, and with nothing but configuration files."""
    try:
        state = path.lstat()
        ours = path.is_dir() and not path.is_symlink() and (os.name == "nt" or state.st_uid == os.getuid())
        old = time.time() - state.st_mtime > _LEFT_S
        return ours and old and all(file.suffix in (".json", ".txt") for file in path.rglob("*") if not file.is_dir())
    except OSError:
        return False
