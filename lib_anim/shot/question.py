"""The next take for the engine, as a function of the shot, the spans done, and the last painted pictures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lib_anim.engines.base import SampleRequest
from lib_anim.plan.plan import Span
from lib_anim.shot.canvas import Canvas
from lib_anim.shot.painting import Take, paint
from lib_anim.shot.shot import Shot
from lib_anim.shot.spans import moves


@dataclass(frozen=True, eq=False)
class Question:
    """A take with its spans and the first request of each.

    `moved` is the last painted picture after the moves to the first painted frame of the take; None if there is none.
    """

    spans: tuple[Span, ...]
    requests: tuple[SampleRequest, ...]
    moved: Canvas | None
    take: Take


def pose(shot: Shot, done: int, kept: Sequence[Canvas]) -> Question:
    """Return the question after `done` spans: as many spans as the engine's clip length leaves besides its anchors.

    `kept` are the last painted pictures, the newest last.
    """
    anchors = tuple(_anchors(shot, done, kept[-shot.clip.overlap :] if shot.clip.overlap else ()))
    start = None if kept else _start(shot, shot.plan.spans[done])
    alone = shot.clip.alone and not kept and start is None
    spans = shot.plan.spans[done : done + (1 if alone else shot.clip.length - len(anchors))]
    canvas, ahead = (kept[-1], spans) if kept else (start, spans[1:])
    painted, indexes = {span.painted for span in spans}, [index for span in ahead for index in span.moves]
    moved = {index: one for index, one in zip(indexes, moves(shot, canvas, indexes), strict=True) if index in painted}
    requests = tuple(_request(shot, span.painted, moved.get(span.painted, start), moved.get(span.painted)) for span in spans)
    paintings = [(request, paint(request, shot.plan[request.index], shot.steps.paint)) for request in requests]
    return Question(spans, requests, moved.get(spans[0].painted), Take(anchors, paintings))


def _start(shot: Shot, span: Span) -> Canvas | None:
    """Return the canvas that the first picture is painted over, or None."""
    params = shot.plan[span.painted]
    return next((canvas for step in shot.steps.start if (canvas := step(params)) is not None), None)


def _request(shot: Shot, index: int, canvas: Canvas | None, moved: Canvas | None) -> SampleRequest:
    """Build the request for a frame. It is painted over `moved` after the `prepare` steps; if that is None, over `canvas`."""
    params = shot.plan[index]
    if moved:
        canvas = moved
        for prepare in shot.steps.prepare:
            canvas = prepare(canvas, params)
    init, before = canvas.frame if canvas else None, moved.frame if moved else None
    request = SampleRequest(index, shot.plan.size, init=init, moved=before)
    for ask in shot.steps.ask:
        request = ask(request, canvas, params)
    return request


def _anchors(shot: Shot, done: int, kept: Sequence[Canvas]) -> Iterator[SampleRequest]:
    """Yield the anchors: requests for the last pictures before the take, which stand unaltered."""
    for span, canvas in zip(shot.plan.spans[done - len(kept) : done], kept, strict=True):
        yield _request(shot, span.painted, Canvas(canvas.frame), None).standing(canvas.frame)
