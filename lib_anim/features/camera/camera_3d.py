"""The 3D camera: a step in space, over a flat scene or one with a depth picture."""

from __future__ import annotations

import numpy as np

from lib_anim.errors import PictureError, Problem, SettingsError
from lib_anim.features.common.resizing import resizing
from lib_anim.features.common.unused import at_rest, idle
from lib_anim.images.camera import NEAREST, equivalent_translation_z, move_3d, nearest_distance
from lib_anim.images.frame import resized
from lib_anim.media.download import check_is_path
from lib_anim.plan.plan import Params, Plan
from lib_anim.settings.settings import Settings
from lib_anim.shot.canvas import Canvas
from lib_anim.shot.steps import Steps, Tools

_MOTION = ("translation_x", "translation_y", "translation_z", "rotation_3d_x", "rotation_3d_y", "rotation_3d_z")

_LENS = ("fov_schedule", "aspect_ratio_schedule")


def build(settings: Settings, plan: Plan, tools: Tools) -> Steps | None:
    """On in mode 3D."""
    if settings["animation_mode"] != "3D":
        return None
    depth, depth_notes = _depth(settings, plan, tools)
    estimate = tools.depth(settings["depth_algorithm"]) if settings["use_depth_warping"] and depth is None else None
    stops = _check(plan, 1.0 if depth is None else float(depth.min()))
    old_aspect = plan.size[0] / plan.size[1] if settings["aspect_ratio_use_old_formula"] else None

    def move(canvas: Canvas, params: Params) -> Canvas:
        translate, rotate = _motion(params)
        if estimate:
            canvas = canvas.with_depth(estimate)
        warp = move_3d(
            plan.size,
            translate=translate,
            rotate_deg=rotate,
            fov_deg=params["fov_schedule"],
            aspect=old_aspect or params["aspect_ratio_schedule"],
            depth=canvas.distance if depth is None else depth,
            border=settings["padding_mode"],
            sampling=settings["sampling_mode"],
        )
        return canvas.moved(warp)

    scene = "scene with a depth picture" if depth is not None else "scene of estimated depth" if estimate else "flat scene"
    does = f"translation, rotation_3d; {scene}, {settings['padding_mode']} padding, {settings['sampling_mode']}"
    notes = (*depth_notes, *stops, *_notes(settings, plan, flat=depth is None and estimate is None))
    return Steps(move=(move,), uses=(*_MOTION, *_LENS), does=does, notes=notes)


def _motion(params: Params) -> tuple[tuple[float, ...], tuple[float, ...]]:
    return tuple(params[key] for key in _MOTION[:3]), tuple(params[key] for key in _MOTION[3:])


def _depth(settings: Settings, plan: Plan, tools: Tools) -> tuple[np.ndarray | None, tuple[str, ...]]:
    """Distances of the scene, (H, W) float32: 1 where the depth picture is white, 2 where it is black; and notes on it."""
    if not (settings["use_depth_warping"] and settings["depth_map"]):
        return None, ()
    remedy = "write the path of a grey picture"
    check_is_path("depth_map", settings["depth_map"], remedy)
    try:
        nearness = tools.grey(settings["depth_map"])
    except PictureError as error:
        raise SettingsError([Problem("depth_map", "", str(error), remedy)]) from None
    return (2.0 - resized(nearness, plan.size)).astype(np.float32), resizing("depth_map", nearness.shape[1::-1], plan.size)


def _check(plan: Plan, nearest: float) -> tuple[str, ...]:
    """Check the moves of all frames before the first pixel; `nearest` is how near the scene comes, as far as that is known.

    Returns the note on the first step that ends in front of the scene. Raises SettingsError for lenses that are none, and
    where a turn alone brings the scene behind the camera.
    """
    stops: list[str] = []
    for index in plan.frames:
        params = plan[index]
        (_, _, forward), rotate = _motion(params)
        if problem := _problem(params, nearest_distance(rotate, 0.0, nearest)):
            raise SettingsError([problem])
        if not stops and nearest_distance(rotate, forward, nearest) < NEAREST:
            stops.append(f"translation_z, frame {index}: the camera would pass through the scene; it stops in front of it")
    return tuple(stops)


def _problem(params: Params, turned: float) -> Problem | None:
    """What makes a frame's move impossible; `turned` is how near the scene is after its turn alone."""
    place, fov, aspect = f"frame {params.index}", params["fov_schedule"], params["aspect_ratio_schedule"]
    if abs(np.sin(np.radians(fov) / 2.0)) < 1e-3:
        return Problem("fov_schedule", place, f"{fov:g} degrees is no view angle", "keep it from 1 to 180")
    if abs(aspect) < 1e-3:
        return Problem("aspect_ratio_schedule", place, f"{aspect:g} is no aspect ratio", "1 is the usual")
    if turned < NEAREST:
        return Problem("rotation_3d_y", place, "the camera would turn away from the scene", "keep rotations small")
    return None


def _notes(settings: Settings, plan: Plan, *, flat: bool) -> tuple[str, ...]:
    zoom, fov = (float(np.mean(plan.columns[key])) for key in ("zoom", "fov_schedule"))
    instead = {
        "zoom": f"the same speed is translation_z 0:({equivalent_translation_z(zoom, fov):.2f})",
        "angle": "rotation_3d_z turns",
    }
    notes = list(idle(plan, "3D", instead))
    if settings["use_depth_warping"] and flat:
        notes.append("no depth model is built in yet, so the scene is flat; depth_map takes a picture of distances")
    if all(at_rest(plan, key) for key in _MOTION) and not settings["enable_perspective_flip"]:
        notes.append("nothing moves in this film; translation_z 0:(1.75) would go forward")
    return tuple(notes)
