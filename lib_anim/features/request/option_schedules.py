"""Schedules of options with a WebUI's names: CLIP skip, eta, checkpoint, VAE, distilled and picture CFG."""

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
    """An option of the engine whose values come from `schedule`; the settings table has its name.

    `read` gets the value of a frame. If the values are names, `there` returns those that the engine has, and `kind` is the
    English word for what they name.
    """

    schedule: str
    read: Callable[[Params, str], object]
    there: Callable[[Capabilities], tuple[str, ...] | None] = lambda _capabilities: None
    kind: str = ""

    @property
    def name(self) -> str:
        """The option, by a WebUI's name."""
        return FIELDS[self.schedule].option

    def is_used(self, plan: Plan, capabilities: Capabilities) -> bool:
        """Return whether a film uses the option.

        A schedule without a switch is always used if the engine has the option; else only if it differs from its default.
        """
        if FIELDS[self.schedule].needs == ALWAYS and self.name not in capabilities:
            return _is_changed(plan, self.schedule)
        return plan.in_use(self.schedule)


def _whole(params: Params, schedule: str) -> int:
    return int(params.number(schedule))


OPTIONS = (
    Option("clipskip_schedule", _whole),
    Option("ddim_eta_schedule", Params.number),
    Option("ancestral_eta_schedule", Params.number),
    Option("checkpoint_schedule", Params.text, lambda capabilities: capabilities.checkpoints, "checkpoint"),
    Option("vae_schedule", Params.text, lambda capabilities: capabilities.vaes, "VAE"),
    Option("distilled_cfg_scale_schedule", Params.number),
    Option("pix2pix_img_cfg_scale_schedule", Params.number),
)


def build(settings: Settings, plan: Plan, tools: Tools) -> Steps | None:
    """On if the film uses any of them. Options that the engine lacks are left out, with a note.

    Raises SettingsError for names that the engine does not have.
    """
    capabilities = tools.capabilities
    on = [option for option in OPTIONS if option.is_used(plan, capabilities)]
    if not on or "no_model" in capabilities:
        return None
    known = [option for option in on if option.name in capabilities]
    names = _names(plan, known, capabilities)

    def ask(request: SampleRequest, canvas: Canvas | None, params: Params) -> SampleRequest:
        values = {option.name: option.read(params, option.schedule) for option in known}
        values |= {option.name: resolved[params.text(option.schedule)] for option, resolved in names.items()}
        return replace(request, overrides={**request.overrides, **values})

    lacking = (option.schedule for option in on if option not in known)
    notes = tuple(Message("{key}: this engine cannot do that; left out", key=key) for key in lacking)
    uses = tuple(option.schedule for option in known)
    return Steps(ask=(ask,), uses=uses, does=", ".join(uses) or "left out", notes=notes)


def _is_changed(plan: Plan, key: str) -> bool:
    """Return whether a schedule differs from its default at any frame."""
    if FIELDS[key].kind == "texts":
        return plan.texts[key] != default_texts(key, plan.timeline)
    return not np.array_equal(plan.numbers[key], default_numbers(key, plan.timeline))


def _names(plan: Plan, options: list[Option], capabilities: Capabilities) -> Mapping[Option, Mapping[str, str]]:
    """Return, for each option, name in the film -> the engine's name. Raises SettingsError with all unknown names."""
    found: dict[Option, dict[str, str]] = {}
    problems = []
    for option in options:
        there = option.there(capabilities)
        if there is None:
            continue
        resolved = found[option] = {}
        for index in plan.frames:
            name = plan[index].text(option.schedule)
            if name in resolved:
                continue
            match = _find(name, there)
            resolved[name] = match or name
            if match is None:
                problems.append(_unknown(option, index, name, there))
    if problems:
        raise SettingsError(problems)
    return found


def _unknown(option: Option, index: int, name: str, there: tuple[str, ...]) -> Problem:
    """Return the problem of a name, first used at the frame `index`, that the engine does not have."""
    stems = [_stem(one) for one in there]
    remedy = did_you_mean(_stem(name), stems) or Message("there is {names}", names=", ".join(stems[:8]) or Message("none"))
    reason = Message("there is no {said} '{name}'", said=Message(option.kind), name=name)
    return Problem(option.schedule, reason, remedy, Place(frame=index))


def _find(name: str, there: tuple[str, ...]) -> str | None:
    """Find a file by its name, exactly or without folder, extension and hash."""
    exact = [one for one in there if name == one]
    return next(iter(exact or [one for one in there if _stem(one) == _stem(name)]), None)


def _stem(name: str) -> str:
    """Strip folder, extension and hash, and ignore case: "Anime/Model.safetensors [abc]" -> "model"."""
    path = PurePath(name.replace("\\", "/").partition(" [")[0])
    return (
        path.stem if path.suffix.lower() in (".safetensors", ".ckpt", ".pt", ".pth", ".bin", ".gguf") else path.name
    ).lower()
