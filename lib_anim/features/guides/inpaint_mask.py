"""Inpaint mask: every frame is painted only where a mask is white; the rest stays as it came."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from lib_anim.engines.base import Control, SampleRequest
from lib_anim.features.common.masking import Masks, masks
from lib_anim.images.frame import Mask
from lib_anim.images.inpaint import Part, filled, hard, over, part_around, solid
from lib_anim.images.masks import feathered, grown
from lib_anim.images.noise import generator
from lib_anim.messages import Message
from lib_anim.plan.plan import Params, Plan
from lib_anim.settings.settings import Settings
from lib_anim.shot.canvas import Canvas
from lib_anim.shot.painting import Painting
from lib_anim.shot.steps import Steps, Tools

_KEY = "mask_schedule"
_FIRST = Message("use_mask: the first frame is painted from nothing, so the mask counts from the next one on")


def build(settings: Settings, plan: Plan, tools: Tools) -> Steps | None:
    """On with `use_mask`. An engine without soft masks gets hard ones, and what it paints is blended in by the soft one.

    A frame whose mask is black is not painted, one whose mask is white is painted as without one. Raises SettingsError for the
    masks.
    """
    if not plan.in_use(_KEY):
        return None
    where, soft = _shaped(masks(_KEY, plan, tools), settings), "soft_mask" in tools.capabilities

    def ask(request: SampleRequest, canvas: Canvas | None, params: Params) -> SampleRequest:
        if request.init is None:
            return request
        mask = where.at(params.index)
        if not mask.any():
            return replace(request, init=request.init if request.moved is None else request.moved, denoise=0.0)
        if mask.min() == 1.0:
            return request
        # `finish` blends by the soft mask; the first frame is blended by `paint`, since nothing was moved there
        return request.masked(mask if soft or request.moved is None else hard(mask))

    def finish(canvas: Canvas, moved: Canvas | None, params: Params) -> Canvas:
        if moved is None:
            return canvas
        mask = where.at(params.index)
        return canvas.edited(over(canvas.frame, moved.frame, solid(mask) if soft else mask))

    keeps = settings.switch("overlay_mask")
    return Steps(
        ask=(ask,),
        paint=(_painting(settings, soft=soft),),
        finish=(finish,) if keeps else (),
        uses=(_KEY,),
        does=_does(settings),
        notes=(*where.notes, *_notes(settings, plan, where)),
        close=where.close,
    )


def _does(settings: Settings) -> str:
    fill, enlarged = settings.text("fill"), settings.switch("full_res_mask")
    begins = "" if fill == "original" else f", beginning from {fill}"
    return f"paints where {_KEY} is white{begins}{', enlarged' if enlarged else ''}"


def _notes(settings: Settings, plan: Plan, where: Masks) -> Iterator[Message]:
    """Yield notes on frames without a mask and on frames whose mask lets nothing be painted."""
    if not (plan.in_use("init_image") or plan.in_use("init_images")):
        yield _FIRST
    dark = [index for index in where.known if not where.at(index).any()]
    if dark:
        yield Message("{key}, frame {n}: the mask is black, so nothing is painted there", key=_KEY, n=dark[0])


def _shaped(found: Masks, settings: Settings) -> Masks:
    """Return masks that are inverted, grown and blurred as the settings say."""
    inverted, reach = settings.switch("invert_mask"), settings.integer("mask_grow")
    sigma = settings.number("mask_overlay_blur")

    def at(index: int) -> Mask:
        mask = found.at(index)
        return feathered(grown(1.0 - mask if inverted else mask, reach), sigma)

    return found._replace(at=at)


def _painting(settings: Settings, *, soft: bool) -> Callable[[SampleRequest, Params], Painting]:
    """Return the painting within a request's mask: filled, with `full_res_mask` enlarged, and put over the picture again."""
    padding = settings.integer("full_res_mask_padding") if settings.switch("full_res_mask") else None
    fill = settings.text("fill")

    def paint(request: SampleRequest, params: Params) -> Painting:
        if request.init is None or request.mask is None:
            return (yield request)
        part = Part(0, 0, *request.size) if padding is None else part_around(request.mask, padding)
        blended = not soft and request.moved is None
        mask = part.enlarged_mask(hard(request.mask) if blended else request.mask)
        init = filled(part.enlarged(request.init), mask, fill, generator(request.seed, request.index))
        sampled = yield replace(_enlarged(request, part), init=init, mask=mask)
        weights = request.mask if blended else solid(request.mask)
        return replace(sampled, frame=over(part.pasted(request.init, sampled.frame), request.init, weights))

    return paint


def _enlarged(request: SampleRequest, part: Part) -> SampleRequest:
    """Return a request whose pictures beside the one that is painted over are a part of theirs."""
    moved = None if request.moved is None else part.enlarged(request.moved)
    return replace(request, moved=moved, controls=tuple(_enlarged_control(one, part) for one in request.controls))


def _enlarged_control(control: Control, part: Part) -> Control:
    mask = None if control.mask is None else part.enlarged_mask(control.mask)
    return replace(control, image=part.enlarged(control.image), mask=mask)
