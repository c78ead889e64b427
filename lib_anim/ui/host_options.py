"""Our page among the WebUI's settings: which options it offers, and what they say now.

A host that lacks something offers less. Whoever else reaches a WebUI can change its settings, so an option that starts a
program is there only where nobody else can.
"""

from __future__ import annotations

import importlib
import inspect
from dataclasses import dataclass
from typing import Any

SECTION = ("anim", "Anim")


@dataclass(frozen=True)
class Option:
    """One line of the page: a text, empty at first. `local` where only people at this machine may decide it; `folder`
    where --hide-ui-dir-config takes it away; `late` where it counts from the next start."""

    key: str
    label: str
    info: str
    local: bool = False
    folder: bool = False
    late: bool = False


OUT = Option(
    "anim_out",
    "Output folder for films",
    "empty: the folder anim beside the WebUI's own pictures; --anim-out goes before it",
    folder=True,
    late=True,
)
FFMPEG = Option("anim_ffmpeg", "Path of ffmpeg", "empty: the one that was installed along", local=True)
LET_THROUGH = Option(
    "anim_let_through",
    "Always-on scripts that may act on painted pictures",
    "names as their sections say, with commas between them: ADetailer, ControlNet",
)
OPTIONS = (OUT, FFMPEG, LET_THROUGH)


def offer() -> None:
    """Add the options to the WebUI's settings. Called by the WebUI when it draws them."""
    shared = importlib.import_module("modules.shared")
    info_class = getattr(shared, "OptionInfo", None)
    add = getattr(shared.opts, "add_option", None)
    if info_class is None or add is None:
        return
    for option in OPTIONS:
        if _allowed(option, shared.cmd_opts):
            add(option.key, _info(info_class, option))


def value(option: Option) -> str:
    """What an option says now; "" where it is not offered or says nothing."""
    shared = importlib.import_module("modules.shared")
    if not _allowed(option, shared.cmd_opts):
        return ""
    said = getattr(shared.opts, "data", {}).get(option.key)
    return said.strip() if isinstance(said, str) else ""


def let_through() -> list[str]:
    """The names of the always-on scripts that may act."""
    return [name.strip() for name in value(LET_THROUGH).split(",") if name.strip()]


def unknown_scripts() -> list[str]:
    """Those of the names that no always-on script of this WebUI has."""
    wanted = let_through()
    if not wanted:
        return []
    runner = getattr(importlib.import_module("modules.scripts"), "scripts_img2img", None)
    titles = {_title(script) for script in getattr(runner, "alwayson_scripts", None) or ()}
    return [name for name in wanted if name.lower() not in titles]


def _title(script: Any) -> str:
    try:
        return str(script.title()).strip().lower()
    except Exception:  # a stranger's script
        return ""


def _info(info_class: Any, option: Option) -> Any:
    """The host's description of an option, with as much as it knows to say."""
    known = inspect.signature(info_class).parameters
    wanted = {"section": SECTION, "restrict_api": option.local or option.folder}
    made = info_class("", option.label, **{name: given for name, given in wanted.items() if name in known})
    for name, words in (("info", (option.info,)), ("needs_restart", ())):
        if hasattr(made, name) and (name == "info" or option.late):
            made = getattr(made, name)(*words) or made
    return made


def _allowed(option: Option, flags: Any) -> bool:
    if option.folder and getattr(flags, "hide_ui_dir_config", False):
        return False
    return not option.local or _nobody_else(flags)


def _nobody_else(flags: Any) -> bool:
    """Whether only people at this machine reach the WebUI, or its flags trust all who do with programs."""
    if getattr(flags, "enable_insecure_extension_access", False):
        return True
    open_ = any(getattr(flags, name, None) for name in ("share", "listen", "ngrok"))
    return not open_ and getattr(flags, "server_name", None) in (None, "", "127.0.0.1", "localhost", "::1")
