"""Noise before painting: something for the model to make detail from."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from lib_anim.noise import add, gaussian, generator, levels, mix_to_grey, perlin
from lib_anim.plan import Params, Plan
from lib_anim.settings import Settings
from lib_anim.shot import Canvas, Steps, Tools


def build(settings: Settings, plan: Plan, tools: Tools) -> Steps | None:
    """On where `noise_schedule` is above 0. `classic` pulls to grey with it, as Deforum does.

    A frame's field depends on its seed and number alone, so it is made while the frame before is painted.
    """
    amounts = plan.columns["noise_schedule"]
    if not np.any(amounts):
        return None
    field = _field(settings, plan)
    classic = settings["classic"]
    keys = [span.painted for span in plan.spans]
    made = tools.ahead(field if classic else (lambda k: levels(field(k), amounts[k])), keys)

    def prepare(canvas: Canvas, params: Params) -> Canvas:
        noise = made(params.index)
        if classic:
            return canvas.edited(mix_to_grey(canvas.frame, noise, amounts[params.index]))
        return canvas.edited(add(canvas.frame, noise))

    return Steps(
        prepare=(prepare,),
        uses=("noise_schedule",),
        does=f"{settings['noise_type']}{', pulling to grey (classic)' if classic else ''}",
    )


def _field(settings: Settings, plan: Plan) -> Callable[[int], np.ndarray]:
    """The noise of each frame, by its index."""
    seeds = plan.columns["seed"]
    if settings["noise_type"] == "uniform":
        return lambda index: gaussian(plan.size, generator(seeds[index], index))
    shape = {
        "cells": (round(settings["perlin_w"]), round(settings["perlin_h"])),
        "octaves": settings["perlin_octaves"],
        "persistence": settings["perlin_persistence"],
    }
    return lambda index: perlin(plan.size, generator(seeds[index], index), **shape)
