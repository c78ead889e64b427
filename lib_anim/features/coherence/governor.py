"""Drift governor: light, colours and detail are measured in every painted frame and kept as in the first pictures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from lib_anim.features.common.scenes import rates
from lib_anim.images.metrics import Look, look
from lib_anim.images.stabilize import held
from lib_anim.language.prompts import Prompt
from lib_anim.plan.plan import Params, Plan
from lib_anim.settings.settings import Settings
from lib_anim.shot.canvas import Canvas
from lib_anim.shot.steps import Steps, Tools

_SHARE, _DETAIL = "governor_schedule", "governor_detail_schedule"
_LEARNS = 12  # painted frames of every scene but the first, that its look is taken from


class _Looks:
    """The look to keep, None before the first painted frame, and the looks of the scenes there were."""

    def __init__(self) -> None:
        self.now: Look | None = None
        self._scenes: dict[str, Look] = {}
        self._learnt = ""  # the scene that goes on, whose look is still being learnt

    def known(self, prompt: Prompt) -> Look | None:
        """The look of a prompt whose scenes were there before, mixed as they are; None where there is one to be learnt."""
        words = prompt.words
        if words == [self._learnt]:
            return None
        self._learnt = ""
        if not all(scene in self._scenes for scene in words):
            return None
        shares = [share for _, share in prompt.positives]
        return Look(*np.average([self._scenes[scene] for scene in words], axis=0, weights=shares).tolist())

    def learn(self, prompt: Prompt, seen: Look, rate: float) -> Look:
        """Go `rate` (0..1) of the way to what was seen. It is the scene's look, unless the prompt is several of them."""
        old = np.array(self.now or seen)
        now = Look(*(old + rate * (np.array(seen) - old)).tolist())
        if len(prompt.words) == 1:
            self._learnt = prompt.words[0]
            self._scenes[self._learnt] = now
        self.now = now
        return now

    def state(self) -> object:
        scenes = {scene: list(one) for scene, one in self._scenes.items()}
        return {"now": self.now and list(self.now), "scenes": scenes, "learnt": self._learnt}

    def restore(self, state: object) -> None:
        assert isinstance(state, Mapping)
        self.now = state["now"] and Look(*state["now"])
        self._scenes = {scene: Look(*one) for scene, one in state["scenes"].items()}
        self._learnt = state["learnt"]


def build(settings: Settings, plan: Plan, tools: Tools) -> Steps | None:
    """On where `governor_schedule` is above 0.

    The look is that of the first painted frame, and of the first ones of every further scene; while it is learnt, less is
    corrected. A scene that comes back has its look again. `governor_detail_schedule` asks for more detail than there was at
    first, or less.
    """
    if not plan.in_use(_SHARE):
        return None
    # the first scene is learnt at once: its first picture is painted from nothing, for its prompt alone
    looks, learning = _Looks(), rates("scene", _LEARNS, plan, first_of=1)

    def finish(canvas: Canvas, moved: Canvas | None, params: Params) -> Canvas:
        rate, share, prompt = learning[params.index], params.number(_SHARE), params.prompt
        if known := looks.known(prompt):
            looks.now = kept = known
            rate = 0.0
        else:
            kept = looks.learn(prompt, look(canvas.frame) if rate or looks.now is None else looks.now, rate)
        if share == 0.0:
            return canvas
        wanted = kept._replace(detail=kept.detail * params.number(_DETAIL))
        frame, correction = held(canvas.frame, wanted, share * (1.0 - rate))
        corrected = {name: round(value, 4) for name, value in correction._asdict().items()}
        return replace(canvas.edited(frame), notes={**canvas.notes, "governor": corrected})

    does = "light, colours and detail of the first pictures are kept"
    return Steps(finish=(finish,), memory={"governor": looks}, uses=(_SHARE, _DETAIL), does=does)
