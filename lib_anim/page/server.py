"""`anim ui`: the page on a server of its own, without a WebUI."""

from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from lib_anim.errors import BadInput
from lib_anim.extras import how_to_install
from lib_anim.page import document, guard, routes
from lib_anim.page.access import Access, basic, credentials, everybody
from lib_anim.page.connections import guarded_protocol
from lib_anim.page.service import Service


@dataclass(frozen=True)
class Address:
    """The address of the page; `login` is `user:password,…` or None, `names` are further names that it is opened by."""

    host: str = "127.0.0.1"
    port: int = 7870
    login: str | None = None
    anybody: bool = False  # whether a page on a network may have no login
    names: tuple[str, ...] = ()

    def check(self) -> None:
        """Raise BadInput for a page on a network without a login, unless `anybody` allows it."""
        if not self.private and not self.login and not self.anybody:
            reason = "others can reach this page and use this machine"
            raise BadInput(f"{reason}; give a login with --auth user:password, or say --no-auth if that is meant")

    @property
    def private(self) -> bool:
        """Whether the page is reachable from this machine only."""
        return guard.is_loopback(self.host)

    @property
    def hosts(self) -> frozenset[str]:
        """Names in Host headers that are accepted, beside the address of the connection."""
        return frozenset({*self.names, self.host}) | (frozenset() if self.private else guard.own_names())

    @property
    def url(self) -> str:
        """The address for a browser."""
        shown = "127.0.0.1" if self.host in ("0.0.0.0", "::", "") else self.host
        return f"http://{f'[{shown}]' if ':' in shown else shown}:{self.port}"


def application(service: Service, address: Address, language: str = "", *, live: bool = False) -> Any:
    """Build the ASGI application of the page and its routes; `language` as in `document`. With `live` the page is that of live
    photos, which is at /live otherwise. Raises BadInput."""
    try:
        from starlette.applications import Starlette
        from starlette.middleware import Middleware
        from starlette.responses import HTMLResponse, PlainTextResponse
        from starlette.routing import Route
    except ImportError:
        raise _missing_packages() from None
    access: Access = basic(credentials(address.login)) if address.login else everybody
    photos = document.document(language, document.LIVE)
    text = photos if live else document.document(language)

    async def front(request: Any) -> Any:
        if refusal := await gate.refusal(request):
            status, message = refusal
            return PlainTextResponse(message, status, {"WWW-Authenticate": 'Basic realm="anim"'} if status == 401 else None)
        return HTMLResponse(
            photos if request.url.path.endswith("/live") else text,
            headers={"Cache-Control": "no-store", "X-Frame-Options": "SAMEORIGIN"},
        )

    middleware = [Middleware(guard.SafeHeaders, more=guard.page_headers(text))]
    if not address.login:  # a browser sends no login to another name
        middleware.append(Middleware(guard.OwnHosts, names=address.hosts))
    app = Starlette(routes=[Route("/", front), Route("/live", front)], middleware=middleware)
    gate = routes.mount(app, service, access)
    return app


def serve(
    service: Service, address: Address, language: str = "", announce: Callable[[str], object] = str, live: bool = False
) -> None:
    """Serve the page until the process is interrupted; `announce` is called with its address. `live` as in `application`.

    Raises BadInput.
    """
    try:
        import uvicorn

        protocol = guarded_protocol()
    except ImportError:
        raise _missing_packages() from None
    address.check()
    app = application(service, address, language, live=live)
    listening = _listen(address)
    try:
        config = uvicorn.Config(app, http=protocol, ws="none", log_level="warning", timeout_graceful_shutdown=2)
        announce(replace(address, port=listening.getsockname()[1]).url)
        uvicorn.Server(config).run(sockets=[listening])
    finally:
        listening.close()
        service.close()


def _missing_packages() -> BadInput:
    return BadInput(f"the page needs starlette and uvicorn: {how_to_install('ui')}")


def _listen(address: Address) -> socket.socket:
    """Open a listening socket. Raises BadInput if the address cannot be used."""
    kind = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    listening = socket.socket(kind)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((address.host, address.port))
        listening.listen(128)
    except (OSError, OverflowError) as error:
        listening.close()
        said = getattr(error, "strerror", None) or error
        raise BadInput(f"{address.host}:{address.port} cannot be listened at: {said}; choose another --port") from None
    return listening
