"""Settings with files in place of the web addresses that their film goes by.

Which addresses count is written nowhere: a look at the film refuses them. So none is fetched for what is switched off; files
of Deforum have addresses in most of their keys.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from lib_anim.errors import FieldError, Problem, SettingsError
from lib_anim.features.open import open_shot
from lib_anim.media.download import fetched, is_address
from lib_anim.plan import parseq
from lib_anim.settings.settings import Settings
from lib_anim.settings.table import FIELDS
from lib_anim.shot.steps import Tools

FOLDER = ".fetched"  # in that of the runs
KEYS = (parseq.KEY, *(key for key, field in FIELDS.items() if field.kind == "path"))

_RECORDINGS = ("soundtrack_path", "video_init_path", "video_mask_path")
_MOST_BYTES, _MOST_BYTES_RECORDED = 64 * 2**20, 512 * 2**20


def fetch(key: str, address: str, out: Path, announce: Callable[[str], object] = lambda _line: None) -> Path:
    """The file of an address that the setting `key` names, kept beside the runs in `out`. Raises FieldError, OutputError."""
    return fetched(address, out / FOLDER, _MOST_BYTES_RECORDED if key in _RECORDINGS else _MOST_BYTES, announce)


def with_files(
    settings: Settings, out: Path, ffmpeg: str | None = None, announce: Callable[[str], object] = lambda _line: None
) -> tuple[Settings, tuple[Problem, ...]]:
    """The settings with what was fetched in place of addresses, and why some could not be. Raises OutputError."""
    problems: dict[str, Problem] = {}
    while wanted := [key for key in _refused(settings, ffmpeg) if key not in problems]:
        for key in wanted:
            try:
                settings = settings.replace(**{key: str(fetch(key, settings[key], out, announce))})
            except FieldError as error:
                problems[key] = Problem(key, error.place, error.reason, error.remedy)
    return settings, tuple(problems.values())


def _refused(settings: Settings, ffmpeg: str | None) -> list[str]:
    """The keys whose address stands in the way of filming."""
    named = [key for key in KEYS if is_address(settings[key])]
    if not named:
        return []
    try:
        open_shot(settings, tools=Tools(ffmpeg=ffmpeg))
    except SettingsError as error:
        wrong = {problem.key for problem in error.problems}
        return [key for key in named if key in wrong]
    return []
