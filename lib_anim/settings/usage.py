"""Which settings have an effect in a film: the evaluation of the table's `needs` for the film's values."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence, Set
from types import MappingProxyType

from lib_anim.language.functions import Values, names_signal
from lib_anim.settings.conditions import Above, Condition, Differs, Heard, Leaf, Off, holds, is_on
from lib_anim.settings.table import FIELDS

Columns = Mapping[str, Values | Sequence[object]]  # key -> one value per frame
_NO_COLUMNS: Columns = MappingProxyType({})


def in_use(key: str, settings: Mapping[str, object], columns: Columns = _NO_COLUMNS, unsure: Set[str] = frozenset()) -> bool:
    """Return whether the setting `key` has an effect in a film with these settings and these columns of its schedules.

    A setting counts as off if it has no effect itself, or if its value asks for a feature that is not built. A condition on
    a schedule without a column holds, and so does one on a setting in `unsure`, such as one with an invalid value.
    """

    def met(condition: Condition) -> bool:
        if isinstance(condition, Heard):
            return any(map(names_signal, formulas(settings)))
        assert isinstance(condition, Leaf)
        other = condition.key
        if other in unsure or (isinstance(condition, (Above, Differs)) and other not in columns):
            return True
        found = condition.met(columns.get(other, settings[other]))
        if other == key:
            return found
        counts = is_built(other, settings[other]) and in_use(other, settings, columns, unsure)
        return found or not counts if isinstance(condition, Off) else found and counts

    return holds(FIELDS[key].needs, met)


def is_built(key: str, value: object) -> bool:
    """Return whether this version, or an engine's option, implements the value of the setting `key`."""
    field = FIELDS[key]
    return not field.unbuilt or bool(field.option) or value in field.built or not is_on(value)


def formulas(settings: Mapping[str, object]) -> Iterator[str]:
    """Yield all schedules and all formulas inside prompts, as text."""
    for key, field in FIELDS.items():
        if field.kind == "schedule":
            yield str(settings[key])
    for text in prompts_of(settings).values():
        yield from re.findall("`([^`]*)`", text)


def prompts_of(settings: Mapping[str, object]) -> Mapping[str, str]:
    """Return the prompts of a film by keyframe, keyframes as written."""
    prompts = settings["prompts"]
    assert isinstance(prompts, Mapping)
    return prompts
