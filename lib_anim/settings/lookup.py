"""Values by their keys, each as the type that it has: what settings and one row of a plan have in common."""

from __future__ import annotations

from lib_anim.messages import one_line


class Lookup:
    """What has a value for each key of the table: `x[key]` of any type, `x.number(key)` and the others of theirs.

    Each raises KeyError where there is no such key, and TypeError where its value is of another type: a mistake of whoever
    wrote the call, never of whoever wrote the settings, since those were read by the table.
    """

    def __getitem__(self, key: str) -> object:
        raise NotImplementedError

    def number(self, key: str) -> float:
        """The value of a number, an integer, or a schedule of numbers."""
        value = self[key]
        if isinstance(value, float):
            return float(value)  # NumPy's floats too become Python's
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        raise _wrong(key, value, "a number")

    def integer(self, key: str) -> int:
        """The value of an integer."""
        value = self[key]
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        raise _wrong(key, value, "an integer")

    def switch(self, key: str) -> bool:
        """The value of a switch."""
        value = self[key]
        if isinstance(value, bool):
            return value
        raise _wrong(key, value, "a switch")

    def text(self, key: str) -> str:
        """The value of a text, a choice, a path, or a schedule of texts; of settings also the text of any schedule."""
        value = self[key]
        if isinstance(value, str):
            return value
        raise _wrong(key, value, "a text")


def _wrong(key: str, value: object, wanted: str) -> TypeError:
    return TypeError(f"{key} is {one_line(repr(value), 60)}, not {wanted}")
