"""Conditions: when a setting does something, said in terms of other settings. Plain data, no more.

A field of the table has one as its `needs`. `usage.in_use` is the one function that works it out.

>>> On("use_noise_mask") & Is("noise_type", "perlin")
AllOf(parts=(On(key='use_noise_mask'), Is(key='noise_type', value='perlin')))
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

_OFF_WORDS = ("", "none", "off")


def is_on(value: object) -> bool:
    """Whether a value switches something on: true, a choice or text other than None and Off, a number above 0."""
    if isinstance(value, str):
        return value.strip().lower() not in _OFF_WORDS
    return value > 0 if isinstance(value, (int, float)) else bool(value)


class Condition:
    """Base of all conditions; `a & b` needs both of two, `a | b` one of them."""

    def __and__(self, other: Condition) -> Condition:
        return AllOf((self, other))

    def __or__(self, other: Condition) -> Condition:
        return AnyOf((self, other))


@dataclass(frozen=True)
class AllOf(Condition):
    """All conditions hold; no conditions always do."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True)
class AnyOf(Condition):
    """One of the conditions holds; of none none does."""

    parts: tuple[Condition, ...]


ALWAYS, NEVER = AllOf(()), AnyOf(())


@dataclass(frozen=True)
class Leaf(Condition):
    """A condition on the setting `key`."""

    key: str

    def met(self, value: object) -> bool:
        """Whether it holds for the setting's value, of a schedule its column."""
        raise NotImplementedError


@dataclass(frozen=True)
class On(Leaf):
    """The setting switches something on (`is_on`)."""

    def met(self, value: object) -> bool:
        """See Leaf."""
        return is_on(value)


@dataclass(frozen=True)
class Off(Leaf):
    """The setting switches nothing on, or does nothing itself."""

    def met(self, value: object) -> bool:
        """See Leaf."""
        return not is_on(value)


@dataclass(frozen=True)
class Is(Leaf):
    """The setting is this choice."""

    value: str

    def met(self, value: object) -> bool:
        """See Leaf."""
        return value == self.value


@dataclass(frozen=True)
class Above(Leaf):
    """The schedule is above a value at one frame at least."""

    low: float = 0.0

    def met(self, value: object) -> bool:
        """See Leaf."""
        return bool((np.asarray(value) > self.low).any())


@dataclass(frozen=True)
class Differs(Leaf):
    """The schedule is other than a value at one frame at least."""

    value: float

    def met(self, value: object) -> bool:
        """See Leaf."""
        return bool((np.asarray(value) != self.value).any())


@dataclass(frozen=True)
class Names(Leaf):
    """The text of the setting has this word in it."""

    word: str

    def met(self, value: object) -> bool:
        """See Leaf."""
        return self.word in str(value)


@dataclass(frozen=True)
class Heard(Condition):
    """A formula of the film goes by its sound."""


def holds(condition: Condition, met: Callable[[Condition], bool]) -> bool:
    """Whether a condition holds; `met` answers for those that are made of no others."""
    if isinstance(condition, AllOf):
        return all(holds(part, met) for part in condition.parts)
    if isinstance(condition, AnyOf):
        return any(holds(part, met) for part in condition.parts)
    return met(condition)


def keys_of(condition: Condition) -> frozenset[str]:
    """The settings that a condition asks for."""
    if isinstance(condition, (AllOf, AnyOf)):
        return frozenset().union(*map(keys_of, condition.parts))
    return frozenset({condition.key} if isinstance(condition, Leaf) else ())


def as_data(condition: Condition) -> dict[str, object]:
    """A condition as JSON has it.

    >>> as_data(On("mirror") & Above("mirror_schedule"))
    {'all': [{'on': 'mirror'}, {'above': ['mirror_schedule', 0.0]}]}
    """
    if isinstance(condition, (AllOf, AnyOf)):
        return {"all" if isinstance(condition, AllOf) else "any": [as_data(part) for part in condition.parts]}
    values = list(vars(condition).values())
    return {type(condition).__name__.lower(): values[0] if len(values) == 1 else values or True}
