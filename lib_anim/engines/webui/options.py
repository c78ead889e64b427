"""Our page among the WebUI's settings: which options it offers, and what they say now.

A host that lacks something offers less. Whoever else reaches a WebUI can change its settings, so an option that starts a
program is there only where nobody else can.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lib_anim.engines.base import Engine
from lib_anim.engines.webui import engine as webui
from lib_anim.engines.webui import model_facts, script_values

SECTION = ("anim", "Anim")
NO_CHECKPOINT = "This WebUI has no checkpoint; put one into its models/Stable-diffusion folder."
NO_SCRIPT = "This WebUI has no always-on script called {name}, which Settings > Anim names."


@dataclass(frozen=True)
class Option:
    """One line of the page: a text, a switch or one of `choices`, as its `default` is. `local` where only people at this
    machine may decide it; `folder` where --hide-ui-dir-config takes it away; `late` where it counts from the next start."""

    key: str
    label: str
    info: str
    default: str | bool = ""
    choices: tuple[str, ...] = ()
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
POLITE = Option(
    "anim_polite",
    "Let other jobs in between the pictures of a film",
    "off: a film keeps the WebUI to itself until it is held or over",
    default=True,
)
_CRF = {"Small file": 24, "Normal": None, "Best": 12}  # x264's; Normal is what films have without a WebUI
QUALITY = Option(
    "anim_video_quality",
    "Video quality",
    "of films whose settings do not say ffmpeg_crf",
    default="Normal",
    choices=tuple(_CRF),
)
FLOW_MODEL = Option("anim_flow_model", "RAFT file", "an ONNX file, for films that follow motion by RAFT", local=True)
FETCH = Option(
    "anim_fetch",
    "Fetch web addresses that settings name",
    "off: nothing is downloaded; films of --anim-run-now go by --anim-fetch",
    default=False,
    local=True,
)
OPTIONS = (OUT, FFMPEG, LET_THROUGH, POLITE, QUALITY, FLOW_MODEL, FETCH)


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


def value(option: Option) -> str | bool:
    """What an option says now; its default where it is not offered or says nothing that it can say."""
    shared = importlib.import_module("modules.shared")
    said = getattr(shared.opts, "data", {}).get(option.key)
    if not isinstance(said, type(option.default)) or not _allowed(option, shared.cmd_opts):
        return option.default
    said = said.strip() if isinstance(said, str) else said
    return option.default if option.choices and said not in option.choices else said


def text(option: Option) -> str:
    """What an option that is a text, or one of its choices, says now."""
    return str(value(option))


def switch(option: Option) -> bool:
    """What an option that is a switch says now."""
    return bool(value(option))


def defaults() -> Mapping[str, object]:
    """Settings that the page's films have where nothing else says them."""
    said = {"ffmpeg_crf": _CRF[text(QUALITY)], "flow_model": text(FLOW_MODEL), **webui.preset_settings()}
    return {key: one for key, one in said.items() if one}


def let_through() -> list[str]:
    """The names of the always-on scripts that may act."""
    return [name.strip() for name in text(LET_THROUGH).split(",") if name.strip()]


def engine(model: Mapping[str, object] | None = None) -> Engine:
    """The WebUI as a painter, as its settings want it, with the model that these options choose. Raises ModelError."""
    webui.require_model()
    return webui.WebuiEngine(let_through(), polite=switch(POLITE), model=model and model_facts.resolved(model))


def cautions() -> list[dict[str, object]]:
    """What stands in the way of painting with this WebUI: {text, values}."""
    checkpoints = getattr(importlib.import_module("modules.sd_models"), "checkpoints_list", None)
    found: list[dict[str, object]] = [] if checkpoints else [{"text": NO_CHECKPOINT, "values": {}}]
    found += [{"text": NO_SCRIPT, "values": {"name": name}} for name in unknown_scripts()]
    return found


def notes() -> list[str]:
    """What films will be painted with besides: which scripts act."""
    unknown = unknown_scripts()
    return script_values.remarks(name for name in let_through() if name not in unknown)


def unknown_scripts() -> list[str]:
    """Those of the names that no always-on script of this WebUI has."""
    wanted = let_through()
    if not wanted:
        return []
    runner = getattr(importlib.import_module("modules.scripts"), "scripts_img2img", None)
    titles = {script_values.title(script) for script in getattr(runner, "alwayson_scripts", None) or ()}
    return [name for name in wanted if name.lower() not in titles]


def _info(info_class: Any, option: Option) -> Any:
    """The host's description of an option, with as much as it knows to say."""
    known = inspect.signature(info_class).parameters
    wanted: dict[str, object] = {"section": SECTION, "restrict_api": option.local or option.folder}
    if option.choices:
        radio = importlib.import_module("gradio").Radio
        wanted |= {"component": radio, "component_args": {"choices": list(option.choices)}}
    made = info_class(option.default, option.label, **{name: given for name, given in wanted.items() if name in known})
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
