"""From a settings file named on the command line to a shot, remarks said."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from lib_anim.cli.console import say
from lib_anim.cli.options import FileOptions
from lib_anim.errors import Problem, SettingsError, did_you_mean
from lib_anim.features.open import open_shot
from lib_anim.media import metadata
from lib_anim.runs.web_files import with_files
from lib_anim.settings.legacy import ALIASES
from lib_anim.settings.settings import Settings
from lib_anim.settings.table import FIELDS
from lib_anim.shot.shot import Shot
from lib_anim.shot.steps import Tools


def opened(settings: Settings, options: FileOptions, tools: Tools, known: Iterable[Problem] = ()) -> Shot:
    """What a file films; `known` are its problems so far. Says the remarks on it. Raises SettingsError with the file's name."""
    try:
        shot = open_shot(settings, options.frames, tools, allow_missing=options.allow_missing, known=known)
    except SettingsError as error:
        _remark(settings, error.notes)
        raise SettingsError(error.problems, settings.source) from None
    _remark(settings, shot.notes)
    return shot


def _remark(settings: Settings, notes: Iterable[str]) -> None:
    for note in notes:
        say(f"{settings.source}: note: {note}")


def loaded(file: str | Path, options: FileOptions) -> Settings:
    """A file's settings with what `--set` changes; a picture or video of ours is such a file.

    With `--fetch` files stand in place of the web addresses that its film goes by. Raises SettingsError, OutputError.
    """
    settings, problems = loaded_so_far(file, options)
    if problems:
        raise SettingsError(problems, settings.source, mended=settings)
    return settings


def loaded_so_far(file: str | Path, options: FileOptions) -> tuple[Settings, tuple[Problem, ...]]:
    """The same with defaults where something is wrong, and what that is. Raises SettingsError where nothing can be read."""
    problems: tuple[Problem, ...] = ()
    try:
        settings = metadata.load(file, dict(options.changes))
    except SettingsError as error:
        if error.mended is None:
            raise
        settings, problems = error.mended, error.problems
    if options.fetch:
        settings, absent = with_files(settings, options.out, options.ffmpeg, say)
        problems += absent
    return settings, problems


def check_changes(changes: Iterable[tuple[str, object]]) -> None:
    """Every `--set` names a setting. Raises SettingsError."""
    unknown = [key for key, _ in changes if key not in FIELDS and key not in ALIASES]
    if unknown:
        reason = "there is no such setting"
        raise SettingsError([Problem(f"--set {key}", "", reason, did_you_mean(key, FIELDS)) for key in unknown])
