"""Video Input: every frame is painted over that of a video; painted pictures can be carried on, moved along with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from lib_anim.features.common.input_video import SourceVideo, source_video
from lib_anim.features.common.optical_flow import chosen
from lib_anim.features.common.video_motion import Measure, moved_along, video_motion
from lib_anim.images.blend import blend
from lib_anim.images.flow import Flow, along, explained
from lib_anim.images.frame import Frame
from lib_anim.images.warp import Warp
from lib_anim.messages import Message
from lib_anim.plan.plan import Params, Plan
from lib_anim.settings.settings import Settings
from lib_anim.shot.canvas import Canvas
from lib_anim.shot.steps import Steps, Tools

_CARRY = "video_carry_schedule"
_BLUR_PX = 1.5  # how soft the border is between what is carried on and what is the video's
_IDLE = {
    "use_init": "the first frame is painted over that of the video",
    "hybrid_motion": "video_follow moves painted pictures along with the video",
    "hybrid_composite": "video_carry_schedule mixes painted pictures with the video",
}


def build(settings: Settings, plan: Plan, tools: Tools) -> Steps | None:
    """On in mode Video Input. With a `video_carry_schedule` of 0 a frame is painted over that of the video, as in Deforum.

    Above 0 so much of the last painted picture is carried on, moved along with the video by the flow `video_follow`. What the
    flow does not explain is that of the video, and counts as uncovered. Raises SettingsError.
    """
    if not plan.in_use(_CARRY):
        return None
    carries = bool((plan.numbers[_CARRY] > 0.0).any())
    follow = chosen(settings, "video_follow") if carries or len(plan.spans) < len(plan.order) else None
    indexes = plan.order if follow else plan.spans.painted
    video = source_video(plan, tools, 'animation_mode "Video Input"', indexes)

    def start(params: Params) -> Canvas | None:
        picture = video.at(params.index)
        return None if picture is None else Canvas(picture)

    def prepare(canvas: Canvas, params: Params) -> Canvas:
        picture, share = video.at(params.index), params.number(_CARRY)
        if picture is None:
            return canvas
        return Canvas(picture) if share == 0.0 else canvas.edited(_carried(canvas, picture, share))

    return Steps(
        start=(start,),
        move=(_following(video, follow.flow, plan, tools),) if follow else (),
        prepare=(prepare,),
        close=video.close,
        as_filmed=True,
        uses=(_CARRY,),
        does=_does(video.name, follow and follow.name, carries=carries),
        notes=(*video.notes, *(follow.notes if follow else ()), *_idle_notes(plan)),
    )


def _following(video: SourceVideo, flow: Flow, plan: Plan, tools: Tools) -> Callable[[Canvas, Params], Canvas]:
    """Return the move step along with the video."""
    motion = video_motion(video, _explained_motion(flow), plan, tools)
    return lambda canvas, params: moved_along(canvas, motion(params.index))


def _explained_motion(flow: Flow) -> Measure:
    """Return the motion between two frames of a video; what it does not explain is torn."""

    def measure(before: Frame, now: Frame, index: int) -> Warp:
        back, share = explained(flow, before, now, _BLUR_PX)
        return along(back, lost=1.0 - share)

    return measure


def _carried(canvas: Canvas, picture: Frame, share: float) -> Frame:
    """Blend `share` (0..1) of a canvas into the video's picture, where the canvas covers it."""
    carried = share * (1.0 - canvas.fresh)
    return blend(canvas.frame, picture, carried, 1.0 - carried)


def _does(name: str, flow: str | None, *, carries: bool) -> str:
    along_with = f", moved along by {flow}" if flow else ""
    return f"over the frames of {name}" + (f", painted pictures are carried on{along_with}" if carries else along_with)


def _idle_notes(plan: Plan) -> Iterator[str]:
    """Yield a note for each setting of another mode that is switched on."""
    for key, instead in _IDLE.items():
        if plan.settings[key] not in (False, "None"):
            yield Message("{key} has no effect in {mode}; {said}", key=key, mode="Video Input", said=Message(instead))
