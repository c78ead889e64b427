"""Sequences whose values are made when they are asked for: a film can have a million frames, and be refused before one is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import eq
from typing import TypeVar, overload

T = TypeVar("T")


class Lazy(Sequence[T]):
    """A sequence of `length` values, each made by `make(index)` when it is asked for. It equals any sequence of the same."""

    __hash__ = None  # type: ignore[assignment]  # as a list

    def __init__(self, length: int, make: Callable[[int], T]):
        self._indexes, self._make = range(length), make

    def __len__(self) -> int:
        return len(self._indexes)

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[T, ...]: ...
    def __getitem__(self, index: int | slice) -> T | tuple[T, ...]:
        if isinstance(index, slice):
            return tuple(map(self._make, self._indexes[index]))
        return self._make(self._indexes[index])

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sequence):
            return NotImplemented
        return len(self) == len(other) and all(map(eq, self, other))
