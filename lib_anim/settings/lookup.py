"""Typed access to values by key: the base class of Settings and of Params, one row of a plan."""

from __future__ import annotations

from lib_anim.messages import one_line


class Lookup:
    """A value for each key of the settings table: `x[key]` returns it with any type, `x.number(key)` etc. with a known one.

    All raise KeyError for an unknown key. The typed methods raise TypeError if the value has another type, which is an error
    in the program: reading the settings has checked their types.
    """

    def __getitem__(self, key: str) -> object:
        raise NotImplementedError

    def number(self, key: str) -> float:
        """Return the value of a number, an integer, or a schedule of numbers."""
        value = self[key]
        if isinstance(value, float):
            return float(value)  # converts NumPy's float64 too, which is a subclass
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        raise _type_error(key, value, "a number")

    def integer(self, key: str) -> int:
        """Return the value of an integer."""
        value = self[key]
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        raise _type_error(key, value, "an integer")

    def switch(self, key: str) -> bool:
        """Return the value of a switch."""
        value = self[key]
        if isinstance(value, bool):
            return value
        raise _type_error(key, value, "a switch")

    def text(self, key: str) -> str:
        """Return the value of a text, a choice, a path, or a schedule of texts; for Settings also the text of any schedule."""
        value = self[key]
        if isinstance(value, str):
            return value
        raise _type_error(key, value, "a text")


def _type_error(key: str, value: object, expected: str) -> TypeError:
    return TypeError(f"{key} is {one_line(repr(value), 60)}, not {expected}")
