"""Remarks on settings that a file gives and that do nothing in it. Not a feature."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from lib_anim.messages import Message
from lib_anim.plan.plan import Plan
from lib_anim.settings.table import FIELDS

_AT_REST = {"zoom": 1.0}


def idle(plan: Plan, mode: str, instead: Mapping[str, str]) -> Iterator[str]:
    """A sentence for each key of `instead` that the file sets to something of its own and that does nothing in this film:
    what would do the same here."""
    for key, remedy in instead.items():
        own = key in plan.settings.given and plan.settings[key] != FIELDS[key].default
        if own and not plan.in_use(key) and not at_rest(plan, key):
            yield Message("{key} has no effect in {mode}; {said}", key=key, mode=mode, said=Message(remedy))


def at_rest(plan: Plan, key: str) -> bool:
    """Whether a motion's schedule moves nothing in the whole film."""
    return bool(np.all(plan.numbers[key] == _AT_REST.get(key, 0.0)))
