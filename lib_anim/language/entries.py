"""Parsing of schedules: from `key: value, key: value` to entries, with the columns where each begins."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from lib_anim.errors import ScheduleError
from lib_anim.messages import Message

MAX_TEXT = 4_000_000  # characters of one schedule
DECORATION = str.maketrans("", "", "()'\"")  # brackets and quotes around keys and values

# "0(1)" and "(5)(3)" are not plain numbers, although they are digits without brackets
# a quote counts only where a text can begin, so not in "bob's"; a file name in a mask expression is matched as a whole
_SPECIAL = re.compile(r"(?<![^\s(:,])[\"']|\[[^\[\]]*(?:\[[^\[\]]*\][^\[\]]*)*\]|[,:()]")


@dataclass(frozen=True)
class Entry:
    """One `key: value` of a schedule as written, with the columns, from 1, at which both begin."""

    key: str
    value: str
    key_column: int
    value_column: int

    def error(self, name: str, column: int, reason: str, remedy: str = "") -> ScheduleError:
        """Return the error for this entry of the setting `name`."""
        return ScheduleError(name, self.key, column, reason, remedy)


def split_entries(text: str, name: str, *, formulas: bool = True) -> list[Entry]:
    """Split `text` into its entries, in time linear in its length. Raises ScheduleError.

    A text without ":" is one entry for frame 0; with `formulas` it keeps its leading blanks, so that columns stay right.
    """
    if len(text) > MAX_TEXT:
        raise ScheduleError(name, "", 0, Message("longer than {n} characters", n=MAX_TEXT))
    if not text.strip():
        raise ScheduleError(name, "", 1, "the schedule is empty", Message("write {value}", value="0:(1)"))
    cuts, colons, closed = _scan(text, by_brackets=True)
    if not closed:  # "0:((5), 10:(7)": an extra bracket around a number is harmless, so split at every comma
        cuts, colons, _ = _scan(text, by_brackets=False)
    if not colons:
        return [Entry("0", text, 1, 1)] if formulas else [Entry("0", text.strip(), 1, 1)]
    return _entries(text, name, cuts, colons)


def is_closed(text: str) -> bool:
    """Return whether all brackets that a schedule's text opens are closed, quoted ones aside."""
    return _scan(text, by_brackets=True)[2]


def _scan(text: str, *, by_brackets: bool) -> tuple[list[int], list[int], bool]:
    """Find the positions of the commas between entries and of the colons, and whether all brackets are closed."""
    cuts: list[int] = []
    colons: list[int] = []
    depth = position = 0
    last_quote = {quote: text.rfind(quote) for quote in "\"'"}
    while match := _SPECIAL.search(text, position):
        at, mark, position = match.start(), match.group(), match.end()
        if mark in "\"'":
            # a quote without a closing one is an apostrophe
            position = text.find(mark, position) + 1 if at < last_quote[mark] else position
        elif mark == "(":
            depth += by_brackets
        elif mark == ")":
            depth = max(depth - 1, 0)
        elif depth == 0 and mark in ",:":
            (cuts if mark == "," else colons).append(at)
    return cuts, colons, depth == 0


def _entries(text: str, name: str, cuts: Sequence[int], colons: Sequence[int]) -> list[Entry]:
    """Build the entries between the positions `cuts`. A trailing comma is allowed, an empty entry before one is not."""
    entries, start, next_colon = [], 0, 0
    for cut in [*cuts, len(text)]:
        piece = text[start:cut]
        inside = []
        while next_colon < len(colons) and colons[next_colon] < cut:
            inside.append(colons[next_colon])
            next_colon += 1
        if piece.strip():
            entries.append(_entry(text, name, start, cut, inside))
        elif cut < len(text):
            raise ScheduleError(name, "", cut + 1, "nothing stands before this comma", "remove it")
        start = cut + 1
    return entries


def _entry(text: str, name: str, start: int, cut: int, colons: list[int]) -> Entry:
    """Build the entry text[start:cut] with the positions of its colons. Raises ScheduleError."""
    piece = text[start:cut].strip()
    begin = start + len(text[start:cut]) - len(text[start:cut].lstrip()) + 1
    if not colons:
        raise ScheduleError(name, "", begin, Message("'{text}' has no frame", text=piece[:40]), "write frame:(value)")
    key, value = text[start : colons[0]].strip(), text[colons[0] + 1 : cut]
    if len(colons) == 2 and text[colons[0] + 1 : colons[1]].strip() == key:  # "0: 0: (1)", which Deforum reads as 0: (1)
        colons = colons[1:]
        value = text[colons[0] + 1 : cut]
    if len(colons) > 1:
        raise ScheduleError(name, key, colons[1] + 1, "a second ':'", "is a comma missing before this keyframe?")
    if not key:
        raise ScheduleError(name, "", begin, "no frame stands before ':'", "write frame:(value)")
    column = colons[0] + 2 + len(value) - len(value.lstrip())
    if not value.translate(DECORATION).strip():
        raise ScheduleError(name, key, column, "no value", "write frame:(value)")
    return Entry(key, value.strip(), begin, column)
