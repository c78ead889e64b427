"""The choice of what enlarges pictures: a file of the user's, an upscaler of the engine by name, or Lanczos. Not a feature."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from lib_anim.errors import ModelError, Problem, SettingsError
from lib_anim.features.common.resizing import Size
from lib_anim.images.frame import Frame, resized
from lib_anim.media.download import check_is_path
from lib_anim.messages import Message
from lib_anim.models.upscale import Upscaler, open_upscaler
from lib_anim.settings.settings import Settings
from lib_anim.shot.steps import Tools

MODEL = "upscale_model"

_LANCZOS = "Lanczos"
_REMEDY = "write the path of an upscaler's file, such as RealESRGAN_x4plus.safetensors, or leave it empty"


class Enlarging(NamedTuple):
    """`to_size` makes a picture a size, by what is called `name`; `notes` are for people."""

    to_size: Callable[[Frame, Size], Frame]
    name: str = _LANCZOS
    notes: tuple[str, ...] = ()


def enlarging(settings: Settings, key: str, tools: Tools) -> Enlarging:
    """Return what enlarges pictures: the file in `upscale_model`, else the upscaler that the setting `key` names.

    Raises SettingsError for the file.
    """
    if path := settings.text(MODEL):
        return _by(_opened(path))
    wanted = settings.text(key)
    if wanted in ("", _LANCZOS):
        return Enlarging(resized)
    if found := tools.upscaler(wanted):
        return _by(found)
    note = Message("{key}: {name} stands in for {wanted}", key=key, name=_LANCZOS, wanted=wanted)
    return Enlarging(resized, notes=(note,))


def _opened(path: str) -> Upscaler:
    check_is_path(MODEL, path, _REMEDY)
    try:
        return open_upscaler(path)
    except ModelError as error:
        raise SettingsError([Problem(MODEL, error.message, _REMEDY)]) from None


def _by(upscaler: Upscaler) -> Enlarging:
    return Enlarging(lambda frame, size: resized(upscaler.enlarge(frame), size), upscaler.name)
