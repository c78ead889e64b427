"""The frames of a span: the in-between frames before its painted picture, that picture, and the frames after it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from lib_anim.images.blend import blend, mix
from lib_anim.plan.plan import Params, Span
from lib_anim.shot.canvas import Canvas, Rendered
from lib_anim.shot.shot import Shot


@dataclass(frozen=True, eq=False)
class PaintedSpan:
    """A span and its painted picture.

    `old` is the painted picture before, `moved` is `old` after the moves to the span's painted frame, `new` the painted
    picture. The first two are None if there is no picture before.
    """

    span: Span
    old: Canvas | None
    moved: Canvas | None
    new: Canvas


def moves(shot: Shot, canvas: Canvas | None, indexes: Iterable[int]) -> Iterator[Canvas | None]:
    """Yield the canvas after the move into each frame in turn; None from the frame on at which a move step returns None."""
    for index in indexes:
        for step in shot.steps.move if canvas else ():
            canvas = canvas and step(canvas, shot.plan[index])
        yield canvas


def moved_to(shot: Shot, canvas: Canvas | None, indexes: Iterable[int]) -> Canvas | None:
    """Return the canvas after the moves into all of these frames."""
    for one in moves(shot, canvas, indexes):
        canvas = one
    return canvas


def frames_of(shot: Shot, painted: PaintedSpan) -> Iterator[Rendered]:
    """Yield all frames of a span.

    The moves of the old picture are computed again, frame by frame, so that memory does not grow with the span's length.
    """
    span, new = painted.span, painted.new
    if between := span.moves[:-1]:
        pairs = _align(moves(shot, painted.old, between), painted.moved, new)
        for place, (index, (old, aligned)) in enumerate(zip(between, pairs, strict=True), 1):
            params, weight = shot.plan[index], place / len(span.moves)
            yield _render(shot, _dissolve(shot, old, aligned, weight, params) if old else new, params)
    yield _render(shot, new, shot.plan[span.painted])
    for index, canvas in zip(span.tail, moves(shot, new, span.tail), strict=True):
        yield _render(shot, canvas or new, shot.plan[index])


def _align(olds: Iterator[Canvas | None], moved: Canvas | None, new: Canvas) -> Iterator[tuple[Canvas | None, Canvas]]:
    """Yield for each in-between frame the old picture there, and the new one moved back to the same camera position."""
    if moved is None or moved.travel is None:
        yield from ((old, new) for old in olds)
        return
    back = moved.travel.inverse()  # to the position of the old picture; `travel` leads from there to each frame
    for old in olds:
        yield old, new.moved(back.then(old.travel) if old and old.travel else back)


def _dissolve(shot: Shot, old: Canvas, new: Canvas, weight: float, params: Params) -> Canvas:
    """Blend the old and the new picture, each weighted by the parts that it covers."""
    for step in shot.steps.between:
        old, new = step(old, new, weight, params)
    depth = None if old.depth is None else lambda: old.distance
    if not (old.fresh.any() or new.fresh.any()):
        return Canvas(mix(old.frame, new.frame, 1.0 - weight, weight), depth=depth)
    # uncovered pixels keep a small weight, so that pixels uncovered in both pictures are dissolved plainly
    old_weights = (np.float32(1.02) - old.fresh) * np.float32(1.0 - weight)
    new_weights = (np.float32(1.02) - new.fresh) * np.float32(weight)
    return Canvas(blend(old.frame, new.frame, old_weights, new_weights), depth=depth)


def _render(shot: Shot, canvas: Canvas, params: Params) -> Rendered:
    """Run the `show` steps on a frame."""
    for step in shot.steps.show:
        canvas = step(canvas, params)
    return Rendered(params.index, canvas.frame, params.painted, canvas.notes)
