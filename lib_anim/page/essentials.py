"""The essentials: from answers to the questions of questions.py to settings, and back.

Pure functions; no page. An answer of None writes no settings, so that those of a loaded file stay.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from lib_anim.errors import FieldError, Problem, SettingsError
from lib_anim.messages import Message
from lib_anim.page import presets, scenes
from lib_anim.page.pictures import sides
from lib_anim.page.presets import FPS, PRESETS, Preset
from lib_anim.page.questions import COHERENCE, ESSENTIALS, QUALITIES, SHAPES, Essential, defaults
from lib_anim.settings.readers import read_integer, read_number
from lib_anim.settings.settings import Settings
from lib_anim.settings.table import Field

# training sizes of model families: (short side, long side) of 16:9, side of a square; multiples of 64 (the toy: of 16)
_SIZES = {
    "sd1": (448, 768, 512),
    "sd2": (576, 1024, 768),
    "sdxl": (768, 1344, 1024),
    "large": (768, 1344, 1024),
    "wan": (480, 832, 640),
    "toy": (144, 256, 256),
}
FAMILIES = tuple(_SIZES)

# each picture is painted over the one before; ancestral samplers (Euler a) add noise, which flickers
SAMPLER = "Euler"

_UPLOADS = {"start_picture": "init_image", "music": "soundtrack_path"}  # answer -> the setting for its path

# answers whose settings depend on no other answer
_INDEPENDENT: Mapping[str, Callable[[Any], Mapping[str, object]]] = {
    "avoid": lambda words: {"animation_prompts_negative": words},
    "coherence": lambda kind: COHERENCE[kind][1],
    "seed": lambda seed: {"seed": seed},
    "start_picture": lambda picture: {"use_init": bool(picture), "init_image": picture},
    "music": lambda sound: {"add_soundtrack": "File" if sound else "None", "soundtrack_path": sound},
    "tempo": lambda bpm: {"bpm": bpm},
    "ending": lambda kind: {"loop": kind == "round"},
    "save_as": lambda kind: {"make_gif": kind == "gif", "make_webp": kind == "webp"},
}

_POSES = "cn_1_vid_path"  # the setting for a movement's pose track

DIP = 0.17  # subtracted from strength at a scene change, so that the picture follows the new scene
_DIP_BEFORE, _DIP_AFTER, _DIP_FLOOR = 2, 6, 0.2  # frames, frames, strength


_MOST_RATIO, _SHAPE_STEP = 3.0, 16  # of a film with the shape of its start picture: sides' quotient; pixels
_SHAPE_TOLERANCE = 0.15  # maximum |log| of the quotient of two aspect ratios
_MAX_LENGTH_S = 24 * 3600.0  # seconds; a typed number may exceed the slider


def to_settings(
    answers: Mapping[str, object],
    *,
    family: str = "sd1",
    fps: float = FPS,
    path: Callable[[str, str], str] = lambda _key, upload_id: upload_id,
    pose: str = "",
    depth: bool = False,
) -> dict[str, object]:
    """Convert answers to settings. `path(setting, upload_id)` returns an upload's path, `pose` is the painter's ControlNet of
    poses, `depth` says whether something knows how far things are in its pictures.

    Raises SettingsError with every invalid answer, under the essential's key.
    """
    read, words, numbers = _read_answers({**defaults(family), **answers}, path)
    n_frames, speed = max(1, round(numbers.get("length", 5.0) * fps)), numbers.get("speed") or 1.0
    shape, quality, movement = words.get("shape"), words.get("quality"), words.get("movement")
    size = _choose_size(shape or "vertical", family)
    preset = PRESETS[movement] if movement else None
    beat = (words.get("beat") if words.get("music") else None) or "off"
    written: dict[str, object] = {"fps": fps, "sampler": SAMPLER}
    if "length" in numbers:
        written["max_frames"] = n_frames
    if shape:
        written["W"], written["H"] = size
    if read["start_picture"] and words.get("start_fit"):
        written |= _write_fit(str(read["start_picture"]), words["start_fit"], family)
    if quality:
        written["diffusion_cadence"], written["steps"] = _choose_pace(quality, preset)
    if preset:
        written |= presets.motion(preset, speed, size[0], beat, depth=depth)
        if preset.pose:
            written |= presets.pose_unit(preset, pose or presets.POSE_NET, _resolve_poses(preset.pose, path))
    for key, write in _INDEPENDENT.items():
        if read[key] is not None:
            written |= write(read[key])
    found = scenes.read(words["scenes"], n_frames, fps) if "scenes" in words else ()
    if found:
        written |= _write_prompts(found)
    if "steadiness" in numbers:
        rest = presets.strength(preset, numbers["steadiness"], speed, beat)
        written["strength_schedule"] = _write_strength(rest, numbers["steadiness"], found, n_frames)
    return written


class _Answers(NamedTuple):
    """All answers, with paths in place of ids of uploads; of these the texts, and the numbers, without those."""

    all: Mapping[str, object]
    words: Mapping[str, str]
    numbers: Mapping[str, float]


def _read_answers(given: Mapping[str, object], path: Callable[[str, str], str]) -> _Answers:
    """Read an answer to each essential. Raises SettingsError with every invalid one."""
    problems: list[Problem] = []
    read = {key: _read_answer(one, given[key], problems) for key, one in ESSENTIALS.items()}
    words = {key: value for key, value in read.items() if isinstance(value, str)}
    numbers = {key: value for key, value in read.items() if isinstance(value, (int, float))}
    read |= {key: _resolve_upload(key, setting, words.get(key), path, problems) for key, setting in _UPLOADS.items()}
    if problems:
        raise SettingsError(problems)
    return _Answers(read, words, numbers)


def from_settings(settings: Settings) -> dict[str, object]:
    """Convert settings to answers, as far as possible; others are None."""
    fps = settings.number("fps")
    blank = dict.fromkeys(ESSENTIALS)
    return {
        **blank,
        "scenes": scenes.format_scenes(settings.prompts, fps, settings.integer("max_frames")),
        "avoid": settings["animation_prompts_negative"],
        "length": round(settings.integer("max_frames") / fps, 6),
        "seed": settings["seed"],
        "shape": _nearest_shape(settings.integer("W") / settings.integer("H")),
        "ending": "round" if settings["loop"] else "open",
        "save_as": _video_format(settings.switch("make_gif"), settings.switch("make_webp")),
    }


def _read_answer(one: Essential, value: object, problems: list[Problem]) -> str | float | None:
    """Read an answer as its kind; on an error return None and append to `problems`."""
    if value is None:
        return None
    try:
        return _READERS[one.kind](one, value)
    except FieldError as error:
        problems.append(error.of(one.key))
        return None


def _read_number(one: Essential, value: object) -> float:
    high = _MAX_LENGTH_S if one.key == "length" else one.high
    kind, read = ("integer", read_integer) if one.kind == "seed" else ("number", read_number)
    return read(value, Field(kind, one.key, one.default, one.label, one.help, low=one.low, high=high))


def _read_choice(one: Essential, value: object) -> str:
    if not isinstance(value, str) or value not in dict(one.choices):
        labels = ", ".join(label for _, label in one.choices)
        raise FieldError(Message("there is no '{value}'", value=value), Message("choose one of {names}", names=labels))
    return value


def _read_text(one: Essential, value: object) -> str:
    if not isinstance(value, str):
        raise FieldError("not a text", "write words")
    return value


_READERS: Mapping[str, Callable[[Essential, object], str | float]] = {
    "lines": _read_text,
    "text": _read_text,
    "picture": _read_text,
    "sound": _read_text,
    "tiles": _read_choice,
    "choice": _read_choice,
    "slider": _read_number,
    "seed": _read_number,
    "tempo": _read_number,
}


def _choose_size(shape: str, family: str) -> tuple[int, int]:
    """Return (width, height) in pixels."""
    short, long, square = _SIZES.get(family, _SIZES["sd1"])
    return {"vertical": (short, long), "wide": (long, short)}.get(shape, (square, square))


def _write_fit(picture: str, fit: str, family: str) -> dict[str, object]:
    """Return the settings for the start picture at a path; the film's size, if it takes the picture's shape."""
    if fit != "shape":
        return {"init_image_fit": fit}
    width, height = sides(picture)
    root = math.sqrt(min(max(width / height, 1 / _MOST_RATIO), _MOST_RATIO))
    square = _choose_size("square", family)[0]
    w, h = (max(_SHAPE_STEP, round(side / _SHAPE_STEP) * _SHAPE_STEP) for side in (square * root, square / root))
    return {"init_image_fit": "crop", "W": w, "H": h}


def _nearest_shape(ratio: float) -> str | None:
    """Return the shape nearest to an aspect ratio, or None if none is near."""
    away = {shape: abs(math.log(ratio * h / w)) for shape, (_, w, h) in SHAPES.items()}
    shape = min(away, key=lambda shape: away[shape])
    return shape if away[shape] < _SHAPE_TOLERANCE else None


def _choose_pace(quality: str, preset: Preset | None) -> tuple[int, int]:
    """Return (cadence, steps)."""
    if quality == "normal" and preset and preset.cadence_and_steps:
        return preset.cadence_and_steps
    return QUALITIES[quality][1:]


def _resolve_upload(
    key: str, setting: str, upload_id: str | None, path: Callable[[str, str], str], problems: list[Problem]
) -> str | None:
    """Return the path of an upload, "" for no upload, None for no answer or a missing file (a problem)."""
    if not upload_id:
        return upload_id
    try:
        return path(setting, upload_id)
    except FieldError as error:
        problems.append(error.of(key))
        return None


def _resolve_poses(own_id: str, path: Callable[[str, str], str]) -> str:
    """Return the path of a movement's pose track. Raises SettingsError if it is not installed."""
    try:
        return path(_POSES, own_id)
    except FieldError as error:
        raise SettingsError([error.of("movement")]) from None


def _video_format(gif: bool, webp: bool) -> str | None:
    """Return the answer to "Save as"; None for both formats at once."""
    return {(False, False): "mp4", (True, False): "gif", (False, True): "webp"}.get((gif, webp))


def _write_prompts(found: Sequence[scenes.Scene]) -> dict[str, object]:
    return {
        "prompts": {str(scene.frame): scene.text for scene in found},
        "prompt_blend": "none",
        "animation_prompts_positive": "",
        # otherwise the colours of the first scene would be kept in all others
        "color_coherence_reference": "scene" if len(found) > 1 else "first",
        "batch_name": film_name(found[0].text),
    }


def film_name(text: str) -> str:
    """Make a name from the first words of a scene: `a_lighthouse_on_a_cliff`."""
    words = re.findall(r"\w+", text.partition("--neg")[0].replace("_", " "))
    return "_".join(words[:5])[:60] or "film"


def _write_strength(rest: str, steadiness: float, found: Sequence[scenes.Scene], n_frames: int) -> str:
    """Return strength as a schedule that dips where a scene begins, so that the picture follows the new prompt; `rest` is its
    formula between these."""
    low = max(steadiness - DIP, _DIP_FLOOR)
    keys: dict[int, str] = {0: rest}
    for scene in found:
        if scene.frame == 0:
            continue
        before = max(0, scene.frame - _DIP_BEFORE)
        if before > max(keys, default=-1):
            keys[before] = f"{steadiness:.6g}"  # a constant, from which strength falls linearly
        # the rise after the scene before ends here
        keys = {frame: value for frame, value in keys.items() if frame < scene.frame}
        keys[scene.frame] = f"{low:.6g}"
        if scene.frame + _DIP_AFTER < n_frames:
            keys[scene.frame + _DIP_AFTER] = rest
    return ", ".join(f"{frame}:({value})" for frame, value in sorted(keys.items()))


def describe(family: str, pose: str = "") -> list[dict[str, object]]:
    """Describe the essentials for the page, with their tiles; `pose` is the painter's ControlNet of poses, without which tiles
    with poses are not offered."""
    rows, answers = [], defaults(family)
    for one in ESSENTIALS.values():
        row = {name: getattr(one, name) for name in ("key", "label", "help", "kind", "low", "high", "step")}
        row |= {"default": answers[one.key], "writes": list(one.writes), "choices": [list(choice) for choice in one.choices]}
        if one.kind == "tiles":
            row["tiles"] = {
                key: _describe_tile(preset, offered=bool(pose) or not preset.pose) for key, preset in PRESETS.items()
            }
        if one.key == "shape":
            row["sizes"] = {shape: list(_choose_size(shape, family)) for shape in SHAPES}
        rows.append(row)
    return rows


def _describe_tile(preset: Preset, *, offered: bool) -> dict[str, object]:
    row = {"label": preset.label, "help": preset.help, "steadiness": preset.steadiness, "offered": offered}
    return {**row, "answers": dict(preset.answers), "writes": presets.own_keys(preset)}
