"""The record of the host WebUI's model, read from the host's lists, so that nothing is loaded."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePath
from typing import Any

from lib_anim.engines.record import ModelRecord, lora_hashes
from lib_anim.engines.webui.job_fields import MODULES

_SIZE_STEPS = (8, 16, 32, 64)


def record(options: Mapping[str, object], texts: Iterable[str]) -> ModelRecord:
    """Return the record of the model that `options` choose and the LoRAs that the prompts `texts` name, as far as available."""
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
    """Return options that choose a model with the names and paths that the host has now.

    The options come from a run's folder and are not trusted: VAEs and text encoders that the host does not list are dropped.
    """
    found = dict(options)
    if isinstance(modules := options.get(MODULES), (list, tuple)):
        found[MODULES] = known_modules(modules)
    title = getattr(_known_checkpoint(options.get("sd_model_checkpoint")), "title", None)
    return {**found, "sd_model_checkpoint": title} if title else found


def known_modules(wanted: Sequence[object]) -> list[str]:
    """Return the paths of a Forge's VAEs and text encoders, given by name or path. Unknown ones are dropped."""
    entry: Any = _optional("modules_forge.main_entry")
    there = getattr(entry, "module_list", None)
    if not there and hasattr(entry, "refresh_models"):  # a Forge without its page has not filled its list yet
        entry.refresh_models()
        there = getattr(entry, "module_list", None)
    names = [PurePath(str(one).replace("\\", "/")).name for one in wanted]
    return [str(there[name]) for name in names if there and name in there]


def size_step(options: Mapping[str, object], unloaded: int) -> int:
    """Return what the sides of pictures are multiples of, by the loaded model; `unloaded` if `options` choose another one."""
    model = getattr(getattr(importlib.import_module("modules.sd_models"), "model_data", None), "sd_model", None)
    loaded = getattr(getattr(model, "sd_checkpoint_info", None), "filename", None)
    chosen = getattr(_known_checkpoint(options.get("sd_model_checkpoint")), "filename", None)
    if loaded is None or loaded != chosen:
        return unloaded
    fixed = getattr(model, "fix_dimensions", lambda width, height: (width, height))  # of SD3: rounds down
    steps = (step for step in _SIZE_STEPS if step >= latent_pixel() and fixed(step, step) == (step, step))
    return next(steps, unloaded)


def latent_pixel() -> int:
    """Return how many pixels of a side one latent pixel covers. A Forge Neo changes it when it loads a model."""
    factor = getattr(importlib.import_module("modules.processing"), "opt_f", 8)
    return factor if isinstance(factor, int) and factor > 0 else 8


def _known_checkpoint(name: object) -> Any:
    """Return the host's entry of a checkpoint by any of its names, with or without a hash; None if there is none."""
    models = importlib.import_module("modules.sd_models")
    there = getattr(models, "checkpoint_aliases", None) or getattr(models, "checkpoints_list", None) or {}
    return there.get(name) or there.get(str(name).partition(" [")[0])


def _vae(name: object, *, forge: bool) -> str:
    """Return the name of an explicitly chosen VAE; "" for Automatic, where the checkpoint decides."""
    return "" if forge or name in (None, "", "Automatic", "None") else str(name)


def _precision(name: object) -> str:
    return "" if name in (None, "", "Automatic") else str(name)


def _lora_hash(name: str) -> str | None:
    """Return the short hash of a LoRA, None if there is no such LoRA."""
    networks = sys.modules.get("networks")  # a module of the hosts' built-in Lora extension
    lora = (getattr(networks, "available_network_aliases", None) or {}).get(name)
    lora = lora or (getattr(networks, "available_networks", None) or {}).get(name)
    if lora is None:
        return None
    if hasattr(lora, "read_hash"):
        lora.read_hash()  # the host caches it
    return str(getattr(lora, "shorthash", None) or "")


def _host() -> str:
    """Return the WebUI's name and version."""
    name = "Forge" if _optional("modules_forge") else "AUTOMATIC1111"
    try:
        version = importlib.import_module("modules.processing").program_version()
    except Exception:  # it runs git, which can fail in many ways
        version = None
    return f"{name} {version}" if version else name


def _optional(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError:
        return None
