"""The checkpoints in a folder of models."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from lib_anim.engines.diffusers.checkpoint import INDEX, SUFFIX

_DEEPEST = 4  # levels of folders, since links can lead round in circles
_MOST = 2000  # checkpoints


def checkpoints(folder: Path) -> dict[str, Path]:
    """Return the .safetensors files and diffusers folders in a folder and in those below it, sorted by name.

    A name is the path within `folder`, with slashes. Folders that cannot be read count as empty.
    """
    found = {path.relative_to(folder).as_posix(): path for path in islice(_walk(folder, _DEEPEST), _MOST)}
    return dict(sorted(found.items(), key=lambda one: one[0].lower()))


def _walk(folder: Path, levels: int) -> Iterator[Path]:
    try:
        inside = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    except OSError:
        return
    for path in inside:
        if (path.suffix.lower() == SUFFIX and path.is_file()) or (path / INDEX).is_file():
            yield path
        elif levels and path.is_dir():
            yield from _walk(path, levels - 1)
