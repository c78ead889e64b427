"""The 3D camera: a move in space, over a flat scene or one with a depth picture."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from lib_anim.errors import PictureError, Problem, SettingsError
from lib_anim.features.common.resizing import resizing
from lib_anim.features.common.unused import at_rest, idle
from lib_anim.images.camera import NEAREST, equivalent_translation_z, move_3d, nearest_distances
from lib_anim.images.frame import Mask, resized
from lib_anim.language.functions import Values
from lib_anim.media.download import check_is_path
from lib_anim.messages import Message, Place
from lib_anim.plan.plan import Params, Plan
from lib_anim.settings.settings import Settings
from lib_anim.settings.table import FIELDS
from lib_anim.shot.canvas import Canvas
from lib_anim.shot.steps import DepthModel, Steps, Tools

_MOTION = ("translation_x", "translation_y", "translation_z", "rotation_3d_x", "rotation_3d_y", "rotation_3d_z")

Vector = tuple[float, float, float]  # along or about x, y and z

_LENS = ("fov_schedule", "aspect_ratio_schedule")


def build(settings: Settings, plan: Plan, tools: Tools) -> Steps | None:
    """On in mode 3D. Raises SettingsError for the depth picture, and for moves that are not possible."""
    if not plan.in_use("translation_z"):
        return None
    depth, depth_notes = _read_depth(settings, plan, tools)
    border, sampling = settings.text("padding_mode"), settings.text("sampling_mode")
    estimate = tools.depth(settings.text("depth_algorithm")) if settings.switch("use_depth_warping") and depth is None else None
    inside_out = settings.number("midas_weight") < 0.0
    if inside_out:
        depth, estimate = None if depth is None else _NEAR_AND_FAR - depth, estimate and _turned(estimate)
    stops = _check_moves(plan, 1.0 if depth is None else float(depth.min()))
    lens = tuple(key for key in _LENS if plan.in_use(key))

    def move(canvas: Canvas, params: Params) -> Canvas:
        translate, rotate = _motion(params)
        if estimate:
            canvas = canvas.with_depth(estimate)
        warp = move_3d(
            plan.size,
            translate=translate,
            rotate_deg=rotate,
            fov_deg=params.number("fov_schedule"),
            aspect=params.number("aspect_ratio_schedule") if "aspect_ratio_schedule" in lens else plan.size[0] / plan.size[1],
            depth=canvas.distance if depth is None else depth,
            border=border,
            sampling=sampling,
        )
        return canvas.moved(warp)

    scene = "scene with a depth picture" if depth is not None else "scene of estimated depth" if estimate else "flat scene"
    scene += ", inside out" if inside_out and scene != "flat scene" else ""
    does = f"translation, rotation_3d; {scene}, {border} padding, {sampling}"
    notes = (*depth_notes, *stops, *_notes(settings, plan, flat=depth is None and estimate is None))
    return Steps(move=(move,), uses=(*_MOTION, *lens), does=does, notes=notes)


_NEAR_AND_FAR = np.float32(3.0)  # the least and the greatest distance, 1 and 2, added


def _turned(estimate: DepthModel) -> DepthModel:
    """Return a depth model whose relief is turned inside out."""
    return lambda frame: _NEAR_AND_FAR - estimate(frame)


def _motion(params: Params) -> tuple[Vector, Vector]:
    """Return the translation in camera units, and the rotation in degrees."""
    x, y, z, tilt, pan, roll = (params.number(key) for key in _MOTION)
    return (x, y, z), (tilt, pan, roll)


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


def _check_moves(plan: Plan, nearest: float) -> tuple[str, ...]:
    """Check the moves of all frames; `nearest` is the least distance of the scene, 1 if it is not known.

    Returns a note on the first move that is shortened, since it would pass through the scene. Raises SettingsError for an
    invalid view angle or aspect ratio, and for a rotation after which the scene is behind the camera, each at its first frame.
    """
    columns = {key: plan.numbers[key][plan.frames.start : plan.frames.stop] for key in (*_MOTION, *_LENS)}
    tilt, pan = columns["rotation_3d_x"], columns["rotation_3d_y"]
    turned = nearest_distances(tilt, pan, 0.0, nearest)
    if problems := sorted(_problems(plan, columns, turned), key=lambda problem: problem.place.frame or 0):
        raise SettingsError(problems)
    near = np.flatnonzero(nearest_distances(tilt, pan, columns["translation_z"], nearest) < NEAREST)
    return (_stop_note(plan.frames[int(near[0])]),) if near.size else ()


def _stop_note(n: int) -> Message:
    return Message("translation_z, frame {frame}: the camera would pass through the scene; it stops in front of it", frame=n)


def _problems(plan: Plan, columns: Mapping[str, Values], turned: Values) -> Iterator[Problem]:
    """Yield the first problem of each kind with the moves of the film's frames, whose values are in `columns`.

    `turned` is the least distance of the scene after each rotation alone.
    """
    fov, aspect = columns["fov_schedule"], columns["aspect_ratio_schedule"]
    for k in np.flatnonzero(np.abs(np.sin(np.radians(fov) / 2.0)) < 1e-3)[:1]:
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
