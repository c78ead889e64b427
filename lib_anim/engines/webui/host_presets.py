"""The Forges' preset of the chosen kind of model (option `forge_preset`), and its values for img2img."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

_MANY_STEPS = ("sd", "xl")  # presets of models for many steps and CFG scales above 1, which the default settings suit
_LARGE = ("flux", "klein", "qwen", "lumina", "zit", "anima", "ernie", "krea")  # made for pictures of about a megapixel
FAMILIES = {"xl": "sdxl", "wan": "wan", **dict.fromkeys(_LARGE, "large")}
_SIZE_STEPS = {"klein": 16}  # a latent pixel of Flux.2's VAE covers 16x16 pixels; of the others 8x8


def preset(options: Mapping[str, Any]) -> str:
    """Return the chosen preset, "" if the host has none."""
    chosen = options.get("forge_preset")
    return chosen if isinstance(chosen, str) else ""


def size_step(options: Mapping[str, Any]) -> int:
    """Return what the sides of the chosen preset's pictures are multiples of."""
    return _SIZE_STEPS.get(preset(options), 8)


def settings(options: Mapping[str, Any], option: Callable[[str], Any]) -> dict[str, object]:
    """Return settings for a model that is made for few steps or a low CFG scale; empty for others.

    `option(key)` returns the value of a host option, or its default.
    """
    kind = preset(options)
    if not kind or kind in _MANY_STEPS:
        return {}
    wanted = {
        "steps": _number(option(f"{kind}_i2i_step")),
        "sampler": option(f"{kind}_i2i_sampler"),
        "scheduler": option(f"{kind}_i2i_scheduler"),
        "cfg_scale_schedule": _schedule(option(f"{kind}_i2i_cfg")),
        "W": _number(option(f"{kind}_i2i_width")),
        "H": _number(option(f"{kind}_i2i_height")),
        "strength_steps": "exact" if few_steps(options, option) else "",
    }
    return {key: value for key, value in wanted.items() if value}


def distilled_cfg(options: Mapping[str, Any], option: Callable[[str], Any]) -> float | None:
    """Return the preset's distilled CFG scale, None if it has none. For most models the host reads this field as the shift."""
    kind = preset(options)
    value = option(f"{kind}_i2i_dcfg") or option(f"{kind}_i2i_d_cfg") if kind else None
    return float(value) if isinstance(value, (int, float)) and value > 0 else None


def few_steps(options: Mapping[str, Any], option: Callable[[str], Any]) -> bool:
    """Return whether the model is made for CFG scale 1, which usually means few steps too."""
    kind = preset(options)
    return bool(kind) and kind not in _MANY_STEPS and _number(option(f"{kind}_i2i_cfg")) == 1


def _number(value: object) -> float | int | None:
    return value if isinstance(value, (int, float)) and value > 0 else None


def _schedule(value: object) -> str:
    return f"0: ({value:g})" if isinstance(value, (int, float)) and value > 0 else ""
