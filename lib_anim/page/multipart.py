"""Forms with files, as browsers and curl send them (multipart/form-data, RFC 7578)."""

from __future__ import annotations

from collections.abc import Mapping
from email.message import Message as Header
from typing import NamedTuple

from lib_anim.page.bodies import Refused

_MOST_PARTS = 32
_BROKEN = "the form is not whole"


class Part(NamedTuple):
    """A field of a form; `filename` is "" for a field that is no file."""

    filename: str
    content: bytes


def parse_form(content_type: str, body: bytes) -> Mapping[str, Part]:
    """Return the fields of a form by their names; of a name that stands twice, the last. Raises Refused."""
    kind = _header("content-type", content_type)
    boundary = kind.get_param("boundary")
    if kind.get_content_type() != "multipart/form-data" or not isinstance(boundary, str) or not boundary:
        raise Refused(400, "send a form with the photo as its field file (multipart/form-data)")
    mark = b"--" + boundary.encode("latin-1", "replace")
    _before, *parts = (b"\r\n" + body).split(b"\r\n" + mark)
    if not parts or not parts[-1].startswith(b"--") or len(parts) > _MOST_PARTS:  # the last one closes the form
        raise Refused(400, _BROKEN)
    return dict(_field(part) for part in parts[:-1])


def _field(part: bytes) -> tuple[str, Part]:
    head, empty, content = part.partition(b"\r\n\r\n")
    lines = head.decode("utf-8", "replace").split("\r\n")
    said = next((line.partition(":")[2] for line in lines if line.lower().startswith("content-disposition:")), "")
    disposition = _header("content-disposition", said.strip())
    name, filename = (disposition.get_param(key, "", "content-disposition") for key in ("name", "filename"))
    if not empty or not isinstance(name, str) or not name:
        raise Refused(400, _BROKEN)
    return name, Part(filename[2] if isinstance(filename, tuple) else filename or "", content)


def _header(name: str, value: str) -> Header:
    header = Header()
    header[name] = value.replace("\r", " ").replace("\n", " ")
    return header
