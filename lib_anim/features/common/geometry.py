"""Steps for features that rearrange pixels, such as mirrors. Not a feature."""

from __future__ import annotations

from collections.abc import Callable

from lib_anim.plan.plan import Params
from lib_anim.shot.canvas import Canvas, Look
from lib_anim.shot.steps import Steps


def rearranging(look: Callable[[Params], Look | None], uses: tuple[str, ...], does: str) -> Steps:
    """Return steps that apply `look(params)` to pictures; None leaves a picture unchanged. `uses` and `does` are for Steps.

    It is applied before painting, so that the engine integrates it, and to every frame that is shown, since at low strength
    it does not survive painting. In-between frames are shown with the values of their own frame.
    """

    def rearrange(canvas: Canvas, params: Params) -> Canvas:
        change = look(params)
        return canvas.rearranged(change) if change else canvas

    return Steps(prepare=(rearrange,), show=(rearrange,), uses=uses, does=does)
