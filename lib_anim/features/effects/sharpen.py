"""Anti-blur: an unsharp mask before painting, against the blur that moves and painting cause."""

from __future__ import annotations

from lib_anim.images.color import unsharp_mask
from lib_anim.plan.plan import Params, Plan
from lib_anim.settings.settings import Settings
from lib_anim.shot.canvas import Canvas
from lib_anim.shot.steps import Steps, Tools

_USES = ("amount_schedule", "kernel_schedule", "sigma_schedule", "threshold_schedule")


def build(settings: Settings, plan: Plan, tools: Tools) -> Steps | None:
    """On if `amount_schedule` is above 0 at any frame."""
    if not plan.in_use("amount_schedule"):
        return None

    def prepare(canvas: Canvas, params: Params) -> Canvas:
        sharp = unsharp_mask(
            canvas.frame,
            params.number("amount_schedule"),
            kernel=int(params.number("kernel_schedule")),
            sigma=params.number("sigma_schedule"),
            threshold=params.number("threshold_schedule"),
        )
        return canvas.edited(sharp)

    return Steps(prepare=(prepare,), uses=_USES, does="unsharp mask: amount, kernel, sigma, threshold")
