"""Always-on scripts of WebUIs, such as ADetailer, as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

ScriptArguments = Mapping[str, Mapping[str, object]]  # name of a script -> name of an argument -> value
NO_ARGUMENTS: ScriptArguments = MappingProxyType({})


@dataclass(frozen=True)
class Script:
    """An always-on script.

    name        as its section says
    arguments   the names of each of its arguments, in their order: label, element id; an argument may have none
    allowed     whether a film's settings may set its arguments
    remark      the message that it acts on painted pictures without a film that sets it; "" if it does not
    """

    name: str
    arguments: tuple[tuple[str, ...], ...] = ()
    allowed: bool = True
    remark: str = ""

    def places(self, argument: str) -> list[int]:
        """Return the places, from 0, of the arguments with this name, regardless of case; a number counts from 1."""
        wanted = argument.strip().lower()
        named = [at for at, names in enumerate(self.arguments) if wanted in (name.strip().lower() for name in names if name)]
        numbered = int(wanted) - 1 if wanted.isascii() and wanted.isdigit() and len(wanted) < 6 else -1
        return named or ([numbered] if 0 <= numbered < len(self.arguments) else [])
