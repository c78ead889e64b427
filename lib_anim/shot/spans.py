"""The frames of a span: the way from one painted picture to the next, that picture unaltered, and the tail after it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from lib_anim.images.blend import blend, mix
from lib_anim.plan.plan import Params, Span
from lib_anim.shot.canvas import Canvas, Rendered
from lib_anim.shot.shot import Shot


@dataclass(frozen=True, eq=False)
class PaintedSpan:
    """A span and its painted picture.

    `old` is the painted picture before, `moved` that one moved on to the span's painted frame, `new` the painted one. The
    first two are None where there is nothing before.
    """

    span: Span
    old: Canvas | None
    moved: Canvas | None
    new: Canvas


def moves(shot: Shot, canvas: Canvas | None, indexes: range) -> Iterator[Canvas | None]:
    """The canvas after the move into each frame in turn; None once a move says that nothing is carried on."""
    for index in indexes:
        for step in shot.steps.move if canvas else ():
            canvas = canvas and step(canvas, shot.plan[index])
        yield canvas


def moved_to(shot: Shot, canvas: Canvas | None, indexes: range) -> Canvas | None:
    """The canvas after the moves into all of these frames."""
    for one in moves(shot, canvas, indexes):
        canvas = one
    return canvas


def frames_of(shot: Shot, painted: PaintedSpan) -> Iterator[Rendered]:
    """All frames of a span.

    The old picture is moved once more, frame by frame, so that a long span takes no more memory than a short one.
    """
    span, new = painted.span, painted.new
    if between := range(span.first, span.painted):
        ways = _approach(moves(shot, painted.old, between), painted.moved, new)
        for index, (old, seen) in zip(between, ways, strict=True):
            params, weight = shot.plan[index], (index + 1 - span.first) / (len(between) + 1)
            yield _shown(shot, _dissolve(shot, old, seen, weight, params) if old else new, params)
    yield _shown(shot, new, shot.plan[span.painted])
    tail = range(span.painted + 1, span.last + 1)
    for index, canvas in zip(tail, moves(shot, new, tail), strict=True):
        yield _shown(shot, canvas or new, shot.plan[index])


def _approach(way: Iterator[Canvas | None], moved: Canvas | None, new: Canvas) -> Iterator[tuple[Canvas | None, Canvas]]:
    """The old picture at each frame on its way to `moved`, and the new one moved back from there to that frame."""
    if moved is None or moved.travel is None:
        yield from ((old, new) for old in way)
        return
    back = moved.travel.inverse()  # to where the old picture was; from there on to each frame
    for old in way:
        yield old, new.moved(back.then(old.travel) if old and old.travel else back)


def _dissolve(shot: Shot, old: Canvas, new: Canvas, weight: float, params: Params) -> Canvas:
    """Old and new picture mixed, each weighted by what it covers."""
    for step in shot.steps.between:
        old, new = step(old, new, weight, params)
    if not (old.fresh.any() or new.fresh.any()):
        return Canvas(mix(old.frame, new.frame, 1.0 - weight, weight))
    # where neither covers, the plain dissolve: hence a little more than nothing for new ground
    old_weights = (np.float32(1.02) - old.fresh) * np.float32(1.0 - weight)
    new_weights = (np.float32(1.02) - new.fresh) * np.float32(weight)
    return Canvas(blend(old.frame, new.frame, old_weights, new_weights))


def _shown(shot: Shot, canvas: Canvas, params: Params) -> Rendered:
    for step in shot.steps.show:
        canvas = step(canvas, params)
    return Rendered(params.index, canvas.frame, params.painted, canvas.notes)
