"""Who may use the routes: everybody, or those who know a user's name and password, or whom the WebUI lets in."""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from lib_anim.errors import BadInput

Access = Callable[[Any], bool]  # of a request


def everybody(_request: Any) -> bool:
    """No password is asked for."""
    return True


def credentials(text: str | None) -> list[tuple[str, str]]:
    """Pairs from `user:password,user2:password2`. Raises BadInput."""
    pairs = [part.strip().partition(":") for part in (text or "").split(",") if part.strip()]
    if not all(user and password for user, _, password in pairs):
        raise BadInput("a login is written user:password")
    return [(user, password) for user, _, password in pairs]


def basic(pairs: Iterable[tuple[str, str]]) -> Access:
    """HTTP Basic with one of some pairs of name and password."""
    known = [f"{user}:{password}".encode() for user, password in pairs]

    def allowed(request: Any) -> bool:
        kind, _, sent = request.headers.get("authorization", "").partition(" ")
        try:
            given = base64.b64decode(sent, validate=True) if kind.lower() == "basic" else b""
        except (binascii.Error, ValueError):
            return False
        # all are compared, in constant time, so that time tells nothing
        return sum(hmac.compare_digest(given, one) for one in known) > 0

    return allowed


def of_the_host(options: Any, app: Any) -> Access:
    """As the WebUI's own flags say: --api-auth or --gradio-auth by HTTP Basic, or a browser that logged in there."""
    flags = [getattr(options, name, None) for name in ("api_auth", "gradio_auth", "gradio_auth_path")]
    if not any(flags):
        return everybody
    texts = [*flags[:2], *_lines(flags[2])]
    pairs = [pair for text in texts for pair in _read(text)]
    by_password = basic(pairs)

    def allowed(request: Any) -> bool:
        return by_password(request) or _logged_in(request.cookies, getattr(app, "tokens", None))

    return allowed


def _read(text: str | None) -> list[tuple[str, str]]:
    """The pairs of a flag; what is no pair lets nobody in."""
    try:
        return credentials(text)
    except BadInput:
        return []


def _lines(path: str | None) -> list[str]:
    try:
        return Path(path).read_text(encoding="utf-8").splitlines() if path else []
    except OSError:
        return []


def _logged_in(cookies: Mapping[str, str], tokens: Mapping[str, str] | None) -> bool:
    """Whether a cookie is that of a login on the host's page; gradio names them access-token…"""
    mine = [value for name, value in cookies.items() if name.startswith("access-token")]
    return tokens is not None and any(tokens.get(value) is not None for value in mine)
