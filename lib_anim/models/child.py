"""Child processes for work that may not end or may crash: a network of a stranger is tried in one first.

The protocol: `python -m MODULE ARGUMENT` writes its answer, JSON, as the last line of its standard output. Its standard input
is a pipe that stays empty; when it closes, the parent has ended, and so does the child.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

from lib_anim.errors import ModelError
from lib_anim.messages import Message, as_data, from_data

_ROOT = Path(__file__).resolve().parents[2]
if sys.platform == "win32":
    _NO_WINDOW = subprocess.CREATE_NO_WINDOW
else:
    _NO_WINDOW = 0


class ChildError(Exception):
    """A child process gave no answer; the first argument is a Message that says why."""


def call(module: str, argument: str, limit_s: float) -> object:
    """Run a module as a child process and return its answer. Raises ChildError, also when it takes longer than `limit_s`."""
    waits, lives = os.pipe()
    try:
        done = subprocess.run(
            [sys.executable, "-m", module, argument],
            stdin=waits,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=limit_s,
            check=False,
            cwd=_ROOT,  # python -m searches the current folder first, which may be a stranger's
            env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
            creationflags=_NO_WINDOW,
            start_new_session=True,  # Ctrl-C reaches the parent alone
        )
    except subprocess.TimeoutExpired:
        raise ChildError(Message("it did not end within {n} seconds", n=limit_s)) from None
    except OSError as error:
        raise ChildError(Message("cannot start {program}: {said}", program=sys.executable, said=error)) from None
    finally:
        os.close(waits)
        os.close(lives)
    try:
        return json.loads(done.stdout.splitlines()[-1])
    except (IndexError, ValueError):
        raise ChildError(Message("the process that tried it ended with status {n}", n=done.returncode)) from None


def try_network(module: str, path: str, limit_s: float) -> Mapping[str, object]:
    """Try the networks at a path in a child process, and return its answer. Raises ModelError, also if it is refused there."""
    try:
        answer = call(module, os.path.abspath(path), limit_s)  # noqa: PTH100
    except ChildError as error:
        raise ModelError(Message("{name}: cannot be run: {said}", name=Path(path).name, said=error)) from None
    assert isinstance(answer, dict)
    if "refused" in answer:
        raise ModelError(from_data(answer["refused"]))
    return answer


def answer_trial(trial: Callable[[str], Mapping[str, object] | None]) -> None:
    """In a child process: try the networks at the path that the command line names, and write what `trial` answers.

    The answer is that, or {"refused": a message as data} for a ModelError.
    """
    end_with_parent()
    try:
        answer = trial(sys.argv[1]) or {}
    except ModelError as error:
        answer = {"refused": as_data(error.message)}
    sys.stdout.write(json.dumps(answer))


def end_with_parent() -> None:
    """In a child process: end when the parent has ended, whatever runs meanwhile."""

    def wait() -> None:
        sys.stdin.buffer.read()
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()
