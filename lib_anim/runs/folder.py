"""A run on disk: its folder, journal and states, and the thread that writes frames beside the painter.

<name>/settings.json     the settings as run, seed drawn
       journal.jsonl     one line for everything that happened
       state/            where to go on from: the last two and every 25th
       frames/%09d.png   every frame
       <name>.mp4        grows as the run goes on
       summary.json      how it went; written at the beginning, and always at the end
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.numpy
from numpy.typing import NDArray

from lib_anim.errors import OutputError, cannot_be_written
from lib_anim.images.frame import Frame, read_picture, write_bytes, write_png
from lib_anim.messages import as_data
from lib_anim.settings import settings as settings_file
from lib_anim.settings.settings import Settings

KEPT_STATES = 2
EVERY = 25  # and every so many are kept for good
_BYTES_PER_PIXEL = 1.2  # of a PNG of a painted picture, at the least
_RESERVE = 256 * 1024  # bytes
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
_PNG_END = b"IEND\xaeB`\x82"


def run_name(settings: Settings, now: float | None = None) -> str:
    """`batch_name` as the name of a folder on any system: `{key}` is filled in, what paths cannot hold becomes "_"."""
    values = {key.lower(): value for key, value in settings.items()}
    values["timestring"] = time.strftime("%Y%m%d%H%M%S", time.localtime(now))

    def fill(match: re.Match[str]) -> str:
        value = values.get(match.group(1).lower(), match.group(1))
        first = next(iter(value.values()), "") if isinstance(value, Mapping) else value
        return str(first)[:50] or "_"

    name = re.sub(r"\{(\w+)\}", fill, str(settings["batch_name"]))
    name = re.sub(r'[<>:"/\\|?*\s,\x00-\x1f\x7f]', "_", name).strip(".")
    name = name.encode("utf-8", "replace")[:120].decode("utf-8", "ignore")
    return f"_{name}" if _RESERVED.fullmatch(name) or not name or name.startswith("-") else name


class RunFolder:
    """The folder of one run, held by this process until close()."""

    def __init__(self, path: Path):
        self.path = path
        self.frames = path / "frames"
        self.states = path / "state"
        self._lock = _Lock(path / ".lock")
        self._reserve = path / ".reserve"

    @classmethod
    def create(cls, out: str | Path, name: str, settings: Settings) -> RunFolder:
        """A new folder in `out`; `_2`, `_3`… is added where the name is taken. Raises OutputError, and leaves nothing."""
        path = _new_folder(Path(out), name)
        folder = None
        try:
            folder = cls(path)
            folder.frames.mkdir()
            folder.states.mkdir()
            folder.write_settings(settings)
            folder.reserve()
        except OSError as error:
            if folder:
                folder.close()
            shutil.rmtree(path, ignore_errors=True)
            raise OutputError(cannot_be_written(path, error)) from None
        return folder

    @classmethod
    def open(cls, path: str | Path) -> RunFolder:
        """The folder of a run to go on with. Raises OutputError."""
        path = Path(path)
        if not (path / "settings.json").is_file():
            raise OutputError(f"{path}: there is no run; name the folder that has settings.json in it")
        folder = cls(path)
        folder.frames.mkdir(exist_ok=True)
        folder.states.mkdir(exist_ok=True)
        folder.reserve()
        return folder

    def reserve(self) -> None:
        """Keep a little of the disk, so that a run which fills it can still say so."""
        self._reserve.write_bytes(bytes(_RESERVE))

    def make_room(self) -> None:
        """Give back what `reserve` kept."""
        self._reserve.unlink(missing_ok=True)

    def close(self) -> None:
        """Let other processes have the folder."""
        self.make_room()
        self._lock.close()

    @property
    def video(self) -> Path:
        """Where the video goes."""
        return self.path / f"{self.path.name}.mp4"

    def frame_path(self, index: int) -> Path:
        """Where a frame goes."""
        return self.frames / f"{index:09d}.png"

    def write_frame(self, index: int, frame: Frame, chunk: bytes = b"") -> None:
        """Write a frame's file, with a PNG chunk of text in it."""
        write_png(self.frame_path(index), frame, chunk)

    def has_frame(self, index: int) -> bool:
        """Whether a frame's file is there, to its end."""
        try:
            with self.frame_path(index).open("rb") as file:
                file.seek(-len(_PNG_END), os.SEEK_END)
                return file.read() == _PNG_END
        except OSError:
            return False

    def read_frames(self, indexes: Iterable[int]) -> Iterator[Frame]:
        """Frames from their files, one at a time."""
        return (read_picture(self.frame_path(index)) for index in indexes)

    def write_settings(self, settings: Settings) -> None:
        """Write settings.json."""
        write_bytes(self.path / "settings.json", settings_file.dumps(settings).encode())

    def write_summary(self, summary: Mapping[str, object]) -> None:
        """Write summary.json: an `error` is there once more as data, `message`, for readers of other languages."""
        error = summary.get("error")
        whole = {**summary, **({"message": as_data(error)} if isinstance(error, str) else {})}
        write_bytes(self.path / "summary.json", (json.dumps(whole, indent=2, ensure_ascii=False) + "\n").encode())

    def log(self, event: str, **values: object) -> None:
        """Add a line to the journal."""
        line = json.dumps({"event": event, "time": round(time.time(), 3), **values}, ensure_ascii=False, default=str)
        with (self.path / "journal.jsonl").open("a", encoding="utf-8") as journal:
            journal.write(line + "\n")

    def journal(self) -> list[dict[str, Any]]:
        """What happened so far; a last line that was cut off is left out."""
        try:
            lines = (self.path / "journal.jsonl").read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return []
        return [json.loads(line) for line in lines if line.endswith("}")]

    def status(self) -> str:
        """How the run ended, by its summary; "" when there is none."""
        try:
            return str(json.loads((self.path / "summary.json").read_text(encoding="utf-8")).get("status", ""))
        except (OSError, ValueError):
            return ""

    def spans_done(self) -> int:
        """How many spans the newest state is after."""
        return max((int(path.stem) for path in self.states.glob("*.safetensors")), default=0)

    def write_state(self, done: int, state: Mapping[str, object]) -> None:
        """Keep the state after `done` spans, and let older ones go."""
        write_bytes(self.states / f"{done:09d}.safetensors", pack(state))
        kept = sorted(self.states.glob("*.safetensors"))
        for old in kept[:-KEPT_STATES]:
            if int(old.stem) % EVERY:
                old.unlink(missing_ok=True)

    def newest_state(self, last_frames: Mapping[int, range]) -> dict[str, object] | None:
        """The newest state whose frames are all there; `last_frames` has the frames that belong to each count of spans."""
        for path in sorted(self.states.glob("*.safetensors"), reverse=True):
            frames = last_frames.get(int(path.stem))
            if frames is not None and all(self.has_frame(index) for index in frames):
                return unpack(path.read_bytes())
        return None


def is_held(path: Path) -> bool:
    """Whether somebody films in this folder now."""
    try:
        if (path / ".lock").exists():
            _Lock(path / ".lock").close()
        return False
    except OutputError:
        return True
    except OSError:  # not ours to open
        return False


def check_space(out: str | Path, n_frames: int, size: tuple[int, int]) -> None:
    """Refuse a run that cannot fit. Raises OutputError."""
    folder = Path(out).absolute()
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    needed = n_frames * size[0] * size[1] * _BYTES_PER_PIXEL
    try:
        free = shutil.disk_usage(folder).free
    except OSError as error:
        raise OutputError(cannot_be_written(out, error)) from None
    if free < needed:
        raise OutputError(f"{out}: no space: {n_frames} frames need {_gigabytes(needed)}, {_gigabytes(free)} are free")


def pack(state: object) -> bytes:
    """A state of nested dicts, lists, plain values and arrays as a safetensors file, which holds no code."""
    arrays: dict[str, NDArray[Any]] = {}

    def outline(value: object) -> object:
        if isinstance(value, np.ndarray):
            arrays[f"a{len(arrays)}"] = np.ascontiguousarray(value)
            return {"$array": f"a{len(arrays) - 1}"}
        if isinstance(value, Mapping):
            return {str(key): outline(one) for key, one in value.items()}
        return [outline(one) for one in value] if isinstance(value, (list, tuple)) else value

    text = json.dumps(outline(state))
    return safetensors.numpy.save(arrays or {"none": np.zeros(1, np.uint8)}, {"state": text})


def unpack(data: bytes) -> dict[str, object]:
    """What `pack` was given."""
    arrays = safetensors.numpy.load(data)
    header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])

    def filled(value: object) -> object:
        if isinstance(value, dict):
            return arrays[value["$array"]] if "$array" in value else {key: filled(one) for key, one in value.items()}
        return [filled(one) for one in value] if isinstance(value, list) else value

    state = filled(json.loads(header["__metadata__"]["state"]))
    assert isinstance(state, dict)
    return state


def _new_folder(out: Path, name: str) -> Path:
    try:
        out.mkdir(parents=True, exist_ok=True)
        for number in range(1, 100_000):
            path = out / (name if number == 1 else f"{name}_{number}")
            try:
                path.mkdir()
                return path
            except FileExistsError:
                continue
    except OSError as error:
        raise OutputError(cannot_be_written(out, error)) from None
    raise OutputError(f"{out}: there are too many runs named {name}")


def _gigabytes(count: float) -> str:
    return f"{count / 2**30:.1f} GiB" if count >= 2**30 else f"{count / 2**20:.1f} MiB"


class _Lock:
    """A file that only one process holds; the system lets go of it when the process ends, however it ends."""

    def __init__(self, path: Path):
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
            raise OutputError(f"{path.parent}: another process is filming here") from None

    def close(self) -> None:
        self._file.close()
