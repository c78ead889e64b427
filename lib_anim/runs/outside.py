"""The files outside of a run's folder that its settings name."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from lib_anim.language.mask_expressions import with_files
from lib_anim.plan import parseq
from lib_anim.settings.json_text import is_json
from lib_anim.settings.settings import Settings
from lib_anim.settings.table import FIELDS, MASKS
from lib_anim.settings.usage import in_use

_NETWORKS = ("flow_model",)  # executed as networks, so they are listed wherever they are


def paths_outside(settings: Settings, folders: Sequence[Path], besides: Iterable[str] = ()) -> dict[str, str]:
    """Return key -> path or web address of each file that the film uses and that is in none of `folders`.

    `besides` are keys to ignore. No file is opened.
    """
    used = ((key, path) for key, path in _named(settings) if key not in besides and in_use(key, settings))
    return {key: path for key, path in used if key in _NETWORKS or not any(_is_in(path, one) for one in folders)}


def _named(settings: Settings) -> Iterator[tuple[str, str]]:
    """Yield (key, path) of each file that settings name, whether or not the film uses it."""
    for key, field in FIELDS.items():
        if field.kind == "path" and settings[key]:
            yield key, settings.text(key)
    for key in MASKS:
        paths: list[str] = []
        with_files(settings.text(key), lambda path, paths=paths: paths.append(path) or path)  # type: ignore[misc]
        yield from ((key, path) for path in paths)
    manifest = settings.text(parseq.KEY).strip()
    if manifest and not is_json(manifest):
        yield parseq.KEY, manifest


def _is_in(path: str, folder: Path) -> bool:
    """Return whether a path is in a folder, both as written and with links resolved."""
    inside = Path(os.path.abspath(path)).is_relative_to(Path(os.path.abspath(folder)))  # noqa: PTH100
    try:
        return inside and Path(path).resolve().is_relative_to(folder.resolve())
    except (OSError, ValueError, RuntimeError):
        return False
