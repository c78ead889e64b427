"""Which settings do something in a film: the table's `needs`, worked out for the values of one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence, Set
from types import MappingProxyType

from lib_anim.language.functions import Values, names_signal
from lib_anim.settings.conditions import Above, Condition, Differs, Heard, Leaf, Off, holds, is_on
from lib_anim.settings.table import FIELDS

Columns = Mapping[str, Values | Sequence[object]]  # a value for each frame
_NO_COLUMNS: Columns = MappingProxyType({})


def in_use(key: str, settings: Mapping[str, object], columns: Columns = _NO_COLUMNS, unsure: Set[str] = frozenset()) -> bool:
    """Whether the setting `key` does something in a film with these settings and these values of its schedules.

    A setting that does nothing itself, or asks for what is not built, counts as off. Conditions hold where they ask for a
    schedule that has no column here, or for a setting among `unsure`, such as one whose value is wrong.
    """

    def met(condition: Condition) -> bool:
        if isinstance(condition, Heard):
            return any(map(names_signal, formulas(settings)))
        assert isinstance(condition, Leaf)
        asked = condition.key
        if asked in unsure or (isinstance(condition, (Above, Differs)) and asked not in columns):
            return True
        found = condition.met(columns.get(asked, settings[asked]))
        if asked == key:
            return found
        counts = is_built(asked, settings[asked]) and in_use(asked, settings, columns, unsure)
        return found or not counts if isinstance(condition, Off) else found and counts

    return holds(FIELDS[key].needs, met)


def is_built(key: str, value: object) -> bool:
    """Whether this version, or an engine that it knows, has what a value of the setting `key` asks for."""
    field = FIELDS[key]
    return not field.unbuilt or bool(field.option) or value in field.built or not is_on(value)


def formulas(settings: Mapping[str, object]) -> Iterator[str]:
    """All formulas of a film, those within prompts among them."""
    for key, field in FIELDS.items():
        if field.kind == "schedule":
            yield str(settings[key])
    for text in prompts_of(settings).values():
        yield from re.findall("`([^`]*)`", text)


def prompts_of(settings: Mapping[str, object]) -> Mapping[str, str]:
    """The prompts of a film, by keyframes as they are written."""
    prompts = settings["prompts"]
    assert isinstance(prompts, Mapping)
    return prompts
