"""`anim ui`: the page without a WebUI, at an address of its own."""

from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from lib_anim.errors import BadInput
from lib_anim.extras import how_to_install
from lib_anim.page import document, routes
from lib_anim.page.access import Access, basic, credentials, everybody
from lib_anim.page.service import Service

_HOME = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True)
class Address:
    """Where the page is; `login` is `user:password,…` or None."""

    host: str = "127.0.0.1"
    port: int = 7870
    login: str | None = None
    anybody: bool = False  # that an open page which others can reach is meant

    def check(self) -> None:
        """Raise BadInput when others could reach the page and nothing says that they may."""
        if not self.private and not self.login and not self.anybody:
            reason = "others can reach this page and use this machine"
            raise BadInput(f"{reason}; give a login with --auth user:password, or say --no-auth if that is meant")

    @property
    def private(self) -> bool:
        """Whether only people at this machine reach the page."""
        return self.host in _HOME

    @property
    def url(self) -> str:
        """As one writes it into a browser."""
        shown = "127.0.0.1" if self.host in ("0.0.0.0", "::", "") else self.host
        return f"http://{f'[{shown}]' if ':' in shown else shown}:{self.port}"


def application(service: Service, address: Address, language: str = "en") -> Any:
    """The page and its routes as an ASGI application. Raises BadInput."""
    try:
        from starlette.applications import Starlette
        from starlette.middleware import Middleware
        from starlette.middleware.trustedhost import TrustedHostMiddleware
        from starlette.responses import HTMLResponse, PlainTextResponse
        from starlette.routing import Route
    except ImportError:
        raise _missing() from None
    access: Access = basic(credentials(address.login)) if address.login else everybody
    text = document.document(language)

    def front(request: Any) -> Any:
        if not access(request):
            return PlainTextResponse("name and password are wanted", 401, {"WWW-Authenticate": 'Basic realm="anim"'})
        return HTMLResponse(text, headers={"Cache-Control": "no-store", "X-Frame-Options": "SAMEORIGIN"})

    # names that point here but are not ours are other sites' way in (DNS rebinding)
    hosts = [*_HOME, "[::1]"] if address.private else ["*"]
    guard = Middleware(TrustedHostMiddleware, allowed_hosts=hosts)
    app = Starlette(routes=[Route("/", front)], middleware=[guard])
    routes.mount(app, service, access)
    return app


def serve(service: Service, address: Address, language: str = "en", announce: Callable[[str], object] = str) -> None:
    """Show the page until somebody ends it; `announce` is told its address when it is there. Raises BadInput."""
    try:
        import uvicorn
    except ImportError:
        raise _missing() from None
    address.check()
    app = application(service, address, language)
    listening = _bound(address)
    try:
        config = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=2)
        announce(replace(address, port=listening.getsockname()[1]).url)
        uvicorn.Server(config).run(sockets=[listening])
    finally:
        listening.close()
        service.close()


def _missing() -> BadInput:
    return BadInput(f"the page needs starlette and uvicorn: {how_to_install('ui')}")


def _bound(address: Address) -> socket.socket:
    """A socket at the address. Raises BadInput, with what to do, when it is taken."""
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
