"""Steps of features that put pixels elsewhere. Not a feature."""

from __future__ import annotations

from collections.abc import Callable

from lib_anim.plan.plan import Params
from lib_anim.shot.canvas import Canvas, Look
from lib_anim.shot.steps import Steps


def rearranging(look: Callable[[Params], Look | None], uses: tuple[str, ...], does: str) -> Steps:
    """The steps that do `look(params)` to pictures, None being nothing; `uses` and `does` are theirs.

    It is done before painting, so that the painter works it in, and to every frame that is shown, since painters lose it again
    at low strength. There a frame between two painted ones goes by its own numbers.
    """

    def rearranged(canvas: Canvas, params: Params) -> Canvas:
        done = look(params)
        return canvas.rearranged(done) if done else canvas

    return Steps(prepare=(rearranged,), show=(rearranged,), uses=uses, does=does)
