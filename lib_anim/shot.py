"""What is filmed: the canvas that goes round the loop, the steps that features put in it, and a plan with its steps."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Protocol

import numpy as np

from lib_anim.engines.base import Capabilities, Engine, SampleRequest
from lib_anim.frame import Frame, read_alpha, read_grey, read_picture
from lib_anim.plan import Params, Plan
from lib_anim.warp import Warp


@dataclass(frozen=True, eq=False)
class Canvas:
    """A picture under way.

    Its pixels are `origin` moved by `path`; moves only compose, so any number of them resamples once, when somebody
    looks. `travel` is the warp from the last painted picture to here, whatever was done to the pixels in between, and
    `stale` gives what was fresh already in `origin`, (H, W) float32; None where nothing was.
    """

    origin: Frame
    path: Warp | None = None
    travel: Warp | None = None
    stale: Callable[[], np.ndarray] | None = None
    notes: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))

    @cached_property
    def frame(self) -> Frame:
        """The picture itself."""
        return self.origin if self.path is None else self.path(self.origin)

    @cached_property
    def fresh(self) -> np.ndarray:
        """0 where the picture carries on what was painted .. 1 where a move uncovered it since: (H, W) float32."""
        if self.path is None:
            return self.stale() if self.stale else np.zeros(self.origin.shape[:2], np.float32)
        uncovered = self.path.uncovered()
        return np.maximum(uncovered, self.path(self.stale())) if self.stale else uncovered

    def moved(self, warp: Warp) -> Canvas:
        """This canvas after a move."""
        path = _after(self.path, warp)
        return replace(self, path=path, travel=path if self.travel is self.path else _after(self.travel, warp))

    def edited(self, frame: Frame) -> Canvas:
        """This canvas with other pixels in the same place."""
        return self._remade(frame, lambda: self.fresh)

    def rearranged(self, look: Callable[[np.ndarray], np.ndarray]) -> Canvas:
        """This canvas with its pixels put elsewhere by `look`, a function of pictures and masks; what is fresh goes along."""
        return self._remade(look(self.frame), lambda: np.clip(look(self.fresh), 0.0, 1.0))

    def _remade(self, frame: Frame, fresh: Callable[[], np.ndarray]) -> Canvas:
        covered = self.path is None and self.stale is None  # nothing moved, nothing is fresh
        return replace(self, origin=frame, path=None, stale=None if covered else fresh)


def _after(path: Warp | None, warp: Warp) -> Warp:
    return warp if path is None else path.then(warp)


@dataclass(frozen=True, eq=False)
class Rendered:
    """A finished frame; `painted` when it is a painted picture and not one between two."""

    index: int
    frame: Frame
    painted: bool
    notes: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))


class Memory(Protocol):
    """What a feature remembers from one painted picture to the next: plain values and arrays, in and out."""

    def state(self) -> object:
        """What is remembered."""

    def restore(self, state: object) -> None:
        """Remember that again."""


@dataclass(frozen=True)
class Steps:
    """What a feature does, at which places of the loop. Memory changes in `finish` alone.

    start    (params) -> Canvas | None: the picture that the first frame is painted over
    move     (canvas, params) -> Canvas | None: every later frame; None paints from nothing
    prepare  (canvas, params) -> Canvas: painted frames that have a predecessor, before they are painted
    ask      (request, canvas | None, params) -> SampleRequest
    paint    (engine) -> Engine: an engine around the one that paints
    finish   (canvas, moved | None, params) -> Canvas: after it was painted
    between  (old, new, weight, params) -> (old, new): aligns two canvases before one dissolves into the other
    show     (canvas, params) -> Canvas: every frame, not fed back
    stream   (frames) -> frames: on the way from the frames' files to the video
    deliver  (video, ffmpeg) -> None: once the video is whole, its path and the ffmpeg to use
    """

    start: tuple[Callable[[Params], Canvas | None], ...] = ()
    move: tuple[Callable[[Canvas, Params], Canvas | None], ...] = ()
    prepare: tuple[Callable[[Canvas, Params], Canvas], ...] = ()
    ask: tuple[Callable[[SampleRequest, Canvas | None, Params], SampleRequest], ...] = ()
    paint: tuple[Callable[[Engine], Engine], ...] = ()
    finish: tuple[Callable[[Canvas, Canvas | None, Params], Canvas], ...] = ()
    between: tuple[Callable[[Canvas, Canvas, float, Params], tuple[Canvas, Canvas]], ...] = ()
    show: tuple[Callable[[Canvas, Params], Canvas], ...] = ()
    stream: tuple[Callable[[Iterator[Rendered]], Iterator[Rendered]], ...] = ()
    deliver: tuple[Callable[[Path, str | None], None], ...] = ()
    close: tuple[Callable[[], None], ...] = ()  # filming ended, however: files and programs are let go of
    memory: Mapping[str, Memory] = field(default_factory=lambda: MappingProxyType({}))
    uses: tuple[str, ...] = ()  # the schedules it goes by
    does: str = ""  # what it does in this film, for `anim explain`
    notes: tuple[str, ...] = ()  # what people should know before it begins


PLACES = tuple(place.name for place in fields(Steps) if place.name not in ("close", "memory", "uses", "does", "notes"))


@dataclass(frozen=True)
class Tools:
    """All that a feature gets of the outside.

    `ahead(make, keys)` returns a function of a key that gives make(key), worked out beforehand where there is somebody to
    do it; keys are asked for in their order. `ffmpeg` is the one to use, None the usual one.
    """

    capabilities: Capabilities = field(default_factory=Capabilities)
    picture: Callable[[str], Frame] = read_picture
    grey: Callable[[str], np.ndarray] = read_grey
    alpha: Callable[[str], np.ndarray] = read_alpha
    ahead: Callable[[Callable, Sequence], Callable] = lambda make, _keys: make
    ffmpeg: str | None = None


@dataclass(frozen=True, eq=False)
class Shot:
    """A plan and what the features that are on do, in the order in which a frame meets them."""

    plan: Plan
    features: tuple[tuple[str, Steps], ...]
    notes: tuple[str, ...] = ()

    @cached_property
    def steps(self) -> Steps:
        """The steps of all features together."""
        each = [steps for _, steps in self.features]
        memory = {name: one for steps in each for name, one in steps.memory.items()}
        places = {name: tuple(one for steps in each for one in getattr(steps, name)) for name in (*PLACES, "close", "uses")}
        return Steps(**places, memory=memory)

    def painter(self, engine: Engine) -> Engine:
        """The engine with everything around it that features put there."""
        for step in self.steps.paint:
            engine = step(engine)
        return engine
