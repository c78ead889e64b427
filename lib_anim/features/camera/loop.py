"""Loop: the last frames lead into the first, so that the film can go round for ever."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache, reduce

import numpy as np

from lib_anim.features.common.camera_path import moves
from lib_anim.images.blend import blend
from lib_anim.images.frame import Frame
from lib_anim.images.masks import softened
from lib_anim.images.warp import Warp
from lib_anim.plan.loop import approach
from lib_anim.plan.plan import Params, Plan
from lib_anim.settings.settings import Settings
from lib_anim.shot.canvas import Canvas
from lib_anim.shot.steps import Steps, Tools

_RIM = 1 / 6  # of the shorter side: the window that softens the edge of the first picture inside the frame
_AFTER = 1.5  # power of the share that is dissolved in after painting: with 1 two pictures shine through, with 2 a step shows
_STRIDE = 16  # frames
_NO_START = "loop: this part of the film does not begin with frame 0, so its pictures do not come back to it"


class _First:
    """The first painted picture; None before it is."""

    def __init__(self) -> None:
        self.picture: Frame | None = None

    def state(self) -> object:
        return self.picture

    def restore(self, state: object) -> None:
        self.picture = state if isinstance(state, np.ndarray) else None


class _WayHome:
    """The camera's way to frame 0, the one after the last. Its long parts are kept, or every frame would go all of it."""

    def __init__(self, move: Callable[[int], Warp], n_frames: int):
        self._move, self._n_frames = move, n_frames
        self._kept: list[Warp] = []  # the way from one stride before the end, from two, …

    def back(self, index: int) -> Warp:
        """From frame 0 to a frame before it."""
        strides, rest = divmod(self._n_frames - index, _STRIDE)
        parts = [self._way(index, index + rest)] if rest else []
        parts += [self._from(strides)] if strides else []
        return replace(reduce(Warp.then, parts).inverse(), border="replicate")  # the first picture is there once

    def _from(self, strides: int) -> Warp:
        while len(self._kept) < strides:
            start = self._n_frames - (len(self._kept) + 1) * _STRIDE
            stride = self._way(start, start + _STRIDE)
            self._kept.append(stride.then(self._kept[-1]) if self._kept else stride)
        return self._kept[strides - 1]

    def _way(self, start: int, end: int) -> Warp:
        return reduce(Warp.then, (self._move(index % self._n_frames) for index in range(start + 1, end + 1)))


def build(settings: Settings, plan: Plan, tools: Tools) -> Steps | None:
    """On with `loop`, in a part of the film that begins with frame 0. Numbers and prompts close in the plan.

    Over the last frames every picture is drawn towards the first one, as it would be seen from there: moved back along the
    way that the camera still has to go. The painter gets most of that, since it makes one picture of two; what it leaves is
    a dissolve.
    """
    length = approach(settings)
    if not length:
        return None
    if plan.frames.start:
        return Steps(does="left out: no frame 0", notes=(_NO_START,))
    n_frames = plan.timeline.n_frames
    painted = [span.painted for span in plan.spans]
    last = painted[-1] if plan.frames.stop == n_frames else n_frames
    first, back = _First(), lru_cache(maxsize=1)(_WayHome(moves(settings, plan, tools), n_frames).back)

    def due(index: int) -> float:
        """How far a frame goes towards the first picture, were it between that and the one painted before."""
        before = painted[bisect_left(painted, index) - 1]
        return (index - before) / (n_frames - before)

    def drawn(canvas: Canvas, index: int, share: float) -> Canvas:
        assert first.picture is not None  # frame 0 comes before all that are drawn
        goal = Canvas(first.picture).moved(back(index))
        return canvas.edited(_towards(canvas, goal, share))

    def prepare(canvas: Canvas, params: Params) -> Canvas:
        if params.index < n_frames - length:
            return canvas
        share = due(params.index)  # before and after painting, or as much as that with less of it after
        return drawn(canvas, params.index, 1.0 - (1.0 - share) ** 2 / (1.0 - share**_AFTER))

    def finish(canvas: Canvas, moved: Canvas | None, params: Params) -> Canvas:
        if params.index == 0:
            first.picture = canvas.frame
        return canvas if params.index < n_frames - length else drawn(canvas, params.index, due(params.index) ** _AFTER)

    def show(canvas: Canvas, params: Params) -> Canvas:
        return drawn(canvas, params.index, due(params.index)) if params.index > last else canvas

    does = f"the last {length} frames lead into the first"
    return Steps(prepare=(prepare,), finish=(finish,), show=(show,), memory={"loop": first}, does=does)


def _towards(canvas: Canvas, goal: Canvas, share: float) -> Frame:
    """`share` (0..1) of the way from a canvas to another, each weighted by what it covers.

    The other's edge inside the frame is soft, and goes on over a strip that is narrower than that.
    """
    side = round(_RIM * min(goal.frame.shape[:2])) | 1
    beyond = softened(goal.fresh, side)
    there = np.float32(share) * np.maximum(1.0 - 4.0 * beyond, 0.0)  # a quarter is what a corner of the frame has at least
    here = np.float32(1.0 - share) * (1.0 - 0.98 * canvas.fresh)  # a little more than nothing, where neither covers
    return blend(canvas.frame, goal.frame, here, there)
