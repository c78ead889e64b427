"""Keyframes: the frames that have a key, and which frames a film paints for their sake.

Keyframes are the film's first and last frame and every frame at which there is a key: of the prompts, and of the schedules
that do something in the film and say something other than their default. What a Parseq manifest manages has the keys that
stand in its `keyframes`. The keys of `strength_schedule` make none, since it is the strength of all other frames.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator

from lib_anim.language.schedules import Entry, Timeline, key_frame, split_entries
from lib_anim.plan.parseq import Manifest
from lib_anim.settings.settings import Settings
from lib_anim.settings.table import FIELDS
from lib_anim.settings.usage import Columns, in_use

KEY = "keyframe_distribution"
OFF = "Off"
_HOLDS_ELSEWHERE = "strength_schedule"  # in all frames but the keyframes


def keyframes(settings: Settings, manifest: Manifest, timeline: Timeline, columns: Columns) -> frozenset[int]:
    """The film's keyframes; none where they decide nothing. Keys outside of the film make none.

    `columns` are the values of its schedules.
    """
    if settings[KEY] == OFF:
        return frozenset()
    keys = (key_frame(entry, timeline, name) for name, entry in _entries(settings, manifest, columns))
    last = timeline.n_frames - 1
    return frozenset({0, last, *(frame for frame in (*keys, *manifest.keyframes) if 0 <= frame <= last)})


def painted_frames(distribution: str, keys: frozenset[int], n_frames: int, cadence: int) -> list[int]:
    """The frames that a film paints, in order, as `keyframe_distribution` has it."""
    if distribution == "Keyframes Only":
        return sorted(keys)
    if distribution == "Redistributed":
        return _redistributed(keys, n_frames, cadence)
    return sorted(keys.union(range(0, n_frames, cadence)))


def _redistributed(keys: frozenset[int], n_frames: int, cadence: int) -> list[int]:
    """As many frames as the cadence would paint, evenly from the first to the last; each key takes the place of the nearest.

    Where keys are more than that, all of them are painted.
    """
    parts = max(min(n_frames // cadence, n_frames - 1), 1)
    even = {k * (n_frames - 1) // parts for k in range(parts + 1)}
    spare = sorted(even - keys)
    for key in sorted(keys - even):
        if spare:
            del spare[_nearest(spare, key)]
    return sorted(keys.union(spare))


def _nearest(frames: list[int], frame: int) -> int:
    """The place in `frames`, which are in order, of the one nearest to `frame`; of two the earlier."""
    after = bisect_left(frames, frame)
    return min((k for k in (after - 1, after) if 0 <= k < len(frames)), key=lambda k: abs(frames[k] - frame))


def _entries(settings: Settings, manifest: Manifest, columns: Columns) -> Iterator[tuple[str, Entry]]:
    """(setting, entry) of all keys that make keyframes."""
    if not (manifest.keyframes and manifest.manages("prompts")):
        yield from (("prompts", Entry(key.strip(), text, 1, 1)) for key, text in settings.prompts.items())
    for key, field in FIELDS.items():
        told = field.kind in ("schedule", "texts") and settings[key] != field.default and key != _HOLDS_ELSEWHERE
        if told and not manifest.manages(key) and in_use(key, settings, columns):
            entries = split_entries(settings.text(key), key, formulas=field.kind == "schedule")
            yield from ((key, entry) for entry in entries)
