"""The mask of hybrid video: where the painted picture stays when the video is mixed in. Not a feature."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from lib_anim.errors import Problem, SettingsError, Waiver
from lib_anim.features.common.distances import any_network, scene_distances, single_depth
from lib_anim.features.common.masking import masks
from lib_anim.images.blend import difference
from lib_anim.images.depth import farness
from lib_anim.images.frame import Frame, Mask
from lib_anim.images.masks import adjusted, equalized, of_frame, stretched
from lib_anim.plan.plan import Params, Plan
from lib_anim.shot.canvas import Canvas
from lib_anim.shot.steps import Tools

TYPE = "hybrid_comp_mask_type"
_PART = "hybrid_comp_mask"
_EXPRESSION = f"{_PART}_schedule"
_SCHEDULES = tuple(
    f"{_PART}_{name}_schedule" for name in ("contrast", "auto_contrast_cutoff_low", "auto_contrast_cutoff_high", "blend_alpha")
)

Find = Callable[[Canvas, Frame, Params], Mask]  # (painted picture, picture of the video) -> 1 where the first stays


class MixMask(NamedTuple):
    """`at` returns the mask; the caller passes `close` and `notes` on to its Steps; `does` is for `anim explain`."""

    at: Find
    close: tuple[Callable[[], None], ...] = ()
    notes: tuple[str, ...] = ()
    does: str = ""


def mix_mask(plan: Plan, tools: Tools) -> MixMask | None:
    """Return the mask of the settings, None without one. Raises SettingsError if it needs a depth that nothing gives."""
    kind, settings = plan.settings.text(TYPE), plan.settings
    if kind == "None":
        return None
    found, inverse = _kinds(kind, plan, tools), settings.switch(f"{_PART}_inverse")

    def mask(canvas: Canvas, picture: Frame, params: Params) -> Mask:
        shaped = _shaped(found.at(canvas, picture, params), params)
        return 1.0 - shaped if inverse else shaped

    return found._replace(at=mask)


def mask_schedules(plan: Plan) -> tuple[str, ...]:
    """Return the schedules that the mask goes by."""
    return tuple(key for key in (*_SCHEDULES, _EXPRESSION) if plan.in_use(key))


def _shaped(mask: Mask, params: Params) -> Mask:
    """Apply contrast and spreading, in Deforum's order: equalise, contrast, percentiles, equalise."""
    when = params.text(f"{_PART}_equalize")
    if when in ("Before", "Both"):
        mask = equalized(mask)
    mask = adjusted(mask, 1.0, params.number(f"{_PART}_contrast_schedule"))
    if params.switch(f"{_PART}_auto_contrast"):
        cut = f"{_PART}_auto_contrast_cutoff"
        mask = stretched(mask, params.number(f"{cut}_low_schedule"), params.number(f"{cut}_high_schedule"))
    return equalized(mask) if when in ("After", "Both") else mask


def _kinds(kind: str, plan: Plan, tools: Tools) -> MixMask:
    """Return the mask of a kind before its contrast is changed. Raises SettingsError."""
    if kind == "Difference":
        return MixMask(lambda canvas, picture, params: of_frame(difference(canvas.frame, picture)))
    if kind == "Blend":
        return MixMask(_blended)
    if "Expression" in kind:
        return _by_expression(plan, tools, of_video=kind == "Video Expression")
    return _far_in_canvas(plan, tools) if kind == "Depth" else _far_in_video(plan, tools)


def _blended(canvas: Canvas, picture: Frame, params: Params) -> Mask:
    """Return the greys of both pictures, blended."""
    share = params.number(f"{_PART}_blend_alpha_schedule")
    return (1.0 - share) * of_frame(canvas.frame) + share * of_frame(picture)


def _by_expression(plan: Plan, tools: Tools, *, of_video: bool) -> MixMask:
    """Return the mask of an expression, of the video's picture or of the painted one. Raises SettingsError."""
    found = masks(_EXPRESSION, plan, tools)

    def find(canvas: Canvas, picture: Frame, params: Params) -> Mask:
        return found.at(params.index, Canvas(picture) if of_video else canvas)

    return MixMask(find, found.close, found.notes, found.does)


def _far_in_canvas(plan: Plan, tools: Tools) -> MixMask:
    """Return the distances of the painted picture, 0 near .. 1 far: the video is mixed in where the picture is near."""
    scene = scene_distances(plan.settings, plan, tools)
    network = scene.network or any_network(plan.settings, plan, tools)
    if scene.at is None and network is None:
        raise _no_depth("Depth needs a depth model, or in 3D a depth_map or a depth_shape")

    def far(canvas: Canvas, picture: Frame, params: Params) -> Mask:
        distance = scene.seen(canvas, params.index)
        if distance is None:
            assert network is not None  # else there is a problem above
            distance = single_depth(network)(canvas.frame)
        return farness(distance)

    return MixMask(far, scene.close)


def _far_in_video(plan: Plan, tools: Tools) -> MixMask:
    """Return the distances of the video's picture, 0 near .. 1 far: it is mixed in where it is near."""
    network = any_network(plan.settings, plan, tools)
    if network is None:
        raise _no_depth("Video Depth needs a depth model")
    distances = single_depth(network)
    return MixMask(lambda canvas, picture, params: farness(distances(picture)))


def _no_depth(reason: str) -> SettingsError:
    return SettingsError([Problem(TYPE, reason, "write Blend, Difference or None", waivers=(Waiver.ALLOW_MISSING,))])
