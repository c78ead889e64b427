"""What the extension hangs into a WebUI: the run its flags ask for, the tab with its routes, the options."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

from lib_anim.engines.catalog import EngineSpec
from lib_anim.engines.webui import options as host_options
from lib_anim.engines.webui import script_values
from lib_anim.hosts.run_now import RunNow
from lib_anim.page import access, document, routes
from lib_anim.page.service import Service

ENGINE = EngineSpec("webui")

_state: dict[str, Any] = {}  # of the process: a reload of the UI runs `register` again, and a run begins only once


def register(root: str) -> None:
    """Hang everything in. Called each time that the WebUI loads its scripts."""
    callbacks = importlib.import_module("modules.script_callbacks")
    if "run_now" not in _state:
        _state["root"] = root
        _state["run_now"] = RunNow(_options(), ffmpeg=_ffmpeg() or "", out=str(_out()))
    callbacks.on_ui_tabs(_tab)
    callbacks.on_app_started(_app_started)
    if hasattr(callbacks, "on_ui_settings"):
        callbacks.on_ui_settings(host_options.offer)


def remember_scripts(job: Any) -> None:
    """Note what the scripts of a job of the WebUI's own pages are set to. Called by the WebUI."""
    script_values.remember(job)


def _tab() -> list[tuple[Any, str, str]]:
    return [(document.blocks(), "Anim", "anim")]


def _app_started(_demo: Any, app: Any) -> None:
    """The WebUI is up; a reload of the UI brings a new app, and the films under way go on."""
    _state["run_now"].start()
    if app is not None:
        routes.mount(app, _service(), access.of_the_host(_options(), app))


def _options() -> Any:
    return importlib.import_module("modules.shared").cmd_opts


def _service() -> Service:
    if "service" not in _state:
        _state["service"] = Service(
            _out(),
            ENGINE,
            ffmpeg=_ffmpeg,
            words=_words,
            defaults=host_options.defaults,
            may_fetch=lambda: host_options.switch(host_options.FETCH),
            fetch_local=getattr(_options(), "anim_fetch_local", False),
        )
    service: Service = _state["service"]
    return service


def _ffmpeg() -> str | None:
    return host_options.text(host_options.FFMPEG) or None


def _words() -> dict[str, str]:
    """Our dictionary for the WebUI's language: the WebUI itself takes only one of the very name that was chosen there."""
    chosen = getattr(importlib.import_module("modules.shared").opts, "localization", None)
    return document.words_of_host(str(chosen or ""))


def _out() -> Path:
    """Where films go: --anim-out, else as the settings say, else a folder beside the WebUI's own pictures."""
    chosen = getattr(_options(), "anim_out", None) or host_options.text(host_options.OUT)
    if chosen:
        return Path(chosen)
    try:
        outputs = importlib.import_module("modules.paths_internal").default_output_dir
    except (ImportError, AttributeError):
        outputs = "outputs"
    return Path(outputs) / "anim"
