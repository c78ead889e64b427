"""One reader for each kind of field: it converts a value from JSON, a command line or a page to the value in Settings.

A reader takes (value, field, folder of the file or None) and returns the value, or raises FieldError. Readers are lenient
about harmless variants: "25" for 25, 1 for true, a plain number for a schedule.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

from lib_anim.errors import FieldError, RangeError, did_you_mean
from lib_anim.language.mask_expressions import with_files
from lib_anim.messages import Message, Place, one_line
from lib_anim.settings.foreign import prompt_text, prompts_of_list, prompts_of_text, words_of
from lib_anim.settings.frame_files import FILES_BY_FRAME, with_frame_files
from lib_anim.settings.json_text import is_json, parse_json
from lib_anim.settings.table import MASKS, Field

Reader = Callable[[object, Field, Path | None], object]

_PROMPTS_REMEDY = 'write {"0": "first", "30": "then"}'
_WORDS = ("animation_prompts_positive", "animation_prompts_negative")  # go into every prompt
_LONGEST_PATH = 4096  # characters
_TRUE, _FALSE = ("true", "yes", "on", "1"), ("false", "no", "off", "0")


def _shorten(value: object) -> str:
    """Write a value as JSON of at most 60 characters, for messages."""
    return one_line(json.dumps(value, ensure_ascii=False, default=str), 60)


def read_number(value: object, field: Field, folder: Path | None = None) -> float:
    """Read a finite number within the field's bounds. Whole numbers become int."""
    try:
        if isinstance(value, bool) or not isinstance(value, (int, float, str)):
            raise ValueError
        number = float(value)
    except (ValueError, OverflowError):
        reason = Message("{value} is not a number", value=_shorten(value))
        raise FieldError(reason, _number_such_as(field.default)) from None
    if math.isfinite(number) and number == int(number) and abs(number) < 2**53:
        number = int(number)
    return _check_bounds(number, field)


def read_integer(value: object, field: Field, folder: Path | None = None) -> int:
    """Read a whole number within the field's bounds."""
    if isinstance(value, int) and not isinstance(value, bool):
        return int(_check_bounds(value, field))
    number = read_number(value, field)
    if number != int(number):
        reason = Message("{value} is not a whole number", value=_shorten(value))
        raise FieldError(reason, Message("write {value}", value=round(number)))
    return int(value) if isinstance(value, str) and value.strip().lstrip("+-").isdigit() else int(number)


def _check_bounds(number: float, field: Field) -> float:
    """Return `number`, clamped if the field clamps. Raises RangeError if it is out of bounds, FieldError if not finite."""
    if isinstance(number, float) and not math.isfinite(number):
        raise FieldError(Message("{value} is not a finite number", value=number), _number_such_as(field.default))
    low = -math.inf if field.low is None else field.low
    high = math.inf if field.high is None else field.high
    if field.clamp:
        return min(max(number, low), high)
    if number < low:
        reason = Message("{value} is too small", value=_format(number))
        raise RangeError(number, reason, Message("the least is {value}", value=_format(low)))
    if number > high:
        reason = Message("{value} is too large", value=_format(number))
        raise RangeError(number, reason, Message("the most is {value}", value=_format(high)))
    return number


def _number_such_as(example: object) -> Message:
    return Message("write a number such as {n}", n=example)


def _format(number: float) -> str:
    return one_line(str(number), 20) if isinstance(number, int) else f"{number:g}"


def read_switch(value: object, field: Field, folder: Path | None = None) -> bool:
    """Read true or false."""
    text = str(value).strip().lower()
    if text in _TRUE or text in _FALSE:
        return text in _TRUE
    raise FieldError(Message("{value} is neither true nor false", value=_shorten(value)), "write true or false")


def read_choice(value: object, field: Field, folder: Path | None = None) -> str:
    """Read one of the field's choices, regardless of case."""
    text = str(value).strip()
    for choice in field.choices:
        if choice.lower() == text.lower():
            return choice
    remedy = did_you_mean(text, field.choices) or Message("choose one of {names}", names=", ".join(field.choices))
    raise FieldError(Message("there is no {value}", value=_shorten(value)), remedy)


def read_text(value: object, field: Field, folder: Path | None = None) -> str:
    """Read any text; numbers and objects become JSON text."""
    if field.key in _WORDS:
        return words_of(value)
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return with_frame_files(text, lambda path: read_path(path, field, folder)) if field.key in FILES_BY_FRAME else text


def read_path(value: object, field: Field, folder: Path | None = None) -> str:
    """Read a path and make it absolute; web addresses are unchanged.

    It is relative to the settings file's folder, or to the current folder if the file exists only there.
    """
    if not isinstance(value, str):
        raise FieldError(Message("{value} is not a path", value=_shorten(value)), "write the file's path in quotes")
    text = value.strip().strip('"')
    if text.lower() in ("", "none"):
        return ""
    if len(text) > _LONGEST_PATH or not text.isprintable():
        raise FieldError(Message("{value} is not a path", value=_shorten(value)), "write the path of a file")
    if "://" in text or folder is None:
        return text
    try:
        path = Path(text).expanduser()
    except RuntimeError:  # ~somebody who is not on this machine
        raise FieldError(Message("{value} is not a path", value=_shorten(value)), "write it without ~") from None
    beside = folder / path
    return str((path if path.is_absolute() or (path.exists() and not beside.exists()) else beside).absolute())


def read_schedule(value: object, field: Field, folder: Path | None = None) -> str:
    """Read the text of a schedule; a plain number applies to all frames, an object maps frames to values."""
    if isinstance(value, bool):
        raise _no_schedule(value, "0:(1)")
    if isinstance(value, (int, float)):
        if isinstance(value, float) and not math.isfinite(value):
            reason = Message("{value} is not a finite number", value=value)
            raise FieldError(reason, Message("write {value}", value="0:(1)"))
        return f"0:({value})"
    if isinstance(value, Mapping):
        return ", ".join(f"{key}:({one})" for key, one in value.items())
    if isinstance(value, str):
        return value
    raise _no_schedule(value, "0:(1), 30:(2)")


def _no_schedule(value: object, example: str) -> FieldError:
    return FieldError(Message("{value} is not a schedule", value=_shorten(value)), Message("write {value}", value=example))


def read_texts(value: object, field: Field, folder: Path | None = None) -> str:
    """Read a schedule of texts. Files in mask expressions are read as paths."""
    text = read_schedule(value, field)
    return with_files(text, lambda path: read_path(path, field, folder)) if field.key in MASKS else text


def read_prompts(value: object, field: Field, folder: Path | None = None) -> Mapping[str, str]:
    """Read prompts by keyframe: an object, or what `foreign` makes of a list or a text; other texts are JSON or one prompt."""
    if isinstance(value, str) and is_json(value):
        value = parse_json(value)
    if isinstance(value, str):
        value = prompts_of_text(value) or {"0": value}
    if isinstance(value, (list, tuple)):
        value = prompts_of_list(value)
    if not isinstance(value, Mapping):
        raise FieldError(Message("{value} is no set of prompts", value=_shorten(value)), _PROMPTS_REMEDY)
    texts = {str(key): prompt_text(text) for key, text in value.items()}
    for key, text in texts.items():
        if not isinstance(text, str):
            reason = Message("{value} is not a text", value=_shorten(text))
            raise FieldError(reason, "write the prompt in quotes", Place(keyframe=key))
    if not value:
        raise FieldError("there is no prompt", 'write {"0": "what the film shows"}')
    return MappingProxyType({key: str(text) for key, text in texts.items()})


def read_kept(value: object, field: Field, folder: Path | None = None) -> object:
    """Keep any value as it is."""
    return value


READERS: Mapping[str, Reader] = {
    "integer": read_integer,
    "number": read_number,
    "switch": read_switch,
    "choice": read_choice,
    "text": read_text,
    "path": read_path,
    "schedule": read_schedule,
    "texts": read_texts,
    "prompts": read_prompts,
    "kept": read_kept,
}
