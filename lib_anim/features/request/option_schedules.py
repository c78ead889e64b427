"""Schedules of what an engine knows by a WebUI's names: CLIP skip, eta, checkpoint, VAE, distilled and picture CFG."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import PurePath

import numpy as np

from lib_anim.engines.base import Capabilities, SampleRequest
from lib_anim.errors import Problem, SettingsError, did_you_mean
from lib_anim.messages import Message, Place
from lib_anim.plan.columns import default_numbers, default_texts
from lib_anim.plan.plan import Params, Plan
from lib_anim.settings.conditions import ALWAYS
from lib_anim.settings.settings import Settings
from lib_anim.settings.table import FIELDS
from lib_anim.shot.canvas import Canvas
from lib_anim.shot.steps import Steps, Tools


@dataclass(frozen=True)
class Option:
    """The values of `schedule` become the option that the settings table names for it.

    Where the schedule needs no switch they always do where the engine knows the option; elsewhere only values of one's own
    are missed. Names are looked up in `there`, those that the engine has; `unknown` says that one is not among them.
    """

    schedule: str
    read: Callable[[Params, str], object]
    there: Callable[[Capabilities], tuple[str, ...] | None] = lambda _capabilities: None
    unknown: str = ""

    @property
    def name(self) -> str:
        """The option, by a WebUI's name."""
        return FIELDS[self.schedule].option

    def wanted(self, plan: Plan, capabilities: Capabilities) -> bool:
        """Whether a film goes by it."""
        if FIELDS[self.schedule].needs == ALWAYS and self.name not in capabilities:
            return _own(plan, self.schedule)
        return plan.in_use(self.schedule)


def _whole(params: Params, schedule: str) -> int:
    return int(params.number(schedule))


OPTIONS = (
    Option("clipskip_schedule", _whole),
    Option("ddim_eta_schedule", Params.number),
    Option("ancestral_eta_schedule", Params.number),
    Option("checkpoint_schedule", Params.text, lambda capabilities: capabilities.checkpoints, "there is no checkpoint"),
    Option("vae_schedule", Params.text, lambda capabilities: capabilities.vaes, "there is no VAE"),
    Option("distilled_cfg_scale_schedule", Params.number),
    Option("pix2pix_img_cfg_scale_schedule", Params.number),
)


def build(settings: Settings, plan: Plan, tools: Tools) -> Steps | None:
    """On with any of them. What the engine cannot do is said and left out; names that it does not know are refused."""
    capabilities = tools.capabilities
    on = [option for option in OPTIONS if option.wanted(plan, capabilities)]
    if not on or "no_model" in capabilities:
        return None
    known = [option for option in on if option.name in capabilities]
    names = _names(plan, known, capabilities)
    # our default is for Flux; to other models the same field means something else, and hosts have their own
    told = [option for option in known if option.name != "distilled_cfg_scale" or _own(plan, option.schedule)]

    def ask(request: SampleRequest, canvas: Canvas | None, params: Params) -> SampleRequest:
        values = {option.name: option.read(params, option.schedule) for option in told}
        values |= {option.name: theirs[params.text(option.schedule)] for option, theirs in names.items()}
        return replace(request, overrides={**request.overrides, **values})

    notes = tuple(f"{option.schedule}: this engine cannot do that; left out" for option in on if option not in known)
    uses = tuple(option.schedule for option in known)
    return Steps(ask=(ask,), uses=uses, does=", ".join(uses) or "left out", notes=notes)


def _own(plan: Plan, key: str) -> bool:
    """Whether a schedule anywhere has another value than by default."""
    if FIELDS[key].kind == "texts":
        return plan.texts[key] != default_texts(key, plan.timeline)
    return not np.array_equal(plan.numbers[key], default_numbers(key, plan.timeline))


def _names(plan: Plan, options: list[Option], capabilities: Capabilities) -> Mapping[Option, Mapping[str, str]]:
    """For each option the engine's own names of what the film names. Raises SettingsError with the first frame of each."""
    found: dict[Option, dict[str, str]] = {}
    problems = []
    for option in options:
        there = option.there(capabilities)
        if there is None:
            continue
        theirs = found[option] = {}
        for index in plan.frames:
            name = plan[index].text(option.schedule)
            if name in theirs:
                continue
            like = _like(name, there)
            theirs[name] = like or name
            if like is None:
                problems.append(_unknown(option, index, name, there))
    if problems:
        raise SettingsError(problems)
    return found


def _unknown(option: Option, index: int, name: str, there: tuple[str, ...]) -> Problem:
    stems = [_stem(one) for one in there]
    remedy = did_you_mean(_stem(name), stems) or Message("there is {names}", names=", ".join(stems[:8]) or Message("none"))
    return Problem(option.schedule, Message(f"{option.unknown} '{{name}}'", name=name), remedy, Place(frame=index))


def _like(name: str, there: tuple[str, ...]) -> str | None:
    """The file of that name, with or without folder, ending and hash."""
    exact = [one for one in there if name == one]
    return next(iter(exact or [one for one in there if _stem(one) == _stem(name)]), None)


def _stem(name: str) -> str:
    """ "Anime/model.safetensors [abc]" -> "model"."""
    path = PurePath(name.replace("\\", "/").partition(" [")[0])
    return (
        path.stem if path.suffix.lower() in (".safetensors", ".ckpt", ".pt", ".pth", ".bin", ".gguf") else path.name
    ).lower()
