"""The command that brings a photo to life."""

from __future__ import annotations

import shutil
from dataclasses import fields
from pathlib import Path
from typing import Any

from lib_anim.cli.console import DONE, print_result
from lib_anim.cli.filming import film_one
from lib_anim.cli.options import LiveOptions
from lib_anim.engines.catalog import EngineSpec
from lib_anim.engines.choice import choose
from lib_anim.errors import BadInput, OutputError, cannot_be_written
from lib_anim.images.frame import picture_sides
from lib_anim.jobs.live import STILL, SUFFIXES, LivePhoto, live_settings
from lib_anim.messages import Message
from lib_anim.runs.control import Control

_PATHS = ("photo", "depth", "depth_model")
_WITHOUT_A_MODEL = ("", "passthrough", "preview")


def live(options: LiveOptions, control: Control) -> int:
    """Film a photo, and copy the film to where it is asked for. Returns the exit status."""
    target = Path(options.output)
    suffix = target.suffix.lower()
    if suffix not in SUFFIXES:
        raise BadInput(Message("{path}: name a film that ends in {suffixes}", path=target, suffixes=", ".join(SUFFIXES)))
    spec, painter = _painter(options.engine)
    asked = {one.name: getattr(options, one.name, None) for one in fields(LivePhoto)}
    given: dict[str, Any] = {
        name: _absolute(value) if name in _PATHS else value for name, value in asked.items() if value is not None
    }
    photo = LivePhoto(
        **{**given, "painter": painter, "sides": picture_sides(options.photo), "formats": frozenset({suffix})},
        more=dict(options.changes),
    )
    status, folder = film_one(live_settings(photo), spec, options, control)
    if status == DONE:
        _copy(folder.video.with_suffix(suffix), target)
        print_result(target)
    return status


def _absolute(path: object) -> str:
    """Return a path that holds in any folder; "" stays."""
    return str(Path(str(path)).absolute()) if path else ""


def _painter(asked: EngineSpec) -> tuple[EngineSpec, str]:
    """Return the engine, and the name of the painter: without one the photo itself moves."""
    if asked.kind in _WITHOUT_A_MODEL and not asked.model:
        return STILL, "parallax"
    return choose(asked, motion_preview=False), "img2img"


def _copy(film: Path, target: Path) -> None:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(film, target)
    except OSError as error:
        raise OutputError(cannot_be_written(target, error)) from None
