"""One reader for each kind of field: from what JSON, a command line or a page gives to the value that is kept.

A reader takes (value, field, folder of the file or None) and returns the value, or raises FieldError. Harmless
differences of spelling are accepted: "25" for 25, 1 for true, a bare number for a schedule.
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
from lib_anim.settings.table import MASKS, Field

Reader = Callable[[object, Field, Path | None], object]

_SOME_PROMPTS = 'write {"0": "first", "30": "then"}'
_TRUE, _FALSE = ("true", "yes", "on", "1"), ("false", "no", "off", "0")


def _shown(value: object) -> str:
    return one_line(json.dumps(value, ensure_ascii=False, default=str), 60)


def read_number(value: object, field: Field, folder: Path | None = None) -> float:
    """A finite number within the field's bounds; whole ones without a point."""
    try:
        if isinstance(value, bool) or not isinstance(value, (int, float, str)):
            raise ValueError
        number = float(value)
    except (ValueError, OverflowError):
        raise FieldError(f"{_shown(value)} is not a number", f"write a number such as {field.default}") from None
    if math.isfinite(number) and number == int(number) and abs(number) < 2**53:
        number = int(number)
    return _bounded(number, field)


def read_integer(value: object, field: Field, folder: Path | None = None) -> int:
    """A whole number within the field's bounds."""
    if isinstance(value, int) and not isinstance(value, bool):
        return int(_bounded(value, field))
    number = read_number(value, field)
    if number != int(number):
        raise FieldError(f"{_shown(value)} is not a whole number", f"write {round(number)}")
    return int(value) if isinstance(value, str) and value.strip().lstrip("+-").isdigit() else int(number)


def _bounded(number: float, field: Field) -> float:
    if isinstance(number, float) and not math.isfinite(number):
        raise FieldError(f"{number} is not a finite number", f"write a number such as {field.default}")
    low = -math.inf if field.low is None else field.low
    high = math.inf if field.high is None else field.high
    if field.clamp:
        return min(max(number, low), high)
    if number < low:
        raise RangeError(number, f"{_briefly(number)} is too small", f"the least is {_briefly(low)}")
    if number > high:
        raise RangeError(number, f"{_briefly(number)} is too large", f"the most is {_briefly(high)}")
    return number


def _briefly(number: float) -> str:
    return one_line(str(number), 20) if isinstance(number, int) else f"{number:g}"


def read_switch(value: object, field: Field, folder: Path | None = None) -> bool:
    """True or false."""
    text = str(value).strip().lower()
    if text in _TRUE or text in _FALSE:
        return text in _TRUE
    raise FieldError(f"{_shown(value)} is neither true nor false", "write true or false")


def read_choice(value: object, field: Field, folder: Path | None = None) -> str:
    """One of the field's choices, upper or lower case."""
    text = str(value).strip()
    for choice in field.choices:
        if choice.lower() == text.lower():
            return choice
    remedy = did_you_mean(text, field.choices) or f"choose one of {', '.join(field.choices)}"
    raise FieldError(f"there is no {_shown(value)}", remedy)


def read_text(value: object, field: Field, folder: Path | None = None) -> str:
    """Any text; numbers and objects become their JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def read_path(value: object, field: Field, folder: Path | None = None) -> str:
    """A path, made absolute against the settings file's folder; web addresses stay as they are."""
    if not isinstance(value, str):
        raise FieldError(f"{_shown(value)} is not a path", "write the file's path in quotes")
    text = value.strip().strip('"')
    if text.lower() in ("", "none"):
        return ""
    if "://" in text or folder is None:
        return text
    path = Path(text).expanduser()
    beside = folder / path
    return str((path if path.is_absolute() or (path.exists() and not beside.exists()) else beside).absolute())


def read_schedule(value: object, field: Field, folder: Path | None = None) -> str:
    """A schedule's text; a bare number holds for all frames, an object maps frames to values."""
    if isinstance(value, bool):
        raise FieldError(f"{_shown(value)} is not a schedule", "write 0:(1)")
    if isinstance(value, (int, float)):
        if isinstance(value, float) and not math.isfinite(value):
            raise FieldError(f"{value} is not a finite number", "write 0:(1)")
        return f"0:({value})"
    if isinstance(value, Mapping):
        return ", ".join(f"{key}:({one})" for key, one in value.items())
    if isinstance(value, str):
        return value
    raise FieldError(f"{_shown(value)} is not a schedule", "write 0:(1), 30:(2)")


def read_texts(value: object, field: Field, folder: Path | None = None) -> str:
    """A schedule of texts; files in mask expressions are paths."""
    text = read_schedule(value, field)
    return with_files(text, lambda path: read_path(path, field, folder)) if field.key in MASKS else text


def read_prompts(value: object, field: Field, folder: Path | None = None) -> Mapping[str, str]:
    """Prompts by keyframe. A list is spread evenly over the film; text may be JSON, or one prompt for all of it."""
    if isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
        try:
            value = json.loads(value)
        except json.JSONDecodeError as error:
            reason = Message("not valid JSON: {said}", said=Message(error.msg.lower()))
            raise FieldError(reason, _SOME_PROMPTS, Place(line=error.lineno, column=error.colno)) from None
        except (ValueError, RecursionError):
            raise FieldError("not valid JSON: nested too deeply", _SOME_PROMPTS) from None
    if isinstance(value, str):
        value = {"0": value}
    if isinstance(value, (list, tuple)):
        # "(max_f+1)" is the number of frames, so the spread follows the length of the film
        value = {str(i and f"(max_f+1)*{i}/{len(value)}"): one for i, one in enumerate(value)}
    if not isinstance(value, Mapping):
        raise FieldError(f"{_shown(value)} is no set of prompts", _SOME_PROMPTS)
    for key, text in value.items():
        if not isinstance(text, str):
            reason = Message("{value} is not a text", value=_shown(text))
            raise FieldError(reason, "write the prompt in quotes", Place(keyframe=str(key)))
    if not value:
        raise FieldError("there is no prompt", 'write {"0": "what the film shows"}')
    return MappingProxyType({str(key): text for key, text in value.items()})


def read_kept(value: object, field: Field, folder: Path | None = None) -> object:
    """Information that is carried along unread."""
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
