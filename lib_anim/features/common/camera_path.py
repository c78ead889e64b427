"""The features that move the camera, in their order, and the move that they make together. Not a feature."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

import lib_anim.features.camera.camera_2d as camera_2d
import lib_anim.features.camera.camera_3d as camera_3d
import lib_anim.features.camera.camera_shake as camera_shake
import lib_anim.features.camera.perspective_flip as perspective_flip
from lib_anim.features.common.camera_steps import STILL
from lib_anim.images.warp import Warp
from lib_anim.plan.plan import Plan
from lib_anim.settings.settings import Settings
from lib_anim.shot.canvas import Canvas
from lib_anim.shot.moves import as_filmed
from lib_anim.shot.steps import Tools

MOVING = (
    camera_2d,
    perspective_flip,  # after the 2D camera and before the 3D camera, as in Deforum
    camera_3d,
    camera_shake,
)


def moves(settings: Settings, plan: Plan, tools: Tools) -> Callable[[int], Warp]:
    """Return a function that gives the whole camera move into the frame `index`, from the frame filmed before it.

    Raises SettingsError, as the features do.
    """
    settings = settings.replace(**{STILL: False})  # its moves are from frame 0, those of the camera are the same
    built = (feature.build(settings, plan, tools) for feature in MOVING)
    steps = as_filmed(tuple(step for one in built if one for step in one.move), plan)
    blank = Canvas(np.zeros((plan.size[1], plan.size[0], 3), np.uint8))

    def move(index: int) -> Warp:
        canvas: Canvas | None = blank
        for step in steps:
            canvas = canvas and step(canvas, plan[index])
        return (canvas and canvas.travel) or Warp.identity(plan.size)

    return move
