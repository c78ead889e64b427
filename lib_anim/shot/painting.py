"""Painting pictures: one request each, or as many as it takes until there is a picture that counts.

A feature's painting is a generator: it yields requests, is sent the answers (or thrown `Blank` where the engine painted
nothing), and returns the picture that counts. It never sees the engine, so any driver can answer: one engine, a far one,
one that paints for several films at once.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from functools import partial

from lib_anim.engines.base import Answer, Sampled, SampleRequest, unpainted
from lib_anim.errors import Blank
from lib_anim.plan.plan import Params

Painting = Generator[SampleRequest, Sampled, Sampled]
PaintStep = Callable[[SampleRequest, Params], Painting]


def paint(request: SampleRequest, params: Params, steps: Sequence[PaintStep]) -> Painting:
    """The painting of one picture through the steps of features, the first of them nearest to the engine.

    Every request that a step yields is painted through the steps before it. Where nothing is to be painted (denoise 0) the
    picture stands, and nobody is asked.
    """
    if request.stands:
        return unpainted(request)
    if not steps:
        return (yield request)
    painting = steps[-1](request, params)
    try:
        wanted = next(painting)
        while True:
            try:
                sampled = yield from paint(wanted, params, steps[:-1])
            except Blank as blank:
                wanted = painting.throw(blank)
            else:
                wanted = painting.send(sampled)
    except StopIteration as finished:
        picture: Sampled = finished.value
        return picture


class Take:
    """What is painted as one motion: the one picture of an image engine, or the window of a clip engine.

    `anchors` are requests whose pictures stand, for the engine to go by. `wanted` has a request and its painting for each
    picture of the take. `requests` is what the engine is to be asked next, () once all pictures are finished; `pictures`
    are those, in their order.
    """

    def __init__(self, anchors: Sequence[SampleRequest], wanted: Sequence[tuple[SampleRequest, Painting]]):
        self._anchors = tuple(anchors)
        self._open = dict(enumerate(painting for _, painting in wanted))
        self._requests = [request for request, _ in wanted]
        self._finished: dict[int, Sampled] = {}
        for index, painting in tuple(self._open.items()):
            self._go_on(index, partial(next, painting))

    @property
    def requests(self) -> tuple[SampleRequest, ...]:
        """What the engine is to be asked next. Pictures that are finished before others stand among them."""
        return (*self._anchors, *self._requests) if self._open else ()

    @property
    def pictures(self) -> tuple[Sampled, ...]:
        """The finished pictures."""
        return tuple(self._finished[index] for index in sorted(self._finished))

    def answer(self, answers: Sequence[Answer]) -> None:
        """Go on with one answer for each of `requests`. Raises Blank where no painting knows what to do about one."""
        if len(answers) != len(self.requests):
            raise ValueError(f"a take of {len(self.requests)} pictures was answered with {len(answers)}")
        for index, answer in enumerate(answers[len(self._anchors) :]):
            if painting := self._open.get(index):
                step = partial(painting.throw, answer) if isinstance(answer, Blank) else partial(painting.send, answer)
                self._go_on(index, step)

    def _go_on(self, index: int, step: Callable[[], SampleRequest]) -> None:
        """Run a painting on, to its next request or to its picture."""
        try:
            self._requests[index] = step()
        except StopIteration as finished:
            self._finished[index] = finished.value
            self._requests[index] = self._requests[index].standing(finished.value.frame)
            del self._open[index]
