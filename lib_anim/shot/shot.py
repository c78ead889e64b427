"""The shot: a plan, and the steps of the features that are on."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import chain

from lib_anim.engines.clips import ONE_PICTURE, Clip
from lib_anim.plan.plan import Plan
from lib_anim.shot.moves import MakeTrack, Move, as_filmed, computed_ahead
from lib_anim.shot.steps import Steps


@dataclass(frozen=True, eq=False)
class Shot:
    """A plan, and (name, steps) of the features that are on, in the order in which they are applied to a frame.

    `clip` says how many pictures the engine paints as one motion; `notes` are for people, before filming begins. `track` makes
    tracks of values that are computed ahead, None for a shot that computes all on use.
    """

    plan: Plan
    features: tuple[tuple[str, Steps], ...]
    notes: tuple[str, ...] = ()
    clip: Clip = ONE_PICTURE
    track: MakeTrack | None = None

    @cached_property
    def steps(self) -> Steps:
        """The steps of all features, joined in their order."""
        each = [steps for _, steps in self.features]
        return Steps(
            start=tuple(chain.from_iterable(one.start for one in each)),
            move=self._moves(),
            prepare=tuple(chain.from_iterable(one.prepare for one in each)),
            ask=tuple(chain.from_iterable(one.ask for one in each)),
            paint=tuple(chain.from_iterable(one.paint for one in each)),
            finish=tuple(chain.from_iterable(one.finish for one in each)),
            between=tuple(chain.from_iterable(one.between for one in each)),
            show=tuple(chain.from_iterable(one.show for one in each)),
            stream=tuple(chain.from_iterable(one.stream for one in each)),
            deliver=tuple(chain.from_iterable(one.deliver for one in each)),
            close=tuple(chain.from_iterable(one.close for one in each)),
            uses=tuple(chain.from_iterable(one.uses for one in each)),
            memory={name: memory for one in each for name, memory in one.memory.items()},
        )

    def _moves(self) -> tuple[Move, ...]:
        moving = [steps for _, steps in self.features if steps.move]
        camera = as_filmed(tuple(step for one in moving if not one.as_filmed for step in one.move), self.plan)
        moves = (*camera, *(step for one in moving if one.as_filmed for step in one.move))
        if self.track is None or not all(one.moves_ahead for one in moving):
            return moves
        return computed_ahead(moves, self.plan, self.track)
