"""Notes on settings that a file sets and that have no effect in its film. Not a feature."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from lib_anim.messages import Message, as_message
from lib_anim.plan.plan import Plan
from lib_anim.settings.table import FIELDS

_AT_REST = {"zoom": 1.0}


def idle(plan: Plan, mode: str, instead: Mapping[str, str]) -> Iterator[str]:
    """Yield a note for each key of `instead` that the file changes and that has no effect in this film.

    `instead` has a sentence for each key that says what has its effect in this `mode`.
    """
    for key, remedy in instead.items():
        changed = key in plan.settings.given and plan.settings[key] != FIELDS[key].default
        if changed and not plan.in_use(key) and not at_rest(plan, key):
            yield Message("{key} has no effect in {mode}; {said}", key=key, mode=mode, said=as_message(remedy))


def at_rest(plan: Plan, key: str) -> bool:
    """Return whether a setting is the schedule of a motion that has no effect at any frame, which is 1 for zoom and else 0."""
    return key in plan.numbers and bool(np.all(plan.numbers[key] == _AT_REST.get(key, 0.0)))
