"""Every error this package raises on purpose, and the sentence form they share.

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
    """Base of all errors of this package. The first argument is what it says, a Message where it has blanks."""

    @property
    def message(self) -> str:
        """What it says, as a Message where it was raised with one."""
        return of_error(self)


class BadInput(AnimError):
    """Something that was given is wrong, and whoever gave it can mend it."""


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong in a settings file: what, what to do, and where in the value of `key`.

    `reason` and `remedy` are Messages, or plain texts without blanks. `causes` are other settings that the problem may come
    of: it is not worth telling where one of these is wrong already. `waivers` are flags that let
    a film go on all the same.

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
        return one_line((f"{where}: {what}" if where else what) + "".join(waiver.value for waiver in self.waivers))


class Waiver(Enum):
    """A flag by which a person accepts what stands in the way, as a command line says it."""

    FETCH = ", or allow it: --fetch"
    ALLOW_MISSING = ", or go on without it: --allow-missing"


class SettingsError(BadInput):
    """All problems of one settings file; `source` is the file's name, or "" where there is none."""

    def __init__(self, problems: Iterable[Problem], source: str = ""):
        self.problems = tuple(problems)
        self.source = source
        super().__init__("\n".join(self.lines()))

    def lines(self) -> list[str]:
        """One line a problem, the file's name in front."""
        prefix = f"{self.source}: " if self.source else ""
        return [f"{prefix}{problem}" for problem in self.problems]


@dataclass(frozen=True)
class Checked(Generic[T]):
    """A value, all problems of what it was made from, and notes for people; defaults stand in for what is wrong."""

    value: T
    problems: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()

    def sound(self, source: str = "") -> T:
        """The value. Raises SettingsError where there is a problem."""
        if self.problems:
            raise SettingsError(self.problems, source)
        return self.value


class FieldError(BadInput):
    """A value that a field refuses; `place` says where in the field, `remedy` what to do."""

    def __init__(self, reason: str, remedy: str = "", place: Place = NOWHERE):
        self.reason, self.remedy, self.place = reason, remedy, place
        super().__init__(str(self.of("")))

    def of(self, key: str) -> Problem:
        """The problem of the setting whose value this is."""
        return Problem(key, self.reason, self.remedy, self.place)


class RangeError(FieldError):
    """A number that its field is too narrow for: `value`. It does no harm where the field is not used."""

    def __init__(self, value: float, reason: str, remedy: str = ""):
        self.value = value
        super().__init__(reason, remedy)


class ExpressionError(FieldError):
    """A formula that cannot be read or worked out; `column` counts from 1 in the formula's text."""

    def __init__(self, column: int, reason: str, remedy: str = ""):
        self.column = column
        super().__init__(reason, remedy, Place(column=column))


class ScheduleError(FieldError):
    """A schedule that cannot be used: `name` of the setting, `keyframe` as written, `column` from 1."""

    def __init__(self, name: str, keyframe: str, column: int, reason: str, remedy: str = ""):
        self.name, self.keyframe, self.column = name, keyframe, column
        super().__init__(reason, remedy, Place(keyframe=keyframe, column=column or None))


class PromptError(FieldError):
    """A prompt that cannot be used."""


class PictureError(BadInput):
    """A picture file that is missing or cannot be read."""


class ModelError(BadInput):
    """A model that is missing, damaged, refused, or not of a kind the engine knows."""


class OutputError(BadInput):
    """A folder that cannot be written or a run that cannot be resumed."""


class EngineError(AnimError):
    """The engine could not paint a picture."""


class Blank(EngineError):
    """The engine painted nothing: black, or values that are not numbers."""


class OutOfMemory(EngineError):
    """The engine ran out of memory. `remedy` is what helps besides the usual, `said` what the library said."""

    def __init__(self, remedy: str = "", said: str = ""):
        advice = "out of memory; take a smaller W and H, or end other programs that use much memory"
        if remedy:
            advice = Message(
                "out of memory; take a smaller W and H, end other programs that use much memory, or {remedy}",
                remedy=as_message(remedy),
            )
        super().__init__(Message("{advice} ({said})", advice=as_message(advice), said=said) if said else advice)


class Interrupted(EngineError):
    """The engine was stopped in the middle of a picture, which must be thrown away."""


class WriteError(AnimError):
    """A run under way can no longer be written (a full disk); it can be resumed when there is room."""


class VideoError(AnimError):
    """ffmpeg is missing, or ended with an error. The frames on disk are not touched by it."""


_OUT_OF_MEMORY = re.compile(r"out.?of.?(?:\w+.)?memory|not enough memory|memoryerror|alloc", re.IGNORECASE)


def unforeseen(error: BaseException) -> Message:
    """What people are told of an error that nobody foresaw."""
    return Message("this should not have happened: {said}", said=f"{type(error).__name__}: {error}")


def cannot_be_written(path: object, error: Exception) -> Message:
    """What people are told where the system refuses to write."""
    return Message("{path}: cannot be written: {said}", path=path, said=error)


def ran_out_of_memory(kind: str, words: str) -> bool:
    """Whether an error, by the name of its class and its text, says that memory did not suffice.

    Torch has a class for it on CUDA, and not in every version; elsewhere it is a RuntimeError that says so.
    """
    return bool(_OUT_OF_MEMORY.search(f"{kind}: {words}"))


def nearest(word: str, known: Iterable[str], count: int = 3, cutoff: float = 0.5) -> list[str]:
    """The names in `known` most like `word`, best first, without regard to case; `cutoff` 0 anything .. 1 only itself."""
    by_lower: dict[str, str] = {}
    for name in known:
        by_lower.setdefault(name.lower(), name)
    return [by_lower[match] for match in difflib.get_close_matches(word.lower(), by_lower, count, cutoff)]


def did_you_mean(word: str, known: Iterable[str], count: int = 1, cutoff: float = 0.5) -> str:
    """A remedy such as "did you mean 'sin'?", or "" when nothing known is like `word`."""
    names = nearest(word, known, count, cutoff)
    return Message("did you mean {names}?", names=" or ".join(map(repr, names))) if names else ""
