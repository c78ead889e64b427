"""Hybrid video: frames move as a video moves, and its frames are mixed in."""

from __future__ import annotations

from lib_anim.features.common.input_video import source_video
from lib_anim.features.common.video_motion import moved_along
from lib_anim.features.guides.hybrid_mix import AFTER, BEFORE, COMPOSITE, NORMAL, hybrid_mix
from lib_anim.features.guides.hybrid_motion import MOTION, hybrid_motion
from lib_anim.plan.plan import Params, Plan
from lib_anim.settings.settings import Settings
from lib_anim.shot.canvas import Canvas
from lib_anim.shot.steps import Steps, Tools

_FIRST = "hybrid_use_first_frame_as_init_image"


def build(settings: Settings, plan: Plan, tools: Tools) -> Steps | None:
    """On with `hybrid_motion` or `hybrid_composite`, in 2D and 3D. Raises SettingsError.

    The motion comes after the camera's, as in Deforum. The video is mixed in before a frame is painted (Normal), so that it
    moves along (Before Motion), or after it was painted (After Generation).
    """
    if not plan.in_use(_FIRST):
        return None
    video = source_video(plan, tools, _wanted_by(settings), _indexes(settings, plan))
    motion, mix, when = hybrid_motion(plan, tools, video), hybrid_mix(plan, tools, video), settings.text(COMPOSITE)
    # Deforum moves the frame that is painted over, which is already where the motion leads
    ahead = 0 if settings.switch("classic") or motion is None else plan.order.step

    def start(params: Params) -> Canvas | None:
        picture = video.at(params.index)
        return None if picture is None else Canvas(picture)

    def move(canvas: Canvas, params: Params) -> Canvas:
        if mix and when == BEFORE and params.painted:
            canvas = mix.into(canvas, params.index, params.index - ahead)
        return moved_along(canvas, motion.into(canvas, params.index)) if motion else canvas

    def prepare(canvas: Canvas, params: Params) -> Canvas:
        return mix.into(canvas, params.index, params.index) if mix else canvas

    def finish(canvas: Canvas, moved: Canvas | None, params: Params) -> Canvas:
        return mix.into(canvas, params.index, params.index) if mix and moved else canvas

    parts = [part for part in (motion, mix) if part]
    return Steps(
        start=(start,) if settings.switch(_FIRST) else (),
        move=(move,) if motion or when == BEFORE else (),
        prepare=(prepare,) if when == NORMAL else (),
        finish=(finish,) if when == AFTER else (),
        close=(*video.close, *(mix.close if mix else ())),
        as_filmed=True,
        uses=tuple(key for part in parts for key in part.uses),
        does=f"{video.name}: {', '.join(part.does for part in parts)}",
        notes=(*video.notes, *(note for part in parts for note in part.notes)),
    )


def _wanted_by(settings: Settings) -> str:
    key = MOTION if settings.text(MOTION) != "None" else COMPOSITE
    return f"{key} {settings.text(key)}"


def _indexes(settings: Settings, plan: Plan) -> list[int]:
    """Return the frames whose pictures of the video are used: with a motion all, else the painted ones."""
    return list(plan.order if settings.text(MOTION) != "None" else plan.spans.painted)
