"""What is filmed: a plan, and the steps of the features that are on."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from lib_anim.engines.base import ONE_PICTURE, Clip
from lib_anim.plan.plan import Plan
from lib_anim.shot.steps import PLACES, Steps


@dataclass(frozen=True, eq=False)
class Shot:
    """A plan and what the features that are on do, in the order in which a frame meets them.

    `clip` is how many pictures its engine paints as one motion; `notes` is what people should know before it begins.
    """

    plan: Plan
    features: tuple[tuple[str, Steps], ...]
    notes: tuple[str, ...] = ()
    clip: Clip = ONE_PICTURE

    @cached_property
    def steps(self) -> Steps:
        """The steps of all features together."""
        each = [steps for _, steps in self.features]
        memory = {name: one for steps in each for name, one in steps.memory.items()}
        places = {name: tuple(one for steps in each for one in getattr(steps, name)) for name in (*PLACES, "close", "uses")}
        return Steps(**places, memory=memory)
