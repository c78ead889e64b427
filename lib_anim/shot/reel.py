"""The reel: a shot being filmed. It does not call the engine; it asks for the next pictures and is answered.

    while (take := reel.ask()) is not None:
        yield from reel.take(engine.sample_take(take))

So any driver can use it: with a local or a remote engine, for several films in parallel, or in a test with prepared answers.
The driver is responsible for progress, saving and stopping.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Protocol

import numpy as np

from lib_anim.engines.base import Answer, SampleRequest
from lib_anim.engines.joins import joined
from lib_anim.shot.canvas import Canvas, Rendered
from lib_anim.shot.question import Question, pose
from lib_anim.shot.shot import Shot
from lib_anim.shot.spans import PaintedSpan, frames_of, moved_to


class Sampler(Protocol):
    """Anything that paints takes."""

    def sample_take(self, take: Sequence[SampleRequest]) -> Sequence[Answer]:
        """Paint pictures as one motion. Returns one answer for each request, in order."""


def render(reel: Reel, engine: Sampler) -> Iterator[Rendered]:
    """Yield all frames of a reel, in order."""
    while (take := reel.ask()) is not None:
        yield from reel.take(engine.sample_take(take))


@dataclass(frozen=True, eq=False)
class Painted:
    """A picture that counts: its request, the seed it was painted with, and the notes of engine and features."""

    request: SampleRequest
    seed: int
    notes: Mapping[str, object]


class Reel:
    """A shot being filmed. Its state is: spans done, the last painted pictures, the features' memories."""

    def __init__(self, shot: Shot):
        self.shot = shot
        self.finished: tuple[Painted, ...] = ()  # the pictures of the last take; () while it is under way
        self._done = 0
        self._kept: tuple[Canvas, ...] = ()  # the last painted pictures: as many as a clip has anchors, at least one
        self._question: Question | None = None

    def ask(self) -> tuple[SampleRequest, ...] | None:
        """Return the next take, the same until it is answered; () if nothing in it needs painting, None at the end."""
        if self._question is None and self._done < len(self.shot.plan.spans):
            self._question = pose(self.shot, self._done, self._kept)
        return None if self._question is None else self._question.take.requests

    def take(self, answers: Sequence[Answer]) -> Iterator[Rendered]:
        """Take the answers to the last `ask`. Returns an iterator over the frames they complete; it does not use the reel.

        It is empty while a feature asks for further pictures. Raises Blank if an answer is Blank and no feature handles it.
        """
        self.finished, question = (), self._question
        if question is None:
            raise ValueError("nothing was asked")
        self._question = None  # if a step raises, the next `ask` starts this take again
        question.take.answer(joined(question.take.requests, answers) if self.shot.clip.repaints else answers)
        if question.take.requests:
            self._question = question
            return iter(())
        spans = tuple(self._finish(question))
        self._done += len(spans)
        self._kept = (*self._kept, *(one.new for one in spans))[-max(self.shot.clip.overlap, 1) :]
        return chain.from_iterable(frames_of(self.shot, one) for one in spans)

    def state(self) -> dict[str, object]:
        """Return the state from which a reel can go on: plain values and arrays."""
        frames = [canvas.frame for canvas in self._kept]
        memory = {name: memory.state() for name, memory in self.shot.steps.memory.items()}
        return {"done": self._done, "painted": frames[-1] if frames else None, "before": frames[:-1], "memory": memory}

    def restore(self, state: Mapping[str, object]) -> None:
        """Restore the state of a reel with the same spans; features that were off then start without memory."""
        # states of the first version have one picture, and no "before"
        done, before, memories = state["done"], state.get("before", []), state["memory"]
        assert isinstance(done, int)
        assert isinstance(before, list)
        assert isinstance(memories, Mapping)
        self._question, self._done = None, done
        self._kept = tuple(Canvas(frame) for frame in (*before, state["painted"]) if isinstance(frame, np.ndarray))
        for name, memory in self.shot.steps.memory.items():
            if name in memories:
                memory.restore(memories[name])

    def _finish(self, question: Question) -> Iterator[PaintedSpan]:
        """Run the `finish` steps for each span of a take, in order, so that memories change in the order of the film."""
        old, moved = self._kept[-1] if self._kept else None, question.moved
        finished: list[Painted] = []
        for span, request, sampled in zip(question.spans, question.requests, question.take.pictures, strict=True):
            if finished:
                moved = moved_to(self.shot, old, span.moves)
            new = Canvas(sampled.frame, notes=sampled.notes)
            for step in self.shot.steps.finish:
                new = step(new, moved, self.shot.plan[span.painted])
            finished.append(Painted(request, sampled.seed, new.notes))
            yield PaintedSpan(span, old, moved, new)
            old = new
        self.finished = tuple(finished)
