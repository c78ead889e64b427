"""The options of this extension in the WebUI's settings, and their current values.

A host that lacks a feature offers fewer options. Everybody who reaches a WebUI can change its settings, so an option that
starts a program is offered only if nobody else can reach it.
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
    """One option. Its type is that of `default`: a text, a switch, or a text that is one of `choices`.

    local    only users at this machine may change it
    folder   --hide-ui-dir-config hides it
    late     it takes effect at the next start of the WebUI
    """

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
_CRF = {"Small file": 24, "Normal": None, "Best": 12}  # of x264; Normal is the default of films
QUALITY = Option(
    "anim_video_quality",
    "Video quality",
    "of films whose settings do not say ffmpeg_crf",
    default="Normal",
    choices=tuple(_CRF),
)
FLOW_MODEL = Option("anim_flow_model", "RAFT file", "an ONNX file, for films that follow motion by RAFT", local=True)
DEPTH_MODEL = Option(
    "anim_depth_model", "Depth model", "a folder of transformers or an ONNX file, which sees distances in 3D films", local=True
)
MASK_MODEL = Option(
    "anim_mask_model", "Mask model", "a folder of CLIPSeg or SAM 3, which finds <words> in mask expressions", local=True
)
FETCH = Option(
    "anim_fetch",
    "Fetch web addresses that settings name",
    "off: nothing is downloaded; films of --anim-run-now go by --anim-fetch",
    default=False,
    local=True,
)
OPTIONS = (OUT, FFMPEG, LET_THROUGH, POLITE, QUALITY, FLOW_MODEL, DEPTH_MODEL, MASK_MODEL, FETCH)


def offer() -> None:
    """Add the options to the WebUI's settings. The WebUI calls this when it builds its settings page."""
    shared = importlib.import_module("modules.shared")
    info_class = getattr(shared, "OptionInfo", None)
    add = getattr(shared.opts, "add_option", None)
    if info_class is None or add is None:
        return
    for option in OPTIONS:
        if _allowed(option, shared.cmd_opts):
            add(option.key, _info(info_class, option))


def value(option: Option) -> str | bool:
    """Return an option's value; its default if it is not offered or its value is invalid."""
    shared = importlib.import_module("modules.shared")
    chosen = getattr(shared.opts, "data", {}).get(option.key)
    if not isinstance(chosen, type(option.default)) or not _allowed(option, shared.cmd_opts):
        return option.default
    chosen = chosen.strip() if isinstance(chosen, str) else chosen
    return option.default if option.choices and chosen not in option.choices else chosen


def text(option: Option) -> str:
    """Return the value of an option that is a text."""
    return str(value(option))


def switch(option: Option) -> bool:
    """Return the value of an option that is a switch."""
    return bool(value(option))


def defaults() -> Mapping[str, object]:
    """Return default settings of films from the page."""
    values = {"ffmpeg_crf": _CRF[text(QUALITY)], **webui.preset_settings()}
    values |= {"flow_model": text(FLOW_MODEL), "depth_model": text(DEPTH_MODEL), "mask_model": text(MASK_MODEL)}
    return {key: one for key, one in values.items() if one}


def let_through() -> list[str]:
    """Return the names of the always-on scripts that may run."""
    return [name.strip() for name in text(LET_THROUGH).split(",") if name.strip()]


def engine(model: Mapping[str, object] | None = None) -> Engine:
    """Return the host WebUI as an engine, by its settings; `model` has the options that choose a model. Raises ModelError."""
    webui.require_model()
    return webui.WebuiEngine(let_through(), polite=switch(POLITE), model=model and model_facts.resolved(model))


def cautions() -> list[dict[str, object]]:
    """Return what prevents painting with this WebUI, as {text, values} of messages."""
    checkpoints = getattr(importlib.import_module("modules.sd_models"), "checkpoints_list", None)
    found: list[dict[str, object]] = [] if checkpoints else [{"text": NO_CHECKPOINT, "values": {}}]
    found += [{"text": NO_SCRIPT, "values": {"name": name}} for name in unknown_scripts()]
    return found


def unknown_scripts() -> list[str]:
    """Return the allowed names that no always-on script of this WebUI has."""
    wanted = let_through()
    if not wanted:
        return []
    runner = getattr(importlib.import_module("modules.scripts"), "scripts_img2img", None)
    titles = {script_values.name(script).lower() for script in getattr(runner, "alwayson_scripts", None) or ()}
    return [name for name in wanted if name.lower() not in titles]


def _info(info_class: Any, option: Option) -> Any:
    """Return the host's OptionInfo of an option, with those of its fields that this host supports."""
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
    """Return whether only users at this machine reach the WebUI, or its flags allow everybody to run programs."""
    if getattr(flags, "enable_insecure_extension_access", False):
        return True
    open_ = any(getattr(flags, name, None) for name in ("share", "listen", "ngrok"))
    return not open_ and getattr(flags, "server_name", None) in (None, "", "127.0.0.1", "localhost", "::1")
