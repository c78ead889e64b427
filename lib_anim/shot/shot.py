"""What is filmed: a plan, and the steps of the features that are on."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from lib_anim.engines.base import Engine
from lib_anim.plan.plan import Plan
from lib_anim.shot.steps import PLACES, Steps


@dataclass(frozen=True, eq=False)
class Shot:
    """A plan and what the features that are on do, in the order in which a frame meets them."""

    plan: Plan
    features: tuple[tuple[str, Steps], ...]
    notes: tuple[str, ...] = ()

    @cached_property
    def steps(self) -> Steps:
        """The steps of all features together."""
        each = [steps for _, steps in self.features]
        memory = {name: one for steps in each for name, one in steps.memory.items()}
        places = {name: tuple(one for steps in each for one in getattr(steps, name)) for name in (*PLACES, "close", "uses")}
        return Steps(**places, memory=memory)

    def painter(self, engine: Engine) -> Engine:
        """The engine with everything around it that features put there."""
        for step in self.steps.paint:
            engine = step(engine)
        return engine
