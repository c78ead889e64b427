"""Opening a shot: build the steps of all features that are on, or report all problems."""

from __future__ import annotations

from dataclasses import replace

from lib_anim.errors import Checked, Problem, SettingsError, Waiver
from lib_anim.features import FEATURES
from lib_anim.features.common.missing import left_out, missing
from lib_anim.features.common.sizes import unpaintable
from lib_anim.features.delivery import formats, frame_interpolation, soundtrack, subtitles
from lib_anim.features.request.clips import with_clip
from lib_anim.plan.plan import FRAMING, Plan, check_plan, independent
from lib_anim.settings.settings import Settings
from lib_anim.shot.shot import Shot
from lib_anim.shot.steps import Steps, Tools

_DELIVERY = (frame_interpolation, soundtrack, subtitles, formats)


def delivery(plan: Plan) -> Steps:
    """Return the steps from the frames to the video and other files, without the rest of the shot. Raises SettingsError."""
    built = ((feature.__name__, feature.build(plan.settings, plan, Tools())) for feature in _DELIVERY)
    return Shot(plan, tuple((name, steps) for name, steps in built if steps)).steps


def open_shot(
    settings: Settings,
    part: tuple[int, int] | None = None,
    tools: Tools | None = None,
    *,
    allow_missing: bool = False,
) -> Shot:
    """Make the plan of the settings and its shot. Raises SettingsError with all problems of both."""
    tools = tools or Tools()
    plan = check_plan(Checked(settings), part, tools.ffmpeg)
    return check_shot(plan, tools, allow_missing=allow_missing).sound(settings.source)


def make_shot(plan: Plan, tools: Tools | None = None, *, allow_missing: bool = False) -> Shot:
    """Build the steps of all features that are on.

    Raises SettingsError with the problems of all features. A feature that is switched on but not built is a problem; with
    `allow_missing` it is a note instead.
    """
    found = check_shot(Checked(plan, notes=plan.notes), tools, allow_missing=allow_missing)
    return found.sound(plan.settings.source)


def check_shot(found: Checked[Plan], tools: Tools | None = None, *, allow_missing: bool = False) -> Checked[Shot]:
    """Make the shot of a checked plan: the shot without the features that have problems, all problems, and the notes.

    Notes of a feature are left out if a setting in FRAMING or a schedule that it uses is invalid, since they could be wrong.
    """
    plan, tools = found.value, tools or Tools()
    capabilities = with_clip(plan, tools.capabilities)
    tools = replace(tools, capabilities=capabilities, allow_missing=allow_missing)
    absent = missing(plan, tools.capabilities)
    features, new = _built(plan, tools)
    new = [*absent, *unpaintable(plan, tools.capabilities), *new]
    waived = [problem for problem in new if allow_missing and Waiver.ALLOW_MISSING in problem.waivers]
    problems = (*found.problems, *independent((problem for problem in new if problem not in waived), found.problems))
    invalid = {problem.key for problem in problems}
    notes = [*found.notes, *map(left_out, waived)]
    for _, steps in features:
        notes += steps.notes if invalid.isdisjoint((*FRAMING, *steps.uses)) else ()
    return Checked(Shot(plan, features, tuple(notes), tools.capabilities.clip, tools.track), problems, tuple(notes))


def _built(plan: Plan, tools: Tools) -> tuple[tuple[tuple[str, Steps], ...], list[Problem]]:
    """Build all features: return (name, steps) of those that are on, and all problems."""
    features: list[tuple[str, Steps]] = []
    problems: list[Problem] = []
    for feature in FEATURES:
        try:
            steps = feature.build(plan.settings, plan, tools)
        except SettingsError as error:  # several features can have the same problem, such as that of a file they share
            problems += [problem for problem in error.problems if problem not in problems]
            continue
        if steps is not None:
            features.append((feature.__name__.rpartition(".")[2], steps))
    return tuple(features), problems
