"""Schedules of what an engine knows by a WebUI's option names: CLIP skip, eta, checkpoint."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import PurePath

from lib_anim.engines.base import Capabilities, SampleRequest
from lib_anim.errors import Problem, SettingsError, did_you_mean
from lib_anim.plan import Params, Plan
from lib_anim.settings import Settings
from lib_anim.shot import Canvas, Steps, Tools


@dataclass(frozen=True)
class _Option:
    """`switch` turns `schedule` on, whose values become the option `name`."""

    switch: str
    schedule: str
    name: str
    read: Callable[[object], object]


_OPTIONS = (
    _Option("enable_clipskip_scheduling", "clipskip_schedule", "CLIP_stop_at_last_layers", int),
    _Option("enable_ddim_eta_scheduling", "ddim_eta_schedule", "eta_ddim", float),
    _Option("enable_ancestral_eta_scheduling", "ancestral_eta_schedule", "eta_ancestral", float),
    _Option("enable_checkpoint_scheduling", "checkpoint_schedule", "sd_model_checkpoint", str),
)


def build(settings: Settings, plan: Plan, tools: Tools) -> Steps | None:
    """On with any of their switches. What the engine cannot do is said and left out; unknown checkpoints are refused."""
    on = [option for option in _OPTIONS if settings[option.switch]]
    if not on:
        return None
    known = [option for option in on if option.name in tools.capabilities]
    names = _checkpoints(plan, tools.capabilities) if any(option.read is str for option in known) else {}

    def ask(request: SampleRequest, canvas: Canvas | None, params: Params) -> SampleRequest:
        values = {option.name: option.read(params[option.schedule]) for option in known}
        values = {name: names.get(value, value) for name, value in values.items()}
        return replace(request, overrides={**request.overrides, **values})

    notes = tuple(f"{option.schedule}: this engine cannot do that; left out" for option in on if option not in known)
    uses = tuple(option.schedule for option in known)
    return Steps(ask=(ask,), uses=uses, does=", ".join(uses) or "left out", notes=notes)


def _checkpoints(plan: Plan, capabilities: Capabilities) -> dict[object, object]:
    """The engine's own names of the checkpoints that the film changes to. Raises SettingsError with the first frame of each."""
    found: dict[object, object] = {}
    problems = []
    for index in plan.frames:
        name = plan[index]["checkpoint_schedule"]
        if name in found:
            continue
        found[name] = _like(str(name), capabilities.checkpoints)
        if found[name] is None:
            stems = [_stem(one) for one in capabilities.checkpoints]
            remedy = did_you_mean(_stem(str(name)), stems) or f"there is {', '.join(stems[:8]) or 'none'}"
            problems.append(Problem("checkpoint_schedule", f"frame {index}", f"there is no checkpoint '{name}'", remedy))
    if problems:
        raise SettingsError(problems)
    return found


def _like(name: str, checkpoints: tuple[str, ...]) -> str | None:
    """The checkpoint of that name, with or without folder, ending and hash."""
    exact = [one for one in checkpoints if name == one]
    return next(iter(exact or [one for one in checkpoints if _stem(one) == _stem(name)]), None)


def _stem(name: str) -> str:
    """ "Anime/model.safetensors [abc]" -> "model"."""
    path = PurePath(name.replace("\\", "/").partition(" [")[0])
    return (
        path.stem if path.suffix.lower() in (".safetensors", ".ckpt", ".pt", ".pth", ".bin", ".gguf") else path.name
    ).lower()
