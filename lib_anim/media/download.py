"""Files from the web, downloaded once and cached in a folder under a name derived from their address.

Settings are data from strangers, so nothing here is called unless the person at this machine allows it. A cached file is never
downloaded again; delete it to do so.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPException, HTTPMessage
from pathlib import Path
from typing import IO, BinaryIO
from urllib import request
from urllib.error import HTTPError
from urllib.parse import quote, urlsplit, urlunsplit

from lib_anim.errors import FieldError, OutputError, Problem, SettingsError, Waiver, cannot_be_written
from lib_anim.media.addresses import Connections, Watch, cut_after
from lib_anim.messages import Message, one_line
from lib_anim.version import __version__

SILENCE_S = 30.0  # seconds without data after which a download fails
LONGEST_S = 1800.0  # seconds that a whole download may take
REMEDY = "save the file, and write its path"
_PIECE = 2**16  # bytes
_NOT_FOUND = (404, 410)


def is_address(text: str) -> bool:
    """Whether a text is a web address, rather than a path (which may begin with a drive letter)."""
    return bool(re.match(r"\s*[a-z][a-z0-9+.-]+://", text, re.IGNORECASE))


def check_is_path(key: str, path: str, remedy: str) -> None:
    """Raise SettingsError if the setting `key` is a web address: callers may only open files."""
    if is_address(path):
        raise SettingsError([Problem(key, "a web address; nothing is downloaded", remedy, waivers=(Waiver.FETCH,))])


def shown(address: str) -> str:
    """Return an address for messages: without login, query and fragment, which can be secret."""
    return one_line(re.split("[?#]", re.sub("(?<=://)[^/?#]*@", "", address.strip()))[0], 200)


def fetched(
    address: str,
    folder: Path,
    limit_bytes: int,
    announce: Callable[[str], object] = lambda _line: None,
    timeout_s: float = SILENCE_S,
    local: bool = False,
) -> Path:
    """Return the path in `folder` of the file at an http or https address; download it first if it is not cached.

    `announce` receives one line before a download, and one for each address that it is redirected to. Addresses of this machine
    and its network are refused unless `local`. Raises FieldError if the file cannot be downloaded or exceeds `limit_bytes`,
    OutputError if it cannot be written.
    """
    path = folder.absolute() / _file_name(address)
    if path.is_file():
        return path
    try:
        with _write_atomically(path) as file:
            for piece in _download(address, limit_bytes, announce, timeout_s, local):
                file.write(piece)
    except OSError as error:
        raise OutputError(cannot_be_written(folder, error)) from None
    return path


def _file_name(address: str) -> str:
    tail = re.sub(r"[^A-Za-z0-9._-]+", "_", shown(address).rpartition("/")[2])[-60:]
    return f"{hashlib.sha256(address.strip().encode('utf-8', 'replace')).hexdigest()[:20]}-{tail}".rstrip(".-")


@contextmanager
def _write_atomically(path: Path) -> Iterator[BinaryIO]:
    """Open a temporary file that replaces `path` at the end of the block, or is deleted on an error."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f"{path.name}.{secrets.token_hex(4)}.part")  # another process may download the same file
    try:
        with beside.open("xb") as file:
            yield file
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def _download(
    address: str, limit_bytes: int, announce: Callable[[str], object], timeout_s: float, local: bool
) -> Iterator[bytes]:
    """Download an address in chunks. Raises FieldError."""
    name, until, done = shown(address), time.monotonic() + LONGEST_S, 0
    wanted = request.Request(_to_ascii(address), headers={"User-Agent": f"sd-webui-anim/{__version__}"})
    try:
        with cut_after(LONGEST_S) as watch, _opener(watch, local, announce).open(wanted, timeout=timeout_s) as answer:
            length = answer.length  # None where the server does not send it
            announce(f"fetching {name}{'' if length is None else f' ({_size_text(length)})'}")
            while length is None or done < length:
                if max(done, length or 0) > limit_bytes:
                    raise FieldError(
                        Message("{address}: larger than {size}", address=name, size=_size_text(limit_bytes)), REMEDY
                    )
                if time.monotonic() > until:
                    raise _too_late(name)
                piece = answer.read1(_PIECE if length is None else min(_PIECE, length - done))
                if not piece and time.monotonic() > until:
                    raise _too_late(name)
                if not piece:
                    break
                done += len(piece)
                yield piece
            if length is not None and done < length:
                text = "{address}: the connection broke off after {done} of {length} bytes"
                raise FieldError(Message(text, address=name, done=done, length=length), "try again")
    except (OSError, HTTPException) as error:
        if time.monotonic() > until:
            raise _too_late(name) from None
        raise FieldError(_reason(name, error), REMEDY) from None


def _too_late(address: str) -> FieldError:
    text = "{address}: not there after {n} minutes"
    return FieldError(Message(text, address=address, n=round(LONGEST_S / 60)), REMEDY)


def _size_text(count: int) -> str:
    return f"{count / 2**20:.1f} MiB" if count >= 2**20 else f"{count / 2**10:.1f} KiB"


def _reason(address: str, error: Exception) -> Message:
    """Return the reason of a failed download."""
    if isinstance(error, HTTPError):
        if 300 <= error.code < 400:
            return Message("{address}: leads round and round, or to something that is not http or https", address=address)
        if error.code in _NOT_FOUND:
            return Message("{address}: there is nothing at this address", address=address)
        return Message("{address}: the server answers with error {n}", address=address, n=error.code)
    cause = getattr(error, "reason", error)
    if isinstance(cause, socket.gaierror):
        return Message("{address}: there is no such host", address=address)
    if isinstance(cause, TimeoutError):
        return Message("{address}: the server does not answer", address=address)
    if isinstance(cause, OSError):
        return Message("{address}: cannot be reached: {said}", address=address, said=cause)
    return Message("{address}: the server's answer is no HTTP, or broke off", address=address)


def _to_ascii(address: str) -> str:
    """Encode an address for a request (IDNA, percent). Raises FieldError unless it is http or https without a login."""
    try:
        parts = urlsplit(address.strip())
        host, port = (parts.hostname or "").encode("idna").decode(), parts.port
    except ValueError:
        raise FieldError(Message("{address}: not an address", address=shown(address)), REMEDY) from None
    if parts.scheme not in ("http", "https") or not host:
        raise FieldError(Message("{address}: only http and https are fetched", address=shown(address)), REMEDY)
    if "@" in parts.netloc:
        raise FieldError(Message("{address}: nothing is fetched with a login", address=shown(address)), REMEDY)
    place = (f"[{host}]" if ":" in host else host) + (f":{port}" if port else "")
    path, query = (quote(part, safe="%/:=&?~+!$,;'@()*") for part in (parts.path, parts.query))
    return urlunsplit((parts.scheme, place, path, query, ""))


class _HttpRedirects(request.HTTPRedirectHandler):
    """Follows redirects to http and https only (Python's own handler follows ftp too), and announces each."""

    def __init__(self, announce: Callable[[str], object]):
        self._announce = announce

    def redirect_request(
        self, req: request.Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> request.Request | None:
        """Return the redirected request, or None to refuse it."""
        web = urlsplit(newurl).scheme in ("http", "https")
        if not web:
            return None
        self._announce(f"{shown(req.full_url)} leads to {shown(newurl)}")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _opener(watch: Watch, local: bool, announce: Callable[[str], object]) -> request.OpenerDirector:
    """Build an opener for http and https only, which uses the system's proxy."""
    opener = request.OpenerDirector()
    for handler in (
        *(request.ProxyHandler(), Connections(watch, local, shown), _HttpRedirects(announce)),
        *(request.HTTPDefaultErrorHandler(), request.HTTPErrorProcessor()),
    ):
        opener.add_handler(handler)
    return opener
