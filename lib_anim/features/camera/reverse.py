"""Reverse: the film is filmed from its last frame to its first, with inverse camera moves, and shown forwards."""

from __future__ import annotations

from lib_anim.plan.plan import Plan
from lib_anim.settings.settings import Settings
from lib_anim.shot.steps import Steps, Tools


def build(settings: Settings, plan: Plan, tools: Tools) -> Steps | None:
    """On with `reverse`. It has no steps: the plan has the order of filming, and `shot/moves.py` the moves."""
    if not plan.backwards:
        return None
    return Steps(does=f"filmed from frame {plan.order[0]} to {plan.order[-1]}, with inverse moves")
