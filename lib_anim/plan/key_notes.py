"""Notes on schedules and prompts as they are written: keyframes after the last frame, brackets that are not closed."""

from __future__ import annotations

from collections.abc import Iterator

from lib_anim.language.entries import Entry, is_closed
from lib_anim.language.schedules import Timeline, key_frame
from lib_anim.messages import Message
from lib_anim.plan.keyframes import entries_in_use
from lib_anim.plan.parseq import Manifest
from lib_anim.settings.settings import Settings
from lib_anim.settings.usage import Columns

MOST_LISTED = 3  # keyframes of one setting


def is_late(entry: Entry, timeline: Timeline, name: str) -> bool:
    """Return whether a key of the setting `name` comes after the last frame."""
    return key_frame(entry, timeline, name) >= timeline.n_frames


def key_notes(settings: Settings, manifest: Manifest, timeline: Timeline, columns: Columns) -> Iterator[str]:
    """Yield the notes on all schedules and prompts of the file that have an effect. `columns` are the schedules' values."""
    late: dict[str, list[str]] = {}
    for name, entry in entries_in_use(settings, manifest, columns):
        found = late.setdefault(name, [])
        if is_late(entry, timeline, name):
            found.append(entry.key)
    for name, keys in late.items():
        if name != "prompts" and not is_closed(settings.text(name)):
            yield Message("{key}: a bracket is not closed; it is read as if there were none", key=name)
        if keys and name in settings.given:  # the table's prompts are longer than short films
            listed = ", ".join(keys[:MOST_LISTED]) + (", …" if len(keys) > MOST_LISTED else "")
            yield Message(
                "{key}: keyframe {keys} comes after the last frame, {n}", key=name, keys=listed, n=timeline.n_frames - 1
            )
