"""Interpolation: every frame is painted from nothing, by prompts that blend into each other."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import replace

from lib_anim.engines.base import SampleRequest
from lib_anim.language.prompts import ease, prompt_frames
from lib_anim.plan.plan import Params, Plan, blend_of
from lib_anim.settings.settings import Settings
from lib_anim.shot.canvas import Canvas
from lib_anim.shot.steps import Steps, Tools


def build(settings: Settings, plan: Plan, tools: Tools) -> Steps | None:
    """On with the animation mode Interpolation.

    With `seed_walk` the first noise goes from that of one prompt's frame to that of the next, on the arc between them, as a
    WebUI mixes a subseed in.
    """
    if settings.text("animation_mode") != "Interpolation":
        return None

    def move(canvas: Canvas, params: Params) -> None:
        return None

    frames = [frame for frame in prompt_frames(settings.prompts, plan.timeline) if frame < plan.timeline.n_frames]

    def walk(request: SampleRequest, canvas: Canvas | None, params: Params) -> SampleRequest:
        place = max(bisect_right(frames, params.index) - 1, 0)
        here, there = frames[place], frames[min(place + 1, len(frames) - 1)]
        share = max(params.index - here, 0) / (there - here) if there > here else 0.0
        share = float(ease(share, blend_of(settings)))
        return replace(request, seed=plan.seeds[here], subseed=plan.seeds[there], subseed_strength=share)

    walks = settings.switch("seed_walk") and frames
    return Steps(move=(move,), ask=(walk,) if walks else (), does="seeds walk" if walks else "each frame from nothing")
