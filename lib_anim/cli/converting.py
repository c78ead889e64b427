"""The command that makes a film's settings of a camera that was recorded or keyed elsewhere."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lib_anim.cli.console import say
from lib_anim.cli.opening import load_settings
from lib_anim.cli.options import ConvertOptions
from lib_anim.errors import FieldError, OutputError, Problem, ScheduleError, SettingsError, cannot_be_written
from lib_anim.features.common.camera_steps import camera_path
from lib_anim.files import write_bytes
from lib_anim.images.camera_keys import Keys, column_keys, steps_keys
from lib_anim.images.camera_pose import camera_errors
from lib_anim.media.camera_reading import STILL, RecordedCamera, read_camera
from lib_anim.messages import Message, visible
from lib_anim.plan.plan import make_plan
from lib_anim.settings import settings as settings_file
from lib_anim.settings.legacy import ALIASES
from lib_anim.settings.settings import Settings
from lib_anim.settings.table import ROTATION, TRANSLATION
from lib_anim.shot.steps import Tools
from lib_anim.version import __version__

Values = NDArray[np.float64]

_FAR, _NEAR = 0.5, 0.01  # scene units: a step that is long, a path that is short
_MANY, _LOOSE = 0.5, 0.01  # a share of keys that is no thinning; a tolerance that helps then
_USUAL = 0.02  # scene units of a step: that of a translation of 4


def convert(options: ConvertOptions) -> None:
    """Write the settings of a film whose camera is that of a file. Settings that are not the camera's are kept."""
    settings = _settings(options)
    camera = _camera(options, settings)
    _say_scale(options, camera.c2w)
    changes, counted = _schedules(camera, options.tolerance)
    known = {"W": camera.size and camera.size[0], "H": camera.size and camera.size[1], "fps": camera.fps}
    changes |= {key: value for key, value in known.items() if value is not None and key not in settings.given}
    if settings.switch("camera_target"):
        changes["camera_target"] = False
    settings = settings.replace(**changes)
    error = _error(settings, camera)
    try:
        write_bytes(options.output, _as_file(settings).encode())
    except OSError as error_of_file:
        raise OutputError(cannot_be_written(options.output, error_of_file)) from None
    text = "{file}: {n} frames; {keys} keys instead of {all}, off by {error} at the most (--tolerance {tolerance})"
    _say(text, file=options.file, n=len(camera.c2w), **counted, error=_brief(error), tolerance=_brief(options.tolerance))
    if counted["keys"] > _MANY * counted["all"] and 0.0 < options.tolerance < _LOOSE:
        text = "{file}: note: to be that near it takes most of the keys; --tolerance {tolerance} leaves fewer"
        _say(text, file=options.file, tolerance=_LOOSE)
    print(visible(options.output))


def _settings(options: ConvertOptions) -> Settings:
    """Return the settings that are there, or those of a new film, with the changes of `--set`."""
    if Path(options.output).exists():
        return load_settings(options.output, options)
    return settings_file.parse({"anim_version": __version__, **dict(options.changes)})


def _camera(options: ConvertOptions, settings: Settings) -> RecordedCamera:
    """Return the camera in scene units, as long as the film. Prints notes on it. Raises SettingsError with the file's name."""
    asked = "max_frames" in {ALIASES.get(key, key) for key, _ in options.changes}
    n = int(settings.number("max_frames"))
    if asked and n < 2:
        raise SettingsError([Problem("max_frames", STILL, "it takes two frames and more")])
    try:
        camera = read_camera(Path(options.file), options.camera_format, n if asked else None)
    except FieldError as error:
        raise SettingsError([error.of(error.name if isinstance(error, ScheduleError) else "")], options.file) from None
    for note in camera.notes:
        _say("{file}: note: {note}", file=options.file, note=note)
    found = len(camera.c2w)
    if asked and found != n:
        after = Message("the camera ends early" if n < found else "the camera stands still after its last frame")
        text = "{file}: note: it has {found} frames and max_frames is {n}, which wins; {after}"
        _say(text, file=options.file, found=found, n=n, after=after)
    elif "max_frames" in settings.given and found != n:
        text = "{file}: note: it has {found} frames, which win; {film} had {n}; --set max_frames={n} keeps them"
        _say(text, file=options.file, found=found, film=options.output, n=n)
    c2w = camera.c2w.copy()
    c2w[:, :3, 3] *= options.scale
    return _as_long(replace(camera, c2w=c2w), n if asked else found)


def _as_long(camera: RecordedCamera, n: int) -> RecordedCamera:
    """Return a camera of `n` frames: cut, or at rest after its last frame."""
    at = np.minimum(np.arange(n), len(camera.c2w) - 1)
    fov, aspect = (None if column is None else column[at] for column in (camera.fov, camera.aspect))
    return replace(camera, c2w=camera.c2w[at], fov=fov, aspect=aspect)


def _say_scale(options: ConvertOptions, c2w: Values) -> None:
    """Print a note if the camera's steps are far from those of a film."""
    steps = np.linalg.norm(np.diff(c2w[:, :3, 3], axis=0), axis=1)
    longest, whole = float(steps.max()), float(steps.sum())
    if longest < _FAR and not 1e-9 < whole < _NEAR:
        return
    scale = options.scale * _USUAL / longest
    text = "{file}: note: its longest step is {step} and its path {whole} scene units, and the flat scene is 1 away; {remedy}"
    remedy = Message("if its units are others, say how many of those one is, such as --scale {scale}", scale=_brief(scale))
    _say(text, file=options.file, step=_brief(longest), whole=_brief(whole), remedy=remedy)


def _schedules(camera: RecordedCamera, tolerance: float) -> tuple[dict[str, object], dict[str, int]]:
    """Return the settings that film the camera; and how many keys they have, and would have with one on every frame."""
    translate, rotate = steps_keys(camera.c2w, tolerance)
    keys = dict(zip((*TRANSLATION, *ROTATION), (*translate, *rotate), strict=True))
    changes: dict[str, object] = {"animation_mode": "3D", "max_frames": len(camera.c2w)}
    if camera.fov is not None:
        keys["fov_schedule"] = column_keys(camera.fov, _lens_off, tolerance)
        if np.ptp(camera.fov) > 1e-6:
            changes["fov_zooms"] = True
    if camera.fov is not None and camera.aspect is not None:
        square = camera.size is not None and np.allclose(camera.aspect, camera.size[0] / camera.size[1], rtol=1e-6)
        changes["aspect_ratio_use_old_formula"] = bool(square)
        if not square:
            keys["aspect_ratio_schedule"] = column_keys(camera.aspect, _ratio_off, tolerance)
    counted = {"keys": sum(len(one.frames) for one in keys.values()), "all": len(keys) * len(camera.c2w)}
    return {**changes, **{key: _text(one) for key, one in keys.items()}}, counted


def _lens_off(wanted: Values, made: Values) -> Values:
    """Return by which shares the lengths of lenses differ, (n,), for view angles (n,)."""
    return _ratio_off(*(np.tan(np.radians(np.clip(angles, 1e-3, 179.999)) / 2.0) for angles in (wanted, made)))


def _ratio_off(wanted: Values, made: Values) -> Values:
    off: Values = np.abs(made / wanted - 1.0)
    return off


def _text(keys: Keys) -> str:
    return ", ".join(f"{frame}:({_number(value)})" for frame, value in zip(keys.frames, keys.values, strict=True))


def _number(value: float) -> str:
    """Return a number without an exponent, which schedules take for a formula."""
    text = f"{value:.10f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _error(settings: Settings, camera: RecordedCamera) -> float:
    """Return how far the camera of a film, as its settings are written, is from the recorded one, at the most."""
    plan = make_plan(settings)
    error = float(camera_errors(camera_path(plan, Tools()).c2w, camera.c2w).max())
    if camera.fov is None:
        return error
    return max(error, float(_lens_off(camera.fov, plan.numbers["fov_schedule"]).max()))


def _as_file(settings: Settings) -> str:
    """Return the text of a settings file: what is given, in the table's order."""
    kept = {*settings.given, *settings.unknown, "anim_version"}
    values: Mapping[str, object] = settings_file.to_json(settings)
    return json.dumps({key: value for key, value in values.items() if key in kept}, indent=2, ensure_ascii=False) + "\n"


def _brief(value: float) -> str:
    """Return two digits of a number."""
    return f"{float(f'{value:.2g}'):.12f}".rstrip("0").rstrip(".") if value >= 1e-10 else "0"


def _say(text: str, **values: object) -> None:
    say(Message(text, **values))
