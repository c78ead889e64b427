"""Echo: painted frames shine through later ones, and fade."""

from __future__ import annotations

import numpy as np

from lib_anim.images.blend import mix
from lib_anim.images.frame import Channels, Frame
from lib_anim.plan.plan import Params, Plan
from lib_anim.settings.settings import Settings
from lib_anim.shot.canvas import Canvas
from lib_anim.shot.steps import Steps, Tools


class _Echo:
    """The trail, (H, W, 3), None before the first frame. It is float32: rounded to uint8, faint trails would never fade."""

    def __init__(self) -> None:
        self.trail: Channels | None = None

    def through(self, frame: Frame, share: float) -> Frame:
        """Return the frame with `share` (0..1) of the trail blended in."""
        if self.trail is None or share == 0.0:
            return frame
        return mix(frame, self.trail, 1.0 - share, share)

    def add(self, frame: Frame, decay: float) -> None:
        """Add a painted frame to the trail, of which the share `decay` (0..1) stays."""
        new = frame.astype(np.float32)
        self.trail = new if self.trail is None else mix(self.trail, new, decay, 1.0 - decay)

    def state(self) -> object:
        return self.trail

    def restore(self, state: object) -> None:
        self.trail = state if isinstance(state, np.ndarray) else None


def build(settings: Settings, plan: Plan, tools: Tools) -> Steps | None:
    """On if `echo_schedule` is above 0 at any frame. It is applied after painting, so trails are shown and fed back.

    Trails do not move with the camera. They consist of pictures without trails.
    """
    if not plan.in_use("echo_schedule"):
        return None
    echo = _Echo()

    def finish(canvas: Canvas, moved: Canvas | None, params: Params) -> Canvas:
        result = canvas.edited(echo.through(canvas.frame, params.number("echo_schedule")))
        echo.add(canvas.frame, params.number("echo_decay_schedule"))
        return result

    uses = ("echo_schedule", "echo_decay_schedule")
    return Steps(finish=(finish,), memory={"echo": echo}, uses=uses, does="painted frames before shine through")
