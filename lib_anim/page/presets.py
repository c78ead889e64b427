"""Presets of camera movements, the page's tiles, as schedules.

Amounts are for 12 frames a second; 2D shifts are pixels of a picture 512 wide and scale with the width. A schedule is an
amount, or an amount times a wave of the frame `{t}`, so that it can be sped up along the same path.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from lib_anim.settings.table import FIELDS

FPS = 12
REFERENCE_WIDTH = 512  # pixels

# settings of a still camera, which presets override
_AT_REST = {
    **dict.fromkeys(("angle", "translation_x", "translation_y", "translation_z"), "0:(0)"),
    **dict.fromkeys(("rotation_3d_x", "rotation_3d_y", "rotation_3d_z"), "0:(0)"),
    "zoom": "0:(1)",
    "border": "replicate",
    "padding_mode": "border",
    "use_depth_warping": False,  # no depth model is built in yet; this avoids a note in every film
    "noise_schedule": "0:(0.065)",
    "strength": FIELDS["strength"].default,
}


@dataclass(frozen=True)
class Move:
    """One motion: `amount` a frame, times `wave` if given, a formula of the frame `{t}`."""

    amount: float
    wave: str = ""


@dataclass(frozen=True)
class Preset:
    """One tile. `zoom` is multiplied per frame, other motions are added. `steadiness` is its recommended strength."""

    label: str
    help: str
    mode: str
    steadiness: float
    moves: Mapping[str, Move] = field(default_factory=dict)
    zoom: str = ""  # a factor a frame, such as 1.025 or a formula of {t}
    more: Mapping[str, object] = field(default_factory=dict)
    cadence_and_steps: tuple[int, int] | None = None  # at Normal quality, if not 2 and 20
    beat: bool = False  # strength drops once in 12 frames


_THROB = 0.03  # the zoom on a hard beat, where that is the whole movement
_TURN = "6.2832*{t}/60"  # one turn in 60 frames

PRESETS = {
    "infinite_zoom": Preset(
        "Infinite zoom", "Goes in for ever", "2D", 0.62, {"angle": Move(0.4, f"sin({_TURN})")}, zoom="1.025"
    ),
    "spiral": Preset("Spiral", "Goes in and turns", "2D", 0.60, {"angle": Move(1.5)}, zoom="1.02"),
    "fly_through": Preset(
        "Fly through",
        "Flies ahead and looks around",
        "3D",
        0.62,
        {
            "translation_z": Move(2),
            "rotation_3d_y": Move(0.5, f"cos({_TURN})"),
            "rotation_3d_z": Move(0.3, f"sin({_TURN})"),
        },
    ),
    "pull_back": Preset(
        "Pull back", "Backs away, more comes in", "3D", 0.55, {"translation_z": Move(-2.5)}, more={"padding_mode": "reflection"}
    ),
    "orbit": Preset(
        "Orbit",
        "Swings around what is in the middle",
        "3D",
        0.68,
        {"translation_x": Move(5, f"cos({_TURN})"), "rotation_3d_y": Move(-1.43, f"cos({_TURN})")},
        more={"padding_mode": "reflection"},
    ),
    "sideways": Preset("Sideways", "Passes by", "2D", 0.62, {"translation_x": Move(-4)}, more={"border": "wrap"}),
    "heartbeat": Preset("Heartbeat", "Pulses twice a second", "2D", 0.68, zoom="1+0.03*sin(6.2832*{t}/6)", beat=True),
    "living_picture": Preset(
        "Living picture",
        "Barely moves; for a start picture of yours",
        "3D",
        0.78,
        {"translation_z": Move(0.8, f"sin({_TURN})"), "translation_x": Move(0.6, f"cos({_TURN})")},
        more={"noise_schedule": "0:(0.03)"},
        cadence_and_steps=(3, 25),
    ),
}


# how a film moves with the beat of its music -> share of the speed that goes with it, loss of strength on it
BEATS = {"off": (0.0, 0.0), "soft": (0.5, 0.0), "hard": (1.0, 0.12)}
_BEAT = "cos(6.2832*beat_phase)"  # 1 on a beat, -1 between two; 0 on average


def motion(preset: Preset, speed: float, width: int, beat: str = "off") -> dict[str, object]:
    """Return a movement's settings at `speed` (2: the same path twice as fast) for a picture `width` pixels wide.

    With a `beat` of BEATS other than off it is fast on beats and slow between them; its mean speed stays.
    """
    share = BEATS[beat][0]
    pulse = f"*(1+{_format(share)}*{_BEAT})" if share else ""
    written = {**_AT_REST, **preset.more, "animation_mode": preset.mode}
    for key, move in preset.moves.items():
        pixels = width / REFERENCE_WIDTH if preset.mode == "2D" and key.startswith("translation") else 1.0
        written[key] = f"0:({_motion_formula(move, speed, pixels)}{pulse})"
    if preset.zoom and share and preset.beat:  # its own pulse gives way to that of the music
        written["zoom"] = f"0:(1+{_format(_THROB * share)}*{_BEAT})"
    elif preset.zoom:
        zoom = _zoom_formula(preset.zoom, speed)
        written["zoom"] = f"0:(({zoom})**{pulse[1:]})" if pulse else f"0:({zoom})"
    return written


def strength(preset: Preset | None, steadiness: float, speed: float, beat: str = "off") -> str:
    """Return the formula of strength between scene changes: `steadiness`, with the beat of the music or of the movement."""
    share, loss = BEATS[beat]
    if loss:
        return f"{_format(steadiness)}-{_format(loss)}*beat"
    if share or not (preset and preset.beat):
        return _format(steadiness)
    # the drop lasts two frames where the beat is not 12 frames long, so that a frame painted at cadence 2 is in each
    width = _format(1.0 if speed == 1.0 else 2.0 * speed)
    return f"{_format(steadiness)}-0.15*(({_time_formula(speed)}%12)<{width})"


WRITES = (*_AT_REST, "animation_mode")


def _motion_formula(move: Move, speed: float, scale: float) -> str:
    amount = _format(move.amount * speed * scale)
    return f"{amount}*{move.wave.format(t=_time_formula(speed))}" if move.wave else amount


def _zoom_formula(factor: str, speed: float) -> str:
    if "{t}" not in factor:
        return _format(float(factor) ** speed)
    formula = factor.format(t=_time_formula(speed))
    return formula if speed == 1.0 else f"({formula})**{_format(speed)}"


def _time_formula(speed: float) -> str:
    return "t" if speed == 1.0 else f"({_format(speed)}*t)"


def _format(value: float) -> str:
    return f"{value:.6g}"
