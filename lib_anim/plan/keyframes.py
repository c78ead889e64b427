"""Keyframes: the frames that have a key, and which frames a film paints for their sake.

Keyframes are the film's first and last frame and every frame at which there is a key: of the prompts, and of the schedules
that the film goes by and that say something other than their default. What a Parseq manifest manages has the keys that stand
in its `keyframes`. The keys of `strength_schedule` make none, since it is the strength of all other frames.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase

from lib_anim.language.schedules import Entry, Timeline, key_frame, split_entries
from lib_anim.plan.parseq import Manifest
from lib_anim.settings.settings import Settings
from lib_anim.settings.table import FIELDS

KEY = "keyframe_distribution"
OFF = "Off"

_SWITCHED_OFF = (False, "None", OFF, "")
# setting -> schedules that do nothing while it is switched off
_SILENT_WITHOUT = {
    **{
        f"enable_{name}_scheduling": f"{name}_schedule"
        for name in "steps sampler scheduler checkpoint clipskip ddim_eta ancestral_eta noise_multiplier".split()
    },
    "enable_subseed_scheduling": "subseed_*",
    "enable_perspective_flip": "perspective_flip_*",
    "shake_name": "shake_*",
    "color_coherence": "color_coherence_*",
    "mirror": "mirror_schedule",
    "optical_flow_cadence": "cadence_flow_factor_schedule",
    "optical_flow_redo_generation": "redo_flow_factor_schedule",
    "use_mask": "mask_schedule",
    "use_noise_mask": "noise_mask_schedule",
    "use_looper": "image_* blendFactor* tweening_frames_schedule color_correction_factor",
    "hybrid_composite": "hybrid_comp_*",
    "hybrid_motion": "hybrid_flow_*",
    "freeu_enabled": "freeu_*",
    "kohya_hrfix_enabled": "kohya_hrfix_*",
    **{f"cn_{n}_enabled": f"cn_{n}_*" for n in range(1, 6)},
}
_SILENT_IN = {
    "2D": "translation_z rotation_3d_* fov_schedule aspect_ratio_schedule near_schedule far_schedule",
    "3D": "angle zoom transform_center_*",
}


def keyframes(settings: Settings, manifest: Manifest, timeline: Timeline) -> frozenset[int]:
    """The film's keyframes; none where they decide nothing. Keys outside of the film make none."""
    if settings[KEY] == OFF:
        return frozenset()
    keys = (key_frame(entry, timeline, name) for name, entry in _entries(settings, manifest))
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


def _entries(settings: Settings, manifest: Manifest) -> Iterator[tuple[str, Entry]]:
    """(setting, entry) of all keys that make keyframes."""
    if not (manifest.keyframes and manifest.manages("prompts")):
        yield from (("prompts", Entry(key.strip(), text, 1, 1)) for key, text in settings["prompts"].items())
    silent = _silent(settings)
    for key, field in FIELDS.items():
        told = field.kind in ("schedule", "texts") and settings[key] != field.default
        if told and not manifest.manages(key) and not _among(key, silent):
            entries = split_entries(settings[key], key, formulas=field.kind == "schedule")
            yield from ((key, entry) for entry in entries)


def _silent(settings: Settings) -> list[str]:
    """Patterns of the schedules that do nothing in this film, and of the one whose keys do not count."""
    found = ["strength_schedule", _SILENT_IN.get(settings["animation_mode"], "")]
    found += [names for switch, names in _SILENT_WITHOUT.items() if settings[switch] in _SWITCHED_OFF]
    if settings["seed_behavior"] != "schedule":
        found.append("seed_schedule")
    return " ".join(found).split()


def _among(key: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(key, pattern) for pattern in patterns)
