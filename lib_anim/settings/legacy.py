"""Other spellings: aliases that people write, and the changes Deforum's own files went through over the years.

All of it works on the raw JSON object before the fields are read, and says what it did.
"""

from __future__ import annotations

from collections.abc import Callable

Raw = dict[str, object]

# another name -> the key it stands for; the key itself wins where both are given
ALIASES = {
    "width": "W",
    "height": "H",
    "text_prompts": "prompts",
    "animation_prompts": "prompts",
    "positive_prompts": "animation_prompts_positive",
    "negative_prompts": "animation_prompts_negative",
    "negative_prompt": "animation_prompts_negative",
    "sampler_name": "sampler",
    "cfg_scale": "cfg_scale_schedule",
    "scale": "cfg_scale_schedule",
    "flip_2d_perspective": "enable_perspective_flip",
    "skip_video_for_run_all": "skip_video_creation",
    "noise_multiplier": "noise_multiplier_schedule",
}

# A1111's samplers in the order of the days when files stored a number
_OLD_SAMPLERS = (
    "Euler a,Euler,LMS,Heun,DPM2,DPM2 a,DPM++ 2S a,DPM++ 2M,DPM++ SDE,DPM fast,DPM adaptive,LMS Karras,DPM2 Karras,"
    "DPM2 a Karras,DPM++ 2S a Karras,DPM++ 2M Karras,DPM++ SDE Karras,DDIM,PLMS,UniPC"
).split(",")
_FILLS = ("fill", "original", "latent noise", "latent nothing")


# the page offers the choice itself, and leaves this note out
CLASSIC = "a file of another tool, filmed as it looks there (classic); --set classic=false repairs the look"


def rename_and_migrate(raw: Raw, notes: list[str]) -> Raw:
    """`raw` in today's keys and values. What could surprise is added to `notes`."""
    _rename(raw, notes)
    for migration in _MIGRATIONS:
        migration(raw, notes)
    return raw


def _empty(raw: Raw, key: str) -> bool:
    return raw.get(key) in (None, "")


def _rename(raw: Raw, notes: list[str]) -> None:
    for alias, key in ALIASES.items():
        if alias not in raw:
            continue
        value = raw.pop(alias)
        if value not in (None, "") and _empty(raw, key):
            raw[key] = value


def _duration(raw: Raw, notes: list[str]) -> None:
    seconds = raw.get("duration")
    if "duration" in raw and _empty(raw, "max_frames") and isinstance(seconds, (int, float)):
        fps = raw.get("fps") or 15
        if isinstance(fps, (int, float)) and 0 < seconds * fps < 1e7:
            del raw["duration"]
            raw["max_frames"] = max(1, round(seconds * fps))
            notes.append(f"duration {seconds:g} s is {raw['max_frames']} frames")


def _numbered_names(raw: Raw, notes: list[str]) -> None:
    for key, names in (("sampler", _OLD_SAMPLERS), ("fill", _FILLS)):
        number = raw.get(key)
        if isinstance(number, (int, float)) and not isinstance(number, bool) and 0 <= number < len(names):
            raw[key] = names[int(number)]


def _old_colour_names(raw: Raw, notes: list[str]) -> None:
    raw.pop("histogram_matching", None)
    value = raw.get("color_coherence")
    if isinstance(value, str) and value.lower().startswith("match frame 0 "):
        raw["color_coherence"] = value.split()[-1]


def _booleans_that_became_choices(raw: Raw, notes: list[str]) -> None:
    for key, on in (
        ("hybrid_composite", "Normal"),
        ("optical_flow_cadence", "DIS Fine"),
        ("optical_flow_redo_generation", "DIS Fine"),
        ("add_soundtrack", "File"),
    ):
        if isinstance(raw.get(key), bool):
            raw[key] = on if raw[key] else "None"


def _old_depth_switch(raw: Raw, notes: list[str]) -> None:
    zoe = raw.pop("use_zoe_depth", None)
    if zoe is not None and _empty(raw, "depth_algorithm"):
        raw["depth_algorithm"] = "Zoe+AdaBins (old)" if zoe else "Midas+AdaBins (old)"


def _before_matching_twice(raw: Raw, notes: list[str]) -> None:
    """Whole files from before Deforum matched colours after painting too were made with matching before it only."""
    whole = "color_coherence" in raw and "seed_behavior" in raw and "strength_schedule" in raw
    if whole and "legacy_colormatch" not in raw and not raw.get("anim_version"):
        raw["legacy_colormatch"] = True
        notes.append("an old file: colours are matched before painting only (legacy_colormatch)")


def _foreign(raw: Raw, notes: list[str]) -> None:
    """A file of another tool looks as it looked there."""
    if not raw.get("anim_version") and _empty(raw, "classic"):
        raw["classic"] = True
        notes.append(CLASSIC)


_MIGRATIONS: tuple[Callable[[Raw, list[str]], None], ...] = (
    _duration,
    _numbered_names,
    _old_colour_names,
    _booleans_that_became_choices,
    _old_depth_switch,
    _before_matching_twice,
    _foreign,
)
