"""A gate before the routes: access, with a delay and a limit after wrong passwords."""

from __future__ import annotations

import asyncio
import ipaddress
import math
import time
from collections.abc import Callable
from typing import Any, TypeVar

from lib_anim.messages import Message
from lib_anim.page.access import Access

_WRONG, _WAIT_S = 10, 60.0  # wrong passwords of one address in so many seconds
_MOST_ADDRESSES = 10_000  # that are remembered
_Key = TypeVar("_Key")
_Value = TypeVar("_Value")


class Gate:
    """Access with a limit on wrong passwords: each is answered late, and after `_WRONG` of one address it has to wait.

    Who was let in from that address before stays in, since a proxy shows one address for all.
    """

    def __init__(self, access: Access, clock: Callable[[], float] = time.monotonic, delay_s: float = 1.0):
        self._access, self._clock, self._delay_s = access, clock, delay_s
        self._wrong: dict[str, list[float]] = {}  # address -> times of its wrong passwords within _WAIT_S
        self._right: dict[tuple[str, str], None] = {}  # (address, header) that were let in, the newest last

    async def refusal(self, request: Any) -> tuple[int, str] | None:
        """Return the status and the message of a refusal, or None for a request that is let in."""
        sent, address = request.headers.get("authorization", ""), _network_of(request)
        if sent and (address, sent) not in self._right and (left := self._left(address)):
            return 429, Message("too many wrong passwords; try again in {n} seconds", n=left)
        if self._access(request):
            if sent:
                _put(self._right, (address, sent), None)
            return None
        if sent:
            _put(self._wrong, address, [*self._recent(address), self._clock()])
            await asyncio.sleep(self._delay_s)
        return 401, "name and password are wanted"

    def _recent(self, address: str) -> list[float]:
        return [at for at in self._wrong.get(address, ()) if at > self._clock() - _WAIT_S]

    def _left(self, address: str) -> int:
        """Return the seconds that an address has to wait, 0 for none."""
        recent = self._recent(address)
        return math.ceil(recent[-_WRONG] + _WAIT_S - self._clock()) if len(recent) >= _WRONG else 0


def _network_of(request: Any) -> str:
    """Return the client's address; of IPv6 the network, since one client has a whole network of addresses."""
    host = str(getattr(request.client, "host", ""))
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return host
    if address.version == 4 or address.is_loopback:
        return str(address)
    return str(getattr(address, "ipv4_mapped", None) or ipaddress.ip_network(f"{address}/64", strict=False))


def _put(table: dict[_Key, _Value], key: _Key, value: _Value) -> None:
    """Put a value into a table as its newest; the oldest is dropped where there are too many."""
    table.pop(key, None)
    table[key] = value
    if len(table) > _MOST_ADDRESSES:
        del table[next(iter(table))]
