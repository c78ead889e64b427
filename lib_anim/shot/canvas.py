"""The canvas: a picture under way, with its pixels, the moves applied to it, and its uncovered parts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import MappingProxyType
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from lib_anim.images.frame import Frame, Mask, Pixel
from lib_anim.images.warp import Warp
from lib_anim.shot.track import Track

DEPTH_NOTE = "depth"  # of a frame that is shown: its distances, (H, W) float32, to be written beside it


class Look(Protocol):
    """A function that rearranges the pixels of pictures and masks, such as a mirror."""

    def __call__(self, picture: NDArray[Pixel], /) -> NDArray[Pixel]:
        """Return an array of the same shape and type."""


@dataclass(frozen=True, eq=False)
class Canvas:
    """A picture under way.

    Its pixels are `origin` moved by `path`. Moves are only composed, so any number of them resamples the pixels once, on
    first access of `frame`. `travel` is the warp from the last painted picture to this canvas; edits of the pixels do not
    change it. `stale` returns the `fresh` mask of `origin`, None if nothing in it was uncovered. `depth` returns the distance
    of the scene in `origin`, None if there is no estimate. Both return (H, W) float32.
    """

    origin: Frame
    path: Warp | None = None
    travel: Warp | None = None
    stale: Callable[[], Mask] | None = None
    depth: Callable[[], Mask | None] | None = None
    notes: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))

    @cached_property
    def frame(self) -> Frame:
        """The pixels, moved by `path`."""
        return self.origin if self.path is None else self.path(self.origin)

    @cached_property
    def fresh(self) -> Mask:
        """The uncovered parts, (H, W) float32: 0 carried over from the painted picture .. 1 uncovered by a move since."""
        if self.path is None:
            return self.stale() if self.stale else np.zeros(self.origin.shape[:2], np.float32)
        uncovered = self.path.uncovered()
        return np.maximum(uncovered, self.path(self.stale())) if self.stale else uncovered

    @cached_property
    def distance(self) -> Mask | None:
        """The distance of the scene, (H, W) float32, 1 nearest .. 2 farthest, in camera units; None if it is not known."""
        depth = None if self.depth is None else self.depth()
        if depth is None or self.path is None:
            return depth
        # replicated borders and no interpolation give no value that the estimate has not, so that edges stay sharp
        return replace(self.path, border="replicate", sampling="nearest")(depth)

    def with_depth(self, estimate: Callable[[Frame], Mask]) -> Canvas:
        """Return this canvas with a depth estimate, unless it has one; made on first use, once for all canvases derived."""
        return self if self.depth is not None else replace(self, depth=lambda: self._estimated(estimate))

    @cached_property
    def _estimated(self) -> Track[Callable[[Frame], Mask], Mask]:
        return Track(lambda estimate: estimate(self.origin), ())

    def moved(self, warp: Warp) -> Canvas:
        """Return this canvas after a move."""
        path = _compose(self.path, warp)
        return replace(self, path=path, travel=path if self.travel is self.path else _compose(self.travel, warp))

    def edited(self, frame: Frame) -> Canvas:
        """Return this canvas with other pixels, whose geometry is the same."""
        return self._with_origin(frame, lambda: self.fresh, lambda: self.distance)

    def rearranged(self, look: Look) -> Canvas:
        """Return this canvas with its pixels, and its masks, rearranged by `look`."""

        def distance() -> Mask | None:
            return None if self.distance is None else look(self.distance)

        return self._with_origin(look(self.frame), lambda: np.clip(look(self.fresh), 0.0, 1.0), distance)

    def _with_origin(self, frame: Frame, fresh: Callable[[], Mask], distance: Callable[[], Mask | None]) -> Canvas:
        """Return a canvas with a new origin and no path; its masks are only computed if they are needed."""
        covered = self.path is None and self.stale is None  # nothing was moved, so nothing is uncovered
        depth = None if self.depth is None else distance
        return replace(self, origin=frame, path=None, stale=None if covered else fresh, depth=depth)


def _compose(path: Warp | None, warp: Warp) -> Warp:
    return warp if path is None else path.then(warp)


@dataclass(frozen=True, eq=False)
class Rendered:
    """A finished frame; `painted` if it is a painted picture, not an in-between frame; with the notes on its canvas."""

    index: int
    frame: Frame
    painted: bool
    notes: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))
