"""Features: what can be switched on in a film, one file each, and the order in which a frame meets them.

A feature is a module with `build(settings, plan, tools) -> Steps | None`: its steps for this film, or None when it is off.
The tuple below is the one place that says in which order things happen; `anim explain` prints it.
"""

from __future__ import annotations

from collections.abc import Callable
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
    grade,
    grayscale,
    host_options,
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
from lib_anim.plan import Plan
from lib_anim.shot import Shot, Steps, Tools

FEATURES = (
    start_picture,
    *MOVING,
    temporal_filter,  # before colours are matched, so that they have the last word
    color_coherence,
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
    fresh_paint,  # after strength, whose denoise it keeps for the rest
    noise_multiplier,
    host_options,
    option_schedules,
    reroll,  # nearest to the painter, so that redo too never sees a blank picture
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
            problems += [problem for problem in error.problems if problem not in problems]  # the camera's are told once
            continue
        if steps is not None:
            features.append((feature.__name__.rpartition(".")[2], steps))
    if problems:
        raise SettingsError(problems, plan.settings.source)
    notes = [note for _, steps in features for note in steps.notes]
    return Shot(plan, tuple(features), (*plan.notes, *(f"left out: {problem}" for problem in absent), *notes))
