"""Reroll: blank pictures (black, or with values that are not numbers) are painted again with another seed, or end the run."""

from __future__ import annotations

from dataclasses import replace

from lib_anim.engines.base import SampleRequest
from lib_anim.errors import Blank
from lib_anim.messages import Message
from lib_anim.plan.plan import Params, Plan
from lib_anim.settings.settings import Settings
from lib_anim.shot.painting import Painting
from lib_anim.shot.steps import Steps, Tools

_BLANK = "reroll_blank_frames: the picture is blank"


def build(settings: Settings, plan: Plan, tools: Tools) -> Steps | None:
    """On with a `reroll_blank_frames` of reroll (up to `reroll_patience` further seeds) or interrupt. Its painting raises Blank
    if all pictures are blank.
    """
    mode = settings.text("reroll_blank_frames")
    if mode == "ignore":
        return None
    tries = int(settings.number("reroll_patience")) if mode == "reroll" else 0

    def paint(request: SampleRequest, params: Params) -> Painting:
        for again in range(tries + 1):
            try:
                sampled = yield replace(request, seed=request.seed + again)
            except Blank:
                continue
            if sampled.frame.any():
                return replace(sampled, notes={**sampled.notes, "rerolled": again}) if again else sampled
        raise Blank(Message("{said}, and so were {n} further ones", said=Message(_BLANK), n=tries) if tries else _BLANK)

    does = f"paints blank pictures again, {tries} times at the most" if tries else "ends the run at a blank picture"
    return Steps(paint=(paint,), does=does)
