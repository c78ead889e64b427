"""Keyframes, and the frames that are painted.

Keyframes are the film's first and last frame, and all frames with a key of the prompts or of a schedule that has an effect
in the film and differs from its default. For what a Parseq manifest manages, the keys are those in its `keyframes`. Keys of
`strength_schedule` (of guided images, `image_strength_schedule`) make no keyframes, since it applies to all other frames.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator

from lib_anim.language.entries import Entry, split_entries
from lib_anim.language.schedules import Timeline, key_frame
from lib_anim.plan.parseq import Manifest
from lib_anim.settings.settings import Settings
from lib_anim.settings.table import FIELDS
from lib_anim.settings.usage import Columns, in_use

KEY = "keyframe_distribution"
OFF = "Off"
_WITHOUT_KEYFRAMES = ("strength_schedule", "image_strength_schedule")  # apply to all frames except keyframes


def keyframes(settings: Settings, manifest: Manifest, timeline: Timeline, columns: Columns) -> frozenset[int]:
    """Return the film's keyframes, none if keyframe painting is off. Keys outside the film are ignored.

    `columns` are the values of the film's schedules.
    """
    if settings[KEY] == OFF:
        return frozenset()
    entries = entries_in_use(settings, manifest, columns)
    keys = (key_frame(entry, timeline, name) for name, entry in entries if name not in _WITHOUT_KEYFRAMES)
    last = timeline.n_frames - 1
    return frozenset({0, last, *(frame for frame in (*keys, *manifest.keyframes) if 0 <= frame <= last)})


def painted_frames(distribution: str, keys: frozenset[int], n_frames: int, cadence: int) -> list[int]:
    """Return the frames that a film paints, in order, for a `distribution` of the setting `keyframe_distribution`."""
    if distribution == "Keyframes Only":
        return sorted(keys)
    if distribution == "Redistributed":
        return _redistributed(keys, n_frames, cadence)
    return sorted(keys.union(range(0, n_frames, cadence)))


def _redistributed(keys: frozenset[int], n_frames: int, cadence: int) -> list[int]:
    """Spread as many frames as the cadence would paint evenly over the film, then replace the nearest of them by each key.

    If there are more keys than frames, all keys are painted.
    """
    parts = max(min(n_frames // cadence, n_frames - 1), 1)
    even = {k * (n_frames - 1) // parts for k in range(parts + 1)}
    spare = sorted(even - keys)
    for key in sorted(keys - even):
        if spare:
            del spare[_nearest(spare, key)]
    return sorted(keys.union(spare))


def _nearest(frames: list[int], frame: int) -> int:
    """Return the index, in the sorted `frames`, of the frame nearest to `frame`; the earlier one if two are equally near."""
    after = bisect_left(frames, frame)
    return min((k for k in (after - 1, after) if 0 <= k < len(frames)), key=lambda k: abs(frames[k] - frame))


def entries_in_use(settings: Settings, manifest: Manifest, columns: Columns) -> Iterator[tuple[str, Entry]]:
    """Yield (setting, entry) for all keys of the prompts, and of schedules with an effect that differ from their default."""
    if not (manifest.keyframes and manifest.manages("prompts")):
        yield from (("prompts", Entry(key.strip(), text, 1, 1)) for key, text in settings.prompts.items())
    for key, field in FIELDS.items():
        changed = field.kind in ("schedule", "texts") and settings[key] != field.default
        if changed and not manifest.manages(key) and in_use(key, settings, columns):
            entries = split_entries(settings.text(key), key, formulas=field.kind == "schedule")
            yield from ((key, entry) for entry in entries)
