"""Past runs in the output folder, identified by their folder's name, so that they are found again after a restart.

A folder may be a stranger's, or damaged: each value of its files is read by type, and what is none is left out.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from lib_anim.engines.catalog import ANY, EngineSpec
from lib_anim.runs.folder import is_held

KINDS = {"mp4": "video/mp4", "gif": "image/gif", "webp": "image/webp"}

_STATES = ("done", "failed")  # any other status is of a run that was stopped, or whose process ended without an ending
_MOST_BYTES = 2**20  # of a summary
_MOST_BYTES_OF_A_JOURNAL = 256 * 2**20
_MOST_BYTES_OF_A_LINE = 16 * 2**20
_MOST = 2**53  # the largest integer that JavaScript holds exactly
_DEEPEST = 8  # messages within messages


def folder_of(out: Path, run_id: str) -> Path | None:
    """Return the folder of a run, or None. An id is a name in the output folder, never a path."""
    if not run_id or run_id.startswith(".") or Path(run_id).name != run_id or "\\" in run_id or "\0" in run_id:
        return None
    path = out / run_id
    try:
        # a link could lead out of the output folder
        run_id.encode("utf-8")  # a name that is no text could not be sent
        return path if (path / "settings.json").is_file() and path.resolve().parent == out.resolve() else None
    except (OSError, ValueError):
        return None


def newest(out: Path, count: int) -> Iterator[Path]:
    """Yield folders of runs, newest first."""
    try:
        folders = [path for path in out.iterdir() if folder_of(out, path.name)]
    except OSError:
        return
    folders.sort(key=_began, reverse=True)
    yield from folders[:count]


def summary(folder: Path) -> Mapping[str, object]:
    """Read a run's summary; empty if there is none."""
    try:
        read = json.loads(_read(folder / "summary.json", _MOST_BYTES))
    except (OSError, ValueError, RecursionError):
        return {}
    return read if isinstance(read, dict) else {}


def painter(out: Path, run_id: str) -> Mapping[str, object]:
    """What the journal of a run says of the model that painted it last; nothing where there is none."""
    return next(_events(out, run_id, "painter"), {})


def allows_missing(out: Path, run_id: str) -> bool:
    """Whether a run was started or edited without features that are missing."""
    lines = (line for event in ("start", "edit") for line in _events(out, run_id, event))
    return any(line.get("allow_missing") is True for line in lines)


def _events(out: Path, run_id: str, event: str) -> Iterator[dict[str, object]]:
    """Yield the lines of an event in the journal of a run, newest first."""
    folder = folder_of(out, run_id)
    try:
        lines = _read(folder / "journal.jsonl", _MOST_BYTES_OF_A_JOURNAL).splitlines() if folder else []
    except (OSError, ValueError):
        return
    for line in reversed(lines):
        if line.startswith(f'{{"event": "{event}"'):
            with suppress(ValueError, RecursionError):
                yield json.loads(line)


def begun(folder: Path) -> EngineSpec:
    """Return the engine that a run was begun with, as its journal says; ANY if it does not say it."""
    try:
        with (folder / "journal.jsonl").open("rb") as file:
            line = json.loads(file.readline(_MOST_BYTES_OF_A_LINE))
    except (OSError, ValueError, RecursionError):
        return ANY
    return EngineSpec.from_journal(line) if isinstance(line, dict) and line.get("event") == "start" else ANY


def files(folder: Path) -> dict[str, Path]:
    """Return the existing video files of a run: kind in KINDS -> path."""
    paths = {kind: folder / f"{folder.name}.{kind}" for kind in KINDS}
    return {kind: path for kind, path in paths.items() if path.is_file()}


def video_facts(folder: Path) -> dict[str, object]:
    """Return {video: its time stamp in milliseconds or None, files: existing kinds} for the page."""
    there = files(folder)
    try:
        stamp = there["mp4"].stat().st_mtime_ns // 10**6
    except (KeyError, OSError):  # a resumed run can rewrite its video at any moment
        stamp = None
    return {"video": stamp, "files": list(there)}


def newest_frame(folder: Path) -> Path | None:
    """Return the last frame on disk, or None."""
    try:
        return max((folder / "frames").glob("*.png"), default=None)
    except OSError:
        return None


def frame_at(folder: Path, share: float) -> Path | None:
    """Return the frame on disk at a share of the film, 0 the first .. 1 the last, or None."""
    try:
        found = sorted((folder / "frames").glob("*.png"))
    except OSError:
        return None
    return found[min(max(int(share * len(found)), 0), len(found) - 1)] if found else None


def frames(folder: Path) -> int:
    """Return the number of frames: by the summary, or by counting files if the summary was not written to its end."""
    facts = summary(folder)
    if facts.get("status") == "running":
        with suppress(OSError):
            return sum(entry.name.endswith(".png") for entry in os.scandir(folder / "frames"))
    return _count(facts.get("frames")) or 0


def view(folder: Path) -> dict[str, object]:
    """Describe a run for the page, with the keys of `Job.view`."""
    facts = summary(folder)
    status, there, notes = facts.get("status"), frames(folder), facts.get("notes")
    return {
        "id": folder.name,
        "name": folder.name,
        "what": "film",
        "state": status if status in _STATES else "stopped",
        "doing": "",
        "frame": there,
        "of": there if (of := _count(facts.get("of"))) is None else of,
        "left": None,
        "finish": None,
        "error": _text(facts.get("error")),
        "message": _message(facts.get("message")),
        "notes": [text for note in notes if (text := _text(note))] if isinstance(notes, list) else [],
        "seed": _count(facts.get("seed")),
        "engine": _text(facts.get("engine")),
        "folder": _text(str(folder)),
        **video_facts(folder),
        "began": _began(folder),
    }


def seen(folder: Path) -> dict[str, object]:
    """The same of a run that somebody else may be filming now: --anim-run-now, or another process."""
    shown = view(folder)
    return {**shown, "state": "running"} if summary(folder).get("status") == "running" and is_held(folder) else shown


def _began(folder: Path) -> float:
    """Return the time when a run began, in seconds since the epoch; 0 if its folder is gone."""
    try:
        return (folder / "settings.json").stat().st_mtime
    except OSError:
        return 0.0


def _read(path: Path, most: int) -> str:
    """Read a regular file of at most `most` bytes. Raises OSError, ValueError."""
    if not path.is_file() or path.stat().st_size > most:
        return ""
    return path.read_text(encoding="utf-8")


def _count(value: object) -> int | None:
    """Return a number from 0 to _MOST, or None."""
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MOST else None


def _text(value: object) -> str | None:
    """Return a text that can be sent, or None; lone surrogates are replaced."""
    return value.encode("utf-8", "replace").decode("utf-8") if isinstance(value, str) else None


def _message(value: object, depth: int = _DEEPEST) -> dict[str, object] | None:
    """Return a message as `messages.as_data` writes it, or None."""
    text, values = (value.get("text"), value.get("values")) if isinstance(value, dict) else (None, None)
    if not isinstance(text, str) or not isinstance(values, dict) or not depth:
        return None
    read = {str(_text(name)): _value(one, depth) for name, one in values.items()}
    return {"text": _text(text), "values": {name: one for name, one in read.items() if one is not None}}


def _value(value: object, depth: int) -> object:
    """Return a value of a message: a number, a text, or a message; else None."""
    if isinstance(value, (int, float)):
        return value if math.isfinite(value) and abs(value) <= _MOST else None
    return _text(value) if isinstance(value, str) else _message(value, depth - 1)
