"""Inpaint mask: every frame is painted only where a mask is white; the rest stays as it came."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from lib_anim.engines.base import ORIGINAL, Capabilities, Control, SampleRequest
from lib_anim.features.common.beginnings import begins_over_picture
from lib_anim.features.common.masking import MaskAt, masks
from lib_anim.features.common.word_masks import EVERY
from lib_anim.images.frame import Mask
from lib_anim.images.inpaint import Part, filled, hard, over, part_around, solid
from lib_anim.images.masks import feathered, grown
from lib_anim.images.noise import generator
from lib_anim.images.test_card import tinted
from lib_anim.messages import Message
from lib_anim.plan.plan import Params, Plan
from lib_anim.settings.settings import Settings
from lib_anim.shot.canvas import Canvas
from lib_anim.shot.painting import Painting
from lib_anim.shot.steps import Steps, Tools

_KEY = "mask_schedule"
_LATENT = ("latent noise", "latent nothing")
_FIRST = Message("use_mask: the first frame is painted from nothing, so the mask counts from the next one on")


def build(settings: Settings, plan: Plan, tools: Tools) -> Steps | None:
    """On with `use_mask`. An engine without soft masks gets hard ones, and what it paints is blended in by the soft one.

    A frame whose mask is black is not painted, one whose mask is white is painted as without one. Raises SettingsError.
    """
    if not plan.in_use(_KEY):
        return None
    found, soft = masks(_KEY, plan, tools, settings.integer(EVERY)), "soft_mask" in tools.capabilities
    wanted = _inverted(found.at) if settings.switch("invert_mask") else found.at
    carried = _Carried(wanted, plan.texts[_KEY]) if settings.switch("mask_moves") else None
    remember, memory = (carried.keep, {"moving mask": carried}) if carried else (found.keep, found.memory)
    where = _shaped(carried.at if carried else wanted, settings)
    overlay = _Overlay() if "caption" in tools.capabilities else None  # of the preview
    # in Video Input a frame is not painted over what was moved, so `finish` cannot put that back
    keeps = settings.switch("overlay_mask") and settings.text("animation_mode") != "Video Input"
    # `finish`, else `paint` blends by the soft mask; the mask of a request with two passes holds their shares
    hardened = not soft and (keeps or plan.in_use("uncovered_denoise_schedule"))

    def ask(request: SampleRequest, canvas: Canvas | None, params: Params) -> SampleRequest:
        if request.init is None:
            return request
        mask = where(params.index, canvas if canvas is None or request.moved is None else canvas.edited(request.moved))
        if not mask.any():
            return replace(request, init=request.init if request.moved is None else request.moved, denoise=0.0)
        if mask.min() == 1.0:
            return request
        return request.masked(hard(mask) if hardened and request.moved is not None else mask)

    def finish(canvas: Canvas, moved: Canvas | None, params: Params) -> Canvas:
        under = moved or canvas
        mask = where(params.index, under) if overlay or (moved and keeps) else None
        if overlay and mask is not None:
            overlay.keep(mask)
        if remember:
            remember(params.index, under)
        if moved is None or mask is None or not keeps:
            return canvas
        return canvas.edited(over(canvas.frame, moved.frame, solid(mask) if soft else mask))

    return Steps(
        ask=(ask,),
        paint=(_painting(settings, tools.capabilities, hardened=hardened),),
        finish=(finish,) if keeps or remember or overlay else (),
        show=(overlay.show,) if overlay else (),
        memory=memory,
        uses=(_KEY,),
        does=f"{_does(settings)}{found.does}",
        notes=(*found.notes, *_notes(plan, [index for index in found.known if not where(index).any()])),
        close=found.close,
    )


def _does(settings: Settings) -> str:
    fill, enlarged = settings.text("fill"), settings.switch("full_res_mask")
    begins = "" if fill == "original" else f", beginning from {fill}"
    return f"paints where {_KEY} is white{begins}{', enlarged' if enlarged else ''}"


def _notes(plan: Plan, dark: Sequence[int]) -> Iterator[Message]:
    """Yield notes on the first frame if it has no mask, and on the first of the frames whose masks are black."""
    if not begins_over_picture(plan):
        yield _FIRST
    if dark:
        yield Message("{key}, frame {n}: the mask is black, so nothing is painted there", key=_KEY, n=dark[0])


def _inverted(found: MaskAt) -> MaskAt:
    return lambda index, canvas=None: np.float32(1.0) - found(index, canvas)


class _Carried:
    """The mask of a key's frame, carried along by the moves since, and white where they uncovered something."""

    def __init__(self, found: MaskAt, texts: Sequence[str]):
        self._found, self._texts = found, texts
        self._kept: tuple[str, Mask] | None = None  # the expression and its mask at the last painted picture

    def at(self, index: int, canvas: Canvas | None = None, /) -> Mask:
        """See MaskAt."""
        if canvas is None or self._kept is None or self._kept[0] != self._texts[index]:
            return self._found(index, canvas)
        mask = self._kept[1]
        if canvas.travel is not None:
            mask = np.clip(replace(canvas.travel, sampling="bilinear")(mask), 0.0, 1.0)
        return np.maximum(mask, canvas.fresh)

    def keep(self, index: int, canvas: Canvas) -> None:
        """Remember the mask at a painted picture; `canvas` is what it was painted over."""
        self._kept = self._texts[index], self.at(index, canvas)

    def state(self) -> object:
        """See Memory."""
        return None if self._kept is None else {"expression": self._kept[0], "mask": self._kept[1]}

    def restore(self, state: object) -> None:
        """See Memory."""
        self._kept = None
        if isinstance(state, Mapping):
            self._kept = str(state["expression"]), np.asarray(state["mask"], np.float32)


class _Overlay:
    """Shows each frame under the mask of the painted picture that it leads to; the frames at the end under the last."""

    def __init__(self) -> None:
        self._masks: deque[Mask] = deque()  # of painted pictures that are not shown yet, in the order of filming
        self._last: Mask | None = None

    def keep(self, mask: Mask) -> None:
        """Remember the mask of a painted picture."""
        self._masks.append(mask)

    def show(self, canvas: Canvas, params: Params) -> Canvas:
        """Return the canvas with the mask over it."""
        if self._masks:
            self._last = self._masks[0]
        if params.painted:
            self._masks.popleft()
        return canvas if self._last is None else canvas.edited(tinted(canvas.frame, self._last))


def _shaped(found: MaskAt, settings: Settings) -> MaskAt:
    """Return masks that are grown and blurred as the settings say."""
    reach, sigma = settings.integer("mask_grow"), settings.number("mask_overlay_blur")
    return lambda index, canvas=None: feathered(grown(found(index, canvas), reach), sigma)


def _painting(settings: Settings, capabilities: Capabilities, *, hardened: bool) -> Callable[[SampleRequest, Params], Painting]:
    """Return the painting within a request's mask: filled, with `full_res_mask` enlarged, and put over the picture again.

    `hardened` is whether later frames than the first have hard masks already, for an engine without soft ones. Latents are
    filled by an engine that can; for others there are pixels that come near.
    """
    soft, by_engine = "soft_mask" in capabilities, "latent_fill" in capabilities and settings.text("fill") in _LATENT
    padding = settings.integer("full_res_mask_padding") if settings.switch("full_res_mask") else None
    fill = settings.text("fill")

    def paint(request: SampleRequest, params: Params) -> Painting:
        if request.init is None or request.mask is None:
            return (yield request)
        part = Part(0, 0, *request.size) if padding is None else part_around(request.mask, padding)
        blended = not soft and not (hardened and request.moved is not None)
        mask = part.enlarged_mask(hard(request.mask) if blended else request.mask)
        init = part.enlarged(request.init)
        if not by_engine:
            init = filled(init, mask, fill, generator(request.seed, request.index))
        sampled = yield replace(_enlarged(request, part), init=init, mask=mask, fill=fill if by_engine else ORIGINAL)
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
