"""Tickets for frames that the page sends to another tab of the WebUI.

The page gets a ticket from our routes, which ask for a login; the WebUI's own components, which may ask for none, exchange it.
"""

from __future__ import annotations

import secrets
import threading
from pathlib import Path

_KEPT = 16  # tickets that nobody used yet


class Tickets:
    """Frames by their tickets. Each ticket counts once. Thread-safe."""

    def __init__(self) -> None:
        self._frames: dict[str, Path] = {}
        self._lock = threading.Lock()

    def issue(self, frame: Path) -> str:
        """Return a new ticket for a frame's file. The oldest unused ones expire."""
        ticket = secrets.token_urlsafe(16)
        with self._lock:
            self._frames[ticket] = frame
            for old in list(self._frames)[:-_KEPT]:
                del self._frames[old]
        return ticket

    def redeem(self, ticket: object) -> Path | None:
        """Return the frame's file, None for a ticket that is unknown or used."""
        with self._lock:
            return self._frames.pop(ticket, None) if isinstance(ticket, str) else None
