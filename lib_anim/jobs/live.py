"""Live photos: the settings of a film that brings one picture to life."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from lib_anim.engines.catalog import EngineSpec
from lib_anim.errors import FieldError, Problem, SettingsError
from lib_anim.images.camera import rotations
from lib_anim.images.camera_pose import Cameras, steps_of
from lib_anim.messages import Message
from lib_anim.settings import settings as settings_file
from lib_anim.settings.settings import Settings
from lib_anim.settings.table import ROTATION, TRANSLATION
from lib_anim.version import __version__

STILL = EngineSpec("passthrough")  # paints nothing, so that it needs no weights
SUFFIXES = (".gif", ".webp", ".mp4")
MOST_PIXELS = 1024 * 576  # of a frame, unless a size is asked for
LEAST_SIDE, MOST_SIDE = 64, 2048  # pixels
FPS, SECONDS = 24.0, 3.0
LONGEST_S = 60.0

_NOTHING: Mapping[str, object] = MappingProxyType({})


@dataclass(frozen=True)
class Slider:
    """A number that people set: its range, its usual value, and the step of its slider on the page from `least` to `most`."""

    low: float
    high: float
    usual: float
    least: float
    most: float
    step: float


SLIDERS: Mapping[str, Slider] = MappingProxyType(
    {
        "motion": Slider(0, 255, 127, 0, 255, 1),
        "noise": Slider(0, 1, 0.02, 0, 0.1, 0.01),
        "guidance": Slider(1, 10, 3, 1, 10, 0.1),
    }
)


SLIDER_HELP: Mapping[str, str] = MappingProxyType(
    {
        "motion": "how far it moves",
        "noise": "how freely it moves",
        "guidance": "how clearly near things part from far ones",
    }
)


@dataclass(frozen=True)
class LivePhoto:
    """What is asked for: the picture's path and its size (width, height), three sliders, the film's length, and what paints it.

    `depth` is a depth picture, `depth_model` a network, each "" for what is there. `prompt` is for painters that read one.
    """

    photo: str
    sides: tuple[int, int]
    motion: float = SLIDERS["motion"].usual
    noise: float = SLIDERS["noise"].usual
    guidance: float = SLIDERS["guidance"].usual
    painter: str = "parallax"
    seconds: float = SECONDS
    fps: float = FPS
    size: tuple[int, int] | None = None
    ping_pong: bool = False
    formats: frozenset[str] = frozenset({".mp4"})
    depth: str = ""
    depth_model: str = ""
    prompt: str = ""
    more: Mapping[str, object] = field(default_factory=lambda: _NOTHING)

    @property
    def n_frames(self) -> int:
        """The number of frames that are filmed."""
        return max(round(self.seconds * self.fps), 2)


def fitted(sides: tuple[int, int], most_pixels: int = MOST_PIXELS) -> tuple[int, int]:
    """Return the size of the film of a picture of `sides`: its shape, multiples of 8, at most so many pixels."""
    share = min(1.0, (most_pixels / (sides[0] * sides[1])) ** 0.5)
    width, height = (min(max(round(side * share / 8) * 8, LEAST_SIDE), MOST_SIDE) for side in sides)
    return width, height


def check_slider(name: str, value: float) -> float:
    """Return the value of a slider. Raises FieldError if it is out of range."""
    slider = SLIDERS[name]
    if not slider.low <= value <= slider.high:  # also of what is no number
        reason = Message("{value} is not from {low} to {high}", value=value, low=slider.low, high=slider.high)
        raise FieldError(reason)
    return value


def live_settings(live: LivePhoto) -> Settings:
    """Return the settings of the film of a photo. Raises SettingsError for sliders and lengths out of range."""
    problems = []
    for name in SLIDERS:
        try:
            check_slider(name, getattr(live, name))
        except FieldError as error:
            problems.append(error.of(name))
    if not 0.0 < live.seconds <= LONGEST_S:
        reason = Message("{value} is not from {low} to {high}", value=live.seconds, low=0, high=LONGEST_S)
        problems.append(Problem("seconds", reason))
    if problems:
        raise SettingsError(problems, live.photo)
    width, height = live.size or fitted(live.sides)
    written = {
        "anim_version": __version__,
        "batch_name": "live_{timestring}",
        "W": width,
        "H": height,
        "max_frames": live.n_frames,
        "fps": live.fps,
        "make_gif": ".gif" in live.formats,
        "make_webp": ".webp" in live.formats,
        "ping_pong": live.ping_pong,
        "use_init": True,
        "init_image": live.photo,
        "init_image_fit": "crop",
        "still_scene": True,
        "depth_map": live.depth,
        "depth_model": live.depth_model,
        "prompts": {"0": live.prompt},
        **_AS_IT_IS,
        **_camera(live),
        **PAINTERS[live.painter](live),
        **live.more,
    }
    return settings_file.parse(written, live.photo)


# nothing changes the picture but its painter
_AS_IT_IS: Mapping[str, object] = MappingProxyType(
    {
        "animation_mode": "3D",
        "diffusion_cadence": 1,
        "noise_schedule": "0:(0)",
        "amount_schedule": "0:(0)",
        "color_coherence": "None",
        "temporal_filter_schedule": "0:(0)",
        "governor_schedule": "0:(0)",
        "enable_noise_multiplier_scheduling": False,
        "padding_mode": "border",
    }
)

# of the camera's path at a motion of 127 and a guidance of 3, in scene units: the nearest is 1 away and the farthest 2
_AHEAD, _ASIDE = 0.05, 0.07
_OF_GUIDANCE = 0.4  # the power of guidance that it goes aside by
_WOBBLE, _HALF = 0.05, 0.2  # at endless noise; the noise at which half of it is reached
_AIM = 4.0  # the distance at which the middle stays where it is: beyond the scene, since turns bring borders in
_MARGIN = 0.75  # how far ahead it goes for what it goes aside, so that no border of the picture is seen
_FOV_DEG = 50


def _camera(live: LivePhoto) -> dict[str, object]:
    """Return the schedules of a camera that leaves the picture's own place, sways around its middle, and comes back.

    With u from 0 to 2π over the film (to π, where the video itself comes back) and h = (1 - cos u)/2, it is h·ahead ahead, and
    h·(aside·sin u) aside, with a wobble of higher tones; it looks at its aim.
    """
    share = live.motion / SLIDERS["motion"].usual
    relief = (live.guidance / SLIDERS["guidance"].usual) ** _OF_GUIDANCE
    aside, wobble = share * _ASIDE * relief, share * _WOBBLE * live.noise / (live.noise + _HALF)
    ahead = max(share * _AHEAD, _MARGIN * (aside + 3.0 * wobble))
    u = np.linspace(0.0, np.pi, live.n_frames) if live.ping_pong else 2.0 * np.pi * np.arange(live.n_frames) / live.n_frames
    h = (1.0 - np.cos(u)) / 2.0
    places = h[:, None] * np.stack(
        [aside * np.sin(u) + wobble * np.sin(3.0 * u), wobble * np.sin(2.0 * u), np.full(len(u), ahead)], axis=1
    )
    translate, rotate = steps_of(_looking_at(np.array([0.0, 0.0, _AIM]), places))
    return {
        **{key: _schedule(column) for key, column in zip((*TRANSLATION, *ROTATION), (*translate.T, *rotate.T), strict=True)},
        "fov_schedule": f"0:({_FOV_DEG})",
        "aspect_ratio_use_old_formula": True,
    }


def _looking_at(point: NDArray[np.float64], places: NDArray[np.float64]) -> Cameras:
    """Return cameras at these places (n, 3), turned without a roll so that a point is in the middle."""
    ways = (point - places) / np.linalg.norm(point - places, axis=1, keepdims=True)
    cameras = np.tile(np.eye(4), (len(places), 1, 1))
    tilt, pan = np.arctan2(-ways[:, 1], ways[:, 2]), np.arcsin(ways[:, 0])
    cameras[:, :3, :3] = rotations(np.degrees(np.stack([tilt, pan, np.zeros(len(pan))], axis=1)))
    cameras[:, :3, 3] = places
    return cameras


def _schedule(column: NDArray[np.float64]) -> str:
    return ", ".join(f"{frame}:({value:.6f})" for frame, value in enumerate(column))


def _parallax(live: LivePhoto) -> dict[str, object]:
    """Nothing is painted: every frame is the picture itself, moved."""
    return {"strength": 1, "strength_schedule": "0:(1)"}


def _img2img(live: LivePhoto) -> dict[str, object]:
    """The moved picture is painted over, with one seed: noise is how much of it is painted anew, guidance the CFG scale."""
    strength = 1.0 - min(0.15 + 2.5 * live.noise, 0.75)
    return {
        "strength": 1,
        "strength_schedule": f"0:({strength:.4f})",
        "cfg_scale_schedule": f"0:({live.guidance:g})",
        "seed_behavior": "fixed",
    }


# what brings a picture to life -> its settings
PAINTERS: Mapping[str, Callable[[LivePhoto], Mapping[str, object]]] = MappingProxyType(
    {"parallax": _parallax, "img2img": _img2img}
)
