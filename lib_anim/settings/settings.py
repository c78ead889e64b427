"""Settings files: reading, validating, writing.

A settings file is one flat JSON object in UTF-8. Harmless errors are corrected and noted (`notes`); all others are reported
together, as Problems with key, place, reason and remedy. A number out of range is a problem only if its setting has an
effect; else it is kept. Keys that are missing, `null` or `""` have the table's defaults; unknown keys are kept. A settings
file is untrusted input: its texts are never executed and name no program.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path, PureWindowsPath
from types import MappingProxyType

from lib_anim.errors import Checked, FieldError, Problem, RangeError, SettingsError, did_you_mean, nearest
from lib_anim.files import read_file
from lib_anim.messages import NOWHERE, Message, Place
from lib_anim.settings.conditions import ALWAYS, as_data
from lib_anim.settings.foreign import is_foreign, unwrap
from lib_anim.settings.json_text import parse_json
from lib_anim.settings.legacy import ALIASES, rename_and_migrate
from lib_anim.settings.lookup import Lookup
from lib_anim.settings.readers import READERS
from lib_anim.settings.table import FIELDS, MASKS
from lib_anim.settings.usage import in_use, prompts_of
from lib_anim.version import __version__

MAX_BYTES = 64 * 1024 * 1024
MOST_LOOKED_UP = 40  # unknown keys, for which similar ones are searched; each takes a millisecond
MOST_TWICE = 10  # keys that stand in a file twice, of which there is a note
MAX_DRAWN_SEED = 2**32 - 1  # the range from which WebUIs draw seeds
_WITH_PATHS = ("init_images", *MASKS, "image_path")  # texts that contain paths, besides the fields of kind "path"


@dataclass(frozen=True)
class Settings(Lookup, Mapping[str, object]):
    """A value for every key of the table.

    `given` are the keys that the file sets, `unknown` the entries that are not in the table (they are written again), `notes`
    the corrections made while reading, `source` the file's name. Two Settings are equal if they write the same file.
    """

    values_by_key: Mapping[str, object]
    given: frozenset[str] = field(default=frozenset(), compare=False)
    unknown: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))
    notes: tuple[str, ...] = field(default=(), compare=False)
    source: str = field(default="", compare=False)

    def __getitem__(self, key: str) -> object:
        return self.values_by_key[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self.values_by_key)

    def __len__(self) -> int:
        return len(self.values_by_key)

    @property
    def prompts(self) -> Mapping[str, str]:
        """The prompts by keyframe, keyframes as written."""
        return prompts_of(self)

    def replace(self, **changes: object) -> Settings:
        """Return a copy with other values, which are read like values of a file. Raises SettingsError."""
        read = parse({**self.unknown, **self.values_by_key, **changes, "anim_version": __version__}, self.source)
        return replace(read, given=self.given | changes.keys(), notes=self.notes)

    def with_defaults(self, keys: Iterable[str]) -> Settings:
        """Return a copy with defaults for `keys`, and for settings out of range that have an effect because of them."""
        values = {**self.unknown, **self.values_by_key, **{key: FIELDS[key].default for key in keys}}
        return replace(check(values, self.source).value, given=self.given, notes=self.notes)

    def with_drawn_seed(self) -> Settings:
        """Return the settings with a random seed if the seed is -1, else unchanged."""
        return self.replace(seed=secrets.randbelow(MAX_DRAWN_SEED)) if self["seed"] == -1 else self


def load(path: str | Path, changes: Mapping[str, object] | None = None) -> Settings:
    """Read a settings file; values in `changes` override those of the file. Raises SettingsError with the file's name.

    Paths in the file are relative to its folder.
    """
    return check_file(path, changes).sound(str(path))


def check_file(path: str | Path, changes: Mapping[str, object] | None = None) -> Checked[Settings]:
    """`load`, but with defaults for invalid values. Raises SettingsError if the file is unreadable or no JSON object."""
    path = Path(path)
    return check_bytes(_content(path), str(path), changes, path.parent)


def read(data: bytes, source: str, changes: Mapping[str, object] | None = None, folder: Path | None = None) -> Settings:
    """Read the bytes of a settings file named `source`, like `load`. Raises SettingsError."""
    return check_bytes(data, source, changes, folder).sound(source)


def check_bytes(
    data: bytes, source: str, changes: Mapping[str, object] | None = None, folder: Path | None = None
) -> Checked[Settings]:
    """`read`, but with defaults for invalid values. Raises SettingsError if the bytes are no JSON object."""
    notes: list[str] = []
    changed = {ALIASES.get(key, key): value for key, value in (changes or {}).items()}
    raw = unwrap(_json_object(data, source, notes), notes)
    if is_foreign(raw):
        raise _fault(source, "none of its keys is a setting", "take a settings file, or what a run left")
    found = check({**raw, **changed}, source, folder)
    notes += found.notes if found.problems else [*found.notes, *_default_prompts_note(found.value)]
    return Checked(replace(found.value, notes=tuple(notes)), found.problems, tuple(notes))


def _default_prompts_note(settings: Settings) -> tuple[str, ...]:
    """Return the note that the table's prompts are used, if the file has none."""
    if "prompts" in settings.given:
        return ()
    first = next(iter(settings.prompts.values()), "")
    return (Message("it has no prompts; the film shows '{text}'", text=first),)


def parse(given: Mapping[str, object], source: str = "", folder: Path | None = None) -> Settings:
    """Read settings from a JSON object. Raises SettingsError with all problems."""
    return check(given, source, folder).sound(source)


def check(given: Mapping[str, object], source: str = "", folder: Path | None = None) -> Checked[Settings]:
    """`parse`, but with defaults for invalid values."""
    notes: list[str] = []
    raw = rename_and_migrate(dict(given), notes)
    unknown = {key: value for key, value in raw.items() if key not in FIELDS}
    values, problems = _read_all(raw, folder)
    if unknown:
        notes.append(_unknown_note(unknown))
    values["anim_version"] = __version__
    present = frozenset(key for key in raw if key in FIELDS and raw[key] not in (None, ""))
    found = Settings(MappingProxyType(values), present, MappingProxyType(unknown), tuple(notes), source)
    return Checked(found, tuple(problems), found.notes)


def _read_all(raw: Mapping[str, object], folder: Path | None) -> tuple[dict[str, object], list[Problem]]:
    """Return a value for every field, and the problems of those whose value is replaced by the default.

    A number out of range is kept if its setting has no effect, whatever the values of the schedules.
    """
    values: dict[str, object] = {}
    faults: dict[str, FieldError] = {}
    for key, spec in FIELDS.items():
        value = raw.get(key)
        try:
            values[key] = spec.default if value is None or value == "" else READERS[spec.kind](value, spec, folder)
        except FieldError as error:
            faults[key] = error
            values[key] = error.value if isinstance(error, RangeError) else spec.default

    def harmless(key: str) -> bool:
        excusable = isinstance(faults[key], RangeError) or FIELDS[key].kind == "path"
        return excusable and not in_use(key, values, unsure=faults.keys())

    wrong = {key: fault for key, fault in faults.items() if not harmless(key)}
    values |= {key: FIELDS[key].default for key in wrong}
    return values, [fault.of(key) for key, fault in wrong.items()]


def dumps(settings: Settings) -> str:
    """Write the settings as the text of a file: non-ASCII letters unescaped, keys in the table's order, unknown ones last."""
    return json.dumps(to_json(settings), indent=2, ensure_ascii=False, default=str) + "\n"


def to_json(settings: Settings) -> dict[str, object]:
    """Return the settings as a JSON object, of which `parse` makes equal settings."""
    values = {key: _json_value(settings[key]) for key in FIELDS if settings[key] is not None}
    return {**values, **settings.unknown}


def dumps_brief(settings: Settings) -> str:
    """Write the settings on one line for the metadata of published files: values that differ from the defaults, no paths.

    It depends on the values alone, so that a resumed run writes the same line. Left out are paths, the folders in
    `batch_name`, and keys that have no effect here (of kind "kept" and unknown).
    """
    public = {key: settings[key] for key in FIELDS if _is_public(key, settings[key])}
    if name := PureWindowsPath(str(public.pop("batch_name", ""))).name:  # splits at slashes and at backslashes
        public["batch_name"] = name
    return json.dumps({key: _json_value(value) for key, value in public.items()}, ensure_ascii=False)


def _is_public(key: str, value: object) -> bool:
    spec = FIELDS[key]
    return value != spec.default and spec.kind not in ("path", "kept") and key not in _WITH_PATHS


def json_schema() -> dict[str, object]:
    """Return the settings table as a JSON Schema (draft 2020-12); its keyword `needs` has the condition of each setting."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "sd-webui-anim settings",
        "type": "object",
        "properties": {key: _property(key) for key in FIELDS},
    }


_JSON_TYPES = {"integer": "integer", "number": "number", "switch": "boolean", "prompts": "object"}


def _property(key: str) -> dict[str, object]:
    spec = FIELDS[key]
    described: dict[str, object] = {"title": spec.label, "description": spec.help, "default": _json_value(spec.default)}
    if spec.needs != ALWAYS:
        described["needs"] = as_data(spec.needs)
    if spec.kind == "kept":
        return {"title": spec.label}
    if spec.kind == "schedule":
        return {**described, "type": ["string", "number"]}
    bounds = {"minimum": spec.low, "maximum": spec.high} if spec.kind in ("integer", "number") else {}
    choices = {"enum": list(spec.choices)} if spec.choices else {}
    kind = {"type": _JSON_TYPES.get(spec.kind, "string")}
    return {**described, **kind, **choices, **{name: bound for name, bound in bounds.items() if bound is not None}}


def _json_value(value: object) -> object:
    return dict(value) if isinstance(value, Mapping) else value


def _unknown_note(unknown: Mapping[str, object]) -> str:
    """Return the note on unknown keys, each with the most similar known one."""
    effective = [key for key, field in FIELDS.items() if field.kind != "kept"]
    like = {key: nearest(key, effective, 1, cutoff=0.75) for key in list(unknown)[:MOST_LOOKED_UP]}
    keys = ", ".join(f"{key} ({one[0]}?)" if one else key for key, one in like.items())
    keys += ", …" if len(unknown) > MOST_LOOKED_UP else ""
    return Message("not known here, kept: {keys}", keys=keys)


def _content(path: Path) -> bytes:
    """Read the bytes of a settings file. Raises SettingsError."""
    try:
        return read_file(path, MAX_BYTES)
    except FieldError as error:
        raise _fault(path, error.reason, "" if os.path.lexists(path) else _suggest_file(path)) from None


def _json_object(data: bytes, source: str, notes: list[str]) -> dict[str, object]:
    """Decode a JSON object; duplicate keys are noted. Raises SettingsError with the place of the error."""

    def pairs(items: list[tuple[str, object]]) -> dict[str, object]:
        """Build a JSON object; of a duplicate key the last value that is not empty is used."""
        result: dict[str, object] = {}
        for key, value in items:
            if key in result and len(notes) < MOST_TWICE:
                notes.append(Message("{key} stands in the file twice; the last value counts", key=key))
            if key not in result or value not in (None, ""):
                result[key] = value
        return result

    try:
        value = parse_json(data.decode("utf-8-sig"), pairs)
    except UnicodeDecodeError as error:
        raise _fault(source, "not UTF-8 text", "save it as UTF-8", Place(within=Message("byte {n}", n=error.start))) from None
    except FieldError as error:
        raise SettingsError([error.of("")], source) from None
    if not isinstance(value, dict):
        raise _fault(source, "a settings file is one JSON object", 'write { "key": value, … }')
    return value


def _fault(source: str | Path, reason: str, remedy: str = "", place: Place = NOWHERE) -> SettingsError:
    return SettingsError([Problem("", reason, remedy, place)], str(source))


def _suggest_file(path: Path) -> str:
    """Return the remedy that suggests a file with a similar name, or ""."""
    try:
        return did_you_mean(path.name, [other.name for other in path.parent.iterdir()])
    except OSError:
        return ""
