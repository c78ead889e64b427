"""Features: what can be switched on in a film, one file each, and the order in which a frame meets them.

A feature is a module with `build(settings, plan, tools) -> Steps | None`: its steps for this film, or None when it is off.
The tuple below is the one place that says in which order things happen; `anim explain` prints it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from lib_anim.errors import Problem, SettingsError
from lib_anim.features import (
    caption,
    color_coherence,
    contrast,
    echo,
    flow_cadence,
    flow_redo,
    formats,
    fresh_paint,
    glow,
    governor,
    grade,
    grayscale,
    host_options,
    judge,
    kaleidoscope,
    loop,
    mirror,
    noise,
    noise_multiplier,
    option_schedules,
    redo,
    reroll,
    sampling,
    seeds,
    sharpen,
    soundtrack,
    start_picture,
    strength,
    temporal_filter,
    tunnel,
    words,
)
from lib_anim.features.missing import missing
from lib_anim.features.moving import MOVING
from lib_anim.fields import FIELDS
from lib_anim.plan import Plan, make_plan
from lib_anim.settings import Settings
from lib_anim.shot import Shot, Steps, Tools

FEATURES = (
    start_picture,
    *MOVING,
    temporal_filter,  # before colours are matched, so that they have the last word
    color_coherence,
    governor,  # of the colours that are matched, if they are
    grayscale,
    echo,  # after all that finishes a picture, so that it is the finished one that shines through
    loop,  # towards the first picture as it was shown, before mirrors that hold for both
    mirror,
    kaleidoscope,
    tunnel,
    contrast,
    sharpen,
    noise,
    words,
    seeds,
    sampling,
    strength,
    noise_multiplier,
    host_options,
    option_schedules,
    reroll,  # nearest to the painter, so that redo too never sees a blank picture
    fresh_paint,  # after strength, whose denoise it keeps for the rest, and round reroll, so that neither pass is blank
    judge,  # of each pass of a redo, so that a fault costs one of them
    redo,
    flow_redo,
    flow_cadence,
    glow,  # of the picture as it is, however dark it is graded
    grade,
    caption,
    soundtrack,
    formats,
)
_DELIVERY = (soundtrack, formats)
_FRAMING = ("W", "H", "max_frames", "animation_mode")  # what any note may speak of


def delivery(plan: Plan) -> tuple[Callable[[Path, str | None], None], ...]:
    """What is done with a film's finished video, without anything else of its shot. Raises SettingsError."""
    found = (feature.build(plan.settings, plan, Tools()) for feature in _DELIVERY)
    return tuple(step for steps in found if steps for step in steps.deliver)


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
    shot = Shot(plan, tuple(features), (*plan.notes, *(f"left out: {problem}" for problem in absent), *notes))
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
