"""Echo: painted frames shine through those after them, fading."""

from __future__ import annotations

import numpy as np

from lib_anim.images.blend import mix
from lib_anim.images.frame import Channels, Frame
from lib_anim.plan.plan import Params, Plan
from lib_anim.settings.settings import Settings
from lib_anim.shot.canvas import Canvas
from lib_anim.shot.steps import Steps, Tools


class _Echo:
    """What shines through: (H, W, 3) float32, since rounding would hold faint trails for ever; None before the first frame."""

    def __init__(self) -> None:
        self.trail: Channels | None = None

    def through(self, frame: Frame, share: float) -> Frame:
        """The frame with `share` (0..1) of it."""
        if self.trail is None or share == 0.0:
            return frame
        return mix(frame, self.trail, 1.0 - share, share)

    def follow(self, frame: Frame, stays: float) -> None:
        """Learn a painted frame; of what was there, `stays` (0..1) stays."""
        seen = frame.astype(np.float32)
        self.trail = seen if self.trail is None else mix(self.trail, seen, stays, 1.0 - stays)

    def state(self) -> object:
        return self.trail

    def restore(self, state: object) -> None:
        self.trail = state if isinstance(state, np.ndarray) else None


def build(settings: Settings, plan: Plan, tools: Tools) -> Steps | None:
    """On where `echo_schedule` is above 0: after painting, so that trails are seen, and painted over with the next frame.

    They stand where they were painted; the camera leaves them behind. What is remembered are pictures without trails.
    """
    if not plan.in_use("echo_schedule"):
        return None
    echo = _Echo()

    def finish(canvas: Canvas, moved: Canvas | None, params: Params) -> Canvas:
        result = canvas.edited(echo.through(canvas.frame, params.number("echo_schedule")))
        echo.follow(canvas.frame, params.number("echo_decay_schedule"))
        return result

    uses = ("echo_schedule", "echo_decay_schedule")
    return Steps(finish=(finish,), memory={"echo": echo}, uses=uses, does="painted frames before shine through")
