"""Camera shake: the tremble of a hand-held camera, in addition to all other moves."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lib_anim.images.camera import move_2d
from lib_anim.images.warp import Warp
from lib_anim.messages import Message
from lib_anim.plan.loop import approach, closed
from lib_anim.plan.plan import Params, Plan
from lib_anim.settings.settings import Settings
from lib_anim.shot.canvas import Canvas
from lib_anim.shot.steps import Steps, Tools

# name -> (frequency in hertz, relative amplitude) of its oscillations: slow sway, steps or breath, tremor
STYLES = {
    "Hand-held": ((0.35, 1.0), (0.9, 0.5), (2.3, 0.14), (7.0, 0.03)),
    "Walking": ((0.5, 0.7), (1.8, 1.0), (3.6, 0.25), (7.0, 0.05)),
    "Nervous": ((0.8, 0.6), (2.6, 0.7), (6.5, 0.35), (11.0, 0.12)),
}
_USUAL = "Hand-held"  # replaces the recorded tracks that files of the Forge fork name; these cannot be redistributed
_AMPLITUDES = (0.010, 0.008, 0.45)  # of x as a share of the width, of y of the height, of the angle in degrees, at intensity 1


def build(settings: Settings, plan: Plan, tools: Tools) -> Steps | None:
    """On with a `shake_name` other than None if `shake_intensity` is above 0 at any frame. The seed determines the path."""
    if not plan.in_use("shake_speed"):
        return None
    name = settings.text("shake_name")
    style = next((one for one in STYLES if one.lower() == name.strip().lower()), None)
    path = poses(STYLES[style or _USUAL], plan, settings.integer("seed"))

    def move(canvas: Canvas, params: Params) -> Canvas:
        # for frame 0, which `loop` moves into from the last frame, the pose before is the last one
        before, here = (_warp(settings, plan, path[index]) for index in (params.index - 1, params.index))
        return canvas.moved(before.inverse().then(here))

    notes = () if style else (_unknown(name),)
    return Steps(move=(move,), moves_ahead=True, uses=("shake_intensity", "shake_speed"), does=style or _USUAL, notes=notes)


def _unknown(name: str) -> Message:
    """Return the note on an unknown style."""
    names = ", ".join(STYLES)
    return Message("shake_name: '{name}' is not here, {usual} is used; there is {names}", name=name, usual=_USUAL, names=names)


def poses(swings: Sequence[tuple[float, float]], plan: Plan, seed: int) -> NDArray[np.float64]:
    """Return the pose of the camera at every frame: (n_frames, 3), shift x and y in pixels, angle in degrees.

    Each is a sum of sines with random phases and slightly varied frequencies: smooth, bounded, and determined by the seed.
    With `loop` the pose after the last frame is that of frame 0.
    """
    ending = approach(plan.settings)
    seconds = np.cumsum(plan.numbers["shake_speed"]) / plan.timeline.fps
    seconds = np.concatenate([seconds[0] * np.arange(1 - ending, 1), seconds])  # before frame 0 with the speed of frame 0
    rng = np.random.default_rng([seed % 2**63, 0x5A4E])
    hertz, shares = (np.array(column)[:, None] for column in zip(*swings, strict=True))
    found = []
    for amplitude in (_AMPLITUDES[0] * plan.size[0], _AMPLITUDES[1] * plan.size[1], _AMPLITUDES[2]):
        phase, factor = rng.uniform(0.0, 2.0 * np.pi, hertz.shape), rng.uniform(0.85, 1.15, hertz.shape)
        found.append(amplitude * (shares * np.sin(2.0 * np.pi * factor * hertz * seconds + phase)).sum(axis=0))
    path = np.stack(found, axis=1)
    return closed(path[ending:], path[:ending]) * plan.numbers["shake_intensity"][:, None]


def _warp(settings: Settings, plan: Plan, pose: NDArray[np.float64]) -> Warp:
    """Return the warp from the resting camera to a pose."""
    x, y, angle = (float(value) for value in pose)
    border = settings.text("padding_mode") if settings.text("animation_mode") == "3D" else settings.text("border")
    sampling = settings.text("sampling_mode")
    return move_2d(plan.size, angle_deg=angle, translate_px=(x, y), border=border, sampling=sampling)
