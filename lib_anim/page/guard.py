"""ASGI middleware of the page: which names it is opened by, and headers that limit what a browser does with an answer."""

from __future__ import annotations

import base64
import hashlib
import ipaddress
import re
import socket
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any

App = Callable[..., Awaitable[None]]

_LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})
_REFUSED = "this page is not opened by this name; start it with --server-name NAME if it should be"
NOSNIFF = (b"x-content-type-options", b"nosniff")


def is_loopback(host: str) -> bool:
    """Whether a host that is listened at is reachable from this machine only."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def own_names() -> frozenset[str]:
    """Return the names that this machine calls itself by."""
    name = socket.gethostname().lower()
    return frozenset({name, f"{name.partition('.')[0]}.local", socket.getfqdn().lower()})


class OwnHosts:
    """Refuses requests with a Host header that is none of `names`, nor the address of the connection.

    Another site's name that resolves to this machine (DNS rebinding) would give that site's scripts our answers.
    """

    def __init__(self, app: App, names: Iterable[str]):
        self._app, self._names = app, _LOCAL | {name.lower() for name in names}

    async def __call__(self, scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        """Pass a request on, or answer it with 400."""
        from starlette.responses import PlainTextResponse

        if scope["type"] not in ("http", "websocket") or self._is_ours(scope):
            await self._app(scope, receive, send)
        else:
            await PlainTextResponse(_REFUSED, 400)(scope, receive, send)

    def _is_ours(self, scope: MutableMapping[str, Any]) -> bool:
        sent = [value.decode("latin-1") for name, value in scope["headers"] if name == b"host"]
        if len(sent) != 1:
            return False
        host = _without_port(sent[0])
        return host in self._names or _is_same_address(host, (scope.get("server") or ("",))[0])


class SafeHeaders:
    """Adds headers to every answer: nosniff, and those in `more`."""

    def __init__(self, app: App, more: Iterable[tuple[bytes, bytes]] = ()):
        self._app, self._headers = app, [NOSNIFF, *more]

    async def __call__(self, scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        """Pass a request on, and its answer with the headers."""

        async def send_with_headers(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                there = {name.lower() for name, _ in message.get("headers", ())}
                added = [header for header in self._headers if header[0] not in there]
                message = {**message, "headers": [*message.get("headers", ()), *added]}
            await send(message)

        await self._app(scope, receive, send_with_headers)


def page_headers(html: str) -> list[tuple[bytes, bytes]]:
    """Return the headers of the page: a content security policy that allows its own inline scripts by their hashes."""
    scripts = " ".join(f"'sha256-{_hash(script)}'" for script in re.findall(r"<script>(.*?)</script>", html, re.DOTALL))
    policy = (
        # programs that drive a browser evaluate strings in the page
        f"default-src 'none'; script-src 'self' {scripts} 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data: blob:; "
        "media-src 'self' blob:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
    )
    return [(b"content-security-policy", policy.encode("ascii")), (b"referrer-policy", b"no-referrer")]


def _hash(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode("ascii")


def _without_port(host: str) -> str:
    """Return a Host header without its port: `[::1]:7870` -> `::1`."""
    name = host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]
    return name.lower().removesuffix(".")


def _is_same_address(host: str, address: object) -> bool:
    try:
        return _address(host) == _address(str(address))
    except ValueError:
        return False


def _address(text: str) -> object:
    """Parse an IP address; an IPv4 address in IPv6 is the IPv4 address. Raises ValueError."""
    address = ipaddress.ip_address(text.partition("%")[0])
    return getattr(address, "ipv4_mapped", None) or address
