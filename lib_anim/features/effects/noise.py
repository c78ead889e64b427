"""Noise before painting: something for the model to make detail from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from lib_anim.features.common.masking import Masks, masks
from lib_anim.images import grain
from lib_anim.images.frame import Channels, Frame, Grey, Mask
from lib_anim.images.noise import Levels, add, gaussian, generator, levels, mix_to_grey, perlin
from lib_anim.messages import Message
from lib_anim.plan.plan import Params, Plan
from lib_anim.settings.settings import Settings
from lib_anim.shot.canvas import Canvas
from lib_anim.shot.steps import Steps, Tools

Grain = Callable[[int], Channels]  # the grain of each frame, by its index

_AMOUNT, _MASK = "noise_schedule", "noise_mask_schedule"
_PERLIN = ("perlin_w", "perlin_h", "perlin_octaves", "perlin_persistence")
_FAINT = 0.2  # of the lost detail: what puts back no more does next to nothing


def build(settings: Settings, plan: Plan, tools: Tools) -> Steps | None:
    """On where `noise_schedule` is above 0. `classic` pulls to grey with uniform and Perlin noise, as Deforum does, where
    `noise_mask_schedule` is black too.

    A frame's field depends on its seed and number alone, so it and its mask are made while the frame before is painted.
    """
    if not plan.in_use(_AMOUNT):
        return None
    where = masks(_MASK, plan, tools) if plan.in_use(_MASK) else None
    steps = _detail(plan, tools, where) if settings.text("noise_type") == "detail" else _grain(settings, plan, tools, where)
    if where is None:
        return steps
    does, notes = f"{steps.does}, where {_MASK} is white", (*steps.notes, *where.notes)
    return replace(steps, uses=(*steps.uses, _MASK), does=does, notes=notes, close=where.close)


def _grain(settings: Settings, plan: Plan, tools: Tools, where: Masks | None) -> Steps:
    """Noise of a given amount."""
    kind, classic = settings.text("noise_type"), settings.switch("classic")
    field = _uniform(plan) if kind == "uniform" else _perlin(plan)
    prepare = _pulled(plan, tools, field, where) if classic else _added(plan, tools, field, where)
    uses = (_AMOUNT, *(key for key in _PERLIN if plan.in_use(key)))
    return Steps(prepare=(prepare,), uses=uses, does=f"{kind}{', pulling to grey (classic)' if classic else ''}")


def _added(plan: Plan, tools: Tools, field: Grain, where: Masks | None) -> Callable[[Canvas, Params], Canvas]:
    """The step that adds a field to a picture."""
    amounts = plan.numbers[_AMOUNT]

    def make(index: int) -> tuple[Levels, Mask | None]:
        return levels(field(index), amounts[index]), where.at(index) if where else None

    made = tools.track(make, _painted(plan))

    def prepare(canvas: Canvas, params: Params) -> Canvas:
        noise, mask = made(params.index)
        return canvas.edited(add(canvas.frame, noise, mask))

    return prepare


def _pulled(plan: Plan, tools: Tools, field: Grain, where: Masks | None) -> Callable[[Canvas, Params], Canvas]:
    """The step that mixes a picture with a field round grey."""
    amounts = plan.numbers[_AMOUNT]

    def make(index: int) -> tuple[Channels, Mask | None]:
        return field(index), where.at(index) if where else None

    made = tools.track(make, _painted(plan))

    def prepare(canvas: Canvas, params: Params) -> Canvas:
        noise, mask = made(params.index)
        return canvas.edited(mix_to_grey(canvas.frame, noise, amounts[params.index], mask))

    return prepare


class _Light:
    """The luminance of the last painted picture, as it was fed back; none before the first."""

    def __init__(self) -> None:
        self.light: Grey | None = None

    def follow(self, frame: Frame) -> None:
        self.light = grain.luminance(frame)

    def state(self) -> object:
        return self.light

    def restore(self, state: object) -> None:
        self.light = state if isinstance(state, np.ndarray) else None


def _detail(plan: Plan, tools: Tools, where: Masks | None) -> Steps:
    """Noise of as much fine energy as the picture lost since it was painted; the amount is the share of that."""
    amounts, painted = plan.numbers[_AMOUNT], _Light()

    def masked(k: int) -> Channels:
        field = grain.grain(plan.size, _generator(plan, k))
        return field if where is None else field * where.at(k)[..., None]

    made = tools.track(masked, _painted(plan))

    def prepare(canvas: Canvas, params: Params) -> Canvas:
        noise, share = made(params.index), float(amounts[params.index])
        if painted.light is None or canvas.travel is None or share == 0.0:
            return canvas
        wanted = replace(canvas.travel, sampling="nearest")(grain.energy(painted.light))  # of which only means are taken
        return canvas.edited(grain.put_back(canvas.frame, noise, wanted, canvas.fresh, share))

    def finish(canvas: Canvas, moved: Canvas | None, params: Params) -> Canvas:
        painted.follow(canvas.frame)
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
    return [span.painted for span in plan.spans]


def _generator(plan: Plan, index: int) -> np.random.Generator:
    return generator(plan.seeds[index], index)


def _uniform(plan: Plan) -> Grain:
    """Even grain."""
    return lambda index: gaussian(plan.size, _generator(plan, index))


def _perlin(plan: Plan) -> Grain:
    """Grain in clouds; cells and octaves are whole."""

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
