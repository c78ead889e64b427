"""The 3D camera: a move in space, over a flat scene or one with a depth picture."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial

import numpy as np

from lib_anim.errors import Problem, SettingsError
from lib_anim.features.common.camera_steps import POINT, CameraSteps, camera_steps
from lib_anim.features.common.distances import scene_distances
from lib_anim.features.common.unused import at_rest, idle
from lib_anim.images.camera import NEAREST, arriving, equivalent_translation_z, move_2d, move_3d, nearest_distances
from lib_anim.images.warp import Warp
from lib_anim.language.functions import Values
from lib_anim.messages import Message, Place
from lib_anim.plan.plan import Params, Plan
from lib_anim.settings.settings import Settings
from lib_anim.settings.table import FIELDS, ROTATION, TRANSLATION
from lib_anim.shot.canvas import Canvas
from lib_anim.shot.steps import Steps, Tools

_MOTION = (*TRANSLATION, *ROTATION)
_LENS = ("fov_schedule", "aspect_ratio_schedule")


def build(settings: Settings, plan: Plan, tools: Tools) -> Steps | None:
    """On in mode 3D. Raises SettingsError for the depth picture, and for moves that are not possible."""
    if not plan.in_use("translation_z"):
        return None
    scene = scene_distances(settings, plan, tools)
    border, sampling = settings.text("padding_mode"), settings.text("sampling_mode")
    steps = camera_steps(plan, scene.known)
    stops = _check_moves(plan, steps, scene.nearest)
    lens, zooms = tuple(key for key in _LENS if plan.in_use(key)), settings.switch("fov_zooms")

    def move(canvas: Canvas, params: Params) -> Canvas:
        translate, rotate = steps.at(params.index)
        if scene.estimate:
            canvas = canvas.with_depth(scene.estimate)
        step = partial(
            move_3d,
            plan.size,
            translate=translate,
            rotate_deg=rotate,
            fov_deg=params.number("fov_schedule"),
            aspect=params.number("aspect_ratio_schedule") if "aspect_ratio_schedule" in lens else plan.size[0] / plan.size[1],
            border=border,
            sampling=sampling,
        )
        distance = scene.known
        if canvas.distance is not None:  # that of a picture, which moves with it
            distance = arriving(canvas.distance, step, arrived=plan.backwards)
        warp = step(depth=distance)
        return canvas.moved(warp.then(_lens_zoom(plan, params.index)) if zooms else warp)

    aimed = plan.in_use(POINT[2])
    turns = "turned to its target" if aimed else "rotation_3d"
    does = f"translation, {turns}{', lens' if zooms else ''}; {scene.does}, {border} padding, {sampling}"
    flat = scene.known is None and scene.estimate is None
    notes = (*scene.notes, *stops, *_notes(settings, plan, flat=flat))
    uses = (*TRANSLATION, *((*POINT, ROTATION[2]) if aimed else ROTATION), *lens)
    return Steps(move=(move,), moves_ahead=scene.estimate is None, uses=uses, does=does, notes=notes)


def _lens_zoom(plan: Plan, index: int) -> Warp:
    """Return the warp of the change of the view angle into a frame: about the middle, by the ratio of the lenses.

    The length of a lens is cot(fov/2). Border and sampling are those of the warp that it follows.
    """
    now, before = (np.tan(np.radians(plan.numbers["fov_schedule"][k]) / 2.0) for k in (index, index - 1))
    middle = 0.5 - 0.5 / plan.size[0], 0.5 - 0.5 / plan.size[1]
    border, sampling = plan.settings.text("padding_mode"), plan.settings.text("sampling_mode")
    return move_2d(plan.size, zoom=float(before / now), centre=middle, border=border, sampling=sampling)


def _check_moves(plan: Plan, steps: CameraSteps, nearest: float) -> tuple[str, ...]:
    """Check the moves of all frames; `nearest` is the least distance of the scene, 1 if it is not known.

    Returns a note on the first move that is shortened, since it would pass through the scene. Raises SettingsError for an
    invalid view angle or aspect ratio, and for a rotation after which the scene is behind the camera, each at its first frame.
    """
    shown = slice(plan.frames.start, plan.frames.stop)
    (tilt, pan, _), forward = steps.rotate[shown].T, steps.translate[shown, 2]
    columns = {key: plan.numbers[key][shown] for key in _LENS}
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
        notes.append("no depth model is built in yet, so the scene is flat; depth_map takes a picture of distances")
    shakes = plan.in_use("shake_speed")
    if all(at_rest(plan, key) for key in _MOTION) and not (settings.switch("enable_perspective_flip") or shakes):
        notes.append("nothing moves in this film; translation_z 0:(1.75) would go forward")
    return tuple(notes)
