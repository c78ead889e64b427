"""A run on disk: its folder, journal, frames and states.

<name>/settings.json     the settings of the film, with the random seed that was drawn
       journal.jsonl     one line for each event
       state/            states to resume from: the last two and every 25th
       damaged/          damaged files that were set aside when the run was resumed
       frames/%09d.png   all frames
       depth/%09d.png    their depth, if it is to be saved: 16 bit, white at distance 1, black at 2 and beyond
       <name>.mp4        the video; it grows during the run
       summary.json      the result; written at the beginning, and always at the end
"""

from __future__ import annotations

import itertools
import json
import re
import shutil
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from lib_anim.errors import OutputError, cannot_be_written
from lib_anim.files import write_bytes
from lib_anim.images.frame import Frame, Mask, encode_grey_16, is_whole_png, read_picture, write_png
from lib_anim.messages import Message, as_data, of_error
from lib_anim.runs import journal
from lib_anim.runs.disk import Lock, write_durably
from lib_anim.runs.states import NotWhole, pack, unpack
from lib_anim.settings import settings as settings_file
from lib_anim.settings.settings import Settings

KEPT_STATES = 2
EVERY = 25  # every 25th state is never deleted
_RESERVE = 256 * 1024  # bytes
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
_STATE = re.compile(r"(\d{9})\.safetensors")
_OLDER_STATE = Message("the state before it is taken, or the beginning")
_REPAINTED = Message("it is painted again, with all that follows")

Announce = Callable[[str], object]  # called with a sentence


def run_name(settings: Settings, now: float | None = None) -> str:
    """Return `batch_name` as a folder name valid on all systems: `{key}` is filled in, invalid characters become "_"."""
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
    """The folder of one run. This process holds its lock until close()."""

    def __init__(self, path: Path):
        self.path = path
        self.frames = path / "frames"
        self.states = path / "state"
        self._lock = Lock(path / ".lock")
        self._reserve = path / ".reserve"
        self._journal_lock = threading.Lock()

    @classmethod
    def create(cls, out: str | Path, name: str, settings: Settings) -> RunFolder:
        """Create a folder in `out`, named with _2, _3… if `name` exists. Raises OutputError, and leaves no folder then."""
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
        """Open the folder of an existing run to resume it. Raises OutputError."""
        path = Path(path)
        if not cls.is_one(path):
            raise OutputError(Message("{path}: there is no run; name the folder that has settings.json in it", path=path))
        folder = None
        try:
            folder = cls(path)
            folder.frames.mkdir(exist_ok=True)
            folder.states.mkdir(exist_ok=True)
            folder.reserve()
        except OSError as error:
            if folder:
                folder.close()
            raise OutputError(cannot_be_written(path, error)) from None
        return folder

    @staticmethod
    def is_one(path: Path) -> bool:
        """Return whether a folder has a run, perhaps a damaged one."""
        return (path / "settings.json").is_file() or (path / "journal.jsonl").is_file()

    def reserve(self) -> None:
        """Reserve disk space, so that a run that fills the disk can still write its ending."""
        self._reserve.write_bytes(bytes(_RESERVE))

    def make_room(self) -> None:
        """Free the space of `reserve`."""
        self._reserve.unlink(missing_ok=True)

    def close(self) -> None:
        """Release the folder for other processes."""
        self.make_room()
        self._lock.close()

    @property
    def video(self) -> Path:
        """The path of the video."""
        return self.path / f"{self.path.name}.mp4"

    def frame_path(self, index: int) -> Path:
        """Return the path of a frame."""
        return self.frames / f"{index:09d}.png"

    def state_path(self, done: int) -> Path:
        """Return the path of the state after `done` spans."""
        return self.states / f"{done:09d}.safetensors"

    def write_frame(self, index: int, frame: Frame, chunk: bytes = b"") -> None:
        """Write the file of a frame, with `chunk`, the bytes of PNG text chunks, in it."""
        write_png(self.frame_path(index), frame, chunk)

    def write_depth(self, index: int, distance: Mask) -> None:
        """Write the depth of a frame beside it."""
        folder = self.path / "depth"
        folder.mkdir(exist_ok=True)
        write_bytes(folder / f"{index:09d}.png", encode_grey_16(np.float32(2.0) - distance))

    def has_frame(self, index: int) -> bool:
        """Return whether the file of a frame exists and is undamaged."""
        try:
            return self.frame_path(index).is_file() and is_whole_png(self.frame_path(index).read_bytes())
        except OSError:
            return False

    def read_frames(self, indexes: Iterable[int]) -> Iterator[Frame]:
        """Read frames lazily, one at a time."""
        return (read_picture(self.frame_path(index)) for index in indexes)

    def write_settings(self, settings: Settings) -> None:
        """Write settings.json."""
        write_durably(self.path / "settings.json", settings_file.dumps(settings).encode())

    def write_summary(self, summary: Mapping[str, object]) -> None:
        """Write summary.json. An `error` is stored as text and, for translation, as data under `message`."""
        error = summary.get("error")
        whole = {**summary, **({"message": as_data(error)} if isinstance(error, str) else {})}
        write_bytes(self.path / "summary.json", (json.dumps(whole, indent=2, ensure_ascii=False) + "\n").encode())

    def log(self, event: str, **values: object) -> None:
        """Append an event to the journal. Thread-safe."""
        self._append({"event": event, "time": round(time.time(), 3), **values})

    def log_durably(self, event: str, **values: object) -> None:
        """Append an event to the journal, and return when it is on the disk. Thread-safe."""
        self._append({"event": event, "time": round(time.time(), 3), **values}, durable=True)

    def repeat(self, line: Mapping[str, object]) -> None:
        """Append a line of another run's journal as it is."""
        self._append(line)

    def _append(self, line: Mapping[str, object], *, durable: bool = False) -> None:
        with self._journal_lock:
            journal.append(self.path / "journal.jsonl", line, durable=durable)

    def journal(self) -> list[dict[str, Any]]:
        """Return the events of the journal; damaged lines are skipped. Raises OutputError."""
        return journal.read(self.path / "journal.jsonl")[0]

    def summary(self) -> Mapping[str, object]:
        """Return the content of summary.json, empty if it cannot be read."""
        try:
            summary = json.loads((self.path / "summary.json").read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            return {}
        return summary if isinstance(summary, dict) else {}

    def status(self) -> str:
        """Return the status in summary.json, "" if there is none."""
        return str(self.summary().get("status", ""))

    def states_done(self) -> list[int]:
        """Return how many spans were finished at each state, the newest first."""
        return [done for done, _ in self._states()]

    def spans_done(self) -> int:
        """Return the number of finished spans, by the name of the newest state."""
        return max(self.states_done(), default=0)

    def write_state(self, done: int, state: Mapping[str, object], frames: Iterable[int] = ()) -> None:
        """Write the state after `done` spans, and delete older ones.

        The state is on the disk before the journal names it, and `frames`, the frames of its span, before the state.
        """
        write_durably(self.state_path(done), pack(state), map(self.frame_path, frames))
        self.log("state", done=done)
        for number, old in self._states()[KEPT_STATES:]:
            if number % EVERY:
                old.unlink(missing_ok=True)

    def newest_state(self, last_frames: Mapping[int, range], announce: Announce = str) -> dict[str, object] | None:
        """Return the newest undamaged state whose frames are all undamaged, or None.

        `last_frames` maps a number of finished spans to the frames of those spans, in the order of filming. Damaged files that
        are found are set aside, and `announce` is called with a sentence for each. Raises OSError.
        """
        self._report_missing_and_unknown(announce)
        broken: int | None = None  # the first damaged frame
        for done, path in self._states():
            frames = last_frames.get(done)
            if frames is None or broken in frames:
                continue
            try:
                state = _read_state(path, done)
            except NotWhole as fault:
                self.set_aside(path, Message("{said}; {then}", said=fault, then=_OLDER_STATE), announce)
                continue
            broken = next((index for index in frames if not self.has_frame(index)), None)
            if broken is None:
                return state
            self.set_aside(self.frame_path(broken), _REPAINTED, announce)
        return None

    def set_aside(self, path: Path, words: str, announce: Announce = str) -> None:
        """Move a damaged file into damaged/, and announce that with `words`, the consequence. Raises OSError."""
        name = path.relative_to(self.path).as_posix()
        if not path.exists():
            announce(Message("{run}: {file} is gone: {said}", run=self.path, file=name, said=words))
            return
        aside = self.path / "damaged"
        aside.mkdir(exist_ok=True)
        path.replace(_unused(aside / path.name))
        self.log("damaged", file=name, why=words)
        announce(
            Message("{run}: {file} is not whole, and is set aside in damaged: {said}", run=self.path, file=name, said=words)
        )

    def _states(self) -> list[tuple[int, Path]]:
        """Return (finished spans, path) of each state, newest first."""
        names = ((_STATE.fullmatch(path.name), path) for path in self.states.glob("*.safetensors"))
        return sorted(((int(match[1]), path) for match, path in names if match), reverse=True)

    def _report_missing_and_unknown(self, announce: Announce) -> None:
        """Announce that the state which the journal named last is missing, and files that are not states."""
        named = next((line.get("done") for line in reversed(self.journal()) if line["event"] == "state"), None)
        if isinstance(named, int) and not (path := self.state_path(named)).exists():
            self.set_aside(path, _OLDER_STATE, announce)
        for path in sorted(self.states.glob("*.safetensors")):
            if not _STATE.fullmatch(path.name):
                announce(
                    Message("{run}: state/{file} is not a state of a run, and is left alone", run=self.path, file=path.name)
                )


def _read_state(path: Path, done: int) -> dict[str, object]:
    """Read the state after `done` spans from its file. Raises NotWhole if it is damaged or another one."""
    try:
        state = unpack(path.read_bytes())
    except OSError as error:
        raise NotWhole(of_error(error)) from None
    if state["done"] != done:
        raise NotWhole(Message("it is another state than its name says"))
    return state


def _unused(path: Path) -> Path:
    """Return the path, with a number added if it exists."""
    numbered = (path.with_name(f"{path.name}.{number}") for number in itertools.count(2))
    return path if not path.exists() else next(one for one in numbered if not one.exists())


def is_held(path: Path) -> bool:
    """Return whether a process films in this folder now."""
    try:
        if (path / ".lock").exists():
            Lock(path / ".lock").close()
        return False
    except OutputError:
        return True
    except OSError:  # no permission
        return False


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
    raise OutputError(Message("{path}: there are too many runs named {name}", path=out, name=name))
