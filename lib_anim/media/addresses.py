"""Connections to the web, and not to this machine or the network around it.

An address in a stranger's settings could make this machine ask its own services, or its router. So names are resolved before
a request, for each redirect too, and the address that was reached is looked at again before anything is sent: a name server
can answer differently the second time.
"""

from __future__ import annotations

import contextlib
import ipaddress
import socket
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.client import HTTPConnection, HTTPResponse, HTTPSConnection
from typing import Any
from urllib import request
from urllib.parse import urlsplit

from lib_anim.errors import FieldError
from lib_anim.messages import Message

REMEDY_LOCAL = "save the file, and write its path, or allow it: --fetch-local"
_NAT64 = ipaddress.ip_network("64:ff9b::/96")  # RFC 6052: IPv4 addresses inside of IPv6

Watch = Callable[[socket.socket], object]


def is_public(address: str) -> bool:
    """Whether an IP address belongs to the open web: not to this machine, a private network, or a special purpose."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF) if ip in _NAT64 else None
        ip = ip.ipv4_mapped or ip.sixtofour or inner or ip
    return ip.is_global and not (ip.is_multicast or ip.is_reserved) and not _is_ours(str(ip))


def _is_ours(address: str) -> bool:
    """Whether it is an address of this machine: only such a one can be bound."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.bind((address, 0))
    except OSError:
        return False
    return True


def check_public(address: str, shown: str) -> None:
    """Raise FieldError unless every IP address of a web address is public; OSError for a host that is not known."""
    host = urlsplit(address).hostname or ""
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    if not all(is_public(str(where[4][0])) for where in found):
        raise _refused(shown)


def _refused(shown: str) -> FieldError:
    return FieldError(Message("{address}: on this machine, or in its network", address=shown), REMEDY_LOCAL)


@contextlib.contextmanager
def cut_after(seconds: float) -> Iterator[Watch]:
    """Provide a function that takes connections, all of which are cut when the time is over, wherever they are waited for."""
    sockets: list[socket.socket] = []

    def cut() -> None:
        for one in sockets:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(max(seconds, 0.0), cut)
    timer.daemon = True
    timer.start()
    try:
        yield lambda one: sockets.append(one.dup())  # a copy, since TLS takes the socket itself away
    finally:
        timer.cancel()
        for one in sockets:
            one.close()


class _Connection(HTTPConnection):
    """A connection that is watched; `public` is the name to refuse it by if it reached an address that is not public."""

    def __init__(self, host: str, *, watch: Watch, public: str, **more: Any):
        super().__init__(host, **more)
        self._watch, self._public = watch, public

    def connect(self) -> None:
        """Connect. Raises OSError, FieldError."""
        super().connect()
        self._watch(self.sock)
        if self._public and not is_public(str(self.sock.getpeername()[0])):
            self.close()
            raise _refused(self._public)


class _SecureConnection(HTTPSConnection, _Connection):
    """The same with TLS, which begins once the address was looked at."""


class Connections(request.HTTPHandler, request.HTTPSHandler):
    """Opens http and https for urllib. With `local` every address is allowed; `shown` makes an address fit for messages."""

    def __init__(self, watch: Watch, local: bool, shown: Callable[[str], str]):
        super().__init__()
        self._watch, self._local, self._shown = watch, local, shown

    def http_open(self, req: request.Request) -> HTTPResponse:
        """Open a request. Raises OSError, HTTPException, FieldError."""
        return self.do_open(self._maker(_Connection, req), req)

    def https_open(self, req: request.Request) -> HTTPResponse:
        """Open a request with TLS. Raises OSError, HTTPException, FieldError."""
        return self.do_open(self._maker(_SecureConnection, req), req)

    def _maker(self, kind: type[_Connection], req: request.Request) -> Callable[..., _Connection]:
        """Return the maker of connections. The name is resolved here, also where a proxy does it again."""
        if not self._local:
            check_public(req.full_url, self._shown(req.full_url))
        proxied = urlsplit(req.full_url).netloc != req.host
        return partial(kind, watch=self._watch, public="" if self._local or proxied else self._shown(req.full_url))
