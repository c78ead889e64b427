"""The form of all settings, from the settings table: the fields that have an effect, by group.

Fields that are not built yet, and those that need them, are left out. A file with such keys keeps them.
"""

from __future__ import annotations

from collections.abc import Mapping

from lib_anim.engines.base import Capabilities
from lib_anim.features.camera import camera_shake
from lib_anim.features.request import controlnet
from lib_anim.page.uploads import GUIDES, HOSTS, RECORDED
from lib_anim.settings.conditions import Condition, Is, Leaf, Off, holds, is_on
from lib_anim.settings.frame_files import FILES_BY_FRAME
from lib_anim.settings.table import FIELDS, Field
from lib_anim.settings.usage import Columns, in_use

_NAMES = {"shake_name": ("None", *camera_shake.STYLES)}  # of texts whose names do not depend on the engine


def describe(capabilities: Capabilities) -> list[dict[str, object]]:
    """Describe the form: [{name, fields: [{key, kind, label, help, default, ...}]}]."""
    groups: dict[str, list[dict[str, object]]] = {}
    for field in FIELDS.values():
        if is_shown(field, capabilities):
            groups.setdefault(field.group, []).append(_describe_field(field, capabilities))
    return [{"name": name, "fields": fields} for name, fields in groups.items()]


def is_shown(field: Field, capabilities: Capabilities) -> bool:
    """Whether a field can have an effect with an engine of these capabilities and may be set by a page."""
    if field.kind == "kept" or field.key in HOSTS or (field.option and field.option not in capabilities):
        return False
    if field.unbuilt and not field.option and not any(map(is_on, field.built)):
        return False

    def possible(condition: Condition) -> bool:
        if not isinstance(condition, Leaf) or isinstance(condition, Off) or condition.key == field.key:
            return True
        other = FIELDS[condition.key]
        return is_shown(other, capabilities) and (not isinstance(condition, Is) or condition.value in _built_choices(other))

    return holds(field.needs, possible)


def shown(capabilities: Capabilities) -> list[str]:
    """Return the keys of the form."""
    return [key for key, field in FIELDS.items() if is_shown(field, capabilities)]


def unused(settings: Mapping[str, object], columns: Columns, capabilities: Capabilities) -> list[str]:
    """Return the keys of the form that have no effect in a film, whatever their values."""
    return [key for key in shown(capabilities) if not in_use(key, settings, columns, unsure={key})]


def _built_choices(field: Field) -> list[str]:
    """Return the choices of a field that are built."""
    return [choice for choice in field.choices if not field.unbuilt or choice in field.built or not is_on(choice)]


def _describe_field(field: Field, capabilities: Capabilities) -> dict[str, object]:
    default = dict(field.default) if isinstance(field.default, Mapping) else field.default
    kind = (
        "files" if field.key in GUIDES else "pictures" if field.key in FILES_BY_FRAME else RECORDED.get(field.key, field.kind)
    )
    row = {"key": field.key, "kind": kind, "label": field.label, "help": field.help, "default": default}
    # names that the engine knows; others can be typed, since hosts accept more spellings
    named = {"sampler": capabilities.samplers, "scheduler": capabilities.schedulers, **_NAMES, **_of_units(capabilities)}
    bounds = {
        "low": field.low,
        "high": field.high,
        "choices": _built_choices(field),
        "known": list(named.get(field.key, ())),
        "accepts": list(GUIDES.get(field.key, ())),
    }
    return {**row, **{name: value for name, value in bounds.items() if value not in (None, [])}}


def _of_units(capabilities: Capabilities) -> dict[str, tuple[str, ...]]:
    """Return the names for the ControlNet units' models and pre-processors; none of models if the engine does not know them."""
    models = ("None", *capabilities.controls) if capabilities.controls else ()
    modules = tuple(dict.fromkeys((*controlnet.OWN_MODULES, *capabilities.preprocessors)))
    named = ((f"cn_{n}_model", models) for n in controlnet.UNITS)
    return dict(named) | {f"cn_{n}_module": modules for n in controlnet.UNITS}
