"""JSON that people wrote: read, or refused with what is wrong where, and how to mend it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any, NamedTuple

from lib_anim.errors import FieldError
from lib_anim.messages import Message, Place

Pairs = Callable[[list[tuple[str, Any]]], Any]


def is_json(text: str) -> bool:
    """Return whether a setting holds JSON, an object or a list, rather than a path or words."""
    return text.lstrip()[:1] in ("{", "[")


def parse_json(text: str, pairs: Pairs | None = None) -> object:
    """The value of a JSON text; `pairs` makes objects of their (key, value) pairs. Raises FieldError with the place."""
    try:
        return json.loads(text, parse_constant=_refuse_constant, object_pairs_hook=pairs)
    except json.JSONDecodeError as error:
        fault = _explain(error)
        raise FieldError(_reason(fault.reason), fault.remedy, Place(line=error.lineno, column=error.colno)) from None
    except RecursionError:
        raise FieldError(_reason("nested too deeply")) from None
    except ValueError:
        raise FieldError(_reason("a number of thousands of digits")) from None


def _reason(said: str) -> Message:
    return Message("not valid JSON: {said}", said=Message(said))


def _refuse_constant(name: str) -> float:
    raise FieldError(_reason("NaN and Infinity are no numbers in JSON"), "write a number, or null")


class _Fault(NamedTuple):
    reason: str
    remedy: str


_QUOTE = _Fault("a quotation mark inside a text", "write \\\" for it, or '")
_COMMENT = _Fault("a comment", "JSON has none; remove it")
_UNQUOTED = _Fault("a text without quotes", "put it into double quotes")
_BARE = _Fault("keys without brackets around them", "write { before the first and } behind the last")
_ENDS = _Fault("it ends too early", "is a bracket missing at the end?")

# a pattern of what stands at the place of the fault -> what it is, whatever the parser says of it
_AT: tuple[tuple[str, _Fault], ...] = (
    (r"#|//|/\*", _COMMENT),
    (r"[\u201c-\u201f\u2018-\u201b\u00ab\u00bb\u300c\u300d\uff02]", _Fault("curly quotes", 'write straight ones: "')),
    (r"'", _Fault("single quotes", 'write double ones: "')),
    (r"(True|False|None)\b", _Fault("a word of Python", "write true, false or null")),
    (r"[-+]?(nan|inf(inity)?)\b", _Fault("NaN and Infinity are no numbers in JSON", "write a number, or null")),
    (r"[-+]?\.\d", _Fault("a number that begins with a point", "write a 0 before it")),
    (r"\+\d", _Fault("a number with a plus sign", "write it without")),
)

# what the parser says -> what it is
_SAID: tuple[tuple[str, _Fault], ...] = (
    ("Unterminated string", _Fault("a text that is not closed", 'write " at its end')),
    ("Invalid \\", _Fault("a backslash that means nothing", "write paths with / or with \\\\")),
    ("Extra data", _Fault("more text behind the end", "remove it")),
    ("trailing comma", _Fault("a comma before a closing bracket", "remove it")),
)


def _explain(error: json.JSONDecodeError) -> _Fault:
    """What a person did, by what the parser met: its message, the text there and before."""
    text, position = error.doc, error.pos
    here, before = text[position:], text[:position].rstrip()
    if "Invalid control character" in error.msg:
        return _control_character(here)
    for said, fault in _SAID:
        if said in error.msg:
            return _BARE if said == "Extra data" and text.lstrip().startswith('"') else fault
    if not here.strip():
        return _ENDS if before else _Fault("it is empty", "")
    if before.endswith(",") and here[:1] in "}]":
        return _Fault("a comma before a closing bracket", "remove it")
    for pattern, fault in _AT:
        if re.match(pattern, here, re.IGNORECASE if "nan" in pattern else 0):
            return fault
    return _by_what_was_expected(error.msg, here, before, text[len(before) : position])


def _by_what_was_expected(message: str, here: str, before: str, between: str) -> _Fault:
    """`between` is the space from what was read (`before`) to the fault (`here`)."""
    if "delimiter" in message:
        goes_on = before.endswith('"') and "\n" not in between and (re.match(r"[^\W\d]", here) or not between)
        if "':'" in message:
            return _QUOTE if goes_on and re.match(r"[^\W\d]", here) else _Fault("a colon is missing", "write : behind the key")
        if here[:1] in "}]":
            return _Fault("a bracket of the other kind", "write ] where [ was opened, } where { was")
        if re.search(r"\b0$", before) and re.match(r"\d", here) and not between:
            return _Fault("a number that begins with 0", "write it without")
        if here.startswith(".") and before[-1:].isdigit():
            return _Fault("a number that ends with a point", "write it without")
        return _QUOTE if goes_on else _Fault("a comma is missing", "write , before it")
    if "property name" in message:
        if re.match(r"\d", here) and re.search(r"\d\s*,$", before):
            return _Fault("a decimal comma", "write a decimal point")
        return _UNQUOTED
    if re.match(r"\w", here):
        return _UNQUOTED
    return _Fault("a value is missing", "")


def _control_character(here: str) -> _Fault:
    if here[:1] in "\r\n":
        return _Fault("a line break inside a text", "write \\n for it, or put the text on one line")
    return _Fault("a control character inside a text", "remove it; a tab is \\t")
