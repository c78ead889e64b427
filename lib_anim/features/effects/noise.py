"""Noise: added before painting, so that the model has something to make detail from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np

from lib_anim.errors import SettingsError
from lib_anim.features.common.masking import Masks, masks
from lib_anim.features.common.missing import left_out_of
from lib_anim.features.common.word_masks import EVERY
from lib_anim.images import grain
from lib_anim.images.frame import Channels, Frame, Grey, Mask
from lib_anim.images.noise import Levels, add, gaussian, generator, levels, mix_to_grey, perlin
from lib_anim.messages import Message
from lib_anim.plan.plan import Params, Plan
from lib_anim.settings.settings import Settings
from lib_anim.shot.canvas import Canvas
from lib_anim.shot.steps import Steps, Tools

Field = Callable[[int], Channels]  # index -> the noise field of a frame, (H, W, 3) float32

_AMOUNT, _MASK = "noise_schedule", "noise_mask_schedule"
_PERLIN = ("perlin_w", "perlin_h", "perlin_octaves", "perlin_persistence")
_FAINT = 0.2  # share of the lost detail up to which putting it back has hardly any effect


def build(settings: Settings, plan: Plan, tools: Tools) -> Steps | None:
    """On if `noise_schedule` is above 0 at any frame. With `classic`, uniform and Perlin noise mix the picture with grey, as in
    Deforum, also where `noise_mask_schedule` is black.

    The noise of a frame depends only on its seed and index, so it is prefetched, with its mask, while the frame before is
    painted. Raises SettingsError for the masks.
    """
    if not plan.in_use(_AMOUNT):
        return None
    where, lacks = _masks(plan, tools)
    detail = settings.text("noise_type") == "detail"
    steps = _restore_detail(plan, tools, where) if detail else _add_grain(settings, plan, tools, where)
    if where is None:
        return replace(steps, notes=(*steps.notes, *lacks))
    return replace(
        steps,
        finish=(*steps.finish, partial(_keep, where.keep)) if where.keep else steps.finish,
        memory={**steps.memory, **where.memory},
        uses=(*steps.uses, _MASK),
        does=f"{steps.does}, where {_MASK} is white{where.does}",
        notes=(*steps.notes, *where.notes),
        close=where.close,
    )


def _masks(plan: Plan, tools: Tools) -> tuple[Masks | None, tuple[str, ...]]:
    """Return the masks, and notes; without masks where the film may be made without what they lack. Raises SettingsError."""
    if not plan.in_use(_MASK):
        return None, ()
    try:
        return masks(_MASK, plan, tools, plan.settings.integer(EVERY)), ()
    except SettingsError as error:
        return None, left_out_of(error, tools)


def _keep(keep: Callable[[int, Canvas], None], canvas: Canvas, moved: Canvas | None, params: Params) -> Canvas:
    keep(params.index, moved or canvas)
    return canvas


def _ahead(where: Masks | None, index: int) -> Mask | None:
    """Return the mask of a frame that does not depend on its picture, None if it does, or without masks."""
    return None if where is None or where.of_picture else where.at(index)


def _seen(where: Masks | None, ahead: Mask | None, canvas: Canvas, params: Params) -> Mask | None:
    """Return the mask of a frame for a picture, unless it was made ahead; None without masks."""
    return where.at(params.index, canvas) if where and ahead is None else ahead


def _add_grain(settings: Settings, plan: Plan, tools: Tools, where: Masks | None) -> Steps:
    """Return the steps for uniform and Perlin noise, whose amount is a schedule."""
    kind, classic = settings.text("noise_type"), settings.switch("classic")
    field = _uniform(plan) if kind == "uniform" else _perlin(plan)
    prepare = _mix_with_grey(plan, tools, field, where) if classic else _add_field(plan, tools, field, where)
    uses = (_AMOUNT, *(key for key in _PERLIN if plan.in_use(key)))
    return Steps(prepare=(prepare,), uses=uses, does=f"{kind}{', pulling to grey (classic)' if classic else ''}")


def _add_field(plan: Plan, tools: Tools, field: Field, where: Masks | None) -> Callable[[Canvas, Params], Canvas]:
    """Return the step that adds a noise field to a picture."""
    amounts = plan.numbers[_AMOUNT]

    def make(index: int) -> tuple[Levels, Mask | None]:
        return levels(field(index), amounts[index]), _ahead(where, index)

    made = tools.track(make, _painted(plan))

    def prepare(canvas: Canvas, params: Params) -> Canvas:
        noise, mask = made(params.index)
        return canvas.edited(add(canvas.frame, noise, _seen(where, mask, canvas, params)))

    return prepare


def _mix_with_grey(plan: Plan, tools: Tools, field: Field, where: Masks | None) -> Callable[[Canvas, Params], Canvas]:
    """Return the step that mixes a picture with a noise field about grey, as Deforum does."""
    amounts = plan.numbers[_AMOUNT]

    def make(index: int) -> tuple[Channels, Mask | None]:
        return field(index), _ahead(where, index)

    made = tools.track(make, _painted(plan))

    def prepare(canvas: Canvas, params: Params) -> Canvas:
        noise, mask = made(params.index)
        mask = _seen(where, mask, canvas, params)
        return canvas.edited(mix_to_grey(canvas.frame, noise, amounts[params.index], mask))

    return prepare


class _Luminance:
    """The luminance of the last painted picture, as it is fed back; None before the first."""

    def __init__(self) -> None:
        self.values: Grey | None = None

    def set(self, frame: Frame) -> None:
        self.values = grain.luminance(frame)

    def state(self) -> object:
        return self.values

    def restore(self, state: object) -> None:
        self.values = state if isinstance(state, np.ndarray) else None


def _restore_detail(plan: Plan, tools: Tools, where: Masks | None) -> Steps:
    """Return the steps for noise with as much high-frequency energy as the picture lost by moves since it was painted.

    `noise_schedule` is the share of that energy that is put back.
    """
    amounts, painted = plan.numbers[_AMOUNT], _Luminance()

    def make(k: int) -> tuple[Channels, Mask | None]:
        return grain.grain(plan.size, _generator(plan, k)), _ahead(where, k)

    made = tools.track(make, _painted(plan))

    def prepare(canvas: Canvas, params: Params) -> Canvas:
        noise, mask = made(params.index)
        mask, share = _seen(where, mask, canvas, params), float(amounts[params.index])
        if mask is not None:
            noise = noise * mask[..., None]
        if painted.values is None or canvas.travel is None or share == 0.0:
            return canvas
        # nearest sampling is enough, since only local means of the energy are used
        energy = replace(canvas.travel, sampling="nearest")(grain.energy(painted.values))
        return canvas.edited(grain.put_back(canvas.frame, noise, energy, canvas.fresh, share))

    def finish(canvas: Canvas, moved: Canvas | None, params: Params) -> Canvas:
        painted.set(canvas.frame)
        return canvas

    most = max(float(amounts[index]) for index in _painted(plan))
    faint = Message(
        "noise_schedule: with noise_type detail it is the share of the lost detail that is put back; {most} is hardly any",
        most=most,
    )
    return Steps(
        prepare=(prepare,),
        finish=(finish,),
        memory={"noise detail": painted},
        uses=(_AMOUNT,),
        does="detail: as much fine grain as the move took",
        notes=(faint,) if most <= _FAINT else (),
    )


def _painted(plan: Plan) -> list[int]:
    return plan.spans.painted


def _generator(plan: Plan, index: int) -> np.random.Generator:
    return generator(plan.seeds[index], index)


def _uniform(plan: Plan) -> Field:
    """Return fields of Gaussian noise, equally strong everywhere."""
    return lambda index: gaussian(plan.size, _generator(plan, index))


def _perlin(plan: Plan) -> Field:
    """Return fields of Perlin noise; the numbers of cells and octaves are rounded."""

    def field(index: int) -> Channels:
        across, down, octaves, persistence = (plan.numbers[key][index] for key in _PERLIN)
        return perlin(
            plan.size,
            _generator(plan, index),
            cells=(round(across), round(down)),
            octaves=round(octaves),
            persistence=float(persistence),
        )

    return field
