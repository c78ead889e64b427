"""Loop: the last frames lead into the first, so that the film can go round for ever."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import replace
from functools import lru_cache, reduce

import cv2
import numpy as np

from lib_anim.closing import approach
from lib_anim.features.moving import moves
from lib_anim.frame import Frame
from lib_anim.plan import Params, Plan
from lib_anim.settings import Settings
from lib_anim.shot import Canvas, Steps, Tools
from lib_anim.warp import Warp

_RIM = 1 / 24  # of the shorter side: sigma of the soft edge of the first picture, where it is smaller than the frame
_NO_START = "loop: this part of the film does not begin with frame 0, so its pictures do not come back to it"


class _First:
    """The first painted picture; None before it is."""

    def __init__(self) -> None:
        self.picture: Frame | None = None

    def state(self) -> object:
        return self.picture

    def restore(self, state: object) -> None:
        self.picture = state


def build(settings: Settings, plan: Plan, tools: Tools) -> Steps | None:
    """On with `loop`, in a part of the film that begins with frame 0. Numbers and prompts close in the plan.

    Over the last frames every picture is drawn towards the first one, as it would be seen from there: moved back along the
    way that the camera still has to go. What differs fades evenly.
    """
    length = approach(settings)
    if not length:
        return None
    if plan.frames.start:
        return Steps(does="left out: no frame 0", notes=(_NO_START,))
    n_frames = plan.timeline.n_frames
    painted = [span.painted for span in plan.spans]
    last = painted[-1] if plan.frames.stop == n_frames else n_frames
    move, first = moves(settings, plan, tools), _First()

    @lru_cache(maxsize=1)
    def back(index: int) -> Warp:
        """From frame 0, the one after the last, to a frame."""
        way = reduce(Warp.then, map(move, (*range(index + 1, n_frames), 0)))
        return replace(way.inverse(), border="replicate")  # the first picture is there once

    def share(index: int) -> float:
        """Of the first picture in a frame: as if the one painted before dissolved into it until the end of the film."""
        before = painted[bisect_left(painted, index) - 1]
        return (index - before) / (n_frames - before)

    def drawn(canvas: Canvas, params: Params) -> Canvas:
        goal = Canvas(first.picture).moved(back(params.index))
        return canvas.edited(_towards(canvas, goal, share(params.index)))

    def prepare(canvas: Canvas, params: Params) -> Canvas:
        return drawn(canvas, params) if params.index >= n_frames - length else canvas

    def finish(canvas: Canvas, moved: Canvas | None, params: Params) -> Canvas:
        if params.index == 0:
            first.picture = canvas.frame
        return prepare(canvas, params)

    def show(canvas: Canvas, params: Params) -> Canvas:
        return drawn(canvas, params) if params.index > last else canvas

    does = f"the last {length} frames lead into the first"
    return Steps(prepare=(prepare,), finish=(finish,), show=(show,), memory={"loop": first}, does=does)


def _towards(canvas: Canvas, goal: Canvas, share: float) -> Frame:
    """`share` (0..1) of the way from a canvas to another, each weighted by what it covers; the other's edge is soft."""
    sigma = _RIM * min(goal.frame.shape[:2])
    uncovered = cv2.GaussianBlur(goal.fresh, (0, 0), sigma, borderType=cv2.BORDER_CONSTANT)  # the frame's edge is none
    there = np.float32(share) * (1.0 - goal.fresh) * np.maximum(1.0 - 2.0 * uncovered, 0.0)
    return cv2.blendLinear(canvas.frame, goal.frame, np.float32(1.0 - share) * (1.02 - canvas.fresh), there)
