"""From a settings file on the command line to a shot. Notes are printed."""

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
from lib_anim.runs.outside import check_shares
from lib_anim.runs.web_files import with_files
from lib_anim.settings.legacy import ALIASES
from lib_anim.settings.settings import Settings
from lib_anim.settings.table import FIELDS
from lib_anim.shot.shot import Shot
from lib_anim.shot.steps import Tools


def build_shot(settings: Settings, options: FileOptions, tools: Tools, known: Iterable[Problem] = ()) -> Shot:
    """Build a file's shot; `known` are its problems so far. Prints notes. Raises SettingsError with the file's name."""
    plan = check_plan(Checked(settings, tuple(known)), options.frames, tools.ffmpeg)
    shot = check_shot(plan, tools, allow_missing=options.allow_missing)
    _say_notes(settings, shot.notes)
    return shot.sound(settings.source)


def _say_notes(settings: Settings, notes: Iterable[str]) -> None:
    for note in notes:
        say(f"{settings.source}: note: {note}")


def load_settings(file: str | Path, options: FileOptions) -> Settings:
    """Load a file's settings with the changes of `--set`. The file can be a picture or video made here, or a bundled film.

    With `--fetch` web addresses are downloaded and replaced by files. Raises SettingsError, OutputError.
    """
    settings, problems = check_settings(file, options)
    if problems:
        raise SettingsError(problems, settings.source)
    return settings


def check_settings(file: str | Path, options: FileOptions) -> tuple[Settings, tuple[Problem, ...]]:
    """Load settings with defaults for invalid values; return the problems too. Raises SettingsError if unreadable."""
    found = metadata.check_file(resources.film_named(file), dict(options.changes))
    settings, problems = found.value, found.problems
    if unasked := check_shares(settings, dict(options.changes)):
        settings = settings.with_defaults(problem.key for problem in unasked)
        problems = (*problems, *unasked)
    if options.fetch or options.fetch_local:
        settings, absent = with_files(settings, options.out, options.ffmpeg, say, local=options.fetch_local)
        problems += absent
    return settings, problems


def check_changes(changes: Iterable[tuple[str, object]]) -> None:
    """Check that every `--set` names a setting. Raises SettingsError."""
    unknown = [key for key, _ in changes if key not in FIELDS and key not in ALIASES]
    if unknown:
        reason = "there is no such setting"
        raise SettingsError([Problem(f"--set {key}", reason, did_you_mean(key, FIELDS)) for key in unknown])
