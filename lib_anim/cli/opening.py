"""From a settings file named on the command line to a shot, remarks said."""

from __future__ import annotations

import argparse
from pathlib import Path

from lib_anim import embedded
from lib_anim.cli.console import say
from lib_anim.errors import Problem, SettingsError, did_you_mean
from lib_anim.features import make_shot
from lib_anim.fields import FIELDS
from lib_anim.legacy import ALIASES
from lib_anim.plan import make_plan
from lib_anim.settings import Settings
from lib_anim.shot import Shot, Tools

Options = argparse.Namespace


def opened(settings: Settings, options: Options, tools: Tools) -> Shot:
    """What a file films. Says the remarks on it. Raises SettingsError with the file's name."""
    try:
        shot = make_shot(make_plan(settings, options.frames, tools.ffmpeg), tools, allow_missing=options.allow_missing)
    except SettingsError as error:
        raise SettingsError(error.problems, settings.source) from None
    for note in shot.notes:
        say(f"{settings.source}: note: {note}")
    return shot


def loaded(file: str | Path, options: Options) -> Settings:
    """A file's settings with what `--set` changes; a picture or video of ours is such a file. Raises SettingsError."""
    return embedded.load(file, dict(options.changes))


def check_changes(options: Options) -> None:
    """Every `--set` names a setting. Raises SettingsError."""
    unknown = [key for key, _ in options.changes if key not in FIELDS and key not in ALIASES]
    if unknown:
        reason = "there is no such setting"
        raise SettingsError([Problem(f"--set {key}", "", reason, did_you_mean(key, FIELDS)) for key in unknown])
