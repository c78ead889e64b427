"""What the WebUI around us paints with, for the record: told from its lists, so that nothing is loaded for it."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePath
from typing import Any

from lib_anim.engines.record import ModelRecord, lora_hashes
from lib_anim.engines.webui.job_fields import MODULES


def record(options: Mapping[str, object], texts: Iterable[str]) -> ModelRecord:
    """What a film is painted with by options that choose a model, its prompts being `texts`; only what is there."""
    checkpoint = _known_checkpoint(options.get("sd_model_checkpoint"))
    modules = options.get(MODULES)
    return ModelRecord(
        host=_host(),
        checkpoint=getattr(checkpoint, "name_for_extra", None) or "",
        checkpoint_hash=getattr(checkpoint, "shorthash", None) or "",
        vae=_vae(options.get("sd_vae"), forge=modules is not None),
        modules=tuple(PurePath(path).name for path in known_modules(modules)) if isinstance(modules, (list, tuple)) else (),
        precision=_precision(options.get("forge_unet_storage_dtype")),
        loras=lora_hashes(texts, _lora_hash),
    )


def resolved(options: Mapping[str, object]) -> dict[str, object]:
    """Options of a run that choose a model, perhaps a stranger's words, by the names that the host has for it now; VAEs and
    text encoders that it does not list are left out."""
    found = dict(options)
    if isinstance(modules := options.get(MODULES), (list, tuple)):
        found[MODULES] = known_modules(modules)
    title = getattr(_known_checkpoint(options.get("sd_model_checkpoint")), "title", None)
    return {**found, "sd_model_checkpoint": title} if title else found


def known_modules(wanted: Sequence[object]) -> list[str]:
    """The paths of a Forge's VAEs and text encoders by their names or paths; those that it does not have are left out."""
    entry: Any = _optional("modules_forge.main_entry")
    there = getattr(entry, "module_list", None)
    if not there and hasattr(entry, "refresh_models"):  # a Forge without its page has not looked yet
        entry.refresh_models()
        there = getattr(entry, "module_list", None)
    names = [PurePath(str(one).replace("\\", "/")).name for one in wanted]
    return [str(there[name]) for name in names if there and name in there]


def _known_checkpoint(name: object) -> Any:
    """A checkpoint by any of its names, also by one with the hash that its file had."""
    models = importlib.import_module("modules.sd_models")
    there = getattr(models, "checkpoint_aliases", None) or getattr(models, "checkpoints_list", None) or {}
    return there.get(name) or there.get(str(name).partition(" [")[0])


def _vae(name: object, *, forge: bool) -> str:
    """A VAE that is chosen by name; which one stands for Automatic is the checkpoint's business."""
    return "" if forge or name in (None, "", "Automatic", "None") else str(name)


def _precision(name: object) -> str:
    return "" if name in (None, "", "Automatic") else str(name)


def _lora_hash(name: str) -> str | None:
    """The beginning of a LoRA's hash; None where there is no such LoRA."""
    networks = sys.modules.get("networks")  # of the extension that comes with hosts
    lora = (getattr(networks, "available_network_aliases", None) or {}).get(name)
    lora = lora or (getattr(networks, "available_networks", None) or {}).get(name)
    if lora is None:
        return None
    if hasattr(lora, "read_hash"):
        lora.read_hash()  # once; the host keeps it
    return str(getattr(lora, "shorthash", None) or "")


def _host() -> str:
    """The WebUI and its version."""
    name = "Forge" if _optional("modules_forge") else "AUTOMATIC1111"
    try:
        version = importlib.import_module("modules.processing").program_version()
    except Exception:  # it asks git
        version = None
    return f"{name} {version}" if version else name


def _optional(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError:
        return None
