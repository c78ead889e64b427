"""Kinds of jobs (film, first picture, opening, preview), and checks of edits to a film."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from lib_anim.errors import FieldError, OutputError, Problem, SettingsError
from lib_anim.features.open import open_shot
from lib_anim.messages import Message
from lib_anim.plan import keyframes, plan
from lib_anim.plan.film_length import with_derived_length
from lib_anim.plan.plan import Plan
from lib_anim.runs.resume import PastRun, changed_shape, keep_seed, strange
from lib_anim.settings.settings import Settings
from lib_anim.shot.shot import Shot
from lib_anim.shot.steps import Tools

# the whole film, its first picture, its first frames, its motion without a model
FILM, FIRST, OPENING, PREVIEW = "film", "first", "opening", "preview"
WHATS = (FILM, FIRST, OPENING, PREVIEW)

MORE_S = 5.0  # seconds that a finished film becomes longer by
_FRAMES = {FIRST: 1, OPENING: 12}  # number of frames, where not all are filmed

OVERRIDES: Mapping[str, Mapping[str, object]] = {
    # shown on the page only
    OPENING: {
        "make_gif": False,
        "make_webp": False,
        "add_soundtrack": "None",
        "frame_interpolation_engine": "None",
        "skip_video_creation": False,
    },
    # without noise, sharpening and colour corrections, which serve a model, so that motion is easy to see
    PREVIEW: {
        "make_gif": False,
        "make_webp": False,
        "frame_interpolation_engine": "None",
        "noise_schedule": "0:(0)",
        "amount_schedule": "0:(0)",
        "color_coherence": "None",
        "governor_schedule": "0:(0)",
    },
}
_BEGIN_ANEW = "Generate begins a film of its own with it"


def shot_of(settings: Settings, what: str, tools: Tools, *, allow_missing: bool = False) -> Shot:
    """Build the shot of a job of kind `what`; with `allow_missing`, as every preview, without what is missing.

    Raises SettingsError.
    """
    if what in OVERRIDES:
        settings = settings.replace(**OVERRIDES[what])
    settings = with_derived_length(settings, tools.ffmpeg)
    shot = open_shot(settings, _part(settings, what), tools, allow_missing=allow_missing or what == PREVIEW)
    return replace(shot, notes=tuple(map(_without_flags, shot.notes)))


def _part(settings: Settings, what: str) -> tuple[int, int] | None:
    """Return (first, stop) of the frames of a job: those that are filmed first, where not all are."""
    if what not in _FRAMES:
        return None
    n_frames = settings.integer("max_frames")
    count = min(_FRAMES[what], n_frames)
    return (n_frames - count, n_frames) if settings.switch("reverse") else (0, count)


def validate(settings: Settings, tools: Tools, what: str = FILM, *, allow_missing: bool = False) -> Shot:
    """Build a job's shot for validation: a seed of -1 counts as 0, nothing is prefetched. Raises SettingsError."""
    settings = settings.replace(seed=0) if settings["seed"] == -1 else settings
    if settings["soundtrack_path"]:  # checked at its upload; otherwise ffmpeg would run at every key stroke
        settings = settings.replace(add_soundtrack="None")
    return shot_of(settings, what, tools, allow_missing=allow_missing)


def _without_flags(note: str) -> str:
    """Return the note on a feature that is left out without flags of the command line."""
    if not isinstance(note, Message) or "waivers" not in note.values:
        return note
    return Message(note.text, **{**note.values, "waivers": ""})


def as_left(past: PastRun, out: Path) -> Settings:
    """Return the settings to resume a run with if no others are requested.

    Raises OutputError if a stranger's folder names files outside of `out`, which contains uploads, or if settings.json was
    changed by another program.
    """
    name = past.folder.path.name
    if past.edited:
        raise OutputError(
            Message(
                "{name}: settings.json was changed: {said}; take its settings, and apply the changes",
                name=name,
                said=past.edited,
            )
        )
    if named := past.settings_reach([out]):
        raise OutputError(
            Message(
                "{name}: {said}; if you want that, anim run --trust-run --resume {path}; else take its settings, and Generate",
                name=name,
                said=strange(named),
                path=past.folder.path,
            )
        )
    return past.settings


def edited(before: Settings, requested: Settings) -> Settings:
    """Return the settings to continue a film with; its seed is kept if none is requested.

    Raises SettingsError for settings that cannot change within a film, such as its size or length.
    """
    settings = keep_seed(before, requested.replace(batch_name=before["batch_name"]))
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


def longer(settings: Settings, seconds: float = MORE_S) -> Settings:
    """Return the settings of a film with so many seconds more at its end."""
    more = max(1, round(seconds * settings.number("fps")))
    return settings.replace(max_frames=settings.integer("max_frames") + more, soundtrack_sets_length=False, video_sets="None")


def check_goes_on(before: Plan, after: Plan, done: int) -> None:
    """Check that a film with `done` filmed spans can continue by another plan. Raises SettingsError."""
    kept = after.frames if after.settings["parseq_manifest"] else after.frames[: len(before.frames)]
    if (before.size, before.frames) != (after.size, kept):  # a longer manifest is another film
        reason = "other pictures would be painted than in the film under way"
        raise SettingsError([Problem("", reason, _BEGIN_ANEW)])
    try:
        plan.check_goes_on(before, after, done)
    except FieldError as error:
        raise SettingsError([error.of(keyframes.KEY)]) from None
