"""The values of a film's schedules at all of its frames, each in its range, and what is wrong with them."""

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
    """What `work` returns, or None and its fault among the problems."""
    try:
        return work()
    except FieldError as error:
        problems.append(error.of(key))
    except SettingsError as error:  # a fault of something else that several fields go by
        problems += [problem for problem in error.problems if problem not in problems]
    return None


def schedules(
    settings: Settings, manifest: Manifest, timeline: Timeline, problems: list[Problem], unsure: Set[str]
) -> tuple[Mapping[str, Values], Mapping[str, Sequence[str]]]:
    """The values of all schedules of numbers, and of texts; those of a default where something is wrong.

    A value out of range is wrong where it does something, which is known when all values are; `unsure` are settings that are
    wrong themselves.
    """
    numbers: dict[str, Values] = {}
    texts: dict[str, list[str]] = {}
    beyond: dict[str, Problem] = {}
    for key, field in FIELDS.items():
        if field.kind == "schedule":
            found = attempt(problems, key, partial(_numbers, field, settings, manifest, timeline, beyond))
            numbers[key] = default_numbers(key, timeline) if found is None else found
        elif field.kind == "texts":
            written = attempt(problems, key, partial(_texts, key, settings, manifest, timeline))
            texts[key] = written or default_texts(key, timeline)
    unsure = unsure | {problem.key for problem in problems} | beyond.keys()
    used = {key: problem for key, problem in beyond.items() if in_use(key, settings, {**numbers, **texts}, unsure)}
    problems += used.values()
    numbers |= {key: default_numbers(key, timeline) for key in used}
    return MappingProxyType(numbers), MappingProxyType(texts)


def default_numbers(key: str, timeline: Timeline) -> Values:
    """The values that a schedule of numbers has by default."""
    return Schedule.parse(str(FIELDS[key].default), name=key).values(timeline)


def default_texts(key: str, timeline: Timeline) -> list[str]:
    """The values that a schedule of texts has by default."""
    return TextSchedule.parse(str(FIELDS[key].default), name=key).values(timeline)


def _texts(key: str, settings: Settings, manifest: Manifest, timeline: Timeline) -> list[str]:
    """A schedule's texts, the manifest's where it has some."""
    given = manifest.texts(key, timeline.n_frames)
    return TextSchedule.parse(settings.text(key), name=key).values(timeline) if given is None else given


def _numbers(field: Field, settings: Settings, manifest: Manifest, timeline: Timeline, beyond: dict[str, Problem]) -> Values:
    """A schedule's values in its range; those of a film that closes lead back to the first. The first value out of range is
    told in `beyond`."""
    ending = 0 if field.key in UNMIXED else approach(settings)
    values, before = _as_given(field.key, settings, manifest, timeline, ending)
    if fault := _out_of_range(field, values):
        if not field.clamp:
            beyond[field.key] = manifest.fault(field.key, fault) if manifest.manages(field.key) else fault
        values = np.clip(values, *_range(field))
    return closed(values, np.clip(before, *_range(field))) if ending else values


def _as_given(key: str, settings: Settings, manifest: Manifest, timeline: Timeline, ending: int) -> tuple[Values, Values]:
    """A schedule's values, the manifest's where it has some, and those of the `ending` frames before frame 0."""
    given = manifest.numbers(key, timeline.n_frames)
    if given is not None:
        return given, np.repeat(given[:1], ending)
    schedule = Schedule.parse(settings.text(key), name=key)
    return schedule.values(timeline), schedule.before(timeline, ending) if ending else np.empty(0)


def _range(field: Field) -> tuple[float, float]:
    return -np.inf if field.low is None else field.low, np.inf if field.high is None else field.high


def _out_of_range(field: Field, values: Values) -> Problem | None:
    """The first of values that are out of the field's range."""
    low, high = _range(field)
    if values.min() >= low and values.max() <= high:
        return None
    frame = int(np.argmax((values < low) | (values > high)))
    remedy = "keep it from {low} up" if high == np.inf else "keep it from {low} to {high}"
    reason = Message("{value} is out of range", value=float(values[frame]))
    return Problem(field.key, reason, Message(remedy, low=float(low), high=float(high)), Place(frame=frame))
