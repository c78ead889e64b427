"""Hires fix: what is painted from nothing, such as the first picture, is painted small, enlarged, and painted over."""

from __future__ import annotations

from dataclasses import replace

from lib_anim.engines.base import Control, SampleRequest
from lib_anim.features.common.upscaling import enlarging
from lib_anim.images.frame import resized
from lib_anim.messages import Message
from lib_anim.plan.plan import Params, Plan
from lib_anim.plan.seeds import SECOND_PASS, derived
from lib_anim.settings.settings import Settings
from lib_anim.settings.table import FIELDS
from lib_anim.shot.painting import Painting
from lib_anim.shot.steps import Steps, Tools

Size = tuple[int, int]

_UPSCALER = "hires_upscaler"


def build(settings: Settings, plan: Plan, tools: Tools) -> Steps | None:
    """On with `hires`. Models repeat heads and horizons in pictures larger than those they learned from; pictures that are
    painted over another one keep its composition, so only those from nothing are made in two sizes.
    """
    if not settings.switch("hires"):
        return None
    small = _smaller(plan.size, settings.number("hires_scale"), tools.capabilities.size_step)
    if small == plan.size:
        note = Message("hires: {size} has no smaller size by {scale}", size=_written(small), scale=settings["hires_scale"])
        return Steps(notes=(note,))
    denoise, enlarge = settings.number("hires_denoise"), enlarging(settings, _UPSCALER, tools)

    def paint(request: SampleRequest, params: Params) -> Painting:
        if request.init is not None:
            return (yield request)
        controls = tuple(_shrunk(control, small) for control in request.controls)
        first = yield replace(request, size=small, controls=controls)
        enlarged = enlarge.to_size(first.frame, request.size)
        seed = derived(request.seed, SECOND_PASS)
        painted = yield replace(request, init=enlarged, denoise=denoise, seed=seed)
        return replace(painted, seed=first.seed)

    by = "" if enlarge.name == FIELDS[_UPSCALER].default else f" enlarged by {enlarge.name},"
    does = f"from nothing at {_written(small)}, then{by} painted over with denoise {denoise:g}"
    return Steps(paint=(paint,), does=does, notes=enlarge.notes)


def _smaller(size: Size, scale: float, step: int) -> Size:
    """Return the size before enlarging, in multiples of `step`."""
    width, height = (min(max(round(side / scale / step), 1) * step, side) for side in size)
    return width, height


def _shrunk(control: Control, size: Size) -> Control:
    mask = None if control.mask is None else resized(control.mask, size)
    return replace(control, image=resized(control.image, size), mask=mask)


def _written(size: Size) -> str:
    return f"{size[0]}x{size[1]}"
