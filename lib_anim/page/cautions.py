"""Warnings before painting: settings that will give poor results. Texts with blanks, so that the page translates them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from lib_anim.engines.strength import executed_steps
from lib_anim.features.request.strength import counting
from lib_anim.plan.plan import Plan
from lib_anim.shot.shot import Shot

FEW = 5  # sampling steps; fewer hardly change the picture

FEW_STEPS = (
    "Only {done} of {steps} steps are painted at frame {frame} (strength {strength}): with fewer than {least} only the first "
    "picture is good. Lower the strength, or take more steps."
)
MADE_FOR_1 = "This model is made for CFG scale 1; with {scale} its pictures burn out and take twice as long."
UNHEARD = "At CFG scale 1 what is to be avoided is not heard: say in the prompt what should be there instead."
FLICKERS = "{sampler} adds fresh noise at every step, which flickers from frame to frame; Euler and DPM++ 2M stay calm."

# pattern of a sampler's name -> its strengths and weaknesses; the first match counts
SAMPLERS: tuple[tuple[str, str], ...] = (
    (r"SDE|DDPM|Restart", "Rich in detail; adds fresh noise at every step, so films flicker."),
    (r"[ _]a\b|ancestral", "Inventive; adds fresh noise at every step, so films flicker."),
    (r"LCM|TCD|Lightning|Turbo", "Fast, for models made for few steps; others come out blurred, and films flicker."),
    (r"adaptive|fast", "Chooses its own steps: quality over a picture before is hard to foresee."),
    (r"2M|3M|UniPC|PLMS|LMS|IPNDM|DEIS|Res", "Sharp in few steps and calm; may overshoot at high CFG scale."),
    (r"Heun|DPM2|2S", "Precise and calm; takes twice as long a step."),
    (r"DDIM", "Calm and quick; somewhat soft in few steps."),
    (r"Euler", "Calm and quick; somewhat soft."),
)
_FLICKERING = re.compile(r"SDE|DDPM|Restart|[ _]a\b|ancestral|LCM|TCD|Lightning", re.IGNORECASE)

Caution = dict[str, object]  # {text, values}: a text with blanks and their values


def about_sampler(name: str) -> str:
    """Return the strengths and weaknesses of a sampler, "" for an unknown one."""
    return next((line for pattern, line in SAMPLERS if re.search(pattern, name.strip(), re.IGNORECASE)), "")


def cautions(shot: Shot, *, few_steps: bool = False) -> list[Caution]:
    """Return the warnings for a film; `few_steps` if the model is made for few steps and CFG scale 1."""
    return [*(_find_high_cfg(shot.plan) if few_steps else _find_few_steps(shot)), *_find_flicker(_sampler_names(shot))]


def _find_high_cfg(plan: Plan) -> Iterator[Caution]:
    """Yield the warning on CFG scales above 1, or on negative prompts, which have no effect at CFG scale 1."""
    highest = float(plan.numbers["cfg_scale_schedule"].max())
    if highest > 1.0:
        yield {"text": MADE_FOR_1, "values": {"scale": f"{highest:g}"}}
    elif any(text for one in plan.prompts for text, _ in one.negatives):
        yield {"text": UNHEARD, "values": {}}


class Painted(NamedTuple):
    """A painted frame: `done` of `steps` are executed; `strength` is None if it is painted from nothing."""

    frame: int
    steps: int
    strength: float | None
    done: int


def painted(plan: Plan) -> Iterator[Painted]:
    """Yield the steps of every painted frame. At strength 1 nothing is painted."""
    settings, first = plan.settings, plan.order[0]
    key = "steps_schedule" if settings["enable_steps_scheduling"] else "steps"
    for span in plan.spans:
        params = plan[span.painted]
        steps = int(params.number(key))
        if span.painted == first and not settings["use_init"]:
            yield Painted(first, steps, None, steps)
            continue
        strength = plan.strength(span.painted)
        done = executed_steps(counting(plan), steps, 1.0 - strength)
        yield Painted(span.painted, steps, strength, done if strength < 1.0 else 0)


def _find_few_steps(shot: Shot) -> Iterator[Caution]:
    """Yield a warning about the frame with the fewest steps, if they are too few."""
    over_a_picture = [one for one in painted(shot.plan) if one.strength is not None and one.done]
    lowest = min(over_a_picture, key=lambda one: one.done, default=None)
    if lowest and lowest.done < min(FEW, lowest.steps):
        values = {"done": lowest.done, "steps": lowest.steps, "frame": lowest.frame, "least": FEW}
        yield {"text": FEW_STEPS, "values": {**values, "strength": f"{lowest.strength:.3g}"}}


def _sampler_names(shot: Shot) -> list[str]:
    """Return the names of the samplers that the film uses."""
    key = "sampler_schedule" if shot.plan.settings["enable_sampler_scheduling"] else "sampler"
    return list(dict.fromkeys(str(shot.plan[span.painted][key]) for span in shot.plan.spans))


def _find_flicker(samplers: Iterable[str]) -> Iterator[Caution]:
    names = [name for name in samplers if _FLICKERING.search(name.strip())]
    if names:
        yield {"text": FLICKERS, "values": {"sampler": ", ".join(names)}}
