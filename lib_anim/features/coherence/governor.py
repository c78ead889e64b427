"""Drift governor: keeps the brightness, colours and detail of every painted frame as in the first pictures."""

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
_LEARNS = 12  # painted frames at the start of each scene but the first, from which its look is learnt


class _Looks:
    """The current look, None before the first painted frame, and the looks of all scenes so far, by the words of the prompt."""

    def __init__(self) -> None:
        self.now: Look | None = None
        self._scenes: dict[str, Look] = {}
        self._learning = ""  # the current scene, while its look is being learnt

    def known(self, prompt: Prompt) -> Look | None:
        """Return the look of a prompt, the weighted mean of its scenes' looks; None if one of them is not learnt yet."""
        words = prompt.words
        if words == [self._learning]:
            return None
        self._learning = ""
        if not all(scene in self._scenes for scene in words):
            return None
        shares = [share for _, share in prompt.positives]
        return Look(*np.average([self._scenes[scene] for scene in words], axis=0, weights=shares).tolist())

    def learn(self, prompt: Prompt, measured: Look, rate: float) -> Look:
        """Move the current look by `rate` (0..1) towards the measured one, and store it for the scene of the prompt.

        A prompt that blends several scenes stores nothing.
        """
        old = np.array(self.now or measured)
        now = Look(*(old + rate * (np.array(measured) - old)).tolist())
        if len(prompt.words) == 1:
            self._learning = prompt.words[0]
            self._scenes[self._learning] = now
        self.now = now
        return now

    def state(self) -> object:
        scenes = {scene: list(one) for scene, one in self._scenes.items()}
        return {"now": self.now and list(self.now), "scenes": scenes, "learnt": self._learning}

    def restore(self, state: object) -> None:
        assert isinstance(state, Mapping)
        self.now = state["now"] and Look(*state["now"])
        self._scenes = {scene: Look(*one) for scene, one in state["scenes"].items()}
        self._learning = state["learnt"]


def build(settings: Settings, plan: Plan, tools: Tools) -> Steps | None:
    """On if `governor_schedule` is above 0 at any frame.

    The look is learnt from the first painted frame of the film, and from the first frames of every further scene; meanwhile
    corrections are weaker. A scene that returns has its old look. `governor_detail_schedule` scales the detail of the look.
    """
    if not plan.in_use(_SHARE):
        return None
    # one frame is enough for the first scene: it is painted from nothing, so it shows only its prompt
    looks, learning_rates = _Looks(), rates("scene", _LEARNS, plan, first_of=1)

    def finish(canvas: Canvas, moved: Canvas | None, params: Params) -> Canvas:
        rate, share, prompt = learning_rates[params.index], params.number(_SHARE), params.prompt
        if known := looks.known(prompt):
            looks.now = kept = known
            rate = 0.0
        else:
            kept = looks.learn(prompt, look(canvas.frame) if rate or looks.now is None else looks.now, rate)
        if share == 0.0:
            return canvas
        target = kept._replace(detail=kept.detail * params.number(_DETAIL))
        frame, correction = held(canvas.frame, target, share * (1.0 - rate))
        corrected = {name: round(value, 4) for name, value in correction._asdict().items()}
        return replace(canvas.edited(frame), notes={**canvas.notes, "governor": corrected})

    does = "light, colours and detail of the first pictures are kept"
    return Steps(finish=(finish,), memory={"governor": looks}, uses=(_SHARE, _DETAIL), does=does)
