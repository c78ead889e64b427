"""The motion of hybrid video: that of a video, by which painted pictures move. Not a feature."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

from lib_anim.features.common.input_video import SourceVideo
from lib_anim.features.common.optical_flow import chosen
from lib_anim.features.common.video_motion import Measure, one_at_a_time, video_motion
from lib_anim.images.flow import Flow, along, explained
from lib_anim.images.frame import Frame
from lib_anim.images.matching import matched
from lib_anim.images.warp import Warp
from lib_anim.plan.plan import Plan
from lib_anim.shot.canvas import Canvas
from lib_anim.shot.steps import Tools

MOTION = "hybrid_motion"
_FACTOR, _BLUR = "hybrid_flow_factor_schedule", "hybrid_consistency_blur"


class Motion(NamedTuple):
    """`into(canvas, index)` returns the motion by which a canvas moves into a frame, after the camera's move.

    `does` and `notes` are for Steps, and so is `uses`.
    """

    into: Callable[[Canvas, int], Warp]
    does: str
    notes: tuple[str, ...] = ()
    uses: tuple[str, ...] = ()


def hybrid_motion(plan: Plan, tools: Tools, video: SourceVideo) -> Motion | None:
    """Return the motion of the settings, None without one. Raises SettingsError."""
    settings = plan.settings
    kind = settings.text(MOTION)
    if kind == "None":
        return None
    follow = chosen(settings, "hybrid_flow_method") if kind == "Optical Flow" else None
    measure = _by_flow(follow.flow, plan) if follow else _by_matching(kind, plan)
    method = follow.name if follow else kind
    notes, uses = (follow.notes, (_FACTOR,)) if follow else ((), ())
    if settings.switch("hybrid_motion_use_prev_img"):
        return Motion(_from_painted(video, measure, plan), f"motion from painted pictures to its frames: {method}", notes, uses)
    motion = video_motion(video, measure, plan, tools)
    return Motion(lambda canvas, index: motion(index), f"its motion: {method}", notes, uses)


def _by_flow(flow: Flow, plan: Plan) -> Measure:
    """Return the motion by an optical flow; with `hybrid_flow_consistency` only what it explains moves."""
    blur_px = plan.settings.number(_BLUR) if plan.in_use(_BLUR) else None

    def measure(before: Frame, now: Frame, index: int) -> Warp:
        factor = plan[index].number(_FACTOR)
        if blur_px is None:
            return along(flow(now, before), factor)
        back, share = explained(flow, before, now, blur_px)
        return along(back, factor * share, lost=1.0 - share)

    return measure


def _by_matching(kind: str, plan: Plan) -> Measure:
    """Return the motion of the whole picture, as one matrix."""
    return lambda before, now, index: Warp(plan.size, matrix=matched(now, before, kind))


def _from_painted(video: SourceVideo, measure: Measure, plan: Plan) -> Callable[[Canvas, int], Warp]:
    """Return the motion from a painted picture to the video's frame."""
    measure, still = one_at_a_time(measure), Warp.identity(plan.size)

    def into(canvas: Canvas, index: int) -> Warp:
        now = video.at(index)
        return still if now is None else measure(_sampled_fast(canvas), now, index)

    return into


def _sampled_fast(canvas: Canvas) -> Frame:
    """Return the picture in bilinear sampling, which is faster and good enough to measure motion."""
    return replace(canvas.path, sampling="bilinear")(canvas.origin) if canvas.path else canvas.origin
