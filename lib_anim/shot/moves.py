"""The move steps of a film as it is filmed: undone if it is filmed backwards, computed ahead where no picture is needed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from lib_anim.images.warp import Warp
from lib_anim.plan.plan import Params, Plan
from lib_anim.shot.canvas import Canvas
from lib_anim.shot.track import Track

Move = Callable[[Canvas, Params], Canvas | None]
MakeTrack = Callable[[Callable[[int], Warp], range, int], Track[int, Warp]]

_WINDOW = 4  # warps kept: those of one frame before another, and a few for in-between frames; each is up to 8 MB at 1024x1024


def as_filmed(moves: tuple[Move, ...], plan: Plan) -> tuple[Move, ...]:
    """Return move steps that lead from the frame filmed before a frame into it: `moves`, or a step that undoes them."""
    return (_undoing(moves, plan),) if moves and plan.backwards else moves


def computed_ahead(moves: tuple[Move, ...], plan: Plan, track: MakeTrack) -> tuple[Move, ...]:
    """Return move steps of which a single one takes its warp from a track, which computes it while the engine paints.

    The step must not depend on the picture. Several steps stay as they are, since their joint warp would differ from them by
    rounding.
    """
    if len(moves) != 1:
        return moves
    (step,), blank = moves, Canvas(np.zeros((1, 1, 3), np.uint8))

    def warp_into(index: int) -> Warp:
        moved = step(blank, plan[index])
        return (moved and moved.path) or Warp.identity(plan.size)

    warps = track(warp_into, plan.order, _WINDOW)
    return (lambda canvas, params: canvas.moved(warps(params.index)),)


def _undoing(moves: tuple[Move, ...], plan: Plan) -> Move:
    """Return a step that leads from the frame after a frame back into it: the inverse of the move from it to that frame.

    After the last frame comes frame 0, as in a film that goes round.
    """

    def move(canvas: Canvas, params: Params) -> Canvas | None:
        after = plan[(params.index + 1) % plan.timeline.n_frames]
        scene = None if canvas.depth is None else lambda: canvas.distance
        moved: Canvas | None = Canvas(canvas.origin, depth=scene)  # without the path so far, to get this move alone
        for step in moves:
            moved = moved and step(moved, after)
        if moved is None or moved.path is None:
            return moved and canvas
        return replace(canvas, depth=canvas.depth or moved.depth).moved(moved.path.inverse())

    return move
