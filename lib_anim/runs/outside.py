"""The files outside of a run's folder, and on other machines, that settings name."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path, PureWindowsPath

from lib_anim.errors import Problem
from lib_anim.language.mask_expressions import with_files
from lib_anim.messages import Message
from lib_anim.plan import parseq
from lib_anim.settings.frame_files import FILES_BY_FRAME, with_frame_files
from lib_anim.settings.json_text import is_json
from lib_anim.settings.settings import Settings
from lib_anim.settings.table import FIELDS, MASKS, NETWORKS
from lib_anim.settings.usage import in_use

_HAS_SHARES = os.name == "nt"  # elsewhere //server/share/x is a path as any other


def paths_outside(settings: Settings, folders: Sequence[Path], besides: Iterable[str] = ()) -> dict[str, str]:
    """Return key -> path or web address of each file that the film uses and that is in none of `folders`.

    `besides` are keys to ignore. No file is opened.
    """
    used = ((key, path) for key, path in _named(settings) if key not in besides and in_use(key, settings))
    return {key: path for key, path in used if key in NETWORKS or not any(_is_in(path, one) for one in folders)}


def check_shares(settings: Settings, besides: Iterable[str] = ()) -> list[Problem]:
    """Return a problem for each file that the film uses and that is on a share of the network (a UNC path), if the settings'
    file is not on it: when Windows opens such a path, it sends the user's login to whatever machine is named.

    `besides` are keys to ignore. No file is opened.
    """
    here = share_of(os.path.abspath(settings.source))  # noqa: PTH100
    used = {key: path for key, path in _named(settings) if key not in besides and in_use(key, settings)}
    return [_on_a_share(key, path) for key, path in used.items() if share_of(path) not in ("", here)]


def share_of(path: str) -> str:
    """Return the share of a UNC path such as \\\\server\\share\\file or //server/share/file, in small letters; else ""."""
    drive = PureWindowsPath(path).drive.lower() if _HAS_SHARES else ""
    return drive if drive.startswith("\\\\") else ""


def _on_a_share(key: str, path: str) -> Problem:
    reason = Message("{path} is on another machine, and opening it sends that machine your login", path=path)
    return Problem(key, reason, Message("if you trust it, say so: --set {value}", value=f"{key}={path}"))


def _named(settings: Settings) -> Iterator[tuple[str, str]]:
    """Yield (key, path) of each file that settings name, whether or not the film uses it."""
    for key, field in FIELDS.items():
        if field.kind == "path" and settings[key]:
            yield key, settings.text(key)
    for key in MASKS:
        paths: list[str] = []
        with_files(settings.text(key), lambda path, paths=paths: paths.append(path) or path)  # type: ignore[misc]
        yield from ((key, path) for path in paths)
    for key in FILES_BY_FRAME:
        yield from ((key, path) for path in _files_by_frame(settings.text(key)))
    manifest = settings.text(parseq.KEY).strip()
    if manifest and not is_json(manifest):
        yield parseq.KEY, manifest


def _files_by_frame(text: str) -> list[str]:
    paths: list[str] = []
    with_frame_files(text, lambda path: paths.append(path) or path)  # type: ignore[func-returns-value]
    return paths


def _is_in(path: str, folder: Path) -> bool:
    """Return whether a path is in a folder, both as written and with links resolved."""
    inside = Path(os.path.abspath(path)).is_relative_to(Path(os.path.abspath(folder)))  # noqa: PTH100
    try:
        return inside and Path(path).resolve().is_relative_to(folder.resolve())
    except (OSError, ValueError, RuntimeError):
        return False
