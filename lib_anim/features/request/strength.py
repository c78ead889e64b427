"""Strength: how much of the previous frame survives; the rest is painted anew (denoise = 1 - strength)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from lib_anim.engines.base import Capabilities, SampleRequest
from lib_anim.engines.strength import EXACT, REAL, WEBUI
from lib_anim.features.common.unused import idle
from lib_anim.messages import Message
from lib_anim.plan.plan import Params, Plan
from lib_anim.settings.settings import Settings
from lib_anim.shot.canvas import Canvas
from lib_anim.shot.steps import Steps, Tools

_IDLE = {"strength_schedule": "keyframe_strength_schedule counts at keyframes"}


def build(settings: Settings, plan: Plan, tools: Tools) -> Steps:
    """Always on. `strength` applies to the start picture; one of two schedules (`Plan.strength_keys`) to keyframes, the other
    to all other frames. An engine without exact strength counts steps as a WebUI does.
    """
    wanted = counting(plan)
    counted = wanted if {"strength_steps", "no_model"} & tools.capabilities.words else WEBUI

    def ask(request: SampleRequest, canvas: Canvas | None, params: Params) -> SampleRequest:
        denoise = 1.0 if canvas is None else 1.0 - plan.strength(params.index)
        return replace(request, denoise=denoise, strength_steps=counted)

    where = dict(zip(plan.strength_keys, (plan.painted - plan.keyframes, plan.keyframes), strict=True))
    uses = tuple(key for key, frames in where.items() if frames and plan.in_use(key))
    only_keyframes = uses == plan.strength_keys[1:]
    notes = tuple(idle(plan, settings.text("keyframe_distribution"), _IDLE)) if only_keyframes else ()
    if wanted != WEBUI:
        notes = (*notes, *_fallback_notes(plan, tools.capabilities))
    does = ", ".join((*uses, *_DOES[counted]))
    return Steps(ask=(ask,), uses=(*uses, "strength_steps", "steps_are_real"), does=does, notes=notes)


_DOES = {WEBUI: (), EXACT: ("exact",), REAL: ("exact", "in all steps")}


def counting(plan: Plan) -> str:
    """Return how a film's steps are to follow from denoise: WEBUI, EXACT or REAL."""
    if not plan.in_use("strength_steps") or plan.settings.text("strength_steps") == WEBUI:
        return WEBUI
    return REAL if plan.settings.switch("steps_are_real") else EXACT


def _fallback_notes(plan: Plan, capabilities: Capabilities) -> Iterator[str]:
    """Yield a note if the engine, or some of the film's samplers there, count steps as a WebUI does."""
    if "no_model" in capabilities:
        return
    if "strength_steps" not in capabilities:
        yield Message("strength_steps: this engine counts steps as a WebUI does; webui stands in for exact")
        return
    names = plan.texts["sampler_schedule"] if plan.in_use("sampler_schedule") else [plan.settings.text("sampler")]
    used = {name.strip().lower() for name in names}
    for sampler in capabilities.stepwise:
        if sampler.lower() in used:
            text = "strength_steps: {name} takes no noise levels here; webui stands in for exact where it paints"
            yield Message(text, name=sampler)
