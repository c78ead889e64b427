"""Access control for the routes: no login, HTTP Basic, or the WebUI's own login."""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from lib_anim.errors import BadInput

Access = Callable[[Any], bool]  # takes a request; returns whether it is allowed


def everybody(_request: Any) -> bool:
    """Allow every request."""
    return True


def credentials(text: str | None) -> list[tuple[str, str]]:
    """Parse `user:password,user2:password2`. Raises BadInput."""
    pairs = [part.strip().partition(":") for part in (text or "").split(",") if part.strip()]
    if not all(user and password for user, _, password in pairs):
        raise BadInput("a login is written user:password")
    return [(user, password) for user, _, password in pairs]


def basic(pairs: Iterable[tuple[str, str]]) -> Access:
    """Return access by HTTP Basic with one of these pairs of name and password."""
    known = [f"{user}:{password}".encode() for user, password in pairs]

    def allowed(request: Any) -> bool:
        kind, _, sent = request.headers.get("authorization", "").partition(" ")
        try:
            given = base64.b64decode(sent, validate=True) if kind.lower() == "basic" else b""
        except (binascii.Error, ValueError):
            return False
        # all are compared in constant time, against timing attacks
        return sum(hmac.compare_digest(given, one) for one in known) > 0

    return allowed


def of_the_host(options: Any, app: Any) -> Access:
    """Return access by the WebUI's flags: --api-auth and --gradio-auth by HTTP Basic, or a browser with a session there."""
    flags = [getattr(options, name, None) for name in ("api_auth", "gradio_auth", "gradio_auth_path")]
    if not any(flags):
        return everybody
    texts = [*flags[:2], *_read_lines(flags[2])]
    pairs = [pair for text in texts for pair in _parse_flag(text)]
    by_password = basic(pairs)

    def allowed(request: Any) -> bool:
        return by_password(request) or _has_session(request.cookies, getattr(app, "tokens", None))

    return allowed


def _parse_flag(text: str | None) -> list[tuple[str, str]]:
    """Parse the pairs of a flag; malformed ones allow nobody."""
    try:
        return credentials(text)
    except BadInput:
        return []


def _read_lines(path: str | None) -> list[str]:
    try:
        return Path(path).read_text(encoding="utf-8").splitlines() if path else []
    except OSError:
        return []


def _has_session(cookies: Mapping[str, str], tokens: Mapping[str, str] | None) -> bool:
    """Whether a cookie is a session of the host's page; gradio names its cookies access-token…"""
    mine = [value for name, value in cookies.items() if name.startswith("access-token")]
    return tokens is not None and any(tokens.get(value) is not None for value in mine)
