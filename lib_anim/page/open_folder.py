"""Opening a folder in this machine's file manager, for local users."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from lib_anim.errors import OutputError
from lib_anim.messages import Message

_LOCAL_ADDRESSES = ("127.0.0.1", "::1", "::ffff:127.0.0.1")
_LOCAL_NAMES = ("127.0.0.1", "localhost", "[::1]")
_FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip")


def is_local(request: Any) -> bool:
    """Whether a request comes from a browser on this machine, by its client address and its Host header.

    A tunnel or proxy on this machine is detected by the Host header or by the forwarding headers that it adds.
    """
    client = getattr(request.client, "host", None)
    name = _without_port(request.headers.get("host", ""))
    return client in _LOCAL_ADDRESSES and name in _LOCAL_NAMES and not any(header in request.headers for header in _FORWARDED)


def _without_port(host: str) -> str:
    """Return a Host header without its port: `[::1]:7870` -> `[::1]`."""
    return host.partition("]")[0] + "]" if host.startswith("[") else host.partition(":")[0]


def can_open() -> bool:
    """Whether there is a desktop to open a folder on."""
    if os.name == "nt" or sys.platform == "darwin":
        return True
    return bool(shutil.which("xdg-open") and (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")))


def open_folder(path: Path) -> None:
    """Open a folder in the desktop's file manager. Raises OutputError."""
    if not path.is_dir():
        raise OutputError(Message("{path} is not there any more", path=path))
    try:
        if os.name == "nt":
            os.startfile(path)  # type: ignore[attr-defined]
            return
        command = ["open" if sys.platform == "darwin" else "xdg-open", str(path.absolute())]
        nowhere = subprocess.DEVNULL
        process = subprocess.Popen(command, stdin=nowhere, stdout=nowhere, stderr=nowhere, start_new_session=True)
        threading.Thread(target=process.wait, daemon=True).start()  # reap the process when it ends
    except OSError as error:
        raise OutputError(Message("{path} cannot be opened: {said}", path=path, said=error)) from None
