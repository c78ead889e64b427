"""Steps, CFG scale, sampler and scheduler of every painted picture."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import repeat

from lib_anim.engines.base import Capabilities, SampleRequest
from lib_anim.errors import Problem, SettingsError
from lib_anim.messages import NOWHERE, Place
from lib_anim.plan.plan import Params, Plan
from lib_anim.settings.samplers import faults, resolve
from lib_anim.settings.settings import Settings
from lib_anim.shot.canvas import Canvas
from lib_anim.shot.steps import Steps, Tools


def build(settings: Settings, plan: Plan, tools: Tools) -> Steps:
    """Always on. With `enable_…_scheduling` the schedule is used, else the plain setting.

    All names are resolved before the first picture is painted. Raises SettingsError for unknown ones.
    """
    sampler, scheduler, steps = (
        f"{name}_schedule" if plan.in_use(f"{name}_schedule") else name for name in ("sampler", "scheduler", "steps")
    )
    resolved = _resolved(plan, sampler, scheduler, tools.capabilities)

    def ask(request: SampleRequest, canvas: Canvas | None, params: Params) -> SampleRequest:
        name, spacing = resolved[params.text(sampler), params.text(scheduler)]
        return replace(
            request,
            sampler=name,
            scheduler=spacing,
            steps=int(params.number(steps)),
            cfg_scale=params.number("cfg_scale_schedule"),
        )

    uses = (sampler, scheduler, steps, "cfg_scale_schedule")
    return Steps(ask=(ask,), uses=uses, does=", ".join(uses))


def _resolved(plan: Plan, sampler: str, scheduler: str, known: Capabilities) -> dict[tuple[str, str], tuple[str, str]]:
    """Resolve every (sampler, scheduler) of the film to the engine's names. Raises SettingsError with all unknown names."""
    found: dict[tuple[str, str], tuple[str, str]] = {}
    problems: list[Problem] = []
    frames = plan.frames if {sampler, scheduler} & plan.texts.keys() else plan.frames[:1]
    for index, pair in zip(frames, zip(_column(plan, sampler), _column(plan, scheduler), strict=True), strict=False):
        if pair in found:
            continue
        found[pair] = pair
        errors = faults(*pair, known.samplers, known.schedulers)
        if not any(errors):
            found[pair] = resolve(*pair, known.samplers, known.schedulers)
        for key, error in zip((sampler, scheduler), errors, strict=True):
            place = Place(frame=index) if key.endswith("_schedule") else NOWHERE
            if error:
                problems.append(Problem(key, error.reason, error.remedy, place))
    if problems:
        raise SettingsError(problems)
    return found


def _column(plan: Plan, key: str) -> Iterator[str]:
    """Yield the text of a setting, or of a schedule of texts, at each frame that is filmed."""
    if key in plan.texts:
        yield from plan.texts[key][plan.frames.start : plan.frames.stop]
    else:
        yield from repeat(plan.settings.text(key), len(plan.frames))
