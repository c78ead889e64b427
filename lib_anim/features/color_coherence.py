"""Colour coherence: every frame keeps the colours of the first painted one."""

from __future__ import annotations

from lib_anim.color import ColorReference, match_histogram
from lib_anim.plan import Params, Plan
from lib_anim.settings import Settings
from lib_anim.shot import Canvas, Steps, Tools

_MODES = ("LAB", "HSV", "RGB")


class _Reference:
    """The colours to keep; none before the first painted frame."""

    def __init__(self, space: str):
        self.space = space
        self.colors: ColorReference | None = None

    def state(self) -> object:
        return None if self.colors is None else self.colors.histogram

    def restore(self, state: object) -> None:
        self.colors = None if state is None else ColorReference(self.space, state)


def build(settings: Settings, plan: Plan, tools: Tools) -> Steps | None:
    """On with a `color_coherence` of LAB, HSV or RGB.

    Colours are matched before painting and after it; with `legacy_colormatch` only before, and a strength of 0 takes a new
    reference. `classic` swaps red and blue in LAB and HSV, as Deforum does.
    """
    mode = settings["color_coherence"]
    if mode not in _MODES:
        return None
    before_only = settings["legacy_colormatch"]
    reference = _Reference(f"{mode} classic" if settings["classic"] and mode != "RGB" else mode)

    def prepare(canvas: Canvas, params: Params) -> Canvas:
        return canvas.edited(match_histogram(canvas.frame, reference.colors))

    def finish(canvas: Canvas, moved: Canvas | None, params: Params) -> Canvas:
        if reference.colors is None or (before_only and params["strength_schedule"] == 0.0):
            reference.colors = ColorReference.of(canvas.frame, reference.space)
            return canvas
        return canvas if before_only else canvas.edited(match_histogram(canvas.frame, reference.colors))

    does = f"{reference.space}, to the first painted frame, {'before' if before_only else 'before and after'} painting"
    return Steps(prepare=(prepare,), finish=(finish,), memory={"color_coherence": reference}, does=does)
