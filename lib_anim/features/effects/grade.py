"""Grade: exposure, lift, gamma, gain and saturation of what is shown."""

from __future__ import annotations

from lib_anim.images.effects import grade
from lib_anim.plan.plan import Params, Plan
from lib_anim.settings.settings import Settings
from lib_anim.shot.canvas import Canvas
from lib_anim.shot.steps import Steps, Tools

_KEYS = ("exposure_schedule", "lift_schedule", "gamma_schedule", "gain_schedule", "saturation_schedule")


def build(settings: Settings, plan: Plan, tools: Tools) -> Steps | None:
    """On if one of its schedules has an effect at any frame. It changes only what is shown, so a value affects its frame only.

    Fed back, it would accumulate from frame to frame, and colour coherence would undo it. `contrast_schedule` does accumulate.
    """
    used = [key for key in _KEYS if plan.in_use(key)]
    if not used:
        return None

    def show(canvas: Canvas, params: Params) -> Canvas:
        exposure, lift, gamma, gain, saturation = (params.number(key) for key in _KEYS)
        graded = grade(canvas.frame, exposure_stops=exposure, lift=lift, gamma=gamma, gain=gain, saturation=saturation)
        return canvas.edited(graded)

    does = f"{', '.join(key.removesuffix('_schedule') for key in used)}; not fed back"
    return Steps(show=(show,), uses=tuple(used), does=does)
