"""Opening a shot: the steps of all features that are on, put together, or every problem that stands in the way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from lib_anim.errors import Problem, SettingsError
from lib_anim.features import FEATURES
from lib_anim.features.common.missing import missing
from lib_anim.features.delivery import formats, soundtrack
from lib_anim.plan.plan import Plan, make_plan
from lib_anim.settings.settings import Settings
from lib_anim.settings.table import FIELDS
from lib_anim.shot.shot import Shot
from lib_anim.shot.steps import Steps, Tools

_DELIVERY = (soundtrack, formats)
_FRAMING = ("W", "H", "max_frames", "animation_mode")  # what any note may speak of


def delivery(plan: Plan) -> Steps:
    """How a film goes from its frames to its video and beyond, without anything else of its shot. Raises SettingsError."""
    built = ((feature.__name__, feature.build(plan.settings, plan, Tools())) for feature in _DELIVERY)
    return Shot(plan, tuple((name, steps) for name, steps in built if steps)).steps


def make_shot(plan: Plan, tools: Tools | None = None, *, allow_missing: bool = False) -> Shot:
    """Put the steps of all features that are on together.

    Raises SettingsError with the problems of all features; what is switched on but not built is one of them, unless
    `allow_missing`, when it is a note.
    """
    tools = tools or Tools()
    problems: list[Problem] = []
    features: list[tuple[str, Steps]] = []
    absent = missing(plan.settings, tools.capabilities)
    if not allow_missing:
        problems += absent
    for feature in FEATURES:
        try:
            steps = feature.build(plan.settings, plan, tools)
        except SettingsError as error:
            problems += [
                problem for problem in error.problems if problem not in problems
            ]  # several may go by one file or camera
            continue
        if steps is not None:
            features.append((feature.__name__.rpartition(".")[2], steps))
    notes = [note for _, steps in features for note in steps.notes]
    notes = (*plan.notes, *(f"left out: {problem}" for problem in absent), *notes)
    shot = Shot(plan, tuple(features), notes, tools.capabilities.clip)
    if problems:
        raise SettingsError(problems, plan.settings.source, mended=shot)
    return shot


def open_shot(
    settings: Settings,
    part: tuple[int, int] | None = None,
    tools: Tools | None = None,
    *,
    allow_missing: bool = False,
    known: Iterable[Problem] = (),
) -> Shot:
    """The shot of some settings, the plan made on the way; `known` are problems that were found before.

    Raises SettingsError with every problem there is: where something is wrong a default stands in, and the look goes on.
    """
    tools, problems, shot = tools or Tools(), list(known), None
    wrong = {problem.key for problem in problems}
    while True:
        try:
            shot = make_shot(make_plan(settings, part, tools.ffmpeg), tools, allow_missing=allow_missing)
            break
        except SettingsError as error:
            problems += [problem for problem in error.problems if not _follows(problem, wrong)]
            wrong |= {problem.key for problem in error.problems}
            part = None if "--frames" in wrong else part
            mended = {key: FIELDS[key].default for key in wrong & FIELDS.keys() if settings[key] != FIELDS[key].default}
            if not mended:
                shot = error.mended
                break
            settings = settings.replace(**mended)
    if problems:
        raise SettingsError(problems, settings.source, notes=_true_notes(shot, wrong) if shot else ())
    return shot


def _follows(problem: Problem, wrong: set[str]) -> bool:
    """Whether a problem comes only of what stands in for a wrong value, such as of a file that is named no more."""
    gone = {key for key in wrong & FIELDS.keys() if FIELDS[key].kind == "path"}
    return problem.key in wrong or any(key in problem.reason for key in gone)


def _true_notes(shot: Shot, wrong: set[str]) -> Iterator[str]:
    """The notes of a shot but for those that may speak of a value that stands in for a wrong one."""
    if not wrong.isdisjoint(_FRAMING):
        yield from shot.plan.settings.notes
        return
    yield from shot.plan.notes
    for _, steps in shot.features:
        yield from steps.notes if wrong.isdisjoint(steps.uses) else ()
