"""All errors that this package raises on purpose.

    AnimError
    ├── BadInput                  the caller can mend it; exit status 2
    │   ├── SettingsError         all problems of one settings file at once
    │   ├── FieldError            one field of it
    │   │   ├── RangeError        a number that is too small or too large
    │   │   ├── ExpressionError   a formula, with the column
    │   │   ├── ScheduleError     a keyframe of a schedule
    │   │   └── PromptError       a keyframe of the prompts
    │   ├── PictureError          a picture file
    │   ├── ModelError            a model that cannot be loaded
    │   └── OutputError           a folder that cannot be written, a run that cannot be resumed
    ├── EngineError               painting failed
    │   ├── Blank                 nothing was painted: black, or values that are not numbers
    │   ├── OutOfMemory
    │   └── Interrupted           somebody stopped the painter; its picture is not to be used
    ├── WriteError                a run under way can no longer be written; what was written is kept
    └── VideoError                ffmpeg is missing or failed
        └── VideoTimeout          it took longer than a limit

A message says what failed, where, what was expected, and how to mend it, on one line.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Generic, TypeVar

from lib_anim.messages import NOWHERE, Message, Place, as_message, of_error, one_line

T = TypeVar("T")


class AnimError(Exception):
    """Base of all errors of this package. The first argument is its message, a Message if it has values."""

    @property
    def message(self) -> str:
        """The error's message, a Message if it was raised with one."""
        return of_error(self)


class BadInput(AnimError):
    """Input is wrong, and the user can correct it."""


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong in a settings file: reason, remedy, and the place in the value of `key`.

    `reason` and `remedy` are Messages, or plain texts without blanks. `causes` are settings that can
    cause the problem: it is dropped if one of them has a problem itself. `waivers` are flags that allow the film
    nevertheless.

    >>> print(Problem("zoom", "unknown name 'ps'", "did you mean 's'?", Place(keyframe="30", column=7)))
    zoom, keyframe 30, column 7: unknown name 'ps'; did you mean 's'?
    """

    key: str
    reason: str
    remedy: str = ""
    place: Place = NOWHERE
    causes: tuple[str, ...] = ()
    waivers: tuple[Waiver, ...] = ()

    def __str__(self) -> str:
        where = ", ".join(part for part in (self.key, str(self.place)) if part)
        what = "; ".join(part for part in (self.reason, self.remedy) if part)
        return one_line((f"{where}: {what}" if where else what) + self.flags)

    @property
    def flags(self) -> str:
        """The waivers as text after the remedy, which can be a question."""
        text = "".join(waiver.value for waiver in self.waivers)
        return text.replace(", or", " Or", 1) if self.remedy.endswith("?") else text


class Waiver(Enum):
    """A command line flag that accepts a problem, as text after its remedy. LEAVE_OUT is the button for it on a page."""

    LEAVE_OUT = ""
    FETCH = ", or allow it: --fetch"
    ALLOW_MISSING = ", or go on without it: --allow-missing"


class SettingsError(BadInput):
    """All problems of one settings file; `source` is the file's name or ""."""

    def __init__(self, problems: Iterable[Problem], source: str = ""):
        self.problems = tuple(problems)
        self.source = source
        super().__init__("\n".join(self.lines()))

    def lines(self) -> list[str]:
        """Return one line for each problem, after the file's name."""
        prefix = f"{self.source}: " if self.source else ""
        return [f"{prefix}{problem}" for problem in self.problems]


@dataclass(frozen=True)
class Checked(Generic[T]):
    """A value with all problems of its source, and notes. Invalid parts have defaults."""

    value: T
    problems: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()

    def sound(self, source: str = "") -> T:
        """Return the value. Raises SettingsError if there are problems."""
        if self.problems:
            raise SettingsError(self.problems, source)
        return self.value


class FieldError(BadInput):
    """A field's value is invalid; `place` is where in the value, `remedy` what to do."""

    def __init__(self, reason: str, remedy: str = "", place: Place = NOWHERE):
        self.reason, self.remedy, self.place = reason, remedy, place
        super().__init__(str(self.of("")))

    def of(self, key: str) -> Problem:
        """Return the problem of the setting `key`."""
        return Problem(key, self.reason, self.remedy, self.place)


class RangeError(FieldError):
    """A number `value` is out of its field's range, which matters only if the field is used."""

    def __init__(self, value: float, reason: str, remedy: str = ""):
        self.value = value
        super().__init__(reason, remedy)


class ExpressionError(FieldError):
    """A formula cannot be parsed or evaluated; `column` counts from 1 in the formula's text."""

    def __init__(self, column: int, reason: str, remedy: str = ""):
        self.column = column
        super().__init__(reason, remedy, Place(column=column))


class ScheduleError(FieldError):
    """A schedule is invalid: `name` of the setting, `keyframe` as written, `column` from 1."""

    def __init__(self, name: str, keyframe: str, column: int, reason: str, remedy: str = ""):
        self.name, self.keyframe, self.column = name, keyframe, column
        super().__init__(reason, remedy, Place(keyframe=keyframe, column=column or None))


class PromptError(FieldError):
    """A prompt is invalid."""


class PictureError(BadInput):
    """A picture file is missing or cannot be read."""


class ModelError(BadInput):
    """A model is missing, damaged, refused, or not supported by the engine."""


class OutputError(BadInput):
    """A folder cannot be written, or a run cannot be resumed."""


class EngineError(AnimError):
    """The engine could not paint a picture."""


class Blank(EngineError):
    """The engine painted nothing: black, or values that are not numbers."""


class OutOfMemory(EngineError):
    """The engine ran out of memory. `remedy` is further advice, `said` the library's message."""

    def __init__(self, remedy: str = "", said: str = ""):
        advice = "out of memory; take a smaller W and H, or end other programs that use much memory"
        if remedy:
            advice = Message(
                "out of memory; take a smaller W and H, end other programs that use much memory, or {remedy}",
                remedy=as_message(remedy),
            )
        super().__init__(Message("{advice} ({said})", advice=as_message(advice), said=said) if said else advice)


class Interrupted(EngineError):
    """The engine was stopped within a picture, which must be discarded."""


class Disturbed(Interrupted):
    """Somebody else interrupted the picture, or loaded another model meanwhile. The picture can be painted again."""


class WriteError(AnimError):
    """A run can no longer be written (a full disk); it can be resumed later."""


class VideoError(AnimError):
    """ffmpeg is missing or failed. Frames on disk are not affected."""


class VideoTimeout(VideoError):
    """ffmpeg took longer than a limit, and was ended."""


_OUT_OF_MEMORY = re.compile(r"out.?of.?(?:\w+.)?memory|not enough memory|memoryerror|alloc", re.IGNORECASE)


def unforeseen(error: BaseException) -> Message:
    """Return the message of an unexpected error."""
    return Message("this should not have happened: {said}", said=f"{type(error).__name__}: {error}")


def cannot_be_written(path: object, error: Exception) -> Message:
    """Return the message of a failed write."""
    return Message("{path}: cannot be written: {said}", path=path, said=error)


def ran_out_of_memory(kind: str, words: str) -> bool:
    """Whether an error, by the name of its class and its text, means out of memory.

    Torch has a class for it on CUDA, but not in every version; elsewhere it is a RuntimeError with such a text.
    """
    return bool(_OUT_OF_MEMORY.search(f"{kind}: {words}"))


def nearest(word: str, known: Iterable[str], count: int = 3, cutoff: float = 0.5) -> list[str]:
    """Return the names in `known` most similar to `word`, best first, ignoring case; `cutoff` is 0 any .. 1 equal."""
    by_lower: dict[str, str] = {}
    for name in known:
        by_lower.setdefault(name.lower(), name)
    return [by_lower[match] for match in difflib.get_close_matches(word.lower(), by_lower, count, cutoff)]


def did_you_mean(word: str, known: Iterable[str], count: int = 1, cutoff: float = 0.5) -> str:
    """Return a remedy such as "did you mean 'sin'?", "" if no name is similar."""
    names = nearest(word, known, count, cutoff)
    return Message("did you mean {names}?", names=" or ".join(map(repr, names))) if names else ""
