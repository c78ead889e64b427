"""Past runs in the output folder, identified by their folder's name, so that they are found again after a restart."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from lib_anim.runs.folder import is_held

KINDS = {"mp4": "video/mp4", "gif": "image/gif", "webp": "image/webp"}

_ENDINGS = {
    "interrupted": "stopped",
    "terminated": "stopped",
    "running": "stopped",
}  # "running" in a summary: its process ended without an ending


def folder_of(out: Path, run_id: str) -> Path | None:
    """Return the folder of a run, or None. An id is a name in the output folder, never a path."""
    if not run_id or run_id.startswith(".") or Path(run_id).name != run_id or "\\" in run_id or "\0" in run_id:
        return None
    path = out / run_id
    try:
        # a link could lead out of the output folder
        return path if (path / "settings.json").is_file() and path.resolve().parent == out.resolve() else None
    except OSError:
        return None


def newest(out: Path, count: int) -> Iterator[Path]:
    """Yield folders of runs, newest first."""
    try:
        folders = [path for path in out.iterdir() if folder_of(out, path.name)]
    except OSError:
        return
    folders.sort(key=lambda path: (path / "settings.json").stat().st_mtime, reverse=True)
    yield from folders[:count]


def summary(folder: Path) -> Mapping[str, object]:
    """Read a run's summary; empty if there is none."""
    try:
        read = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return read if isinstance(read, dict) else {}


def painter(out: Path, run_id: str) -> Mapping[str, object]:
    """What the journal of a run says of the model that painted it last; nothing where there is none."""
    folder = folder_of(out, run_id)
    try:
        lines = (folder / "journal.jsonl").read_text(encoding="utf-8").splitlines() if folder else []
    except (OSError, ValueError):
        return {}
    for line in reversed(lines):
        if line.startswith('{"event": "painter"'):
            with suppress(ValueError):
                read: dict[str, object] = json.loads(line)
                return read
    return {}


def files(folder: Path) -> dict[str, Path]:
    """Return the existing video files of a run: kind in KINDS -> path."""
    paths = {kind: folder / f"{folder.name}.{kind}" for kind in KINDS}
    return {kind: path for kind, path in paths.items() if path.is_file()}


def video_facts(folder: Path) -> dict[str, object]:
    """Return {video: its time stamp in milliseconds or None, files: existing kinds} for the page."""
    there = files(folder)
    try:
        stamp = there["mp4"].stat().st_mtime_ns // 10**6
    except (KeyError, FileNotFoundError):  # a resumed run can rewrite its video at any moment
        stamp = None
    return {"video": stamp, "files": list(there)}


def newest_frame(folder: Path) -> Path | None:
    """Return the last frame on disk, or None."""
    try:
        return max((folder / "frames").glob("*.png"), default=None)
    except OSError:
        return None


def frames(folder: Path) -> int:
    """Return the number of frames: by the summary, or by counting files if the summary was not written to its end."""
    facts = summary(folder)
    said = facts.get("frames")
    if facts.get("status") == "running":
        with suppress(OSError):
            return sum(entry.name.endswith(".png") for entry in os.scandir(folder / "frames"))
    return said if isinstance(said, int) else 0


def view(folder: Path) -> dict[str, object]:
    """Describe a run for the page, with the keys of `Job.view`."""
    facts = summary(folder)
    status = str(facts.get("status", "running"))
    there, notes = frames(folder), facts.get("notes")
    return {
        "id": folder.name,
        "name": folder.name,
        "what": "film",
        "state": _ENDINGS.get(status, status),
        "doing": "",
        "frame": there,
        "of": facts.get("of", there),
        "left": None,
        "finish": None,
        "error": facts.get("error"),
        "message": facts.get("message"),
        "notes": notes if isinstance(notes, list) else [],
        "seed": facts.get("seed"),
        "engine": facts.get("engine"),
        "folder": str(folder),
        **video_facts(folder),
        "began": (folder / "settings.json").stat().st_mtime,
    }


def seen(folder: Path) -> dict[str, object]:
    """The same of a run that somebody else may be filming now: --anim-run-now, or another process."""
    shown = view(folder)
    return {**shown, "state": "running"} if summary(folder).get("status") == "running" and is_held(folder) else shown
