"""Excerpts of a text around the place of a problem, which the page shows with the place marked."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from lib_anim.messages import Place

AROUND = 28  # characters before and after the place

_WORD = re.compile(r"\w+|.", re.DOTALL)


def excerpt(text: object, place: Place) -> dict[str, str] | None:
    """Return {before, at, after} of a place in a text or a mapping of texts; None if there is no such place.

    `at` is the word that begins there, "" at the end of the text.

    >>> excerpt("0:(1), 6:(1.5*q)", Place(keyframe="6", column=15))
    {'before': '0:(1), 6:(1.5*', 'at': 'q', 'after': ')'}
    """
    if place.column is None:
        return None
    line = _select_line(_text_of_keyframe(text, place.keyframe), place.line)
    begin = place.column - 1
    if line is None or not 0 <= begin <= len(line):
        return None
    at = _WORD.match(line, begin)
    end = at.end() if at else begin
    before, after = line[:begin], line[end:]
    return {
        "before": before if len(before) <= AROUND else "…" + before[-AROUND:],
        "at": line[begin:end],
        "after": after if len(after) <= AROUND else after[:AROUND] + "…",
    }


def _text_of_keyframe(text: object, keyframe: str) -> str | None:
    """Return the text of a keyframe from a mapping or its JSON; a plain text as it is."""
    if isinstance(text, str) and keyframe and text.lstrip()[:1] == "{":
        try:
            text = json.loads(text)
        except ValueError:
            return None
    if isinstance(text, Mapping):
        text = text.get(keyframe)
    return text if isinstance(text, str) else None


def _select_line(text: str | None, number: int | None) -> str | None:
    if text is None:
        return None
    lines = text.splitlines() or [""]
    if number is None:
        return text.replace("\n", " ")
    return lines[number - 1] if 0 < number <= len(lines) else None
