"""A run on disk: its folder, journal and states, and the thread that writes frames beside the painter.

<name>/settings.json     the settings as run, seed drawn
       journal.jsonl     one line for everything that happened
       state/            where to go on from: the last two and every 25th
       damaged/          what was not whole when the run was gone on with
       frames/%09d.png   every frame
       <name>.mp4        grows as the run goes on
       summary.json      how it went; written at the beginning, and always at the end
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

from lib_anim.errors import OutputError, cannot_be_written
from lib_anim.images.frame import Frame, is_whole_png, read_picture, write_bytes, write_png
from lib_anim.messages import Message, as_data, of_error
from lib_anim.runs import journal
from lib_anim.runs.disk import Lock, write_durably
from lib_anim.runs.states import NotWhole, pack, unpack
from lib_anim.settings import settings as settings_file
from lib_anim.settings.settings import Settings

KEPT_STATES = 2
EVERY = 25  # and every so many are kept for good
_BYTES_PER_PIXEL = 1.2  # of a PNG of a painted picture, at the least
_RESERVE = 256 * 1024  # bytes
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
_STATE = re.compile(r"(\d{9})\.safetensors")
_OLDER = Message("the state before it is taken, or the beginning")
_AGAIN = Message("it is painted again, with all that follows")

Announce = Callable[[str], object]  # is told a sentence


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
        self._lock = Lock(path / ".lock")
        self._reserve = path / ".reserve"
        self._journal_lock = threading.Lock()

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
        """Whether there is a run, perhaps a damaged one."""
        return (path / "settings.json").is_file() or (path / "journal.jsonl").is_file()

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
        """Whether a frame's file is there, as it was written."""
        try:
            return self.frame_path(index).is_file() and is_whole_png(self.frame_path(index).read_bytes())
        except OSError:
            return False

    def read_frames(self, indexes: Iterable[int]) -> Iterator[Frame]:
        """Frames from their files, one at a time."""
        return (read_picture(self.frame_path(index)) for index in indexes)

    def write_settings(self, settings: Settings) -> None:
        """Write settings.json."""
        write_durably(self.path / "settings.json", settings_file.dumps(settings).encode())

    def write_summary(self, summary: Mapping[str, object]) -> None:
        """Write summary.json: an `error` is there once more as data, `message`, for readers of other languages."""
        error = summary.get("error")
        whole = {**summary, **({"message": as_data(error)} if isinstance(error, str) else {})}
        write_bytes(self.path / "summary.json", (json.dumps(whole, indent=2, ensure_ascii=False) + "\n").encode())

    def log(self, event: str, **values: object) -> None:
        """Add a line to the journal. Threads may share it."""
        self._append({"event": event, "time": round(time.time(), 3), **values})

    def log_durably(self, event: str, **values: object) -> None:
        """The same, to be on the disk for certain when it returns."""
        self._append({"event": event, "time": round(time.time(), 3), **values}, durable=True)

    def _append(self, line: Mapping[str, object], *, durable: bool = False) -> None:
        with self._journal_lock:
            journal.append(self.path / "journal.jsonl", line, durable=durable)

    def journal(self) -> list[dict[str, Any]]:
        """What happened so far; lines that are not whole are left out. Raises OutputError."""
        return journal.read(self.path / "journal.jsonl")[0]

    def summary(self) -> Mapping[str, object]:
        """What summary.json says; nothing when there is none that can be read."""
        try:
            summary = json.loads((self.path / "summary.json").read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            return {}
        return summary if isinstance(summary, dict) else {}

    def status(self) -> str:
        """How the run ended, by its summary; "" when there is none."""
        return str(self.summary().get("status", ""))

    def spans_done(self) -> int:
        """How many spans the newest state is after, by its name."""
        return max((done for done, _ in self._states()), default=0)

    def write_state(self, done: int, state: Mapping[str, object], frames: Iterable[int] = ()) -> None:
        """Keep the state after `done` spans, and let older ones go. It is on the disk for certain when the journal names it,
        and `frames`, those of its span, before it."""
        write_durably(self._state_path(done), pack(state), map(self.frame_path, frames))
        self.log("state", done=done)
        for number, old in self._states()[KEPT_STATES:]:
            if number % EVERY:
                old.unlink(missing_ok=True)

    def newest_state(self, last_frames: Mapping[int, range], announce: Announce = str) -> dict[str, object] | None:
        """The newest whole state whose frames are all whole; `last_frames` has the frames that belong to each count of spans.

        What is not whole on the way to it is set aside, and `announce` is told. Raises OSError.
        """
        self._mention_absent_and_strange(announce)
        broken: int | None = None  # the first frame that is not whole
        for done, path in self._states():
            frames = last_frames.get(done)
            if frames is None or (broken is not None and broken < frames.stop):
                continue
            try:
                state = _read_state(path, done)
            except NotWhole as fault:
                self.set_aside(path, Message("{said}; {then}", said=fault, then=_OLDER), announce)
                continue
            broken = next((index for index in frames if not self.has_frame(index)), None)
            if broken is None:
                return state
            self.set_aside(self.frame_path(broken), _AGAIN, announce)
        return None

    def set_aside(self, path: Path, words: str, announce: Announce = str) -> None:
        """Move what is not whole out of the way, and announce it with what follows from it. Raises OSError."""
        name = path.relative_to(self.path).as_posix()
        if not path.exists():
            announce(Message("{run}: {file} is gone: {said}", run=self.path, file=name, said=words))
            return
        aside = self.path / "damaged"
        aside.mkdir(exist_ok=True)
        path.replace(_free(aside / path.name))
        self.log("damaged", file=name, why=words)
        announce(
            Message("{run}: {file} is not whole, and is set aside in damaged: {said}", run=self.path, file=name, said=words)
        )

    def _states(self) -> list[tuple[int, Path]]:
        """(spans done, file) of each state, the newest first, by their names."""
        names = ((_STATE.fullmatch(path.name), path) for path in self.states.glob("*.safetensors"))
        return sorted(((int(match[1]), path) for match, path in names if match), reverse=True)

    def _mention_absent_and_strange(self, announce: Announce) -> None:
        """Announce the state that the journal named last where it is gone, and files that are none of ours."""
        named = next((line.get("done") for line in reversed(self.journal()) if line["event"] == "state"), None)
        if isinstance(named, int) and not (path := self._state_path(named)).exists():
            self.set_aside(path, _OLDER, announce)
        for path in sorted(self.states.glob("*.safetensors")):
            if not _STATE.fullmatch(path.name):
                announce(
                    Message("{run}: state/{file} is not a state of a run, and is left alone", run=self.path, file=path.name)
                )

    def _state_path(self, done: int) -> Path:
        return self.states / f"{done:09d}.safetensors"


def _read_state(path: Path, done: int) -> dict[str, object]:
    """The state in a file that is named after its spans. Raises NotWhole."""
    try:
        state = unpack(path.read_bytes())
    except OSError as error:
        raise NotWhole(of_error(error)) from None
    if state["done"] != done:
        raise NotWhole(Message("it is another state than its name says"))
    return state


def _free(path: Path) -> Path:
    """The path, or one beside it that nothing has."""
    numbered = (path.with_name(f"{path.name}.{number}") for number in itertools.count(2))
    return path if not path.exists() else next(one for one in numbered if not one.exists())


def is_held(path: Path) -> bool:
    """Whether somebody films in this folder now."""
    try:
        if (path / ".lock").exists():
            Lock(path / ".lock").close()
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
        text = "{path}: no space: {n} frames need {needed}, {free} are free"
        raise OutputError(Message(text, path=out, n=n_frames, needed=_gigabytes(needed), free=_gigabytes(free)))


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


def _gigabytes(count: float) -> str:
    return f"{count / 2**30:.1f} GiB" if count >= 2**30 else f"{count / 2**20:.1f} MiB"
