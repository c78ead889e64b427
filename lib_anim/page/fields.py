"""The settings table as the page's form of all settings: the fields that do something, in their groups.

What is not built yet is left out, so that nothing is shown that does not work; a file that holds such keys keeps them.
"""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase

from lib_anim.engines.base import Capabilities
from lib_anim.features.common.missing import NOT_BUILT
from lib_anim.features.request.option_schedules import OPTIONS
from lib_anim.page.uploads import RECORDED
from lib_anim.settings.table import FIELDS, Field

# what does something only with a switch (that of features/missing.py): hidden until the switch is built
_HANGS_ON = {
    "shake_name": "shake_*",
    "optical_flow_redo_generation": "redo_flow_factor_schedule",
    "optical_flow_cadence": "cadence_flow_factor_schedule",
    "reroll_blank_frames": "reroll_patience",
    "freeu_enabled": "freeu_*",
    "kohya_hrfix_enabled": "kohya_*",
    "use_mask": "mask_schedule mask_overlay_blur invert_mask overlay_mask fill full_res_mask full_res_mask_padding",
    "hybrid_composite": "hybrid_*",
    "use_looper": (
        "init_images image_strength_schedule image_keyframe_strength_schedule blendFactor* tweening_frames_schedule "
        "color_correction_factor"
    ),
    **{f"cn_{n}_enabled": f"cn_{n}_*" for n in range(1, 6)},
    "parseq_manifest": "parseq_*",
    "seed_resize_from_w": "seed_resize_from_h",
    "r_upscale_video": "r_upscale_*",
    "frame_interpolation_engine": "frame_interpolation_*",
}

# what only other tools and older pages read, what waits for depth models, and what the page's host says
_NEVER = (
    "show_info_on_ui anim_version image_path resume_* strength_0_no_init delete_input_frames store_frames_in_ram "
    "near_schedule far_schedule depth_algorithm midas_weight flow_model overwrite_extracted_frames"
)

# what is there for files and to come for web addresses, which a page does not take anyway
_FILES_ARE_BUILT = ("soundtrack_path",)

# what wants a film that a page does not take
_FILMS = "hybrid_* cn_?_*"


def describe(capabilities: Capabilities) -> list[dict[str, object]]:
    """The groups of the form as plain data: [{name, fields: [{key, kind, label, help, default, ...}]}]."""
    groups: dict[str, list[dict[str, object]]] = {}
    for field in FIELDS.values():
        if is_shown(field, capabilities):
            groups.setdefault(field.group, []).append(_described(field, capabilities))
    return [{"name": name, "fields": fields} for name, fields in groups.items()]


def is_shown(field: Field, capabilities: Capabilities) -> bool:
    """Whether a field does something with a painter of these capabilities."""
    if field.kind == "kept" or _among(field.key, _NEVER) or _among(field.key, _FILMS):
        return False
    if any(field.key in (one.switch, one.schedule) and one.name not in capabilities for one in OPTIONS):
        return False
    to_come = {one.key for one in NOT_BUILT if one.key not in capabilities} - set(_FILES_ARE_BUILT)
    if field.key in to_come:
        return field.kind == "choice" and len(_built_choices(field, capabilities)) > 1
    return not any(_among(field.key, hanging) for switch, hanging in _HANGS_ON.items() if switch in to_come)


def shown(capabilities: Capabilities) -> list[str]:
    """The keys of the form."""
    return [key for key, field in FIELDS.items() if is_shown(field, capabilities)]


def _among(key: str, patterns: str) -> bool:
    return any(fnmatchcase(key, pattern) for pattern in patterns.split())


def _built_choices(field: Field, capabilities: Capabilities) -> list[str]:
    """Those of a field's choices that do not want what is still to come."""
    rules = [one for one in NOT_BUILT if one.key == field.key and one.key not in capabilities]
    return [choice for choice in field.choices if not any(one.on({field.key: choice}) for one in rules)]


def _described(field: Field, capabilities: Capabilities) -> dict[str, object]:
    default = dict(field.default) if isinstance(field.default, Mapping) else field.default
    kind = RECORDED.get(field.key, field.kind)
    row = {"key": field.key, "kind": kind, "label": field.label, "help": field.help, "default": default}
    # names that the painter knows; others can be typed, since hosts know more spellings
    known = {"sampler": capabilities.samplers, "scheduler": capabilities.schedulers}.get(field.key, ())
    bounds = {"low": field.low, "high": field.high, "choices": _built_choices(field, capabilities), "known": list(known)}
    return {**row, **{name: value for name, value in bounds.items() if value not in (None, [])}}
