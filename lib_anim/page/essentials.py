"""The essentials: the settings that follow from the answers to the questions (questions.py), and back.

Pure functions; no page. An answer of None leaves what it would write to other settings (a loaded file's).
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from lib_anim.errors import FieldError, Problem, SettingsError
from lib_anim.messages import Message
from lib_anim.page import presets, scenes
from lib_anim.page.presets import FPS, PRESETS, Preset
from lib_anim.page.questions import COHERENCE, ESSENTIALS, QUALITIES, SHAPES, Essential
from lib_anim.settings.readers import read_integer, read_number
from lib_anim.settings.settings import Settings
from lib_anim.settings.table import Field

# what a family of models was trained on: (short side, long side) of 16:9, side of a square; multiples of 64 (the toy: of 16)
_SIZES = {
    "sd1": (448, 768, 512),
    "sd2": (576, 1024, 768),
    "sdxl": (768, 1344, 1024),
    "toy": (144, 256, 256),
}
FAMILIES = tuple(_SIZES)

# every painted picture begins from the one before; samplers that add noise of their own (Euler a) make that flicker
SAMPLER = "Euler"

_FILES = {"start_picture": "init_image", "music": "soundtrack_path"}  # answer -> the setting that holds its path

# answers that decide their settings without a look at the others
_ALONE: Mapping[str, Callable[[Any], Mapping[str, object]]] = {
    "avoid": lambda words: {"animation_prompts_negative": words},
    "coherence": lambda kind: COHERENCE[kind][1],
    "seed": lambda seed: {"seed": seed},
    "start_picture": lambda picture: {"use_init": bool(picture), "init_image": picture},
    "music": lambda sound: {"add_soundtrack": "File" if sound else "None", "soundtrack_path": sound},
    "ending": lambda kind: {"loop": kind == "round"},
    "save_as": lambda kind: {"make_gif": kind == "gif", "make_webp": kind == "webp"},
}

DIP = 0.17  # of strength where the scene changes, so that the picture lets go of the scene before
_DIP_BEFORE, _DIP_AFTER, _DIP_FLOOR = 2, 6, 0.2  # frames, frames, strength


_NEAR = 0.15  # of a shape, as the logarithm of the ratio of ratios
_LONGEST = 24 * 3600.0  # seconds; longer than the slider goes, so that a number can be typed


def to_settings(
    answers: Mapping[str, object],
    *,
    family: str = "sd1",
    fps: float = FPS,
    path: Callable[[str, str], str] = lambda _key, upload_id: upload_id,
) -> dict[str, object]:
    """The settings that follow from the answers; `path` turns a setting's key and the id of an upload into its path.

    Raises SettingsError with every answer that cannot be, its key that of the essential.
    """
    problems: list[Problem] = []
    read = {key: _answer(one, answers.get(key, one.default), problems) for key, one in ESSENTIALS.items()}
    words = {key: value for key, value in read.items() if isinstance(value, str)}
    numbers = {key: value for key, value in read.items() if isinstance(value, (int, float))}
    read |= {key: _file(key, setting, words.get(key), path, problems) for key, setting in _FILES.items()}
    if problems:
        raise SettingsError(problems)
    n_frames, speed = max(1, round(numbers.get("length", 5.0) * fps)), numbers.get("speed") or 1.0
    shape, quality, movement = words.get("shape"), words.get("quality"), words.get("movement")
    size = _size(shape or "vertical", family)
    preset = PRESETS[movement] if movement else None
    written: dict[str, object] = {"fps": fps, "sampler": SAMPLER}
    if "length" in numbers:
        written["max_frames"] = n_frames
    if shape:
        written["W"], written["H"] = size
    if quality:
        written["diffusion_cadence"], written["steps"] = _pace(quality, preset)
    if preset:
        written |= presets.motion(preset, speed, size[0])
    for key, write in _ALONE.items():
        if read[key] is not None:
            written |= write(read[key])
    told = scenes.read(words["scenes"], n_frames, fps) if "scenes" in words else ()
    if told:
        written |= _prompts(told)
    if "steadiness" in numbers:
        written["strength_schedule"] = _strength(preset, numbers["steadiness"], speed, told, n_frames)
    return written


def from_settings(settings: Settings) -> dict[str, object]:
    """Answers that say as much of loaded settings as the essentials can; None where they cannot."""
    fps = settings.number("fps")
    blank = dict.fromkeys(ESSENTIALS)
    return {
        **blank,
        "scenes": scenes.written(settings.prompts, fps),
        "avoid": settings["animation_prompts_negative"],
        "length": round(settings.integer("max_frames") / fps, 6),
        "seed": settings["seed"],
        "shape": _shape(settings.integer("W") / settings.integer("H")),
        "ending": "round" if settings["loop"] else "open",
        "save_as": _format(settings.switch("make_gif"), settings.switch("make_webp")),
    }


def _answer(one: Essential, value: object, problems: list[Problem]) -> str | float | None:
    """An answer as a value of its kind, or None with its fault among the problems."""
    if value is None:
        return None
    try:
        return _READ[one.kind](one, value)
    except FieldError as error:
        problems.append(error.of(one.key))
        return None


def _number(one: Essential, value: object) -> float:
    high = _LONGEST if one.key == "length" else one.high
    kind, read = ("integer", read_integer) if one.kind == "seed" else ("number", read_number)
    return read(value, Field(kind, one.key, one.default, one.label, one.help, low=one.low, high=high))


def _chosen(one: Essential, value: object) -> str:
    if value not in dict(one.choices):
        labels = ", ".join(label for _, label in one.choices)
        raise FieldError(Message("there is no '{value}'", value=value), Message("choose one of {names}", names=labels))
    return str(value)


def _text(one: Essential, value: object) -> str:
    if not isinstance(value, str):
        raise FieldError("not a text", "write words")
    return value


_READ: Mapping[str, Callable[[Essential, object], str | float]] = {
    "lines": _text,
    "text": _text,
    "picture": _text,
    "sound": _text,
    "tiles": _chosen,
    "choice": _chosen,
    "slider": _number,
    "seed": _number,
}


def _size(shape: str, family: str) -> tuple[int, int]:
    """(width, height) in pixels."""
    short, long, square = _SIZES.get(family, _SIZES["sd1"])
    return {"vertical": (short, long), "wide": (long, short)}.get(shape, (square, square))


def _shape(ratio: float) -> str | None:
    """The shape that width by height is nearest to, if it is near to one."""
    away = {shape: abs(math.log(ratio * h / w)) for shape, (_, w, h) in SHAPES.items()}
    shape = min(away, key=lambda shape: away[shape])
    return shape if away[shape] < _NEAR else None


def _pace(quality: str, preset: Preset | None) -> tuple[int, int]:
    """(cadence, steps)."""
    if quality == "normal" and preset and preset.cadence_and_steps:
        return preset.cadence_and_steps
    return QUALITIES[quality][1:]


def _file(
    key: str, setting: str, upload_id: str | None, path: Callable[[str, str], str], problems: list[Problem]
) -> str | None:
    """The path of an upload, "" where nothing was uploaded, None where nothing is said or it is not there."""
    if not upload_id:
        return upload_id
    try:
        return path(setting, upload_id)
    except FieldError as error:
        problems.append(error.of(key))
        return None


def _format(gif: bool, webp: bool) -> str | None:
    """The answer to "Save as"; both at once only the settings can say."""
    return {(False, False): "mp4", (True, False): "gif", (False, True): "webp"}.get((gif, webp))


def _prompts(told: Sequence[scenes.Scene]) -> dict[str, object]:
    return {
        "prompts": {str(scene.frame): scene.text for scene in told},
        "prompt_blend": "none",
        "animation_prompts_positive": "",
        # the colours of the first scene would hold in all others
        "color_coherence_reference": "scene" if len(told) > 1 else "first",
        "batch_name": film_name(told[0].text),
    }


def film_name(text: str) -> str:
    """The first words of a scene as a name: `a_lighthouse_on_a_cliff`."""
    words = re.findall(r"\w+", text.partition("--neg")[0].replace("_", " "))
    return "_".join(words[:5])[:60] or "film"


def _strength(preset: Preset | None, steadiness: float, speed: float, told: Sequence[scenes.Scene], n_frames: int) -> str:
    """Strength as a schedule: it dips where a scene begins, and the painted picture follows the new words."""
    rest = presets.strength(preset, steadiness, speed)
    low = max(steadiness - DIP, _DIP_FLOOR)
    keys: dict[int, str] = {0: rest}
    for scene in told:
        if scene.frame == 0:
            continue
        before = max(0, scene.frame - _DIP_BEFORE)
        if before > max(keys, default=-1):
            keys[before] = f"{steadiness:.6g}"  # a plain number, from which a straight line leads down
        # still on the way up from the scene before: that way ends here
        keys = {frame: value for frame, value in keys.items() if frame < scene.frame}
        keys[scene.frame] = f"{low:.6g}"
        if scene.frame + _DIP_AFTER < n_frames:
            keys[scene.frame + _DIP_AFTER] = rest
    return ", ".join(f"{frame}:({value})" for frame, value in sorted(keys.items()))


def describe(family: str) -> list[dict[str, object]]:
    """The essentials as plain data for the page; tiles carry their preset's steadiness and help."""
    rows = []
    for one in ESSENTIALS.values():
        row = {name: getattr(one, name) for name in ("key", "label", "default", "help", "kind", "low", "high", "step")}
        row |= {"writes": list(one.writes), "choices": [list(choice) for choice in one.choices]}
        if one.kind == "tiles":
            row["tiles"] = {
                key: {"label": preset.label, "help": preset.help, "steadiness": preset.steadiness}
                for key, preset in PRESETS.items()
            }
        if one.key == "shape":
            row["sizes"] = {shape: list(_size(shape, family)) for shape in SHAPES}
        rows.append(row)
    return rows
