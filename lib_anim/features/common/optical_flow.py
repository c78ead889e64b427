"""The optical flow that a setting asks for, and what stands in for RAFT where there is none."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from lib_anim.errors import ModelError, Problem, SettingsError
from lib_anim.extras import how_to_install
from lib_anim.images.flow import Flow, flow_by
from lib_anim.models.raft import can_run, raft
from lib_anim.settings.settings import Settings

KEY = "flow_model"
_INSTEAD = "DIS Medium"  # of RAFT


class Chosen(NamedTuple):
    """A flow, its name, and what people should know of it."""

    flow: Flow
    name: str
    notes: tuple[str, ...] = ()


def chosen(settings: Settings, key: str) -> Chosen | None:
    """The flow that the setting `key` asks for, or None. Raises SettingsError for a file that is there and is no RAFT."""
    method = settings.text(key)
    if method != "RAFT":
        return None if method == "None" else Chosen(flow_by(method), method)
    path = settings.text(KEY)
    if lack := _lack(path):
        return Chosen(flow_by(_INSTEAD), _INSTEAD, (f"{key}: {_INSTEAD} stands in for RAFT: {lack}",))
    try:
        return Chosen(raft(path), f"RAFT of {Path(path).name}")
    except ModelError as error:
        remedy = "write the path of an ONNX file of RAFT, or leave it empty"
        raise SettingsError([Problem(KEY, error.message, remedy)]) from None


def _lack(path: str) -> str:
    """What RAFT lacks to run, or ""."""
    if not path:
        return "flow_model names no file of it"
    if not Path(path).is_file():
        return f"there is no file {path}"
    return "" if can_run() else f"it needs onnxruntime: {how_to_install('onnx')}"
