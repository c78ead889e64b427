"""Presets of camera movements, the page's tiles, as schedules.

Amounts are for 12 frames a second; 2D shifts are pixels of a picture 512 wide and scale with the width. A schedule is an
amount, or an amount times a wave of the frame `{t}`, so that it can be sped up along the same path.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
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
    "use_depth_warping": False,  # where nothing knows the depth, which spares every film the note on that
    "depth_shape": "flat",
    "camera_target": False,
    "fov_schedule": FIELDS["fov_schedule"].default,
    "fov_zooms": False,
    "shake_name": "None",
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
    """One tile. `zoom` is multiplied per frame, other motions are added. `steadiness` is its recommended strength.

    `formulas` are whole formulas of the frame `{t}` and the speed `{s}`, for what does not simply grow with the speed.
    `answers` to other questions suit it; the page gives them where nobody gave others. One with a `pose` is guided by that pose
    track, an id of uploads, and is for painters with a ControlNet of poses.
    """

    label: str
    help: str
    mode: str
    steadiness: float
    moves: Mapping[str, Move] = field(default_factory=dict)
    formulas: Mapping[str, str] = field(default_factory=dict)
    zoom: str = ""  # a factor a frame, such as 1.025 or a formula of {t}
    more: Mapping[str, object] = field(default_factory=dict)
    cadence_and_steps: tuple[int, int] | None = None  # at Normal quality, if not 2 and 20
    beat: bool = False  # strength drops once in 12 frames
    answers: Mapping[str, object] = field(default_factory=dict)
    pose: str = ""


_THROB = 0.03  # the zoom on a hard beat, where that is the whole movement
_TURN = "6.2832*{t}/60"  # one turn in 60 frames
_AIMED = {"camera_target": True, "padding_mode": "reflection"}
_HALLWAY = {"use_depth_warping": True, "depth_shape": "hallway", "padding_mode": "reflection"}
_PUSH = "0.012*{s}*sin(0.10472*{t})"  # of the dolly zoom: 1/d - 1, where d is the distance of the subject after the frame
# the sum of _PUSH up to the frame, by which tan(fov/2) grows from 0.7: then the subject keeps its size
_PUSHED = "0.006*{s}*(cos(0.05236*{s})-cos(0.10472*{t}+0.05236*{s}))/sin(0.05236*{s})"

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
    "circle": Preset(
        "Circle",
        "Goes all round what is in the middle",
        "3D",
        0.64,
        formulas={"translation_x": "200*sin(0.02618*{s})", "translation_z": "200*(cos(0.02618*{s})-1)"},  # 240 frames round
        more=_AIMED,
    ),
    "figure_eight": Preset(
        "Figure eight",
        "Sways in an eight, eyes on the middle",
        "3D",
        0.66,
        {"translation_x": Move(6, f"cos({_TURN})"), "translation_y": Move(5, f"cos(2*{_TURN})")},
        more=_AIMED,
    ),
    "crane": Preset(
        "Crane",
        "Rises and sinks, eyes on the middle",
        "3D",
        0.64,
        {"translation_y": Move(5, f"sin({_TURN})"), "translation_z": Move(0.8, f"sin({_TURN})")},
        more=_AIMED,
    ),
    "dolly_zoom": Preset(
        "Dolly zoom",
        "The middle keeps its size, what is around it does not",
        "3D",
        0.66,
        formulas={"translation_z": f"200-200/(1+{_PUSH})", "fov_schedule": f"114.592*arctan(0.7+{_PUSHED})"},
        more={"fov_zooms": True, "use_depth_warping": True, "depth_shape": "hill", "padding_mode": "reflection"},
    ),
    "street": Preset(
        "Street",
        "Goes down a street, walls pass by",
        "3D",
        0.6,
        {"translation_z": Move(4), "rotation_3d_y": Move(0.3, f"cos({_TURN})")},
        more=_HALLWAY,
    ),
    "dashcam": Preset(
        "Dashcam",
        "Drives fast on a bumpy road",
        "3D",
        0.58,
        {"translation_z": Move(7), "rotation_3d_y": Move(0.5, f"sin({_TURN})")},
        more={**_HALLWAY, "shake_name": "Nervous"},
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
    "walking_person": Preset(
        "Walking person",
        "The camera rests; somebody walks across the picture by ten poses",
        "2D",
        0.3,
        more={"noise_schedule": "0:(0)", "seed_behavior": "fixed"},
        cadence_and_steps=(1, 20),
        answers={"scenes": "0s a blue person walking, a field at sunset", "shape": "wide", "length": 4.0},
        pose="poses/walking_person.json",
    ),
}
_UNIT = "cn_1_"  # the ControlNet unit of a preset with a pose
POSE_NET = "openpose"  # what is missed where there is no network of poses


# how a film moves with the beat of its music -> share of the speed that goes with it, loss of strength on it
BEATS = {"off": (0.0, 0.0), "soft": (0.5, 0.0), "hard": (1.0, 0.12)}
_BEAT = "cos(6.2832*beat_phase)"  # 1 on a beat, -1 between two; 0 on average


def motion(preset: Preset, speed: float, width: int, beat: str = "off", *, depth: bool = False) -> dict[str, object]:
    """Return a movement's settings at `speed` (2: the same path twice as fast) for a picture `width` pixels wide.

    With a `beat` of BEATS other than off it is fast on beats and slow between them; its mean speed stays. With `depth`, if
    something knows how far things are, near ones move more in 3D.
    """
    share = BEATS[beat][0]
    pulse = f"*(1+{_format(share)}*{_BEAT})" if share else ""
    written = {**_AT_REST, "use_depth_warping": depth and preset.mode == "3D", **preset.more, "animation_mode": preset.mode}
    for key, move in preset.moves.items():
        pixels = width / REFERENCE_WIDTH if preset.mode == "2D" and key.startswith("translation") else 1.0
        written[key] = f"0:({_motion_formula(move, speed, pixels)}{pulse})"
    for key, formula in preset.formulas.items():
        # where the frame counts too, a beat would not add up to the same path
        pace = f"({_format(speed)}{pulse})" if pulse and "{t}" not in formula else _format(speed)
        written[key] = f"0:({formula.format(t=_time_formula(speed), s=pace)})"
    if preset.zoom and share and preset.beat:  # its own pulse gives way to that of the music
        written["zoom"] = f"0:(1+{_format(_THROB * share)}*{_BEAT})"
    elif preset.zoom:
        zoom = _zoom_formula(preset.zoom, speed)
        written["zoom"] = f"0:(({zoom})**{pulse[1:]})" if pulse else f"0:({zoom})"
    return written


def pose_unit(preset: Preset, net: str, path: str) -> dict[str, object]:
    """Return the settings of the unit that guides by a preset's pose track at `path`; `net` is the network of poses."""
    fixed = {"enabled": True, "source": "File", "loopback_mode": False, "module": "none", "mask_vid_path": ""}
    own = {"model": net, "vid_path": path, "weight": "0:(1.3)"}
    return {_UNIT + name: value for name, value in {**fixed, **own}.items()} if preset.pose else {}


def pose_net(names: Iterable[str]) -> str:
    """Return a ControlNet of poses among those of a painter, "" if there is none: ours, or one of OpenPose."""
    return next((name for name in names if name.lower() == "pose" or "openpose" in name.lower()), "")


def own_keys(preset: Preset) -> list[str]:
    """Return the settings that this preset writes, and others do not."""
    return [key for key in (*preset.more, *pose_unit(preset, "", "")) if key not in WRITES]


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
