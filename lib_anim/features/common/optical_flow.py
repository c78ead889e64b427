"""The choice of an optical flow method by a setting, with a fallback for RAFT. Not a feature."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from lib_anim.errors import ModelError, Problem, SettingsError
from lib_anim.extras import how_to_install
from lib_anim.images.flow import Flow, flow_by
from lib_anim.messages import Message, as_message
from lib_anim.models.raft import raft
from lib_anim.models.sessions import can_run
from lib_anim.settings.settings import Settings

KEY = "flow_model"
_FALLBACK = "DIS Medium"  # if RAFT is not available


class Chosen(NamedTuple):
    """A flow function, its name, and notes for people."""

    flow: Flow
    name: str
    notes: tuple[str, ...] = ()


def chosen(settings: Settings, key: str) -> Chosen | None:
    """Return the flow that the setting `key` selects, or None. Raises SettingsError if `flow_model` is a file but not RAFT."""
    method = settings.text(key)
    if method != "RAFT":
        return None if method == "None" else Chosen(flow_by(method), method)
    path = settings.text(KEY)
    if reason := _reason_against_raft(path):
        note = Message("{key}: {name} stands in for RAFT: {said}", key=key, name=_FALLBACK, said=as_message(reason))
        return Chosen(flow_by(_FALLBACK), _FALLBACK, (note,))
    try:
        return Chosen(raft(path), f"RAFT of {Path(path).name}")
    except ModelError as error:
        remedy = "write the path of an ONNX file of RAFT, or leave it empty"
        raise SettingsError([Problem(KEY, error.message, remedy)]) from None


def _reason_against_raft(path: str) -> str:
    """Return why RAFT cannot be run, or ""."""
    if not path:
        return "flow_model names no file of it"
    if not Path(path).is_file():
        return Message("there is no file {path}", path=path)
    return "" if can_run() else Message("it needs onnxruntime: {command}", command=how_to_install("onnx"))
