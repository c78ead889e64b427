"""Still scene: every frame is the start picture as the camera sees it from there; painted pictures are not fed back."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from lib_anim.features.camera.camera_3d import LENS, SAVING, check_moves, step_into
from lib_anim.features.common.camera_steps import POINT, CameraSteps, camera_steps, is_still
from lib_anim.features.common.distances import Distances, scene_distances, single_depth
from lib_anim.features.request.start_picture import start_frame
from lib_anim.images.frame import Frame, Mask
from lib_anim.images.parallax import bending, softened
from lib_anim.messages import Message
from lib_anim.models.depth import can_run_small, small_network
from lib_anim.plan.plan import Params, Plan
from lib_anim.settings.settings import Settings
from lib_anim.settings.table import ROTATION, TRANSLATION
from lib_anim.shot.canvas import DEPTH_NOTE, Canvas
from lib_anim.shot.steps import Steps, Tools
from lib_anim.shot.track import frames_in_use

_FLAT = "no depth model is there, so the picture moves as a plane; `anim fetch-depth` brings one, or give a depth picture"
_GUESSED = "depth is guessed by {name}, which knows drawn scenes; `anim fetch-depth` brings a model that knows photos"


def build(settings: Settings, plan: Plan, tools: Tools) -> Steps | None:
    """On with `still_scene` in mode 3D with a start picture. Raises SettingsError, as start picture and 3D camera do.

    Frames do not depend on each other: each has one step of the camera from frame 0. Distances are softened, so that what is
    near uncovers nothing; edges bend instead.
    """
    if not is_still(settings, plan):
        return None
    frame, notes = start_frame(settings, plan, tools)
    scene, remarks = _scene(settings, plan, tools)
    steps = camera_steps(plan, scene.known).from_first()
    stops = check_moves(plan, steps, scene.nearest)
    view = _View(plan, steps, _with_distances(frame, scene))
    seen = tools.track(view.at, plan.order, frames_in_use(plan.spans))

    def noted(canvas: Canvas, params: Params) -> Canvas:
        return replace(canvas, notes={**canvas.notes, DEPTH_NOTE: seen(params.index).distance})

    lens = tuple(key for key in LENS if plan.in_use(key))
    flat = scene.at is None and scene.network is None
    return Steps(
        start=(lambda params: seen(params.index),),
        move=(lambda _canvas, params: seen(params.index),),
        show=(noted,) if settings.switch(SAVING) and not flat else (),
        close=scene.close,
        as_filmed=True,
        uses=(*TRANSLATION, *((*POINT, ROTATION[2]) if plan.in_use(POINT[2]) else ROTATION), *lens),
        does=f"{settings.text('init_image')} as the camera sees it; {scene.does}",
        notes=(*notes, *scene.notes, *remarks, *stops),
    )


class _View:
    """What the camera sees of a picture from each frame."""

    def __init__(self, plan: Plan, steps: CameraSteps, picture: Canvas):
        self._plan, self._steps, self._picture = plan, steps, picture
        self._soft = lru_cache(maxsize=1)(self._softened)

    def at(self, index: int) -> Canvas:
        """Return the picture from a frame; from where nothing has moved it is the picture itself, to the byte."""
        if not (self._steps.translate[index].any() or self._steps.rotate[index].any()):
            return self._picture
        soft, params = self._soft(), self._plan[index]
        step = step_into(self._plan, self._steps, params)
        return self._picture.moved(step(1.0) if soft is None else bending(soft, step, self._plan.size))

    def _softened(self) -> Mask | None:
        distance = self._picture.distance
        return None if distance is None else softened(distance)


def _scene(settings: Settings, plan: Plan, tools: Tools) -> tuple[Distances, tuple[str, ...]]:
    """Return the distances of the picture, and a note where they are poor.

    Without any the small network guesses: with soft edges its faults hardly show, also in photos. Raises SettingsError.
    """
    scene = scene_distances(settings, plan, tools)
    if scene.at or scene.network or "caption" in tools.capabilities or not settings.switch("use_depth_warping"):
        return scene, ()
    if not can_run_small():
        return scene, (_FLAT,)
    network = small_network()
    does = f"scene of depth guessed by {network.name}"
    return scene._replace(does=does, network=network), (Message(_GUESSED, name=network.name),)


def _with_distances(frame: Frame, scene: Distances) -> Canvas:
    """Return the picture with its distances, which are estimated once, at first use; those of a video are its first ones."""
    at, network = scene.at, scene.network
    if at:
        return Canvas(frame).with_depth(lambda _: at(0))
    return Canvas(frame).with_depth(single_depth(network)) if network else Canvas(frame)
