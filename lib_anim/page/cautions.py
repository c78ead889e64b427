"""Where a film will disappoint, said before it is painted. Texts with blanks, so that the page can say them in its language."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from lib_anim.plan.plan import Plan
from lib_anim.shot.shot import Shot

FEW = 5  # sampler steps; fewer hardly change the picture

FEW_STEPS = (
    "Only {done} of {steps} steps are painted at frame {frame} (strength {strength}): with fewer than {least} only the first "
    "picture is good. Lower the strength, or take more steps."
)
MADE_FOR_1 = "This model is made for CFG scale 1; with {scale} its pictures burn out and take twice as long."
UNHEARD = "At CFG scale 1 what is to be avoided is not heard: say in the prompt what should be there instead."
FLICKERS = "{sampler} adds fresh noise at every step, which flickers from frame to frame; Euler and DPM++ 2M stay calm."

# pattern of a sampler's name -> its strong and its weak side; the first that fits counts
SAMPLERS: tuple[tuple[str, str], ...] = (
    (r"SDE|DDPM|Restart", "Rich in detail; adds fresh noise at every step, so films flicker."),
    (r" a$|ancestral", "Inventive; adds fresh noise at every step, so films flicker."),
    (r"LCM|TCD|Lightning|Turbo", "Fast, for models made for few steps; others come out blurred, and films flicker."),
    (r"adaptive|fast", "Chooses its own steps: quality over a picture before is hard to foresee."),
    (r"2M|3M|UniPC|PLMS|LMS|IPNDM|DEIS|Res", "Sharp in few steps and calm; may overshoot at high CFG scale."),
    (r"Heun|DPM2|2S", "Precise and calm; takes twice as long a step."),
    (r"DDIM", "Calm and quick; somewhat soft in few steps."),
    (r"Euler", "Calm and quick; somewhat soft."),
)
_RESTLESS = re.compile(r"SDE|DDPM|Restart| a$|ancestral|LCM", re.IGNORECASE)

Caution = dict[str, object]  # {text, values}: the text, and what goes into its blanks


def about_sampler(name: str) -> str:
    """The strong and the weak side of a sampler, or "" for one that is not known."""
    return next((line for pattern, line in SAMPLERS if re.search(pattern, name.strip(), re.IGNORECASE)), "")


def cautions(shot: Shot, *, few_steps: bool = False) -> list[Caution]:
    """What people should know of a film before it is painted; `few_steps` where the model is made for them and CFG scale 1."""
    return [*(_made_for_1(shot.plan) if few_steps else _few_steps(shot)), *_restless(_samplers(shot))]


def _made_for_1(plan: Plan) -> Iterator[Caution]:
    """What a model does with CFG scales that it is not made for, and with words that it does not hear."""
    highest = float(plan.numbers["cfg_scale_schedule"].max())
    if highest > 1.0:
        yield {"text": MADE_FOR_1, "values": {"scale": f"{highest:g}"}}
    elif any(text for one in plan.prompts for text, _ in one.negatives):
        yield {"text": UNHEARD, "values": {}}


def executed(strength: float, steps: int) -> int:
    """The sampler steps that painting over a picture really takes: those that strength leaves."""
    return int(min(1.0 - strength, 0.999) * steps) + 1


class Painted(NamedTuple):
    """A painted frame: of `steps` so many are `done`; `strength` is that of the picture below, None where there is none."""

    frame: int
    steps: int
    strength: float | None
    done: int


def painted(plan: Plan) -> Iterator[Painted]:
    """The work of every painted frame. A strength of 1 carries over without painting."""
    settings, first = plan.settings, plan.frames.start
    key = "steps_schedule" if settings["enable_steps_scheduling"] else "steps"
    for span in plan.spans:
        params = plan[span.painted]
        steps = int(params.number(key))
        if span.painted == first and not settings["use_init"]:
            yield Painted(first, steps, None, steps)
            continue
        strength = plan.strength(span.painted)
        yield Painted(span.painted, steps, strength, executed(strength, steps) if strength < 1.0 else 0)


def _few_steps(shot: Shot) -> Iterator[Caution]:
    """The painted frame with the fewest steps, when these are too few."""
    over_a_picture = [one for one in painted(shot.plan) if one.strength is not None and one.done]
    lowest = min(over_a_picture, key=lambda one: one.done, default=None)
    if lowest and lowest.done < min(FEW, lowest.steps):
        values = {"done": lowest.done, "steps": lowest.steps, "frame": lowest.frame, "least": FEW}
        yield {"text": FEW_STEPS, "values": {**values, "strength": f"{lowest.strength:.3g}"}}


def _samplers(shot: Shot) -> list[str]:
    """The names of the samplers that this film is painted with."""
    key = "sampler_schedule" if shot.plan.settings["enable_sampler_scheduling"] else "sampler"
    return list(dict.fromkeys(str(shot.plan[span.painted][key]) for span in shot.plan.spans))


def _restless(samplers: Iterable[str]) -> Iterator[Caution]:
    names = [name for name in samplers if _RESTLESS.search(name.strip())]
    if names:
        yield {"text": FLICKERS, "values": {"sampler": ", ".join(names)}}
