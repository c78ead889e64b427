"""Moves of a film that is filmed from its last frame to its first: those of the film, undone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from lib_anim.plan.plan import Params, Plan
from lib_anim.shot.canvas import Canvas

Move = Callable[[Canvas, Params], Canvas | None]


def as_filmed(moves: tuple[Move, ...], plan: Plan) -> tuple[Move, ...]:
    """Return move steps that lead from the frame filmed before a frame into it: `moves`, or a step that undoes them."""
    return (_undoing(moves, plan),) if moves and plan.backwards else moves


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
