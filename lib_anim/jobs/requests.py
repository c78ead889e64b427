"""What can be asked for: a film, its first picture, its beginning, its motion; and what a film under way can become."""

from __future__ import annotations

from collections.abc import Mapping

from lib_anim.errors import FieldError, Problem, SettingsError
from lib_anim.features.open import open_shot
from lib_anim.messages import Message
from lib_anim.plan import keyframes, plan
from lib_anim.plan.plan import Plan
from lib_anim.runs.resume import changed_shape, keep_seed
from lib_anim.settings.settings import Settings
from lib_anim.shot.shot import Shot
from lib_anim.shot.steps import Tools

# all of it, its first picture, its first frames, its motion
FILM, FIRST, OPENING, PREVIEW = "film", "first", "opening", "preview"
WHATS = (FILM, FIRST, OPENING, PREVIEW)

_FRAMES = {FIRST: 1, OPENING: 12}  # of the film's, where not all of them are asked for

_INSTEAD: Mapping[str, Mapping[str, object]] = {
    # to be looked at where it was asked for, and nowhere else
    OPENING: {"make_gif": False, "make_webp": False, "add_soundtrack": "None", "skip_video_creation": False},
    # nothing is done to pixels for a model's sake, so that the motion is plain to see
    PREVIEW: {
        "make_gif": False,
        "make_webp": False,
        "noise_schedule": "0:(0)",
        "amount_schedule": "0:(0)",
        "color_coherence": "None",
        "governor_schedule": "0:(0)",
        "use_init": False,
    },
}
_BEGIN_ANEW = "Generate begins a film of its own with it"


def shot_of(settings: Settings, what: str, tools: Tools) -> Shot:
    """The shot of what was asked for. Raises SettingsError."""
    if what in _INSTEAD:
        settings = settings.replace(**_INSTEAD[what])
    part = (0, min(_FRAMES[what], settings.integer("max_frames"))) if what in _FRAMES else None
    return open_shot(settings, part, tools, allow_missing=what == PREVIEW)


def validate(settings: Settings, tools: Tools) -> Shot:
    """The whole film's shot, not to be filmed: a seed of -1 is taken as 0, nothing is made ahead. Raises SettingsError."""
    settings = settings.replace(seed=0) if settings["seed"] == -1 else settings
    if settings["soundtrack_path"]:  # tried when it was given; ffmpeg would be asked again with every letter typed
        settings = settings.replace(add_soundtrack="None")
    return shot_of(settings, FILM, tools)


def edited(before: Settings, asked: Settings) -> Settings:
    """What a film that was begun with other settings goes on with; its seed stays where none is asked for.

    Raises SettingsError for what a film under way cannot change: size, length, pace.
    """
    settings = keep_seed(before, asked.replace(batch_name=before["batch_name"]))
    problems = [
        Problem(
            key,
            Message("the film under way has {value}, and that cannot change any more", value=before[key]),
            _BEGIN_ANEW,
        )
        for key in changed_shape(before, settings)
    ]
    if problems:
        raise SettingsError(problems)
    return settings


def check_goes_on(before: Plan, after: Plan, done: int) -> None:
    """A film of which `done` spans are filmed can go on by another plan. Raises SettingsError."""
    if (before.size, before.frames) != (after.size, after.frames):  # a manifest's length
        reason = "other pictures would be painted than in the film under way"
        raise SettingsError([Problem("", reason, _BEGIN_ANEW)])
    try:
        plan.check_goes_on(before, after, done)
    except FieldError as error:
        raise SettingsError([error.of(keyframes.KEY)]) from None
