"""The distances of a 3D film's scene: from a depth picture, a shape, or estimated for every frame. Not a feature."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from lib_anim.errors import PictureError, Problem, SettingsError
from lib_anim.features.common.resizing import resizing
from lib_anim.images.camera import relief
from lib_anim.images.frame import Mask, resized
from lib_anim.media.download import check_is_path
from lib_anim.plan.plan import Plan
from lib_anim.settings.settings import Settings
from lib_anim.shot.steps import DepthModel, Tools

_NEAR_AND_FAR = np.float32(3.0)  # the least and the greatest distance, 1 and 2, added


class Distances(NamedTuple):
    """`known` (H, W) float32, 1 nearest .. 2 farthest, or else `estimate`, the model that finds them; a flat scene has neither.

    `does` names the scene for `anim explain`.
    """

    known: Mask | None
    estimate: DepthModel | None
    does: str
    notes: tuple[str, ...]

    @property
    def nearest(self) -> float:
        """The least distance, 1 if it is not known."""
        return 1.0 if self.known is None else float(self.known.min())


def scene_distances(settings: Settings, plan: Plan, tools: Tools) -> Distances:
    """Return the distances of a film's scene; a negative `midas_weight` turns them inside out.

    Raises SettingsError for the depth picture.
    """
    known, notes = _read_depth(settings, plan, tools)
    warps, shape = settings.switch("use_depth_warping"), settings.text("depth_shape")
    estimate = tools.depth(settings.text("depth_algorithm")) if warps and known is None else None
    does = "scene with a depth picture" if known is not None else "scene of estimated depth" if estimate else "flat scene"
    if known is None and not estimate and shape != "flat" and plan.in_use("depth_shape"):
        known, does = relief(plan.size, hill=shape == "hill"), f"scene like a {shape}"
    if settings.number("midas_weight") < 0.0 and (known is not None or estimate):
        known, estimate = None if known is None else _NEAR_AND_FAR - known, estimate and _turned(estimate)
        does += ", inside out"
    return Distances(known, estimate, does, notes)


def _turned(estimate: DepthModel) -> DepthModel:
    """Return a depth model whose relief is turned inside out."""
    return lambda frame: _NEAR_AND_FAR - estimate(frame)


def _read_depth(settings: Settings, plan: Plan, tools: Tools) -> tuple[Mask | None, tuple[str, ...]]:
    """Read the depth picture: return distances, (H, W) float32, 1 where it is white .. 2 where it is black, and notes.

    The distances are None without a depth picture. Raises SettingsError.
    """
    if not (settings.text("depth_map") and plan.in_use("depth_map")):
        return None, ()
    remedy = "write the path of a grey picture"
    path = settings.text("depth_map")
    check_is_path("depth_map", path, remedy)
    try:
        nearness = tools.grey(path)
    except PictureError as error:
        raise SettingsError([Problem("depth_map", error.message, remedy)]) from None
    return (2.0 - resized(nearness, plan.size)).astype(np.float32), resizing("depth_map", nearness.shape[1::-1], plan.size)
