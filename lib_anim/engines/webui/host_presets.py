"""What a Forge's own options say of the kind of model that is chosen: `forge_preset`, and its numbers for img2img."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

_ROOMY = ("sd", "xl")  # made for many steps and CFG scales above 1, as everything here is
FAMILIES = {"xl": "sdxl", "wan": "wan", "flux": "large", "klein": "large", "qwen": "large", "lumina": "large", "zit": "large"}


def preset(options: Mapping[str, Any]) -> str:
    """The preset that is chosen, "" where the host has none."""
    chosen = options.get("forge_preset")
    return chosen if isinstance(chosen, str) else ""


def settings(options: Mapping[str, Any], option: Callable[[str], Any]) -> dict[str, object]:
    """Settings of films for a model that is made for few steps or a low CFG scale; nothing for others. `option` gives what a
    host's option says, also where nobody has set it."""
    kind = preset(options)
    if not kind or kind in _ROOMY:
        return {}
    wanted = {
        "steps": _number(option(f"{kind}_i2i_step")),
        "sampler": option(f"{kind}_i2i_sampler"),
        "scheduler": option(f"{kind}_i2i_scheduler"),
        "cfg_scale_schedule": _schedule(option(f"{kind}_i2i_cfg")),
        "W": _number(option(f"{kind}_i2i_width")),
        "H": _number(option(f"{kind}_i2i_height")),
    }
    return {key: value for key, value in wanted.items() if value}


def distilled_cfg(options: Mapping[str, Any], option: Callable[[str], Any]) -> float | None:
    """The host's own distilled CFG scale, or shift, which is what the same field means to most models; None where there is
    none."""
    kind = preset(options)
    said = option(f"{kind}_i2i_dcfg") or option(f"{kind}_i2i_d_cfg") if kind else None
    return float(said) if isinstance(said, (int, float)) and said > 0 else None


def few_steps(options: Mapping[str, Any], option: Callable[[str], Any]) -> bool:
    """Whether the model is made for CFG scale 1, which mostly means few steps too."""
    kind = preset(options)
    return bool(kind) and kind not in _ROOMY and _number(option(f"{kind}_i2i_cfg")) == 1


def _number(said: object) -> float | int | None:
    return said if isinstance(said, (int, float)) and said > 0 else None


def _schedule(said: object) -> str:
    return f"0: ({said:g})" if isinstance(said, (int, float)) and said > 0 else ""
