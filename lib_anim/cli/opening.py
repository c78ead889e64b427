"""From a settings file named on the command line to a shot, remarks said."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from lib_anim import resources
from lib_anim.cli.console import say
from lib_anim.cli.options import FileOptions
from lib_anim.errors import Checked, Problem, SettingsError, did_you_mean
from lib_anim.features.open import check_shot
from lib_anim.media import metadata
from lib_anim.plan.plan import check_plan
from lib_anim.runs.web_files import with_files
from lib_anim.settings.legacy import ALIASES
from lib_anim.settings.settings import Settings
from lib_anim.settings.table import FIELDS
from lib_anim.shot.shot import Shot
from lib_anim.shot.steps import Tools


def opened(settings: Settings, options: FileOptions, tools: Tools, known: Iterable[Problem] = ()) -> Shot:
    """What a file films; `known` are its problems so far. Says the remarks on it. Raises SettingsError with the file's name."""
    plan = check_plan(Checked(settings, tuple(known)), options.frames, tools.ffmpeg)
    shot = check_shot(plan, tools, allow_missing=options.allow_missing)
    _remark(settings, shot.notes)
    return shot.sound(settings.source)


def _remark(settings: Settings, notes: Iterable[str]) -> None:
    for note in notes:
        say(f"{settings.source}: note: {note}")


def loaded(file: str | Path, options: FileOptions) -> Settings:
    """A file's settings with what `--set` changes; a picture or video of ours is such a file, and the name of a film that
    comes along stands for its file.

    With `--fetch` files stand in place of the web addresses that its film goes by. Raises SettingsError, OutputError.
    """
    settings, problems = loaded_so_far(file, options)
    if problems:
        raise SettingsError(problems, settings.source)
    return settings


def loaded_so_far(file: str | Path, options: FileOptions) -> tuple[Settings, tuple[Problem, ...]]:
    """The same with defaults where something is wrong, and what that is. Raises SettingsError where nothing can be read."""
    found = metadata.check_file(resources.film_named(file), dict(options.changes))
    settings, problems = found.value, found.problems
    if options.fetch:
        settings, absent = with_files(settings, options.out, options.ffmpeg, say)
        problems += absent
    return settings, problems


def check_changes(changes: Iterable[tuple[str, object]]) -> None:
    """Every `--set` names a setting. Raises SettingsError."""
    unknown = [key for key, _ in changes if key not in FIELDS and key not in ALIASES]
    if unknown:
        reason = "there is no such setting"
        raise SettingsError([Problem(f"--set {key}", reason, did_you_mean(key, FIELDS)) for key in unknown])
