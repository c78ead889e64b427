"""Paintings: generators that paint one picture by one or more requests.

A feature's painting is a generator: it yields requests, is sent the answers (or thrown `Blank` if the engine painted
nothing), and returns the picture that counts. It does not know the engine, so any driver can answer it: a local engine, a
remote one, or one that serves several films.
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
    """Compose the paintings of several features into one; the first of `steps` is nearest to the engine.

    Every request that a step yields is painted through the steps before it. A request with denoise 0 is not passed on: its
    picture stands unaltered.
    """
    if request.stands:
        return unpainted(request)
    if not steps:
        return (yield request)
    painting = steps[-1](request, params)
    try:
        inner = next(painting)
        while True:
            try:
                sampled = yield from paint(inner, params, steps[:-1])
            except Blank as blank:
                inner = painting.throw(blank)
            else:
                inner = painting.send(sampled)
    except StopIteration as finished:
        picture: Sampled = finished.value
        return picture


class Take:
    """A take under way: one picture for an image engine, a window of frames for an engine that paints clips.

    `anchors` are the requests of pictures before the take, which stand unaltered. `paintings` has (request, painting) for
    each picture of the take. `requests` are the next requests for the engine, () when all pictures are finished; `pictures`
    are the finished pictures in their order.
    """

    def __init__(self, anchors: Sequence[SampleRequest], paintings: Sequence[tuple[SampleRequest, Painting]]):
        self._anchors = tuple(anchors)
        self._open = dict(enumerate(painting for _, painting in paintings))
        self._requests = [request for request, _ in paintings]
        self._finished: dict[int, Sampled] = {}
        for index, painting in tuple(self._open.items()):
            self._resume(index, partial(next, painting))

    @property
    def requests(self) -> tuple[SampleRequest, ...]:
        """The next requests for the engine. Pictures that are finished while others are not stand unaltered."""
        return (*self._anchors, *self._requests) if self._open else ()

    @property
    def pictures(self) -> tuple[Sampled, ...]:
        """The finished pictures, in their order."""
        return tuple(self._finished[index] for index in sorted(self._finished))

    def answer(self, answers: Sequence[Answer]) -> None:
        """Resume the paintings with one answer for each of `requests`. Raises Blank if a painting does not handle one."""
        if len(answers) != len(self.requests):
            raise ValueError(f"a take of {len(self.requests)} pictures was answered with {len(answers)}")
        for index, answer in enumerate(answers[len(self._anchors) :]):
            if painting := self._open.get(index):
                step = partial(painting.throw, answer) if isinstance(answer, Blank) else partial(painting.send, answer)
                self._resume(index, step)

    def _resume(self, index: int, step: Callable[[], SampleRequest]) -> None:
        """Run a painting by `step` until it yields its next request or returns its picture."""
        try:
            self._requests[index] = step()
        except StopIteration as finished:
            self._finished[index] = finished.value
            self._requests[index] = self._requests[index].standing(finished.value.frame)
            del self._open[index]
