"""Ready-made movements: what the page's tiles stand for, as schedules.

Amounts are for 12 pictures a second; shifts in 2D are pixels of a picture 512 wide and grow with it. A schedule is an amount,
or an amount times a wave of the frame `{t}`; so a speed can be laid over it that keeps the path.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from lib_anim.settings.table import FIELDS

FPS = 12
REFERENCE_WIDTH = 512  # pixels

# a film in which nothing moves; a preset names what does
_AT_REST = {
    **dict.fromkeys(("angle", "translation_x", "translation_y", "translation_z"), "0:(0)"),
    **dict.fromkeys(("rotation_3d_x", "rotation_3d_y", "rotation_3d_z"), "0:(0)"),
    "zoom": "0:(1)",
    "border": "replicate",
    "padding_mode": "border",
    "use_depth_warping": False,  # no depth model is built in yet, so scenes are flat; said here instead of in every film
    "noise_schedule": "0:(0.065)",
    "strength": FIELDS["strength"].default,
}


@dataclass(frozen=True)
class Move:
    """One motion: `amount` a frame, times `wave` when there is one; `{t}` stands for the frame."""

    amount: float
    wave: str = ""


@dataclass(frozen=True)
class Preset:
    """One tile. `zoom` multiplies, all other motions add. `steadiness` is the strength that suits it."""

    label: str
    help: str
    mode: str
    steadiness: float
    moves: Mapping[str, Move] = field(default_factory=dict)
    zoom: str = ""  # a factor a frame, such as 1.025 or a formula of {t}
    more: Mapping[str, object] = field(default_factory=dict)
    cadence_and_steps: tuple[int, int] | None = None  # of Normal quality, where not 2 and 20
    beat: bool = False  # strength sinks once in 12 frames


_TURN = "6.2832*{t}/60"  # once round in 60 frames

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


def motion(preset: Preset, speed: float, width: int) -> dict[str, object]:
    """The settings of a movement at `speed` (1 as it is, 2 the same path twice as fast) in a picture `width` pixels wide."""
    written = {**_AT_REST, **preset.more, "animation_mode": preset.mode}
    for key, move in preset.moves.items():
        pixels = width / REFERENCE_WIDTH if preset.mode == "2D" and key.startswith("translation") else 1.0
        written[key] = f"0:({_moved(move, speed, pixels)})"
    if preset.zoom:
        written["zoom"] = f"0:({_zoomed(preset.zoom, speed)})"
    return written


def strength(preset: Preset | None, steadiness: float, speed: float) -> str:
    """The formula of strength between changes of scene: `steadiness`, and the beat where the movement has one."""
    if not (preset and preset.beat):
        return _number(steadiness)
    # two frames wide where 12 frames are no longer the beat's length, so that one painted frame of cadence 2 meets each beat
    width = _number(1.0 if speed == 1.0 else 2.0 * speed)
    return f"{_number(steadiness)}-0.15*(({_time(speed)}%12)<{width})"


WRITES = (*_AT_REST, "animation_mode")


def _moved(move: Move, speed: float, scale: float) -> str:
    amount = _number(move.amount * speed * scale)
    return f"{amount}*{move.wave.format(t=_time(speed))}" if move.wave else amount


def _zoomed(factor: str, speed: float) -> str:
    if "{t}" not in factor:
        return _number(float(factor) ** speed)
    formula = factor.format(t=_time(speed))
    return formula if speed == 1.0 else f"({formula})**{_number(speed)}"


def _time(speed: float) -> str:
    return "t" if speed == 1.0 else f"({_number(speed)}*t)"


def _number(value: float) -> str:
    return f"{value:.6g}"
