"""The extension of a WebUI: the run that its flags request, the tab with its routes, and the options."""

from __future__ import annotations

import importlib
from functools import partial
from pathlib import Path
from typing import Any

from lib_anim.engines.catalog import EngineSpec
from lib_anim.engines.webui import options as host_options
from lib_anim.engines.webui import script_values
from lib_anim.hosts import sending
from lib_anim.hosts.run_now import RunNow
from lib_anim.page import access, document, routes
from lib_anim.page.service import Service

ENGINE = EngineSpec("webui")

_state: dict[str, Any] = {}  # one for the process: a reload of the UI calls `register` again, but a run starts only once


def register(root: str) -> None:
    """Register all callbacks. Called each time the WebUI loads its scripts."""
    callbacks = importlib.import_module("modules.script_callbacks")
    if "run_now" not in _state:
        _state["root"] = root
        _state["run_now"] = RunNow(_options(), ffmpeg=_ffmpeg() or "", out=str(_out()))
    callbacks.on_ui_tabs(_tab)
    callbacks.on_app_started(_app_started)
    if hasattr(callbacks, "on_ui_settings"):
        callbacks.on_ui_settings(host_options.offer)


def remember_scripts(job: Any) -> None:
    """Store the script values of a job from the WebUI's own pages. Called by the WebUI."""
    script_values.remember(job)


def _tab() -> list[tuple[Any, str, str]]:
    films = document.blocks(partial(sending.add, _service().tickets))
    return [(films, "Anim", "anim"), (document.blocks(place=document.LIVE), "Live photo", "anim_live_tab")]


def _app_started(_demo: Any, app: Any) -> None:
    """Start the requested run and mount the routes. A reload of the UI creates a new app, while films continue."""
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
            sends=sending.tabs,
        )
    service: Service = _state["service"]
    return service


def _ffmpeg() -> str | None:
    return host_options.text(host_options.FFMPEG) or None


def _words() -> dict[str, str]:
    """Return our dictionary for the WebUI's language. The WebUI itself loads only files of exactly the chosen name."""
    chosen = getattr(importlib.import_module("modules.shared").opts, "localization", None)
    return document.words_of_host(str(chosen or ""))


def _out() -> Path:
    """Return the output folder: --anim-out, else the option in the settings, else a folder beside the WebUI's pictures."""
    chosen = getattr(_options(), "anim_out", None) or host_options.text(host_options.OUT)
    if chosen:
        return Path(chosen)
    try:
        outputs = importlib.import_module("modules.paths_internal").default_output_dir
    except (ImportError, AttributeError):
        outputs = "outputs"
    return Path(outputs) / "anim"
