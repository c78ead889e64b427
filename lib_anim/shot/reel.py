"""The reel: a shot being filmed. It never calls a painter; it asks for the next picture and is answered.

    while request := reel.ask():
        yield from reel.take(engine.sample(request))

So one reel serves one engine, a far one, several in step, a test with a list of answers. Progress, saving, interrupting
belong to whoever drives it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from lib_anim.engines.base import Sampled, SampleRequest
from lib_anim.images.blend import blend, mix
from lib_anim.plan.plan import Params, Span
from lib_anim.shot.canvas import Canvas, Rendered
from lib_anim.shot.shot import Shot


class Asker(Protocol):
    """Anything that asks for pictures and turns answers into frames."""

    def ask(self) -> SampleRequest | None:
        """The next picture wanted, the same until it is answered; None at the end."""

    def take(self, sampled: Sampled) -> Iterator[Rendered]:
        """The answer; returns the frames it completes."""


class Painter(Protocol):
    """Anything that paints."""

    def sample(self, request: SampleRequest) -> Sampled:
        """Paint one picture."""


def render(reel: Asker, engine: Painter) -> Iterator[Rendered]:
    """All frames of a reel, in order."""
    while request := reel.ask():
        yield from reel.take(engine.sample(request))


@dataclass(frozen=True, eq=False)
class _Asked:
    """An open question: the request, and what its answer will be laid beside."""

    request: SampleRequest
    span: Span
    painted: Canvas | None  # the last painted picture
    moved: Canvas | None  # and it moved on to span.painted


class Reel:
    """A shot being filmed. Its state is: spans done, the last painted picture, the features' memories."""

    def __init__(self, shot: Shot):
        self.shot = shot
        self._done = 0
        self._painted: Canvas | None = None
        self._asked: _Asked | None = None

    def ask(self) -> SampleRequest | None:
        """The next picture wanted: the same until it is answered, None when all are painted."""
        if self._asked is None and self._done < len(self.shot.plan.spans):
            self._asked = self._pose(self.shot.plan.spans[self._done])
        return self._asked and self._asked.request

    def take(self, sampled: Sampled) -> Iterator[Rendered]:
        """The answer. Returns the frames it completes as an iterator that no longer needs the reel."""
        asked, self._asked = self._asked, None
        canvas = Canvas(sampled.frame, notes=sampled.notes)
        for step in self.shot.steps.finish:
            canvas = step(canvas, asked.moved, self.shot.plan[asked.span.painted])
        self._painted, self._done = canvas, self._done + 1
        return _frames(self.shot, asked, canvas)

    @property
    def notes(self) -> Mapping[str, object]:
        """What the painter and the features say of the last painted picture."""
        return self._painted.notes if self._painted else {}

    def state(self) -> dict[str, object]:
        """All that is needed to go on from here: plain values and arrays."""
        memory = {name: memory.state() for name, memory in self.shot.steps.memory.items()}
        return {"done": self._done, "painted": self._painted and self._painted.frame, "memory": memory}

    def restore(self, state: dict[str, object]) -> None:
        """Go on from a state that a reel of the same spans was in; features that were off then begin anew."""
        self._asked, self._done = None, state["done"]
        self._painted = None if state["painted"] is None else Canvas(state["painted"])
        for name, memory in self.shot.steps.memory.items():
            if name in state["memory"]:  # what was switched on since has nothing to remember
                memory.restore(state["memory"][name])

    def _pose(self, span: Span) -> _Asked:
        plan, steps = self.shot.plan, self.shot.steps
        params = plan[span.painted]
        moved = None
        if self._painted is None:
            canvas = next((start for step in steps.start if (start := step(params))), None)
        else:
            canvas = moved = deque(_moves(self.shot, self._painted, range(span.first, span.painted + 1)), maxlen=1).pop()
            for step in steps.prepare if canvas else ():
                canvas = step(canvas, params)
        request = SampleRequest(span.painted, plan.size, init=canvas and canvas.frame)
        for step in steps.ask:
            request = step(request, canvas, params)
        return _Asked(replace(request, moved=moved and moved.frame), span, self._painted, moved)


def _moves(shot: Shot, canvas: Canvas | None, indexes: range) -> Iterator[Canvas | None]:
    """The canvas after the move of each frame in turn."""
    for index in indexes:
        for step in shot.steps.move if canvas else ():
            canvas = canvas and step(canvas, shot.plan[index])
        yield canvas


def _frames(shot: Shot, asked: _Asked, new: Canvas) -> Iterator[Rendered]:
    """The frames of a span: the way from the old picture to the new one, the new one unaltered, its tail.

    The old one is moved once more, frame by frame, so that a long span takes no more memory than a short one.
    """
    span = asked.span
    if between := range(span.first, span.painted):
        for index, (old, seen) in zip(between, _approach(_moves(shot, asked.painted, between), asked.moved, new), strict=True):
            params, weight = shot.plan[index], (index + 1 - span.first) / (len(between) + 1)
            yield _shown(shot, _dissolved(shot, old, seen, weight, params) if old else new, params)
    yield _shown(shot, new, shot.plan[span.painted])
    for index, canvas in enumerate(_moves(shot, new, range(span.painted + 1, span.last + 1)), span.painted + 1):
        yield _shown(shot, canvas or new, shot.plan[index])


def _approach(way: Iterator[Canvas | None], moved: Canvas | None, new: Canvas) -> Iterator[tuple[Canvas | None, Canvas]]:
    """The old picture at each frame on its way to `moved`, and the new one moved back from there to that frame."""
    if moved is None or moved.travel is None:
        yield from ((old, new) for old in way)
        return
    back = moved.travel.inverse()  # to where the old picture was; from there on to each frame
    for old in way:
        yield old, new.moved(back.then(old.travel) if old.travel else back)


def _dissolved(shot: Shot, old: Canvas, new: Canvas, weight: float, params: Params) -> Canvas:
    """Old and new picture mixed, each weighted by what it covers."""
    for step in shot.steps.between:
        old, new = step(old, new, weight, params)
    if not (old.fresh.any() or new.fresh.any()):
        return Canvas(mix(old.frame, new.frame, 1.0 - weight, weight))
    # where neither covers, the plain dissolve: hence a little more than nothing for new ground
    weights = ((1.02 - canvas.fresh) * np.float32(share) for canvas, share in ((old, 1.0 - weight), (new, weight)))
    return Canvas(blend(old.frame, new.frame, *weights))


def _shown(shot: Shot, canvas: Canvas, params: Params) -> Rendered:
    for step in shot.steps.show:
        canvas = step(canvas, params)
    return Rendered(params.index, canvas.frame, params.painted, canvas.notes)
