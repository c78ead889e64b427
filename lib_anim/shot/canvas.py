"""A picture under way: pixels, where the camera has moved them, and what is new ground in them."""

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


class Look(Protocol):
    """A function that puts the pixels of pictures and masks elsewhere."""

    def __call__(self, picture: NDArray[Pixel], /) -> NDArray[Pixel]:
        """The same shape and type."""


@dataclass(frozen=True, eq=False)
class Canvas:
    """A picture under way.

    Its pixels are `origin` moved by `path`; moves only compose, so any number of them resamples once, when somebody
    looks. `travel` is the warp from the last painted picture to here, whatever was done to the pixels in between.
    `stale` gives what was fresh already in `origin`, None where nothing was, and `depth` how far the scene in `origin` is,
    None where nobody has estimated it: both (H, W) float32.
    """

    origin: Frame
    path: Warp | None = None
    travel: Warp | None = None
    stale: Callable[[], Mask] | None = None
    depth: Callable[[], Mask | None] | None = None
    notes: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))

    @cached_property
    def frame(self) -> Frame:
        """The picture itself."""
        return self.origin if self.path is None else self.path(self.origin)

    @cached_property
    def fresh(self) -> Mask:
        """0 where the picture carries on what was painted .. 1 where a move uncovered it since: (H, W) float32."""
        if self.path is None:
            return self.stale() if self.stale else np.zeros(self.origin.shape[:2], np.float32)
        uncovered = self.path.uncovered()
        return np.maximum(uncovered, self.path(self.stale())) if self.stale else uncovered

    @cached_property
    def distance(self) -> Mask | None:
        """How far the scene is: (H, W) float32 in scene units, 1 nearest .. 2 farthest; None where it is not known."""
        depth = None if self.depth is None else self.depth()
        if depth is None or self.path is None:
            return depth
        return replace(self.path, border="replicate", sampling="bilinear")(depth)  # no distance beyond those there are

    def with_depth(self, estimate: Callable[[Frame], Mask]) -> Canvas:
        """This canvas with its scene's distance: estimated when somebody asks, once for all who go on from here."""
        return self if self.depth is not None else replace(self, depth=lambda: self._estimated(estimate))

    @cached_property
    def _estimated(self) -> Track[Callable[[Frame], Mask], Mask]:
        return Track(lambda estimate: estimate(self.origin), ())

    def moved(self, warp: Warp) -> Canvas:
        """This canvas after a move."""
        path = _after(self.path, warp)
        return replace(self, path=path, travel=path if self.travel is self.path else _after(self.travel, warp))

    def edited(self, frame: Frame) -> Canvas:
        """This canvas with other pixels in the same place."""
        return self._remade(frame, lambda: self.fresh, lambda: self.distance)

    def rearranged(self, look: Look) -> Canvas:
        """This canvas with its pixels put elsewhere by `look`; what is fresh goes along."""

        def distance() -> Mask | None:
            return None if self.distance is None else look(self.distance)

        return self._remade(look(self.frame), lambda: np.clip(look(self.fresh), 0.0, 1.0), distance)

    def _remade(self, frame: Frame, fresh: Callable[[], Mask], distance: Callable[[], Mask | None]) -> Canvas:
        covered = self.path is None and self.stale is None  # nothing moved, nothing is fresh
        depth = None if self.depth is None else distance
        return replace(self, origin=frame, path=None, stale=None if covered else fresh, depth=depth)


def _after(path: Warp | None, warp: Warp) -> Warp:
    return warp if path is None else path.then(warp)


@dataclass(frozen=True, eq=False)
class Rendered:
    """A finished frame; `painted` when it is a painted picture and not one between two."""

    index: int
    frame: Frame
    painted: bool
    notes: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))
