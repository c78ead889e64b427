"""Addresses of WebUIs, and the logins in them."""

from __future__ import annotations

from urllib.parse import urlsplit, urlunsplit

from lib_anim.errors import ModelError
from lib_anim.messages import Message


def split_login(url: str) -> tuple[str, tuple[str, str] | None]:
    """Split an address into the address without login and (user, password), or None. Raises ModelError."""
    try:
        parts = urlsplit(url if "://" in url else f"http://{url}")
        whole = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        whole = whole and "@" not in parts.path + parts.query + parts.fragment  # a password with / ? # that is not escaped
    except ValueError:  # brackets that do not match, a port that is none
        whole = False
    if not whole:
        raise ModelError(Message("--url {url}: not an address; write http://host:port", url=_without_login(url)))
    host = parts.netloc.rpartition("@")[2]
    auth = (parts.username, parts.password or "") if parts.username else None
    return urlunsplit((parts.scheme, host, parts.path.rstrip("/"), "", "")), auth


def _without_login(url: str) -> str:
    """An address without what could be a password: everything before its last @."""
    kept = url.rpartition("@")[2]
    return f"…@{kept}" if kept != url else url
