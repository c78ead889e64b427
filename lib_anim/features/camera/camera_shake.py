"""Camera shake: the tremble of a camera that somebody holds, on top of every other move."""

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

# name -> (hertz, share) of the swings it is made of: slow sway, steps or breath, tremor
STYLES = {
    "Hand-held": ((0.35, 1.0), (0.9, 0.5), (2.3, 0.14), (7.0, 0.03)),
    "Walking": ((0.5, 0.7), (1.8, 1.0), (3.6, 0.25), (7.0, 0.05)),
    "Nervous": ((0.8, 0.6), (2.6, 0.7), (6.5, 0.35), (11.0, 0.12)),
}
_USUAL = "Hand-held"  # for the names of recorded tracks in the Forge fork's files, which are not ours to bring along
_FAR = (0.010, 0.008, 0.45)  # of width, of height, degrees: a usual swing at intensity 1


def build(settings: Settings, plan: Plan, tools: Tools) -> Steps | None:
    """On with a `shake_name` other than None where `shake_intensity`, a schedule as `shake_speed` is, is above 0.

    The seed draws the path.
    """
    if not plan.in_use("shake_speed"):
        return None
    name = settings.text("shake_name")
    style = next((one for one in STYLES if one.lower() == name.strip().lower()), None)
    warps = [_posed(settings, plan, pose) for pose in poses(STYLES[style or _USUAL], plan, settings.integer("seed"))]

    def move(canvas: Canvas, params: Params) -> Canvas:
        before = warps[params.index - 1]  # the last of all where a film that closes comes to frame 0
        return canvas.moved(before.inverse().then(warps[params.index]))

    notes = () if style else (_unknown(name),)
    return Steps(move=(move,), uses=("shake_intensity", "shake_speed"), does=style or _USUAL, notes=notes)


def _unknown(name: str) -> Message:
    """The note on a style that there is not."""
    names = ", ".join(STYLES)
    return Message("shake_name: '{name}' is not here, {usual} is used; there is {names}", name=name, usual=_USUAL, names=names)


def poses(swings: Sequence[tuple[float, float]], plan: Plan, seed: int) -> NDArray[np.float64]:
    """Where the camera is at every frame: (n_frames, 3), shift x and y in pixels, turn in degrees.

    Each axis is a sum of sines of random phase, so it is smooth, comes back, and depends on nothing but the seed. With `loop`
    the frame after the last is where frame 0 is.
    """
    ending = approach(plan.settings)
    seconds = np.cumsum(plan.numbers["shake_speed"]) / plan.timeline.fps
    seconds = np.concatenate([seconds[0] * np.arange(1 - ending, 1), seconds])  # as fast before frame 0 as at it
    rng = np.random.default_rng([seed % 2**63, 0x5A4E])
    hertz, shares = (np.array(column)[:, None] for column in zip(*swings, strict=True))
    found = []
    for far in (_FAR[0] * plan.size[0], _FAR[1] * plan.size[1], _FAR[2]):
        phase, off = rng.uniform(0.0, 2.0 * np.pi, hertz.shape), rng.uniform(0.85, 1.15, hertz.shape)
        found.append(far * (shares * np.sin(2.0 * np.pi * off * hertz * seconds + phase)).sum(axis=0))
    way = np.stack(found, axis=1)
    return closed(way[ending:], way[:ending]) * plan.numbers["shake_intensity"][:, None]


def _posed(settings: Settings, plan: Plan, pose: NDArray[np.float64]) -> Warp:
    x, y, angle = (float(value) for value in pose)
    border = settings.text("padding_mode") if settings.text("animation_mode") == "3D" else settings.text("border")
    sampling = settings.text("sampling_mode")
    return move_2d(plan.size, angle_deg=angle, translate_px=(x, y), border=border, sampling=sampling)
