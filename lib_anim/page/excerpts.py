"""The piece of a text around the place that a problem names, so that the page can show it with the place marked."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

AROUND = 28  # characters before and behind the place

_PLACE = re.compile(r"(?:keyframe (?P<keyframe>.+?), |frame \d+, )?(?:line (?P<line>\d+), )?column (?P<column>\d+)$")
_WORD = re.compile(r"\w+|.", re.DOTALL)


def excerpt(text: object, place: str) -> dict[str, str] | None:
    """{before, at, after} of the place in a text or in a mapping of them; None where there is no such place.

    `at` is the word that begins there, or "" at the end of the text.

    >>> excerpt("0:(1), 6:(1.5*q)", "keyframe 6, column 15")
    {'before': '0:(1), 6:(1.5*', 'at': 'q', 'after': ')'}
    """
    match = _PLACE.fullmatch(place)
    if match is None:
        return None
    line = _line(_of_keyframe(text, match["keyframe"]), match["line"])
    begin = int(match["column"]) - 1
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


def _of_keyframe(text: object, keyframe: str | None) -> str | None:
    """A text itself, or that of a keyframe where there is one for each."""
    if isinstance(text, str) and keyframe is not None and text.lstrip()[:1] == "{":
        try:
            text = json.loads(text)
        except ValueError:
            return None
    if isinstance(text, Mapping):
        text = text.get(keyframe)
    return text if isinstance(text, str) else None


def _line(text: str | None, number: str | None) -> str | None:
    if text is None:
        return None
    lines = text.splitlines() or [""]
    if number is None:
        return text.replace("\n", " ")
    return lines[int(number) - 1] if 0 < int(number) <= len(lines) else None
