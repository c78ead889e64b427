"""Steps: the functions of a feature at the places of the loop; and the tools that it is given."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field, fields
from pathlib import Path
from types import MappingProxyType
from typing import Protocol

from lib_anim.engines.base import Capabilities, SampleRequest
from lib_anim.images.frame import Frame, Mask, read_alpha, read_grey, read_picture
from lib_anim.models.depth import DepthNetwork
from lib_anim.models.segment import SegmentNetwork
from lib_anim.plan.plan import Params
from lib_anim.shot.canvas import Canvas
from lib_anim.shot.movie import Movie
from lib_anim.shot.painting import PaintStep
from lib_anim.shot.track import Key, Track, Value


class Memory(Protocol):
    """What a feature remembers from one painted picture to the next. Its state consists of plain values and arrays."""

    def state(self) -> object:
        """Return the state, to be saved."""

    def restore(self, state: object) -> None:
        """Restore a state that was saved."""


@dataclass(frozen=True)
class Steps:
    """The functions of a feature at the places of the loop. Only `finish` changes memory.

    start    (params) -> Canvas | None: the picture that the first frame is painted over
    move     (canvas, params) -> Canvas | None: for every later frame; None means that it is painted from nothing
    prepare  (canvas, params) -> Canvas: for painted frames that have a predecessor, before they are painted
    ask      (request, canvas | None, params) -> SampleRequest: completes the request for a painted frame
    paint    (request, params) -> Painting: for every painted frame; asks for as many pictures as it needs (`painting.py`)
    finish   (canvas, moved | None, params) -> Canvas: for every painted frame, after it was painted
    between  (old, new, weight, params) -> (old, new): for in-between frames, aligns two canvases before they are blended
    show     (canvas, params) -> Canvas: for every frame; the result is not fed back
    stream   (movie) -> movie: changes the stream of frames from their files to the video
    deliver  (video, ffmpeg) -> None: after the video is complete; gets its path and that of ffmpeg
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
    close: tuple[Callable[[], None], ...] = ()  # called when filming ends or fails: closes files and processes
    memory: Mapping[str, Memory] = field(default_factory=lambda: MappingProxyType({}))
    moves_ahead: bool = False  # whether its moves depend on the frame's number alone, not on the picture
    as_filmed: bool = False  # whether its moves lead from the frame filmed before, so that `reverse` does not undo them
    uses: tuple[str, ...] = ()  # the keys of the schedules that it reads
    does: str = ""  # what it does in this film, for `anim explain`
    notes: tuple[str, ...] = ()  # for people, before filming begins


PLACES = tuple(
    place.name
    for place in fields(Steps)
    if place.name not in ("close", "memory", "moves_ahead", "as_filmed", "uses", "does", "notes")
)


@dataclass(frozen=True)
class Tools:
    """What features need from outside the film.

    `capabilities` are those of the engine. `picture`, `grey` and `alpha` read picture files. `depth(name)` returns the depth
    model of that name, None if there is none; `segment()` one that finds what words name. `prefetch` is a pool that computes
    values ahead; with None they are computed on use. `ffmpeg` is the program to use, None the usual one. With
    `allow_missing` the film is made without what is missing.
    """

    capabilities: Capabilities = field(default_factory=Capabilities)
    picture: Callable[[str], Frame] = read_picture
    grey: Callable[[str], Mask] = read_grey
    alpha: Callable[[str], Mask] = read_alpha
    depth: Callable[[str], DepthNetwork | None] = lambda _name: None
    segment: Callable[[], SegmentNetwork | None] = lambda: None
    prefetch: Executor | None = None
    ffmpeg: str | None = None
    allow_missing: bool = False

    def track(self, make: Callable[[Key], Value], keys: Sequence[Key], window: int = 1) -> Track[Key, Value]:
        """Return a Track of make(key), prefetched if there is a pool. `window` is how many values are in use at a time; it is
        at least the clip length of the engine."""
        return Track(make, keys, max(window, self.capabilities.clip.length), self.prefetch)
