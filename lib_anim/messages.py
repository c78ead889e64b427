"""Sentences for people as data: an English text with {blanks}, and the values that fill them.

The English text is the key of a translation (as gettext's msgid): whoever shows a message chooses the reader's language
by `Message.text` and fills in `Message.values`. Nobody has to read a finished sentence back.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from unicodedata import category

_BLANK = re.compile(r"\{(\w+)\}")
_LONGEST_VALUE = 2000  # characters
_NOTHING: Mapping[str, object] = MappingProxyType({})


class Message(str):
    """A finished English sentence that knows the `text` with {blanks} and the `values` that it was made from.

    A value is a number, a text, another Message, or an error with one. Braces that name no value stay as they are.

    >>> print(Message("{key}: {n} frames of {n_frames}", key="prompts", n=3, n_frames=12.0))
    prompts: 3 frames of 12
    """

    __slots__ = ("text", "values")
    text: str
    values: Mapping[str, object]

    def __new__(cls, text: str, /, **values: object) -> Message:
        """The sentence that `text` with these values is."""
        told = {name: _told(value) for name, value in values.items()}
        self = super().__new__(cls, _BLANK.sub(lambda blank: str(told.get(blank[1], blank[0])), text))
        self.text, self.values = text, MappingProxyType(told)
        return self

    def __reduce__(self) -> tuple[object, ...]:
        return _again, (self.text, dict(self.values))


def as_data(message: str) -> dict[str, object]:
    """A message as JSON: {text, values}, values that are messages likewise. A plain text is its own key."""
    if not isinstance(message, Message):
        return {"text": one_line(message), "values": {}}
    values = {name: as_data(value) if isinstance(value, Message) else value for name, value in message.values.items()}
    return {"text": message.text, "values": values}


def from_data(data: Mapping[str, object]) -> Message:
    """The message that `as_data` wrote."""
    text, values = data["text"], data["values"]
    assert isinstance(text, str)
    assert isinstance(values, dict)
    return Message(text, **{name: from_data(one) if isinstance(one, dict) else one for name, one in values.items()})


def of_error(error: BaseException) -> str:
    """What an error says: its Message where it was raised with one, what the system calls it where it is the system's."""
    if isinstance(error, OSError) and error.strerror:
        return Message(error.strerror)
    first = error.args[0] if error.args else ""
    return first if isinstance(first, Message) else str(error)


def as_message(text: str) -> Message:
    """A sentence as a Message: a constant one gets no values. So it is translated too where it is a value of another."""
    return text if isinstance(text, Message) else Message(text)


@dataclass(frozen=True)
class Place:
    """Where in a field something is: `keyframe` as written, `frame` from 0, `line` and `column` from 1, and `within`, a part
    that has a name of its own. Whatever is None or empty is not said.

    >>> print(Place(keyframe="30", column=7))
    keyframe 30, column 7
    """

    keyframe: str = ""
    frame: int | None = None
    line: int | None = None
    column: int | None = None
    within: str = ""

    def parts(self) -> Iterator[str]:
        """The place from the outside in, a message for each part."""
        if self.keyframe:
            yield Message("keyframe {key}", key=self.keyframe)
        if self.frame is not None:
            yield Message("frame {n}", n=self.frame)
        if self.line is not None:
            yield Message("line {n}", n=self.line)
        if self.column is not None:
            yield Message("column {n}", n=self.column)
        if self.within:
            yield self.within

    def __str__(self) -> str:
        return ", ".join(self.parts())


NOWHERE = Place()  # in particular


def visible(text: str) -> str:
    """`text` with what a terminal would obey, and what turns the direction of writing, as escapes that can be read."""
    return "".join(ch if ch.isprintable() or category(ch) == "Zs" else _escape(ch) for ch in text)


def _escape(ch: str) -> str:
    return ch.encode("unicode_escape").decode("ascii")


def one_line(text: str, limit: int = 600) -> str:
    """`text` with line breaks and control characters made visible, cut to `limit` characters."""
    flat = "".join(ch if ch.isprintable() else " " for ch in text)
    flat = " ".join(flat.split())
    return flat if len(flat) <= limit else flat[: limit - 1] + "…"


def _told(value: object) -> object:
    """A value as it is filled in: a whole number, a message, or one line of text."""
    if isinstance(value, BaseException):
        said = of_error(value)
        return said if isinstance(said, Message) else Message(one_line(said, _LONGEST_VALUE))
    if isinstance(value, Message) or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    return one_line(f"{value:g}" if isinstance(value, float) else str(value), _LONGEST_VALUE)


def _again(text: str, values: dict[str, object]) -> Message:
    return Message(text, **values)
