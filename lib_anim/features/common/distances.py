"""The distances of a 3D film's scene: brought along, of a shape, or estimated for every painted picture. Not a feature."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from lib_anim.errors import ModelError, Problem, SettingsError
from lib_anim.features.common.beginnings import begins_over_picture
from lib_anim.features.common.depth_sources import open_depth
from lib_anim.images.camera import relief
from lib_anim.images.depth import equalised, from_nearness, rescaled, steadied
from lib_anim.images.frame import Frame, Mask
from lib_anim.media.download import check_is_path
from lib_anim.messages import Message
from lib_anim.models.depth import DepthNetwork, can_run_small, fetched_network, open_network, small_network
from lib_anim.plan.plan import Plan
from lib_anim.settings.settings import Settings
from lib_anim.shot.canvas import Canvas
from lib_anim.shot.steps import Tools

MODEL = "depth_model"

_NEAR_AND_FAR = np.float32(3.0)  # the least and the greatest distance, 1 and 2, added
_UNSEEN = Message("the preview is flat: it has no picture to estimate depth from; with a start picture it shows near and far")
_REMEDY = "write the path of a model's folder, such as Depth-Anything-V2-Small-hf, or of an ONNX file, or leave it empty"


class Distances(NamedTuple):
    """`at(n)` returns the distances at frame n, (H, W) float32, or else `network` sees them; a flat scene has neither.

    `does` names the scene for `anim explain`. `still`: the network sees the first picture alone, whose distances move along.
    The caller passes `notes` and `close` on to its Steps.
    """

    does: str
    at: Callable[[int], Mask] | None = None
    network: DepthNetwork | None = None
    notes: tuple[str, ...] = ()
    close: tuple[Callable[[], None], ...] = ()
    still: bool = False

    def seen(self, canvas: Canvas | None, index: int) -> Mask | None:
        """Return the distances of what a canvas shows at a frame: its own, which move with it, else those that are known, which
        stay where they are on the screen; None without any."""
        own = None if canvas is None else canvas.distance
        return self.at(index) if own is None and self.at else own

    @property
    def known(self) -> Mask | None:
        """The distances at frame 0, None if they are not known."""
        return None if self.at is None else self.at(0)

    @property
    def nearest(self) -> float:
        """The least distance, 1 if it is not known."""
        return 1.0 if self.at is None else float(self.at(0).min())


def scene_distances(settings: Settings, plan: Plan, tools: Tools) -> Distances:
    """Return the distances of a film's scene; a negative `midas_weight` turns them inside out.

    Raises SettingsError for the depth picture and the depth model.
    """
    scene = _upright(settings, plan, tools)
    if settings.number("midas_weight") >= 0.0 or not (scene.at or scene.network):
        return scene
    return scene._replace(does=f"{scene.does}, inside out", at=_turned(scene.at), network=_turned_network(scene.network))


def _upright(settings: Settings, plan: Plan, tools: Tools) -> Distances:
    if not settings.switch("use_depth_warping"):
        return Distances("flat scene")
    if source := open_depth(plan, tools):
        does = "scene with a depth picture" if source.number == 1 else Message("scene with {n} depth pictures", n=source.number)
        return Distances(does, source.at, None, source.notes, source.close)
    if network := _named_network(settings, plan, tools):
        return _seen_by(network, plan, tools)
    shape = settings.text("depth_shape")
    if shape != "flat" and plan.in_use("depth_shape"):
        known = relief(plan.size, hill=shape == "hill")
        return Distances(f"scene like a {shape}", lambda _: known)
    if network := network_there(tools):
        return _seen_by(network, plan, tools)
    return Distances("flat scene")


def _seen_by(network: DepthNetwork, plan: Plan, tools: Tools) -> Distances:
    previews = "caption" in tools.capabilities
    if previews and not begins_over_picture(plan):
        return Distances(f"flat scene; in a film, estimated by {network.name}", notes=(_UNSEEN,))
    does = f"scene of depth estimated by {network.name}"
    return Distances(does, None, network, _stand_in(network, plan.settings), still=previews)


def _stand_in(network: DepthNetwork, settings: Settings) -> tuple[str, ...]:
    """Return the note that a network stands in for the one that a file of Deforum's names."""
    wanted = settings.text("depth_algorithm")
    if "depth_algorithm" not in settings.given or wanted.lower() in network.name.lower():
        return ()
    text = "depth_algorithm: {name} stands in for {wanted}"
    return (Message(text, name=network.name, wanted=wanted),)


def _named_network(settings: Settings, plan: Plan, tools: Tools) -> DepthNetwork | None:
    """Return the network that the film names. Raises SettingsError."""
    path = settings.text(MODEL)
    if path and plan.in_use(MODEL):
        check_is_path(MODEL, path, _REMEDY)
        try:
            return open_network(path)
        except ModelError as error:
            raise SettingsError([Problem(MODEL, error.message, _REMEDY)]) from None
    return tools.depth(settings.text("depth_algorithm"))


def any_network(settings: Settings, plan: Plan, tools: Tools) -> DepthNetwork | None:
    """Return the network that the film names, or else one that is there, None without any. Raises SettingsError."""
    return _named_network(settings, plan, tools) or network_there(tools)


def network_there(tools: Tools) -> DepthNetwork | None:
    """Return the network that is there without a setting: for the small model the small one, else one that was fetched."""
    return small_network() if "small_world" in tools.capabilities and can_run_small() else fetched_network()


def _turned(at: Callable[[int], Mask] | None) -> Callable[[int], Mask] | None:
    """Return distances whose relief is turned inside out."""

    def turned(index: int) -> Mask:
        assert at is not None
        distance = at(index)
        return distance.min() + distance.max() - distance if distance.max() > 2.0 else _NEAR_AND_FAR - distance

    return at and turned


def _turned_network(network: DepthNetwork | None) -> DepthNetwork | None:
    """Return a network that sees what is near as far: metres are nearness then."""
    if network is None or network.metric:
        return network and replace(network, metric=False)
    see = network.see
    return replace(network, see=lambda frame: -see(frame))


class SteadyDepth:
    """Makes distances of what a network sees, each picture's at the scale of the one before.

    Its state is the distances of the last painted picture, in half precision, as they are used.
    """

    def __init__(self, network: DepthNetwork):
        self._network = network
        self._last: Mask | None = None

    def take(self, frame: Frame, moved: Canvas | None) -> Mask:
        """Return the distances of a newly painted picture; `moved` is the one before, moved to it."""
        seen, before = self._network.see(frame), None if moved is None else moved.distance
        self._last = self._first(seen) if moved is None or before is None else self._next(seen, before, moved)
        self._last = self._last.astype(np.float16).astype(np.float32)
        return self._last

    def recall(self, frame: Frame) -> Mask:
        """Return the distances of the last painted picture, after a resume; those of any other are seen alone."""
        return self._first(self._network.see(frame)) if self._last is None else self._last

    def _first(self, seen: Mask) -> Mask:
        return seen if self._network.metric else from_nearness(seen)

    def _next(self, seen: Mask, before: Mask, moved: Canvas) -> Mask:
        known = moved.fresh < 0.5
        return rescaled(seen, before, known) if self._network.metric else steadied(seen, before, known)

    def state(self) -> Mapping[str, object]:
        """Return the distances of the last painted picture."""
        return {} if self._last is None else {"distance": self._last.astype(np.float16)}

    def restore(self, state: object) -> None:
        """Restore a state that was saved; one of another kind is none."""
        found = state.get("distance") if isinstance(state, Mapping) else None
        self._last = np.asarray(found, np.float32) if isinstance(found, np.ndarray) and found.ndim == 2 else None


class StillDepth(SteadyDepth):
    """Makes distances of the first picture alone; later ones have the same, moved along."""

    def take(self, frame: Frame, moved: Canvas | None) -> Mask:
        """See SteadyDepth."""
        known = None if moved is None else moved.distance
        self._last = self.recall(frame) if known is None else known
        return self._last


def classic_depth(network: DepthNetwork) -> Callable[[Frame], Mask]:
    """Return distances as Deforum has them: those of each picture equalised by itself."""
    return lambda frame: equalised(network.see(frame), far_is_great=network.metric)


def single_depth(network: DepthNetwork) -> Callable[[Frame], Mask]:
    """Return the distances of each picture by itself, 1 nearest .. 2 farthest and beyond."""
    return classic_depth(network) if network.metric else lambda frame: from_nearness(network.see(frame))
