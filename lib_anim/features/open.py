"""Opening a shot: the steps of all features that are on, put together, or every problem that stands in the way."""

from __future__ import annotations

from lib_anim.errors import Checked, Problem, SettingsError
from lib_anim.features import FEATURES
from lib_anim.features.common.missing import missing
from lib_anim.features.delivery import formats, soundtrack
from lib_anim.messages import Message
from lib_anim.plan.plan import FRAMING, Plan, check_plan, independent
from lib_anim.settings.settings import Settings
from lib_anim.shot.shot import Shot
from lib_anim.shot.steps import Steps, Tools

_DELIVERY = (soundtrack, formats)


def delivery(plan: Plan) -> Steps:
    """How a film goes from its frames to its video and beyond, without anything else of its shot. Raises SettingsError."""
    built = ((feature.__name__, feature.build(plan.settings, plan, Tools())) for feature in _DELIVERY)
    return Shot(plan, tuple((name, steps) for name, steps in built if steps)).steps


def open_shot(
    settings: Settings,
    part: tuple[int, int] | None = None,
    tools: Tools | None = None,
    *,
    allow_missing: bool = False,
) -> Shot:
    """The shot of some settings, the plan made on the way. Raises SettingsError with every problem there is."""
    tools = tools or Tools()
    plan = check_plan(Checked(settings), part, tools.ffmpeg)
    return check_shot(plan, tools, allow_missing=allow_missing).sound(settings.source)


def make_shot(plan: Plan, tools: Tools | None = None, *, allow_missing: bool = False) -> Shot:
    """Put the steps of all features that are on together.

    Raises SettingsError with the problems of all features; what is switched on but not built is one of them, unless
    `allow_missing`, when it is a note.
    """
    found = check_shot(Checked(plan, notes=plan.notes), tools, allow_missing=allow_missing)
    return found.sound(plan.settings.source)


def check_shot(found: Checked[Plan], tools: Tools | None = None, *, allow_missing: bool = False) -> Checked[Shot]:
    """`make_shot` of a plan whose problems are known: the shot without the features that have some, all problems, and the
    notes that are true all the same."""
    plan, tools = found.value, tools or Tools()
    absent = missing(plan, tools.capabilities)
    features, new = _built(plan, tools)
    problems = (*found.problems, *independent([*([] if allow_missing else absent), *new], found.problems))
    wrong = {problem.key for problem in problems}
    notes = [*found.notes, *(_left_out(problem) for problem in absent if allow_missing)]
    for _, steps in features:
        notes += steps.notes if wrong.isdisjoint((*FRAMING, *steps.uses)) else ()
    return Checked(Shot(plan, features, tuple(notes), tools.capabilities.clip), problems, tuple(notes))


def _left_out(problem: Problem) -> Message:
    """The note on what a film goes without."""
    waivers = "".join(waiver.value for waiver in problem.waivers)
    reason, remedy = Message(problem.reason), Message(problem.remedy)
    return Message(
        "left out: {key}: {reason}; {remedy}{waivers}", key=problem.key, reason=reason, remedy=remedy, waivers=waivers
    )


def _built(plan: Plan, tools: Tools) -> tuple[tuple[tuple[str, Steps], ...], list[Problem]]:
    """(name, steps) of the features that are on, and the problems of the others."""
    features: list[tuple[str, Steps]] = []
    problems: list[Problem] = []
    for feature in FEATURES:
        try:
            steps = feature.build(plan.settings, plan, tools)
        except SettingsError as error:  # several may go by one file or camera
            problems += [problem for problem in error.problems if problem not in problems]
            continue
        if steps is not None:
            features.append((feature.__name__.rpartition(".")[2], steps))
    return tuple(features), problems
