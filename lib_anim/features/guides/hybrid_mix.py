"""The mix of hybrid video: pictures of a video, or the start picture, blended with painted ones. Not a feature."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from lib_anim.errors import Problem, SettingsError
from lib_anim.features.common.input_video import SourceVideo
from lib_anim.features.common.missing import left_out_of
from lib_anim.features.common.picture_sources import open_pictures
from lib_anim.features.guides.mix_mask import TYPE, MixMask, mask_schedules, mix_mask
from lib_anim.images.blend import blend, mix
from lib_anim.images.frame import Frame
from lib_anim.plan.plan import Plan
from lib_anim.shot.canvas import Canvas
from lib_anim.shot.steps import Tools

COMPOSITE = "hybrid_composite"
BEFORE, NORMAL, AFTER = "Before Motion", "Normal", "After Generation"
_ALPHA = "hybrid_comp_alpha_schedule"


class Mix(NamedTuple):
    """`into(canvas, index, of)` mixes the video's picture of the frame `of` into the canvas of the frame `index`.

    `does`, `notes`, `uses` and `close` are for Steps.
    """

    into: Callable[[Canvas, int, int], Canvas]
    does: str
    notes: tuple[str, ...]
    uses: tuple[str, ...]
    close: tuple[Callable[[], None], ...]


def hybrid_mix(plan: Plan, tools: Tools, video: SourceVideo) -> Mix | None:
    """Return the mix of the settings, None without one. Raises SettingsError."""
    when = plan.settings.text(COMPOSITE)
    if when == "None":
        return None
    source, close = _source(plan, tools, video)
    mask, notes = _mask(plan, tools)

    def into(canvas: Canvas, index: int, of: int) -> Canvas:
        picture, alpha = source(of), plan[index].number(_ALPHA)
        if picture is None or alpha == 0.0:
            return canvas
        if mask is None:
            return canvas.edited(mix(canvas.frame, picture, 1.0 - alpha, alpha))
        share = np.float32(alpha) * (1.0 - mask.at(canvas, picture, plan[index]))
        return canvas.edited(blend(canvas.frame, picture, 1.0 - share, share))

    kind = "" if mask is None else f" by a mask, {plan.settings.text(TYPE)}{mask.does}"
    uses = (_ALPHA, *(mask_schedules(plan) if mask else ()))
    return Mix(into, f"mixed in{kind}, {when}", notes, uses, (*close, *(mask.close if mask else ())))


class _Source(NamedTuple):
    """`at(index)` returns what is mixed in; `close` is for Steps."""

    at: Callable[[int], Frame | None]
    close: tuple[Callable[[], None], ...] = ()


def _source(plan: Plan, tools: Tools, video: SourceVideo) -> _Source:
    """Return what is mixed in by frame: the video, or the start picture. Raises SettingsError."""
    settings = plan.settings
    if not settings.switch("hybrid_use_init_image"):
        return _Source(video.at)
    if settings.switch("hybrid_use_first_frame_as_init_image"):
        return _Source(lambda _: video.at(plan.order[0]))
    if not settings.switch("use_init"):
        reason = "there is no start picture to mix in"
        raise SettingsError([Problem("hybrid_use_init_image", reason, "choose one with use_init and init_image")])
    pictures = open_pictures("init_image", plan, tools, settings.text("init_image_fit"))
    return _Source(lambda _: pictures.at(0), pictures.close)


def _mask(plan: Plan, tools: Tools) -> tuple[MixMask | None, tuple[str, ...]]:
    """Return the mask and notes; without a mask where the film may be made without what that lacks. Raises SettingsError."""
    try:
        found = mix_mask(plan, tools)
        return found, found.notes if found else ()
    except SettingsError as error:
        return None, left_out_of(error, tools)
