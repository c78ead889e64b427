"""The choice of what makes the frames between frames. Not a feature."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from lib_anim.images.interpolate import Between, blended, followed
from lib_anim.messages import Message
from lib_anim.models.rife import between_by

MODEL = "interpolation_model"

_OWN = {"Flow": followed, "Blend": blended}
_FALLBACK = "Flow"


class Chosen(NamedTuple):
    """A function that makes frames between two frames, its name, and notes for people."""

    between: Between
    name: str
    notes: tuple[str, ...] = ()


def chosen(key: str, engine: str, path: str, path_key: str = MODEL) -> Chosen:
    """Return what the engine that `key` names makes frames by; networks are in the file that `path_key` names.

    Raises ModelError for a file that is no such network.
    """
    if engine in _OWN:
        return Chosen(_OWN[engine], engine)
    if path:
        return Chosen(between_by(path), f"{engine} of {Path(path).name}")
    text = "{key}: {name} stands in for {other}: {file_key} names no file of it"
    note = Message(text, key=key, name=_FALLBACK, other=engine, file_key=path_key)
    return Chosen(_OWN[_FALLBACK], _FALLBACK, (note,))
