"""How a source video moves from one frame to the next. Not a feature."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace

from lib_anim.features.common.input_video import SourceVideo
from lib_anim.images.frame import Frame
from lib_anim.images.warp import Warp
from lib_anim.plan.plan import Plan
from lib_anim.shot.canvas import Canvas
from lib_anim.shot.steps import Tools
from lib_anim.shot.track import frames_in_use

_KEPT = 16  # warps at most, each 2 MB at 512x512 and 8 MB at 1024x1024

Measure = Callable[[Frame, Frame, int], Warp]  # (before, now, index of now) -> the warp of the first onto the second


def one_at_a_time(measure: Measure) -> Measure:
    """Return a function that measures for one thread after another, since OpenCV's flow is not thread-safe."""
    lock = threading.Lock()

    def locked(before: Frame, now: Frame, index: int) -> Warp:
        with lock:
            return measure(before, now, index)

    return locked


def video_motion(video: SourceVideo, measure: Measure, plan: Plan, tools: Tools) -> Callable[[int], Warp]:
    """Return the motion of the video into a frame, from the frame filmed before; none where the video is over or holds.

    It is measured ahead.
    """
    measure, still = one_at_a_time(measure), Warp.identity(plan.size)

    def motion(index: int) -> Warp:
        before, now = video.at(index - plan.order.step), video.at(index)
        return still if before is None or now is None or before is now else measure(before, now, index)

    return tools.track(motion, plan.order[1:], min(frames_in_use(plan.spans), _KEPT))


def moved_along(canvas: Canvas, motion: Warp) -> Canvas:
    """Return the canvas after a motion; what comes in from outside is that of the camera's move before it."""
    if motion.is_identity:
        return canvas
    path = canvas.path
    border, sampling = (path.border, path.sampling) if path else ("reflection", "bicubic")
    return canvas.moved(replace(motion, border=border, sampling=sampling))
