"""Loop: the last frames are blended into the first, so that the film can be repeated without a visible seam."""

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

_EDGE = 1 / 6  # of the shorter side: the width of the window that softens the edge of the first picture inside the frame
_AFTER = 1.5  # exponent of the share blended in after painting: with 1 both pictures are visible, with 2 there is a jump
_STRIDE = 16  # frames of a stored part of the camera's path
_NO_START = "loop: this part of the film does not begin with frame 0, so its pictures do not come back to it"
_NO_END = "loop: this part of the film does not end with its last frame, so its pictures do not come back to it"


class _FirstPicture:
    """The picture that is painted first; None before it is painted."""

    def __init__(self) -> None:
        self.picture: Frame | None = None

    def state(self) -> object:
        return self.picture

    def restore(self, state: object) -> None:
        self.picture = state if isinstance(state, np.ndarray) else None


class _PathToStart:
    """The camera's path from a late place to the first one, which follows the last one. Places count the frames of the film in
    the order of filming, and `move(index)` is the move into a frame.

    The paths from every `_STRIDE`-th place are cached, so that no frame composes all moves again.
    """

    def __init__(self, move: Callable[[int], Warp], order: range):
        self._move, self._order, self._n_frames = move, order, len(order)
        self._cached: list[Warp] = []  # from 1, 2, … strides before the end to the first place

    def back(self, place: int) -> Warp:
        """Return the warp from the first place back to `place`."""
        strides, rest = divmod(self._n_frames - place, _STRIDE)
        parts = [self._compose(place, place + rest)] if rest else []
        parts += [self._from(strides)] if strides else []
        return replace(reduce(Warp.then, parts).inverse(), border="replicate")  # never repeats the first picture

    def _from(self, strides: int) -> Warp:
        while len(self._cached) < strides:
            start = self._n_frames - (len(self._cached) + 1) * _STRIDE
            stride = self._compose(start, start + _STRIDE)
            self._cached.append(stride.then(self._cached[-1]) if self._cached else stride)
        return self._cached[strides - 1]

    def _compose(self, start: int, end: int) -> Warp:
        """Compose the moves from the place `start` to the place `end`."""
        indexes = (self._order[place % self._n_frames] for place in range(start + 1, end + 1))
        return reduce(Warp.then, map(self._move, indexes))


def build(settings: Settings, plan: Plan, tools: Tools) -> Steps | None:
    """On with `loop`, in a part of the film that has the frame which is filmed first. The plan leads numbers and prompts back.

    The frames filmed last are blended with the first picture, moved back along the camera's remaining path, with a share that
    rises to 1. Most of it is blended in before painting, since the engine makes one picture of the two; the rest after it.
    """
    length = approach(settings)
    if not length:
        return None
    n_frames = plan.timeline.n_frames
    order = range(n_frames)[:: -1 if plan.backwards else 1]
    if plan.order[0] != order[0]:
        return Steps(does="left out: no frame 0", notes=(_NO_END if plan.backwards else _NO_START,))
    painted = [order.index(span.painted) for span in plan.spans]  # places in the order of filming, like all others below
    last = painted[-1] if plan.order[-1] == order[-1] else n_frames
    first, back = _FirstPicture(), lru_cache(maxsize=1)(_PathToStart(moves(settings, plan, tools), order).back)

    def share_at(place: int) -> float:
        """Return the share of the first picture, as if the place were between it and the last painted one before."""
        before = painted[bisect_left(painted, place) - 1]
        return (place - before) / (n_frames - before)

    def blend_first(canvas: Canvas, place: int, share: float) -> Canvas:
        assert first.picture is not None  # it is finished before any frame that is blended
        goal = Canvas(first.picture).moved(back(place))
        return canvas.edited(_blend(canvas, goal, share))

    def prepare(canvas: Canvas, params: Params) -> Canvas:
        place = order.index(params.index)
        if place < n_frames - length:
            return canvas
        # both blends together leave (1 - share)^2 of the canvas, as with `share` before painting and again after it
        share = share_at(place)
        return blend_first(canvas, place, 1.0 - (1.0 - share) ** 2 / (1.0 - share**_AFTER))

    def finish(canvas: Canvas, moved: Canvas | None, params: Params) -> Canvas:
        place = order.index(params.index)
        if place == 0:
            first.picture = canvas.frame
        return canvas if place < n_frames - length else blend_first(canvas, place, share_at(place) ** _AFTER)

    def show(canvas: Canvas, params: Params) -> Canvas:
        place = order.index(params.index)
        return blend_first(canvas, place, share_at(place)) if place > last else canvas

    does = f"the {'first' if plan.backwards else 'last'} {length} frames lead into the {'last' if plan.backwards else 'first'}"
    return Steps(prepare=(prepare,), finish=(finish,), show=(show,), memory={"loop": first}, does=does)


def _blend(canvas: Canvas, goal: Canvas, share: float) -> Frame:
    """Blend `share` (0..1) of `goal` into a canvas, each weighted by the parts that it covers.

    The edge of `goal` inside the frame is softened by a window of the width `_EDGE`.
    """
    side = round(_EDGE * min(goal.frame.shape[:2])) | 1
    uncovered = softened(goal.fresh, side)
    # on the whole edge, corners included, the softened mask is at least a quarter, so the factor 4 makes the weight 0 there
    goal_weights = np.float32(share) * np.maximum(1.0 - 4.0 * uncovered, 0.0)
    canvas_weights = np.float32(1.0 - share) * (1.0 - 0.98 * canvas.fresh)  # above 0, for pixels that neither covers
    return blend(canvas.frame, goal.frame, canvas_weights, goal_weights)
