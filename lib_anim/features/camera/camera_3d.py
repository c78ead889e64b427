"""The 3D camera: a move in space, over a flat scene or one with a depth picture."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from lib_anim.errors import Problem, SettingsError
from lib_anim.features.common.camera_steps import POINT, CameraSteps, camera_steps, is_still
from lib_anim.features.common.distances import Distances, SteadyDepth, StillDepth, classic_depth, scene_distances
from lib_anim.features.common.resizing import Size
from lib_anim.features.common.unused import at_rest, idle
from lib_anim.images.camera import NEAREST, equivalent_translation_z, move_2d, move_3d, nearest_distances, widened
from lib_anim.images.frame import Frame, Mask
from lib_anim.images.parallax import Step, occluding
from lib_anim.images.warp import Warp
from lib_anim.language.functions import Values
from lib_anim.messages import Message, Place
from lib_anim.plan.plan import Params, Plan
from lib_anim.settings.settings import Settings
from lib_anim.settings.table import FIELDS, ROTATION, TRANSLATION
from lib_anim.shot.canvas import DEPTH_NOTE, Canvas
from lib_anim.shot.steps import Steps, Tools

_MOTION = (*TRANSLATION, *ROTATION)
SAVING = "save_depth_maps"
LENS = ("fov_schedule", "aspect_ratio_schedule")
_NO_DEPTH = "no depth model is there, so the scene is flat; `anim fetch-depth` brings one, or write depth_model or depth_map"


def build(settings: Settings, plan: Plan, tools: Tools) -> Steps | None:
    """On in mode 3D. Raises SettingsError for the depth picture or model, and for moves that are not possible."""
    if not plan.in_use("translation_z") or is_still(settings, plan):
        return None
    scene = scene_distances(settings, plan, tools)
    steps = camera_steps(plan, scene.known)
    stops = check_moves(plan, steps, scene.nearest)
    lens, zooms = tuple(key for key in LENS if plan.in_use(key)), settings.switch("fov_zooms")
    seeing = _Seeing.of(scene, settings, plan)

    def move(canvas: Canvas, params: Params) -> Canvas:
        step = step_into(plan, steps, params)
        if seeing:
            canvas = canvas.with_depth(seeing.estimate)
        if canvas.distance is None:
            warp = step(1.0 if scene.at is None else scene.at(params.index))
        else:  # the distance of a picture, which moves with it
            warp = _through(canvas.distance, step, plan, classic=bool(seeing and seeing.classic))
        return canvas.moved(warp.then(_lens_zoom(plan, params.index)) if zooms else warp)

    aimed, border, sampling = plan.in_use(POINT[2]), settings.text("padding_mode"), settings.text("sampling_mode")
    turns = "turned to its target" if aimed else "rotation_3d"
    does = f"translation, {turns}{', lens' if zooms else ''}; {scene.does}, {border} padding, {sampling}"
    flat = scene.at is None and scene.network is None
    return Steps(
        move=(move,),
        finish=(seeing.finish,) if seeing and not seeing.classic else (),
        show=(partial(_with_depth_noted, scene, seeing),) if settings.switch(SAVING) and not flat else (),
        memory={"depth": seeing.steady} if seeing and not seeing.classic else {},
        close=scene.close,
        moves_ahead=seeing is None,
        uses=(*TRANSLATION, *((*POINT, ROTATION[2]) if aimed else ROTATION), *lens),
        does=does,
        notes=(*scene.notes, *stops, *_notes(settings, plan, flat=flat and "no_model" not in tools.capabilities)),
    )


def _with_depth_noted(scene: Distances, seeing: _Seeing | None, canvas: Canvas, params: Params) -> Canvas:
    """Return the canvas with its distances among its notes, from where they are written beside the frame."""
    if scene.at is not None:
        return replace(canvas, notes={**canvas.notes, DEPTH_NOTE: scene.at(params.index)})
    if seeing:
        canvas = canvas.with_depth(seeing.estimate)
    return replace(canvas, notes={**canvas.notes, DEPTH_NOTE: canvas.distance})


@dataclass(frozen=True)
class _Seeing:
    """How a network's distances reach the canvases: in `finish`, where memory may change, or `classic`, one by one.

    `estimate` is for canvases that did not come from `finish`: the first ones, and the last of a run that is resumed.
    """

    steady: SteadyDepth
    estimate: Callable[[Frame], Mask]
    classic: bool
    last: int | None  # the last painted frame, if nothing moves after it

    @classmethod
    def of(cls, scene: Distances, settings: Settings, plan: Plan) -> _Seeing | None:
        network = scene.network
        if network is None:
            return None
        steady = StillDepth(network) if scene.still else SteadyDepth(network)
        classic = settings.switch("classic") and not scene.still
        last = plan.spans[-1]
        needless = not last.tail and not settings.switch(SAVING)
        estimate = classic_depth(network) if classic else steady.recall
        return cls(steady, estimate, classic, last.painted if needless else None)

    def finish(self, canvas: Canvas, moved: Canvas | None, params: Params) -> Canvas:
        if params.index == self.last:
            return canvas
        distance = self.steady.take(canvas.frame, moved)
        return canvas.with_depth(lambda _frame: distance)


def step_into(plan: Plan, steps: CameraSteps, params: Params) -> Step:
    """Return the step of the camera into a frame, which makes a warp of distances."""
    translate, rotate = steps.at(params.index)
    by_schedule = plan.in_use("aspect_ratio_schedule")
    return partial(
        _move,
        size=plan.size,
        translate=translate,
        rotate_deg=rotate,
        fov_deg=params.number("fov_schedule"),
        aspect=params.number("aspect_ratio_schedule") if by_schedule else plan.size[0] / plan.size[1],
        border=plan.settings.text("padding_mode"),
        sampling=plan.settings.text("sampling_mode"),
    )


def _move(depth: Mask | float, size: Size, **how: Any) -> Warp:
    return move_3d(size, depth=depth, **how)


def _through(distance: Mask, step: Step, plan: Plan, *, classic: bool) -> Warp:
    """Return the warp of a step through the distances of a picture.

    A film that is filmed backwards undoes the step that leads into the picture, so its distances are those after it.
    """
    if plan.backwards:
        return step(widened(distance, step))
    return step(distance) if classic else occluding(distance, step)


def _lens_zoom(plan: Plan, index: int) -> Warp:
    """Return the warp of the change of the view angle into a frame: about the middle, by the ratio of the lenses.

    The length of a lens is cot(fov/2). Border and sampling are those of the warp that it follows.
    """
    now, before = (np.tan(np.radians(plan.numbers["fov_schedule"][k]) / 2.0) for k in (index, index - 1))
    middle = 0.5 - 0.5 / plan.size[0], 0.5 - 0.5 / plan.size[1]
    border, sampling = plan.settings.text("padding_mode"), plan.settings.text("sampling_mode")
    return move_2d(plan.size, zoom=float(before / now), centre=middle, border=border, sampling=sampling)


def check_moves(plan: Plan, steps: CameraSteps, nearest: float) -> tuple[str, ...]:
    """Check the moves of all frames; `nearest` is the least distance of the scene, 1 if it is not known.

    Returns a note on the first move that is shortened, since it would pass through the scene. Raises SettingsError for an
    invalid view angle or aspect ratio, and for a rotation after which the scene is behind the camera, each at its first frame.
    """
    shown = slice(plan.frames.start, plan.frames.stop)
    (tilt, pan, _), forward = steps.rotate[shown].T, steps.translate[shown, 2]
    columns = {key: plan.numbers[key][shown] for key in LENS}
    turned = nearest_distances(tilt, pan, 0.0, nearest)
    if problems := sorted(_problems(plan, columns, turned), key=lambda problem: problem.place.frame or 0):
        raise SettingsError(problems)
    near = np.flatnonzero(nearest_distances(tilt, pan, forward, nearest) < NEAREST)
    return (_stop_note(plan.frames[int(near[0])]),) if near.size else ()


def _stop_note(n: int) -> Message:
    return Message("translation_z, frame {frame}: the camera would pass through the scene; it stops in front of it", frame=n)


def _problems(plan: Plan, columns: Mapping[str, Values], turned: Values) -> Iterator[Problem]:
    """Yield the first problem of each kind with the moves of the film's frames, whose values are in `columns`.

    `turned` is the least distance of the scene after each rotation alone.
    """
    fov, aspect = columns["fov_schedule"], columns["aspect_ratio_schedule"]
    bent = (fov <= 0.0) | (fov >= 180.0) if plan.settings.switch("fov_zooms") else np.abs(np.sin(np.radians(fov) / 2.0)) < 1e-3
    for k in np.flatnonzero(bent)[:1]:
        reason = Message("{value} degrees is no view angle", value=float(fov[k]))
        yield Problem("fov_schedule", reason, "keep it from 1 to 180", Place(frame=plan.frames[int(k)]))
    for k in np.flatnonzero(np.abs(aspect) < 1e-3)[:1] if plan.in_use("aspect_ratio_schedule") else ():
        reason = Message("{value} is no aspect ratio", value=float(aspect[k]))
        yield Problem("aspect_ratio_schedule", reason, "1 is the usual", Place(frame=plan.frames[int(k)]))
    for k in np.flatnonzero(turned < NEAREST)[:1]:
        place = Place(frame=plan.frames[int(k)])
        yield Problem("rotation_3d_y", "the camera would turn away from the scene", "keep rotations small", place)


def _notes(settings: Settings, plan: Plan, *, flat: bool) -> tuple[str, ...]:
    """Return notes on settings without effect in 3D, on a `flat` scene, and on a film without motion."""
    zoom, fov = (float(np.mean(plan.numbers[key])) for key in ("zoom", "fov_schedule"))
    instead = {"angle": "rotation_3d_z turns"}
    if np.max(plan.numbers["zoom"]) > (FIELDS["zoom"].low or 0.0):  # presets for 3D have a zoom of 0
        same = Message("the same speed is translation_z {value}", value=f"0:({equivalent_translation_z(zoom, fov):.2f})")
        instead = {"zoom": same, **instead}
    notes = list(idle(plan, "3D", instead))
    if settings.switch("use_depth_warping") and flat:
        notes.append(_NO_DEPTH)
    shakes = plan.in_use("shake_speed")
    if all(at_rest(plan, key) for key in _MOTION) and not (settings.switch("enable_perspective_flip") or shakes):
        notes.append("nothing moves in this film; translation_z 0:(1.75) would go forward")
    return tuple(notes)
