"""Parseq manifests: values per frame that replace the schedules of a settings file.

A manifest is the JSON that https://sd-parseq.web.app writes: `rendered_frames`, a list of objects with `frame`, a value for
each field that it manages (`zoom`, and `zoom_delta`), and `deforum_prompt`; `keyframes`, the frames at which the user set
keys; and `options`. Fields that it does not manage keep the values of the settings.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lib_anim.errors import FieldError, Problem, SettingsError
from lib_anim.files import read_file
from lib_anim.language.functions import Values
from lib_anim.media.download import check_is_path
from lib_anim.messages import NOWHERE, Message, Place
from lib_anim.settings.json_text import is_json, parse_json
from lib_anim.settings.settings import Settings

KEY = "parseq_manifest"
MAX_BYTES = 64 * 1024 * 1024
MAX_FRAME = 10_000_000

# setting -> the manifest's name for it, where that is not the setting's name without "_schedule"
_NAMES = {
    "cfg_scale_schedule": "scale",
    "kernel_schedule": "antiblur_kernel",
    "sigma_schedule": "antiblur_sigma",
    "amount_schedule": "antiblur_amount",
    "threshold_schedule": "antiblur_threshold",
    "image_strength_schedule": "strength",
    "keyframe_strength_schedule": "strength",
    "sampler_schedule": "sampler_schedule",
    "steps_schedule": "steps_schedule",
    "blendFactorMax": "guided_blendFactorMax",
    "blendFactorSlope": "guided_blendFactorSlope",
    "tweening_frames_schedule": "guided_tweening_frames",
    "color_correction_factor": "guided_color_correction_factor",
}
_MOVES = (
    *("angle", "zoom", "translation_x", "translation_y", "translation_z", "rotation_3d_x", "rotation_3d_y", "rotation_3d_z"),
    *("perspective_flip_theta", "perspective_flip_phi", "perspective_flip_gamma"),
)


@dataclass(frozen=True)
class Manifest:
    """A parsed manifest: its `frames`, and `values`, which has for each name one value per frame, None where it is missing.

    With `deltas`, the values `…_delta` of motions are used. `keyframes` is set only if keyframe painting is on.
    """

    frames: NDArray[np.intp] = field(default_factory=lambda: np.zeros(0, int))
    values: Mapping[str, Sequence[object]] = field(default_factory=lambda: MappingProxyType({}))
    deltas: bool = True
    keyframes: tuple[int, ...] = ()

    def manages(self, key: str) -> bool:
        """Return whether the manifest has the values of a schedule, or the prompts."""
        return ("deforum_prompt" if key == "prompts" else self._name(key)) in self.values

    def numbers(self, key: str, n_frames: int) -> Values | None:
        """Return the values of a schedule (n_frames,), interpolated linearly over missing frames; None if it is not managed.

        Raises SettingsError for a value that is missing or not a number.
        """
        if not self.manages(key):
            return None
        name = self._name(key)
        numbers = [_number(value, int(frame), name) for frame, value in zip(self.frames, self._whole(name), strict=True)]
        return np.interp(np.arange(n_frames), self.frames, numbers)

    def texts(self, key: str, n_frames: int) -> list[str] | None:
        """Return one text per frame, each repeated over missing frames; None if the schedule is not managed.

        Raises SettingsError for a text that is missing.
        """
        if not self.manages(key):
            return None
        texts = self._whole(self._name(key))
        last = np.clip(np.searchsorted(self.frames, np.arange(n_frames), side="right") - 1, 0, None)
        return [str(texts[k]) for k in last]

    def fault(self, key: str, problem: Problem) -> Problem:
        """Convert a problem of a managed schedule to a problem of the manifest."""
        return replace(problem, key=KEY, place=replace(problem.place, within=self._name(key)))

    def prompts(self) -> dict[str, str] | None:
        """Return the prompts at the frames where they change, or None if they are not managed. Raises SettingsError."""
        if not self.manages("prompts"):
            return None
        changes: dict[str, str] = {}
        before = None
        for frame, text in zip(self.frames, self._whole("deforum_prompt"), strict=True):
            if text != before:
                changes[str(int(frame))] = before = str(text)
        return changes

    def remarks(self, n_frames: int) -> list[str]:
        """Return notes for people: that the film is longer than the manifest."""
        if not self.frames.size or self.frames[-1] >= n_frames - 1:
            return []
        n, m = int(self.frames[-1]), n_frames - 1
        return [Message("the manifest ends at frame {n} and the film at frame {m}; its last values hold on", n=n, m=m)]

    def _whole(self, name: str) -> Sequence[object]:
        """Return the values of a name, one for each of `frames`. Raises SettingsError if one is missing."""
        values = self.values[name]
        missing = [int(frame) for frame, value in zip(self.frames, values, strict=True) if value is None]
        if missing:
            n, m = len(values) - len(missing), len(values)
            reason = Message("has values for {n} of {m} frames; frame {frame} has none", n=n, m=m, frame=missing[0])
            raise _fault(reason, "render it in Parseq again", Place(within=name))
        return values

    def _name(self, key: str) -> str:
        """Return the manifest's name for the values of a setting; for motions, its deltas if there are some."""
        name = _NAMES.get(key, key.removesuffix("_schedule"))
        delta = f"{name}_delta"
        return delta if self.deltas and key in _MOVES and delta in self.values else name


def applied(settings: Settings) -> tuple[Settings, Manifest]:
    """Apply the manifest that the settings name: return the changed settings and the manifest, an empty one if none is named.

    The returned settings contain the manifest's text, so they do not depend on its file. Raises SettingsError.
    """
    if not settings.text(KEY):
        return settings, Manifest()
    text = _text(settings.text(KEY), settings)
    raw, rows = _parsed(text)
    manifest = _manifest(rows, settings.switch("parseq_use_deltas"))
    if settings.text("keyframe_distribution") != "Off":
        manifest = replace(manifest, keyframes=_keyframes(raw))
    changes = _overrides(raw, manifest) if settings.switch("parseq_non_schedule_overrides") else {}
    if "seed" in manifest.values:
        changes["seed_behavior"] = "schedule"
        changes["enable_subseed_scheduling"] = True
    if prompts := manifest.prompts():
        changes |= {"prompts": prompts, "animation_prompts_positive": "", "animation_prompts_negative": ""}
    return settings.replace(**{KEY: text}, **changes), manifest


def _text(value: str, settings: Settings) -> str:
    """Return the manifest's JSON: the value itself, or the content of the file that it names, relative to the settings file."""
    value = value.strip()
    if is_json(value):
        return value
    check_is_path(KEY, value, "save the manifest, and write its path")
    try:
        path = Path(settings.source).parent / Path(value).expanduser()
    except RuntimeError:  # ~somebody who is not on this machine
        raise _fault(Message("{value} is not a path", value=value), "write it without ~") from None
    try:
        return read_file(path, MAX_BYTES).decode("utf-8-sig")
    except FieldError as error:
        reason = Message("{path}: {said}", path=path, said=error.reason)
        raise _fault(reason, "write the path of a manifest, or its text") from None
    except UnicodeDecodeError:
        raise _fault(Message("{path} is no text", path=path)) from None


def _parsed(text: str) -> tuple[Mapping[str, object], Sequence[Mapping[str, object]]]:
    """Decode the JSON of a manifest; return it and its `rendered_frames`. Raises SettingsError."""
    try:
        raw: Any = parse_json(text)
    except FieldError as error:
        raise SettingsError([error.of(KEY)]) from None
    rows = raw.get("rendered_frames") if isinstance(raw, dict) else None
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        raise _fault("no Parseq manifest (it has no rendered_frames)", "render it in Parseq first")
    return raw, rows


def _manifest(rows: Sequence[Mapping[str, object]], deltas: bool) -> Manifest:
    """Build a Manifest from `rendered_frames`. Raises SettingsError for an invalid frame number."""
    by_frame: dict[int, Mapping[str, object]] = {}
    for n, row in enumerate(rows):
        frame = _frame(row.get("frame", n), Message("element {n} of rendered_frames", n=n))
        by_frame[frame] = row  # the last row of a frame is used
    frames = sorted(by_frame)
    managed = {name: None for row in by_frame.values() for name, value in row.items() if name != "frame" and value is not None}
    values = {name: [by_frame[frame].get(name) for frame in frames] for name in managed}
    return Manifest(np.array(frames), MappingProxyType(values), deltas)


def _keyframes(raw: Mapping[str, object]) -> tuple[int, ...]:
    """Return the frames of the manifest's `keyframes`. Raises SettingsError for an invalid frame number."""
    rows = raw.get("keyframes")
    frames = (row.get("frame") if isinstance(row, dict) else None for row in (rows if isinstance(rows, list) else ()))
    return tuple(_frame(frame, Message("element {n} of keyframes", n=n)) for n, frame in enumerate(frames))


def _frame(value: object, element: str) -> int:
    """Read a frame number; `element` says where it stands. Raises SettingsError."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < MAX_FRAME:
        reason = Message("frame is {value}, not a number from 0 up", value=repr(value))
        raise _fault(reason, place=Place(within=element))
    return int(value)


def _overrides(raw: Mapping[str, object], manifest: Manifest) -> dict[str, object]:
    """Return the settings of length, frame rate and cadence that the manifest overrides."""
    options = raw.get("options")
    options = options if isinstance(options, dict) else {}
    given = {"fps": options.get("output_fps"), "diffusion_cadence": options.get("cadence")}
    return {"max_frames": int(manifest.frames[-1]) + 1, **{key: value for key, value in given.items() if value}}


def _number(value: object, frame: int, name: str) -> float:
    """Read a finite number, the value `name` of a frame. Raises SettingsError."""
    try:
        number = float(value) if isinstance(value, int | float | str) and not isinstance(value, bool) else float("nan")
    except ValueError:
        number = float("nan")
    if not np.isfinite(number):
        raise _fault(Message("{value} is not a number", value=repr(value)), place=Place(frame=frame, within=name))
    return number


def _fault(reason: str, remedy: str = "", place: Place = NOWHERE) -> SettingsError:
    return SettingsError([Problem(KEY, reason, remedy, place)])
