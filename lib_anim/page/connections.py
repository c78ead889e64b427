"""Connections of `anim ui`: limits on how long a request may take to arrive, and on connections per address.

uvicorn waits for the headers of a request without a limit, so that silent connections would use up its file descriptors.
"""

from __future__ import annotations

import asyncio
import time
from functools import cache
from typing import Any

HEADERS_S = 15.0  # seconds in which the headers of a request must arrive
MOST_OF_ONE_ADDRESS = 64  # connections; a browser opens 6, a proxy more
MOST = 512  # connections of all addresses


class Connections:
    """The open connections."""

    def __init__(self) -> None:
        self._open: dict[Guard, str] = {}

    def add(self, connection: Guard, address: str) -> None:
        """Add a connection; where there are too many, the one that was silent for longest is closed in its place."""
        self._open[connection] = address
        same = [one for one, its in self._open.items() if its == address]
        crowd = same if len(same) > MOST_OF_ONE_ADDRESS else list(self._open) if len(self._open) > MOST else []
        if crowd:
            waiting = [one for one in crowd if one.is_waiting() and one is not connection]
            min(waiting, key=lambda one: one.heard, default=connection).close()

    def remove(self, connection: Guard) -> None:
        """Remove a connection that is closed."""
        self._open.pop(connection, None)


class Guard(asyncio.Protocol):
    """What is added to uvicorn's protocol: the connection is closed when the headers of a request take too long."""

    open = Connections()
    heard: float = 0.0
    conn: Any  # of uvicorn's protocol: the state of HTTP
    loop: asyncio.AbstractEventLoop
    transport: asyncio.Transport
    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self.heard = time.monotonic()
        self._watch()
        self.open.add(self, str((transport.get_extra_info("peername") or ("",))[0]))

    def data_received(self, data: bytes) -> None:
        """Pass data on."""
        self.heard = time.monotonic()
        super().data_received(data)
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._stop_watching()
        self.open.remove(self)
        super().connection_lost(exc)

    def is_waiting(self) -> bool:
        """Whether the client has not sent a whole request."""
        import h11

        return self.conn.their_state in (h11.IDLE, h11.SEND_BODY)

    def close(self) -> None:
        """Close the connection."""
        self._stop_watching()
        self.open.remove(self)
        self.transport.close()

    def _watch(self) -> None:
        import h11

        if self.conn.their_state is not h11.IDLE:
            self._stop_watching()
        elif self._deadline is None:
            self._deadline = self.loop.call_later(HEADERS_S, self.close)

    def _stop_watching(self) -> None:
        if self._deadline:
            self._deadline.cancel()
        self._deadline = None


@cache
def guarded_protocol() -> type[Guard]:
    """Return uvicorn's protocol with the guard. It is made here, since uvicorn is optional."""
    from uvicorn.protocols.http.h11_impl import H11Protocol

    return type("GuardedProtocol", (Guard, H11Protocol), {})
