"""Aliases of keys, and migrations of files written by older versions of Deforum.

They change the raw JSON object before the fields are read, and add notes about changes that a user should know.
"""

from __future__ import annotations

from collections.abc import Callable

from lib_anim.messages import Message
from lib_anim.settings.table import FIELDS

Raw = dict[str, object]

# alias -> key; if both are given, the value of the key is used
ALIASES = {
    "width": "W",
    "height": "H",
    "text_prompts": "prompts",
    "prompt": "prompts",
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
    "fov": "fov_schedule",
    "guidance_scale": "cfg_scale_schedule",
    "num_inference_steps": "steps",
}
# beginnings of keys in older versions: old -> new
_PREFIXES = {"hybrid_video_": "hybrid_", "controlnet_": "cn_1_"}

# the samplers of AUTOMATIC1111 in the order that old files refer to by number
_OLD_SAMPLERS = (
    "Euler a,Euler,LMS,Heun,DPM2,DPM2 a,DPM++ 2S a,DPM++ 2M,DPM++ SDE,DPM fast,DPM adaptive,LMS Karras,DPM2 Karras,"
    "DPM2 a Karras,DPM++ 2S a Karras,DPM++ 2M Karras,DPM++ SDE Karras,DDIM,PLMS,UniPC"
).split(",")
_FILLS = ("fill", "original", "latent noise", "latent nothing")


# the page omits this note, since it offers the choice
CLASSIC = "a file of another tool, filmed as it looks there (classic); --set classic=false repairs the look"


def rename_and_migrate(raw: Raw, notes: list[str]) -> Raw:
    """Change `raw`, in place, to current keys and values, and return it. Adds to `notes` what a user might not expect."""
    _prefer_animation_prompts(raw, notes)
    _rename_old_keys(raw, notes)
    _rename(raw, notes)
    for migration in _MIGRATIONS:
        migration(raw, notes)
    return raw


def _is_empty(raw: Raw, key: str) -> bool:
    return raw.get(key) in (None, "")


def _prefer_animation_prompts(raw: Raw, notes: list[str]) -> None:
    """Old notebooks have a list of prompts for stills besides those of the animation."""
    if not _is_empty(raw, "animation_prompts"):
        for key in ("prompts", "text_prompts"):
            if isinstance(raw.get(key), list):
                del raw[key]


def _rename_old_keys(raw: Raw, notes: list[str]) -> None:
    """Rename keys that begin like those of older versions, and keys in other letters, such as FPS."""
    by_lower = {key.lower(): key for key in FIELDS}
    for key in [key for key in raw if key not in FIELDS and key not in ALIASES]:
        new = next((new + key[len(old) :] for old, new in _PREFIXES.items() if key.startswith(old)), key)
        new = new if new in FIELDS else by_lower.get(key.lower(), "")
        if new and _is_empty(raw, new):
            raw[new] = raw.pop(key)


def _imply_mask(raw: Raw, notes: list[str]) -> None:
    """A mask video, or the transparency of a start picture, switched masks on in Deforum."""
    implied = [key for key in ("use_mask_video", "use_alpha_as_mask") if raw.get(key) in (True, 1, "true")]
    if "use_alpha_as_mask" in implied and raw.get("use_init") not in (True, 1, "true"):
        implied.remove("use_alpha_as_mask")
    if implied and not raw.get("use_mask") and not raw.get("use_noise_mask") and not raw.get("anim_version"):
        raw["use_mask"] = True
        notes.append(Message("{key} switches use_mask on", key=implied[0]))


def _replace_border(raw: Raw, notes: list[str]) -> None:
    """Deforum's border "warp" repeats the edge."""
    if str(raw.get("border")).lower() == "warp":
        raw["border"] = "replicate"


def _rename(raw: Raw, notes: list[str]) -> None:
    for alias, key in ALIASES.items():
        if alias not in raw:
            continue
        value = raw.pop(alias)
        if value not in (None, "") and _is_empty(raw, key):
            raw[key] = value


def _migrate_duration(raw: Raw, notes: list[str]) -> None:
    """Convert `duration` in seconds to `max_frames`."""
    seconds = raw.get("duration")
    if "duration" in raw and _is_empty(raw, "max_frames") and isinstance(seconds, (int, float)):
        fps = raw.get("fps") or 15
        if isinstance(fps, (int, float)) and 0 < seconds * fps < 1e7:
            del raw["duration"]
            raw["max_frames"] = max(1, round(seconds * fps))
            notes.append(Message("duration {seconds} s is {n} frames", seconds=float(seconds), n=raw["max_frames"]))


def _migrate_numbers(raw: Raw, notes: list[str]) -> None:
    """Convert numbers of samplers and fills to their names."""
    for key, names in (("sampler", _OLD_SAMPLERS), ("fill", _FILLS)):
        number = raw.get(key)
        if isinstance(number, (int, float)) and not isinstance(number, bool) and 0 <= number < len(names):
            raw[key] = names[int(number)]


def _migrate_color_names(raw: Raw, notes: list[str]) -> None:
    """Convert "Match Frame 0 LAB" to "LAB"."""
    raw.pop("histogram_matching", None)
    value = raw.get("color_coherence")
    if isinstance(value, str) and value.lower().startswith("match frame 0 "):
        raw["color_coherence"] = value.split()[-1]


def _migrate_booleans(raw: Raw, notes: list[str]) -> None:
    """Convert booleans of settings that are choices now."""
    for key, on in (
        ("hybrid_composite", "Normal"),
        ("optical_flow_cadence", "DIS Fine"),
        ("optical_flow_redo_generation", "DIS Fine"),
        ("add_soundtrack", "File"),
    ):
        if isinstance(raw.get(key), bool):
            raw[key] = on if raw[key] else "None"


def _migrate_interpolation(raw: Raw, notes: list[str]) -> None:
    """Convert "RIFE v4.6" and other versions to "RIFE", and DAIN, which needs CUDA code of its own, to "Flow"."""
    key = "frame_interpolation_engine"
    name = str(raw.get(key)).lower()
    if name.startswith("rife"):
        raw[key] = "RIFE"
    elif name.startswith("dain"):
        raw[key] = "Flow"
        notes.append(Message("{key}: Flow stands in for DAIN", key=key))


def _migrate_depth_switch(raw: Raw, notes: list[str]) -> None:
    """Convert the old switch of the depth model to its name."""
    zoe = raw.pop("use_zoe_depth", None)
    if zoe is not None and _is_empty(raw, "depth_algorithm"):
        raw["depth_algorithm"] = "Zoe+AdaBins (old)" if zoe else "Midas+AdaBins (old)"


def _migrate_color_matching(raw: Raw, notes: list[str]) -> None:
    """Switch on `legacy_colormatch` for complete files that lack it: their Deforum matched colours before painting only."""
    whole = "color_coherence" in raw and "seed_behavior" in raw and "strength_schedule" in raw
    if whole and "legacy_colormatch" not in raw and not raw.get("anim_version"):
        raw["legacy_colormatch"] = True
        notes.append("an old file: colours are matched before painting only (legacy_colormatch)")


def _take_length_of_video(raw: Raw, notes: list[str]) -> None:
    """Take the length of the video for files of other tools that are filmed by one, as Deforum does."""
    mode = str(raw.get("animation_mode") or "2D")
    hybrid = mode in ("2D", "3D") and any(raw.get(f"hybrid_{name}") not in (None, "None") for name in ("motion", "composite"))
    by_video = mode == "Video Input" or (hybrid and not raw.get("hybrid_use_init_image"))
    if by_video and not raw.get("anim_version") and _is_empty(raw, "video_sets"):
        raw["video_sets"] = "Length"
        notes.append("a file of another tool: the film is as long as its video (video_sets)")


def _switch_on_classic(raw: Raw, notes: list[str]) -> None:
    """Switch on `classic` for files of other tools, so that their films look the same here."""
    if not raw.get("anim_version") and _is_empty(raw, "classic"):
        raw["classic"] = True
        notes.append(CLASSIC)


_MIGRATIONS: tuple[Callable[[Raw, list[str]], None], ...] = (
    _imply_mask,
    _replace_border,
    _migrate_duration,
    _migrate_numbers,
    _migrate_color_names,
    _migrate_booleans,
    _migrate_interpolation,
    _migrate_depth_switch,
    _migrate_color_matching,
    _take_length_of_video,
    _switch_on_classic,
)
