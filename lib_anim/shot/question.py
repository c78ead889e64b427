"""What the engine is asked next: a function of the shot, how far it is filmed, and the last painted pictures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from lib_anim.engines.base import SampleRequest
from lib_anim.plan.plan import Span
from lib_anim.shot.canvas import Canvas
from lib_anim.shot.painting import Take, paint
from lib_anim.shot.shot import Shot
from lib_anim.shot.spans import moves


@dataclass(frozen=True, eq=False)
class Question:
    """A take that is asked for: its spans, the request that each began with, and the painting of them all.

    `moved` is the last painted picture moved on to the first of these spans; None where there is none.
    """

    spans: tuple[Span, ...]
    requests: tuple[SampleRequest, ...]
    moved: Canvas | None
    take: Take


def pose(shot: Shot, done: int, kept: Sequence[Canvas]) -> Question:
    """The question after `done` spans: about as many spans as the engine paints as one motion, beside those it overlaps.

    `kept` are the last painted pictures, the newest last.
    """
    anchors = tuple(_anchors(shot, done, kept[-shot.clip.overlap :] if shot.clip.overlap else ()))
    spans = shot.plan.spans[done : done + shot.clip.length - len(anchors)]
    start = None if kept else _start(shot, spans[0])
    canvas, first = (kept[-1], spans[0].first) if kept else (start, spans[0].painted + 1)
    painted, way = {span.painted for span in spans}, range(first, spans[-1].painted + 1)
    moved = {index: one for index, one in zip(way, moves(shot, canvas, way), strict=True) if index in painted}
    requests = tuple(_request(shot, index, moved.get(index, start), moved.get(index)) for index in sorted(painted))
    wanted = [(request, paint(request, shot.plan[request.index], shot.steps.paint)) for request in requests]
    return Question(spans, requests, moved.get(spans[0].painted), Take(anchors, wanted))


def _start(shot: Shot, span: Span) -> Canvas | None:
    """What the first picture is painted over."""
    params = shot.plan[span.painted]
    return next((canvas for step in shot.steps.start if (canvas := step(params)) is not None), None)


def _request(shot: Shot, index: int, canvas: Canvas | None, moved: Canvas | None) -> SampleRequest:
    """The request to paint a frame over what was `moved` there, which is prepared; over `canvas` where nothing was."""
    params = shot.plan[index]
    if moved:
        canvas = moved
        for prepare in shot.steps.prepare:
            canvas = prepare(canvas, params)
    request = SampleRequest(index, shot.plan.size, init=canvas.frame if canvas else None)
    for ask in shot.steps.ask:
        request = ask(request, canvas, params)
    return replace(request, moved=moved.frame if moved else None)


def _anchors(shot: Shot, done: int, kept: Sequence[Canvas]) -> Iterator[SampleRequest]:
    """Requests for the pictures of the spans before: they stand, and the engine goes by them."""
    for span, canvas in zip(shot.plan.spans[done - len(kept) : done], kept, strict=True):
        yield _request(shot, span.painted, Canvas(canvas.frame), None).standing(canvas.frame)
