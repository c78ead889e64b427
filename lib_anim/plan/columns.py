"""Columns: the values of a film's schedules at all frames, checked against their ranges."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from functools import partial
from types import MappingProxyType
from typing import TypeVar

import numpy as np

from lib_anim.errors import FieldError, Problem, SettingsError
from lib_anim.language.functions import Values
from lib_anim.language.schedules import Schedule, TextSchedule, Timeline
from lib_anim.messages import Message, Place
from lib_anim.plan.loop import UNMIXED, approach, closed
from lib_anim.plan.parseq import Manifest
from lib_anim.settings.settings import Settings
from lib_anim.settings.table import FIELDS, Field
from lib_anim.settings.usage import in_use

T = TypeVar("T")


def attempt(problems: list[Problem], key: str, work: Callable[[], T]) -> T | None:
    """Return what `work` returns, or None if it raises; its error is then added to `problems`, under `key`."""
    try:
        return work()
    except FieldError as error:
        problems.append(error.of(key))
    except SettingsError as error:  # a fault of another setting, on which several fields can depend
        problems += [problem for problem in error.problems if problem not in problems]
    return None


def schedules(
    settings: Settings, manifest: Manifest, timeline: Timeline, problems: list[Problem], unsure: Set[str]
) -> tuple[Mapping[str, Values], Mapping[str, Sequence[str]]]:
    """Evaluate all schedules: return those of numbers and those of texts, each with one value per frame.

    Invalid ones are added to `problems` and replaced by their defaults. A value out of range is a problem only if its setting
    has an effect, which is decided after all schedules are evaluated. `unsure` are the keys of invalid settings.
    """
    numbers: dict[str, Values] = {}
    texts: dict[str, list[str]] = {}
    out_of_range: dict[str, Problem] = {}
    for key, field in FIELDS.items():
        if field.kind == "schedule":
            found = attempt(problems, key, partial(_numbers, field, settings, manifest, timeline, out_of_range))
            numbers[key] = default_numbers(key, timeline) if found is None else found
        elif field.kind == "texts":
            texts[key] = attempt(problems, key, partial(_texts, key, settings, manifest, timeline)) or default_texts(
                key, timeline
            )
    unsure = unsure | {problem.key for problem in problems} | out_of_range.keys()
    used = {key: problem for key, problem in out_of_range.items() if in_use(key, settings, {**numbers, **texts}, unsure)}
    problems += used.values()
    numbers |= {key: default_numbers(key, timeline) for key in used}
    return MappingProxyType(numbers), MappingProxyType(texts)


def default_numbers(key: str, timeline: Timeline) -> Values:
    """Return the default values of a schedule of numbers."""
    return Schedule.parse(str(FIELDS[key].default), name=key).values(timeline)


def default_texts(key: str, timeline: Timeline) -> list[str]:
    """Return the default values of a schedule of texts."""
    return TextSchedule.parse(str(FIELDS[key].default), name=key).values(timeline)


def _texts(key: str, settings: Settings, manifest: Manifest, timeline: Timeline) -> list[str]:
    """Evaluate a schedule of texts, or take it from the manifest."""
    given = manifest.texts(key, timeline.n_frames)
    return TextSchedule.parse(settings.text(key), name=key).values(timeline) if given is None else given


def _numbers(
    field: Field, settings: Settings, manifest: Manifest, timeline: Timeline, out_of_range: dict[str, Problem]
) -> Values:
    """Evaluate a schedule of numbers, clip it to its range and, with `loop`, lead its end back to its start.

    The problem of the first value out of range is stored in `out_of_range`, unless the field clamps.
    """
    ending = 0 if field.key in UNMIXED else approach(settings)
    values, before = _evaluate(field.key, settings, manifest, timeline, ending)
    if fault := _check_range(field, values):
        if not field.clamp:
            out_of_range[field.key] = manifest.fault(field.key, fault) if manifest.manages(field.key) else fault
        values = np.clip(values, *_range(field))
    return closed(values, np.clip(before, *_range(field))) if ending else values


def _evaluate(key: str, settings: Settings, manifest: Manifest, timeline: Timeline, ending: int) -> tuple[Values, Values]:
    """Return a schedule's values (n_frames,), or the manifest's, and those of the `ending` frames before frame 0."""
    given = manifest.numbers(key, timeline.n_frames)
    if given is not None:
        return given, np.repeat(given[:1], ending)
    schedule = Schedule.parse(settings.text(key), name=key)
    return schedule.values(timeline), schedule.before(timeline, ending) if ending else np.empty(0)


def _range(field: Field) -> tuple[float, float]:
    return -np.inf if field.low is None else field.low, np.inf if field.high is None else field.high


def _check_range(field: Field, values: Values) -> Problem | None:
    """Return the problem of the first value out of the field's range, or None."""
    low, high = _range(field)
    if values.min() >= low and values.max() <= high:
        return None
    frame = int(np.argmax((values < low) | (values > high)))
    least, most = float(low), float(high)
    upwards = Message("keep it from {low} up", low=least)
    remedy = upwards if high == np.inf else Message("keep it from {low} to {high}", low=least, high=most)
    return Problem(field.key, Message("{value} is out of range", value=float(values[frame])), remedy, Place(frame=frame))
