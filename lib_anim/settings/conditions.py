"""Conditions on settings, as plain data: when a setting has an effect, in terms of other settings.

Each field of the table has one as its `needs`. Only `usage.in_use` evaluates it.

>>> On("use_noise_mask") & Is("noise_type", "perlin")
AllOf(parts=(On(key='use_noise_mask'), Is(key='noise_type', value='perlin')))
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

_OFF_WORDS = ("", "none", "off")


def is_on(value: object) -> bool:
    """Return whether a value switches something on: true, a text or choice other than None, Off and "", a number above 0."""
    if isinstance(value, str):
        return value.strip().lower() not in _OFF_WORDS
    return value > 0 if isinstance(value, (int, float)) else bool(value)


class Condition:
    """Base class of all conditions. `a & b` holds if both hold, `a | b` if at least one holds."""

    def __and__(self, other: Condition) -> Condition:
        return AllOf((self, other))

    def __or__(self, other: Condition) -> Condition:
        return AnyOf((self, other))


@dataclass(frozen=True)
class AllOf(Condition):
    """Holds if all parts hold; with no parts it always holds."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True)
class AnyOf(Condition):
    """Holds if at least one part holds; with no parts it never holds."""

    parts: tuple[Condition, ...]


ALWAYS, NEVER = AllOf(()), AnyOf(())


@dataclass(frozen=True)
class Leaf(Condition):
    """A condition on the setting `key`."""

    key: str

    def met(self, value: object) -> bool:
        """Return whether it holds for the value of the setting; for a schedule, that is its column."""
        raise NotImplementedError


@dataclass(frozen=True)
class On(Leaf):
    """Holds if the setting is on (`is_on`)."""

    def met(self, value: object) -> bool:
        """See Leaf."""
        return is_on(value)


@dataclass(frozen=True)
class Off(Leaf):
    """Holds if the setting is not on, or has no effect itself (`usage.in_use`)."""

    def met(self, value: object) -> bool:
        """See Leaf."""
        return not is_on(value)


@dataclass(frozen=True)
class Is(Leaf):
    """Holds if the setting has this value."""

    value: str

    def met(self, value: object) -> bool:
        """See Leaf."""
        return value == self.value


@dataclass(frozen=True)
class Above(Leaf):
    """Holds if the schedule is above `low` at any frame."""

    low: float = 0.0

    def met(self, value: object) -> bool:
        """See Leaf."""
        return bool((np.asarray(value) > self.low).any())


@dataclass(frozen=True)
class Differs(Leaf):
    """Holds if the schedule differs from `value` at any frame."""

    value: float

    def met(self, value: object) -> bool:
        """See Leaf."""
        return bool((np.asarray(value) != self.value).any())


@dataclass(frozen=True)
class Names(Leaf):
    """Holds if the text of the setting contains `word`."""

    word: str

    def met(self, value: object) -> bool:
        """See Leaf."""
        return self.word in str(value)


@dataclass(frozen=True)
class Heard(Condition):
    """Holds if any formula of the film uses a signal of its sound."""


def holds(condition: Condition, met: Callable[[Condition], bool]) -> bool:
    """Evaluate a condition; `met` evaluates those that are neither AllOf nor AnyOf."""
    if isinstance(condition, AllOf):
        return all(holds(part, met) for part in condition.parts)
    if isinstance(condition, AnyOf):
        return any(holds(part, met) for part in condition.parts)
    return met(condition)


def keys_of(condition: Condition) -> frozenset[str]:
    """Return the keys of all settings that a condition depends on."""
    if isinstance(condition, (AllOf, AnyOf)):
        return frozenset().union(*map(keys_of, condition.parts))
    return frozenset({condition.key} if isinstance(condition, Leaf) else ())


def as_data(condition: Condition) -> dict[str, object]:
    """Convert a condition to data for JSON.

    >>> as_data(On("mirror") & Above("mirror_schedule"))
    {'all': [{'on': 'mirror'}, {'above': ['mirror_schedule', 0.0]}]}
    """
    if isinstance(condition, (AllOf, AnyOf)):
        return {"all" if isinstance(condition, AllOf) else "any": [as_data(part) for part in condition.parts]}
    values = list(vars(condition).values())
    return {type(condition).__name__.lower(): values[0] if len(values) == 1 else values or True}
