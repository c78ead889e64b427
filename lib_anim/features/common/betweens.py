"""The choice of what makes the frames between frames. Not a feature."""

from __future__ import annotations

from typing import NamedTuple

from lib_anim.images.interpolate import Between, blended, followed
from lib_anim.messages import Message

_OWN = {"Flow": followed, "Blend": blended}
_FALLBACK = "Flow"


class Chosen(NamedTuple):
    """A function that makes frames between two frames, its name, and notes for people."""

    between: Between
    name: str
    notes: tuple[str, ...] = ()


def chosen(key: str, engine: str) -> Chosen:
    """Return what the engine that `key` names makes frames by."""
    if engine in _OWN:
        return Chosen(_OWN[engine], engine)
    note = Message("{key}: {name} stands in for {other}", key=key, name=_FALLBACK, other=engine)
    return Chosen(_OWN[_FALLBACK], _FALLBACK, (note,))
