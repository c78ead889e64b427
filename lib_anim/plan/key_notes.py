"""Notes on schedules and prompts as they are written: keyframes after the last frame, brackets that are not closed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from lib_anim.errors import FieldError
from lib_anim.language.entries import Entry, is_closed, split_entries
from lib_anim.language.functions import Values
from lib_anim.language.schedules import Timeline, key_frame
from lib_anim.messages import Message
from lib_anim.settings.settings import Settings
from lib_anim.settings.table import FIELDS
from lib_anim.settings.usage import in_use

MOST_LISTED = 3  # keyframes of one setting


def key_notes(
    settings: Settings, timeline: Timeline, values: Mapping[str, Values | Sequence[str]], managed: Iterable[str] = ()
) -> tuple[str, ...]:
    """Return the notes on all settings of the file that have an effect; `managed` ones have their values from elsewhere.

    `values` are those of the schedules.
    """
    skipped = set(managed)
    notes: list[str] = []
    for key, field in FIELDS.items():
        if key not in settings.given or key in skipped:
            continue
        if field.kind in ("schedule", "texts") and in_use(key, settings, values):
            notes += _of_schedule(key, settings.text(key), timeline, formulas=field.kind == "schedule")
        elif key == "prompts":
            entries = [Entry(frame.strip(), text, 1, 1) for frame, text in settings.prompts.items()]
            notes += _late(key, entries, timeline)
    return tuple(notes)


def _of_schedule(key: str, text: str, timeline: Timeline, *, formulas: bool) -> Iterator[str]:
    try:
        entries = split_entries(text, key, formulas=formulas)
    except FieldError:  # reported with the schedule's values
        return
    if not is_closed(text):
        yield Message("{key}: a bracket is missing or left over; it is read as if there were none", key=key)
    yield from _late(key, entries, timeline)


def _late(key: str, entries: Iterable[Entry], timeline: Timeline) -> Iterator[str]:
    """Yield the note on keyframes after the last frame."""
    late = []
    for entry in entries:
        try:
            frame = key_frame(entry, timeline, key)
        except FieldError:
            continue
        if frame >= timeline.n_frames and entry.key not in late:
            late.append(entry.key)
    if late:
        listed = ", ".join(late[:MOST_LISTED]) + (", …" if len(late) > MOST_LISTED else "")
        yield Message("{key}: keyframe {keys} comes after the last frame, {n}", key=key, keys=listed, n=timeline.n_frames - 1)
