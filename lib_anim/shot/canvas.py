"""A picture under way: pixels, where the camera has moved them, and what is new ground in them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import MappingProxyType

import numpy as np

from lib_anim.images.frame import Frame
from lib_anim.images.warp import Warp


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
