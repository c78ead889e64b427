"""What a feature does: functions at the places of the loop, and the tools that it is given."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field, fields
from pathlib import Path
from types import MappingProxyType
from typing import Protocol

from lib_anim.engines.base import Capabilities, SampleRequest
from lib_anim.images.frame import Frame, Mask, read_alpha, read_grey, read_picture
from lib_anim.plan.plan import Params
from lib_anim.shot.canvas import Canvas
from lib_anim.shot.movie import Movie
from lib_anim.shot.painting import PaintStep
from lib_anim.shot.track import Key, Track, Value


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
    paint    (request, params) -> Painting: every painted frame; asks for as many pictures as it likes (`painting.py`)
    finish   (canvas, moved | None, params) -> Canvas: after it was painted
    between  (old, new, weight, params) -> (old, new): aligns two canvases before one dissolves into the other
    show     (canvas, params) -> Canvas: every frame, not fed back
    stream   (movie) -> movie: on the way from the frames' files to the video
    deliver  (video, ffmpeg) -> None: once the video is whole, its path and the ffmpeg to use
    """

    start: tuple[Callable[[Params], Canvas | None], ...] = ()
    move: tuple[Callable[[Canvas, Params], Canvas | None], ...] = ()
    prepare: tuple[Callable[[Canvas, Params], Canvas], ...] = ()
    ask: tuple[Callable[[SampleRequest, Canvas | None, Params], SampleRequest], ...] = ()
    paint: tuple[PaintStep, ...] = ()
    finish: tuple[Callable[[Canvas, Canvas | None, Params], Canvas], ...] = ()
    between: tuple[Callable[[Canvas, Canvas, float, Params], tuple[Canvas, Canvas]], ...] = ()
    show: tuple[Callable[[Canvas, Params], Canvas], ...] = ()
    stream: tuple[Callable[[Movie], Movie], ...] = ()
    deliver: tuple[Callable[[Path, str | None], None], ...] = ()
    close: tuple[Callable[[], None], ...] = ()  # filming ended, however: files and programs are let go of
    memory: Mapping[str, Memory] = field(default_factory=lambda: MappingProxyType({}))
    uses: tuple[str, ...] = ()  # the schedules it goes by
    does: str = ""  # what it does in this film, for `anim explain`
    notes: tuple[str, ...] = ()  # what people should know before it begins


PLACES = tuple(place.name for place in fields(Steps) if place.name not in ("close", "memory", "uses", "does", "notes"))


DepthModel = Callable[[Frame], Mask]  # (H, W) float32, 1 nearest .. 2 farthest


@dataclass(frozen=True)
class Tools:
    """All that a feature gets of the outside.

    `prefetch` makes values beforehand, in a thread of its own; None makes them when they are asked for. `ffmpeg` is the one
    to use, None the usual one. `depth(name)` is the model of that name for the distance of a scene, None where there is none.
    """

    capabilities: Capabilities = field(default_factory=Capabilities)
    picture: Callable[[str], Frame] = read_picture
    grey: Callable[[str], Mask] = read_grey
    alpha: Callable[[str], Mask] = read_alpha
    depth: Callable[[str], DepthModel | None] = lambda _name: None
    prefetch: Executor | None = None
    ffmpeg: str | None = None

    def track(self, make: Callable[[Key], Value], keys: Sequence[Key], window: int = 1) -> Track[Key, Value]:
        """make(key) as a function that makes each value once, if it can beforehand. `window` is how many values are in use at
        a time; those of one take always are."""
        return Track(make, keys, max(window, self.capabilities.clip.length), self.prefetch)
