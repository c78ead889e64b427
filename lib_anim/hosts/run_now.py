"""`--anim-run-now`: films that a WebUI renders after its start, and how the process ends after them."""

from __future__ import annotations

import atexit
import importlib
import os
import re
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

from lib_anim.cli import main
from lib_anim.cli.console import BAD_INPUT, DONE, INTERRUPTED, TERMINATED, flags_written_as, say
from lib_anim.runs.control import Control, Ending

SETTINGS_FILES = (".json", ".txt")
_WITH_VALUE = ("--set", "--out")  # options of a run that matter for checking its files
_SWITCHES = {
    "--fetch": "anim_fetch",
    "--fetch-local": "anim_fetch_local",
    "--allow-missing": "anim_allow_missing",
    "--other-model": "anim_other_model",
    "--trust-run": "anim_trust_run",
}
_TO_CHECK = (*_WITH_VALUE, "--fetch", "--fetch-local", "--allow-missing")
_RENAMED_FLAGS = re.compile(
    r"(?<![\w-])--(set|out|resume|fetch|fetch-local|allow-missing|other-model|trust-run|status)\b"
)  # flags of `anim` that are --anim-… in a WebUI
_ENDINGS = {signal.SIGINT: (Ending.STOPPED, INTERRUPTED), signal.SIGTERM: (Ending.TERMINATED, TERMINATED)}
if sys.platform != "win32":
    _ENDINGS[signal.SIGHUP] = _ENDINGS[signal.SIGTERM]  # the terminal was closed
_USAGE = "--anim-run-now needs a settings file: write --anim-run-now film.json, or a folder of them"


def command_line(options: Any, ffmpeg: str = "", out: str = "") -> list[str] | None:
    """Return the command line of `anim` for the WebUI's flags, None if they request no run.

    `ffmpeg` and `out` are values of the WebUI's settings. Raises ValueError without a settings file.
    """
    wanted = getattr(options, "anim_run_now", None)
    resume = getattr(options, "anim_resume", None)
    if wanted is None and resume is None:
        return None
    files = [file for item in wanted or () for file in _files(item)]
    if not files and (wanted is not None or resume == "auto"):
        raise ValueError(_USAGE)
    command = ["run", *files, "--engine", "webui"]
    for flag, value in (
        ("--out", getattr(options, "anim_out", None) or out),
        ("--resume", resume),
        ("--status", getattr(options, "anim_status", None)),
        ("--ffmpeg", ffmpeg),
    ):
        command += [flag, value] if value else []
    command += [flag for flag, name in _SWITCHES.items() if getattr(options, name, False)]
    for change in getattr(options, "anim_set", None) or ():
        command += ["--set", change]
    return command


def _files(item: str) -> list[str]:
    """Return the files that `item` names: a file, a folder of settings files, or files separated by commas."""
    if not item.strip():
        return []
    path = Path(item)
    if path.is_dir():
        return [str(one) for one in sorted(path.iterdir()) if one.suffix.lower() in SETTINGS_FILES]
    if not path.exists() and "," in item:
        return [part.strip() for part in item.split(",") if part.strip()]
    return [item]


def checked(command: Sequence[str]) -> int:
    """Check the files of a run and return the exit status, so that faults are shown before a checkpoint is loaded."""
    files = command[1 : command.index("--engine")]
    counts = [part for before, part in pairwise(command) if part in _TO_CHECK or before in _WITH_VALUE]
    return _status(["check", *files, *counts], Control()) if files else DONE


def _status(command: Sequence[str], control: Control) -> int:
    """Call `main` and return the exit status, also of an invalid command line, which raises SystemExit."""
    with flags_written_as(_in_flags_of_a_webui):
        try:
            return main(command, control)
        except SystemExit as ending:
            return int(ending.code or DONE)


def _in_flags_of_a_webui(text: str) -> str:
    """Replace flags of `anim` in a text by the WebUI's flags.

    >>> _in_flags_of_a_webui("anim run --resume DIR goes on later, or go on without it: --allow-missing")
    '--anim-resume DIR goes on later, or go on without it: --anim-allow-missing'
    """
    return _RENAMED_FLAGS.sub(r"--anim-\1", text.replace("anim run --resume", "--resume"))


class RunNow:
    """The only run of a process: checked while the WebUI loads, started when it is ready."""

    def __init__(self, options: Any, leave: Callable[[int], object] = os._exit, ffmpeg: str = "", out: str = ""):
        self._ends = bool(getattr(options, "anim_terminate_after_run_now", False))
        self._leave = leave
        self._control = Control()
        self._going = False
        self._thread: threading.Thread | None = None
        self._command: list[str] | None = None
        try:
            self._command = command_line(options, ffmpeg, out)
            status = checked(self._command) if self._command else DONE
        except ValueError as error:
            say(str(error))
            status = BAD_INPUT
        if status != DONE:
            self._command = None
            self._end(status)
        elif self.wanted:
            self._install_handlers()

    @property
    def wanted(self) -> bool:
        """Whether a run is requested."""
        return self._command is not None

    def start(self) -> threading.Thread | None:
        """Start the run, when the WebUI is ready. A second call (Reload UI) does nothing."""
        if self._command is None:
            return None
        command, self._command, self._going = self._command, None, True
        self._thread = threading.Thread(target=self._run, args=(command,), name="anim-run-now", daemon=True)
        self._thread.start()
        _before_threads_end(partial(self._finish, Ending.TERMINATED))
        return self._thread

    def _run(self, command: Sequence[str]) -> None:
        status = _status(command, self._control)
        self._going = False
        self._end(status)

    def _finish(self, ending: Ending) -> None:
        """End the run orderly before the process ends, and end the process with the matching exit status."""
        if self._going and self._thread:
            if not self._control.stopped:
                self._control.stop(ending)
            self._thread.join()
            self._leave(next(status for one, status in _ENDINGS.values() if one is ending))

    def _end(self, status: int) -> None:
        if self._ends:
            sys.stdout.flush()
            sys.stderr.flush()
            self._leave(status)

    def _install_handlers(self) -> None:
        """Install handlers of Ctrl-C, SIGTERM and SIGHUP while the WebUI loads.

        Only the main thread can; Forge calls `start` in another. The hosts' own handlers always end the process with status 0.
        """
        if threading.current_thread() is not threading.main_thread():
            return
        for number in _ENDINGS:
            before = signal.getsignal(number)
            if before == signal.SIG_IGN:  # started by nohup, or in the background of a shell
                continue
            signal.signal(number, partial(self._handle_signal, before=before))

    def _handle_signal(self, number: int, frame: Any, before: Any) -> None:
        """End the run orderly, and then the process if requested. A second signal, or one without a run, ends the process."""
        ending, status = _ENDINGS[signal.Signals(number)]
        over = _server_is_over(frame)
        if self._going and not self._control.stopped:
            self._control.stop(ending)
            if over:
                self._finish(ending)
        elif self._ends or over:
            self._leave(status)
        elif callable(before):
            before(number, frame)
        elif before == signal.SIG_DFL:
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)


def _before_threads_end(work: Callable[[], None]) -> None:
    """Call `work` when the process ends, while thread pools still accept work: the last function registered is called first."""
    importlib.import_module("concurrent.futures.thread")
    getattr(threading, "_register_atexit", atexit.register)(work)


def _server_is_over(frame: Any) -> bool:
    """Return whether uvicorn raised a signal. A WebUI without a page ends with it: it handles signals itself, and raises them
    again after its shutdown."""
    while frame:
        if frame.f_code.co_name == "capture_signals":
            return True
        frame = frame.f_back
    return False
