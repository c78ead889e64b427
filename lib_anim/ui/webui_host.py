"""What the extension hangs into a WebUI: the run that its flags ask for."""

from __future__ import annotations

import importlib
from typing import Any

from lib_anim.ui.run_now import RunNow

_state: dict[str, Any] = {}  # of the process: a reload of the UI runs `register` again, and a run begins only once


def register(root: str) -> None:
    """Hang everything in. Called each time that the WebUI loads its scripts."""
    callbacks = importlib.import_module("modules.script_callbacks")
    shared = importlib.import_module("modules.shared")
    if "run_now" not in _state:
        _state["root"] = root
        _state["run_now"] = RunNow(shared.cmd_opts)
    callbacks.on_app_started(_app_started)


def _app_started(_demo: Any, _app: Any) -> None:
    _state["run_now"].start()
