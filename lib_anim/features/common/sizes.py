"""Problems with a picture size that the engine's model does not paint. Not a feature."""

from __future__ import annotations

from lib_anim.engines.base import Capabilities
from lib_anim.errors import Problem
from lib_anim.messages import Message
from lib_anim.plan.plan import Plan


def unpaintable(plan: Plan, capabilities: Capabilities) -> list[Problem]:
    """Return a problem, with the nearest size that works, if a side is no multiple of what the model's sides are."""
    step, (width, height) = capabilities.size_step, plan.size
    if not (width % step or height % step):
        return []
    reason = Message(
        "{width}x{height} cannot be painted; both sides of this model's pictures must be multiples of {n}",
        width=width,
        height=height,
        n=step,
    )
    remedy = Message("set W to {width} and H to {height}", width=_nearest(width, step), height=_nearest(height, step))
    return [Problem("W" if width % step else "H", reason, remedy)]


def _nearest(side: int, step: int) -> int:
    return max(step, (side + step // 2) // step * step)
