"""Downloads of the files at web addresses in settings.

Only addresses that the film uses are fetched, by the settings table: files of Deforum have addresses in most of their keys.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

from lib_anim.errors import Checked, FieldError, Problem
from lib_anim.media.download import fetched, is_address
from lib_anim.plan import parseq
from lib_anim.plan.plan import check_plan
from lib_anim.settings.frame_files import FILES_BY_FRAME, with_frame_files
from lib_anim.settings.settings import Settings
from lib_anim.settings.table import FIELDS, NETWORKS

FOLDER = ".fetched"  # in the output folder
_PATHS = tuple(key for key, field in FIELDS.items() if field.kind == "path" and key not in NETWORKS)
(_PICTURES,) = FILES_BY_FRAME
KEYS = (parseq.KEY, *_PATHS)

_RECORDINGS = ("soundtrack_path", "video_init_path", "video_mask_path")
_MOST_BYTES, _MOST_BYTES_RECORDED = 64 * 2**20, 512 * 2**20


def fetch(
    key: str, address: str, out: Path, announce: Callable[[str], object] = lambda _line: None, *, local: bool = False
) -> Path:
    """Fetch the address of the setting `key` into the output folder `out`, with `local` also from this machine and its network.

    Raises FieldError, OutputError.
    """
    limit = _MOST_BYTES_RECORDED if key in _RECORDINGS else _MOST_BYTES
    return fetched(address, out / FOLDER, limit, announce, local=local)


def with_files(
    settings: Settings,
    out: Path,
    ffmpeg: str | None = None,
    announce: Callable[[str], object] = lambda _line: None,
    *,
    local: bool = False,
) -> tuple[Settings, tuple[Problem, ...]]:
    """Return the settings with paths of fetched files in place of addresses that the film uses, and problems of failed ones.

    A Parseq manifest is fetched first, since its schedules decide what else is used. Raises OutputError.
    """
    get = partial(fetch, out=out, announce=announce, local=local)
    settings, absent = _with_fetched(settings, [parseq.KEY], get)
    if not any(is_address(settings.text(key)) for key in _PATHS) and "://" not in settings.text(_PICTURES):
        return settings, absent
    plan = check_plan(Checked(settings), ffmpeg=ffmpeg).value
    settings, more = _with_fetched(settings, list(filter(plan.in_use, _PATHS)), get)
    if plan.in_use(_PICTURES):
        settings, others = _with_pictures(settings, get)
        more = (*more, *others)
    return settings, (*absent, *more)


def _with_pictures(settings: Settings, get: Callable[[str, str], Path]) -> tuple[Settings, tuple[Problem, ...]]:
    """Return the settings with paths of fetched files in place of the addresses of pictures by frame."""
    problems: list[Problem] = []

    def fetched_path(path: str) -> str:
        try:
            return str(get(_PICTURES, path)) if is_address(path) else path
        except FieldError as error:
            problems.append(error.of(_PICTURES))
            return path

    return settings.replace(init_images=with_frame_files(settings.text(_PICTURES), fetched_path)), tuple(problems)


def _with_fetched(
    settings: Settings, keys: Iterable[str], get: Callable[[str, str], Path]
) -> tuple[Settings, tuple[Problem, ...]]:
    problems: list[Problem] = []
    for key in keys:
        if not is_address(settings.text(key)):
            continue
        try:
            settings = settings.replace(**{key: str(get(key, settings.text(key)))})
        except FieldError as error:
            problems.append(error.of(key))
    return settings, tuple(problems)
