"""Signatures of runs: lines of the journal are signed with a secret of this user on this machine.

A run's folder can come from anybody, and names engines, addresses and files. Those in a signed line are trusted; others are
shown to the user before they are used.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import json
import os
import re
import secrets
import sys
from collections.abc import Mapping
from pathlib import Path

from lib_anim.runs.disk import sync

ENVIRONMENT = "ANIM_CONFIG"  # the folder of the secret, for example a persistent one of a container
_NOT_SIGNED = ("time", "signature")


def signature(line: Mapping[str, object]) -> str | None:
    """Return the signature of a journal's line (HMAC-SHA-256, hexadecimal), None if no secret can be stored."""
    secret = _secret() or _new_secret()
    return _signature(line, secret) if secret else None


def is_ours(line: Mapping[str, object]) -> bool:
    """Return whether this user wrote a line of a journal on this machine."""
    said, secret = line.get("signature"), _secret()
    if secret is None or not isinstance(said, str):
        return False
    return hmac.compare_digest(_signature(line, secret).encode(), said.encode("utf-8", "replace"))


def _signature(line: Mapping[str, object], secret: bytes) -> str:
    values = {key: value for key, value in line.items() if key not in _NOT_SIGNED}
    return hmac.new(secret, json.dumps(values, sort_keys=True, default=str).encode(), hashlib.sha256).hexdigest()


def _path() -> Path:
    """Return the path of the secret. Raises RuntimeError if the user has no home folder."""
    if chosen := os.environ.get(ENVIRONMENT):
        return Path(chosen) / "secret"
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Application Support"
    else:
        base = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    return base / "sd-webui-anim" / "secret"


def _secret() -> bytes | None:
    """Read the secret; None if there is none."""
    try:
        text = _path().read_text(encoding="ascii").strip()
    except (OSError, RuntimeError, ValueError):
        return None
    return bytes.fromhex(text) if re.fullmatch("[0-9a-f]{64}", text) else None


def _new_secret() -> bytes | None:
    """Store a random secret that only this user can read, and return it; None if that fails."""
    with contextlib.suppress(OSError, RuntimeError):
        path = _path()
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_name(f"secret.{secrets.token_hex(4)}")
        with open(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:  # noqa: PTH123
            file.write(f"{secrets.token_hex(32)}\n")
            file.flush()
            sync(file.fileno())
        beside.replace(path)
    return _secret()  # read again, since another process may have stored one at the same time
