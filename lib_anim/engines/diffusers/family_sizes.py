"""Quick detection of a model's family from its files' headers, to choose picture sizes."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path

_CROSS_ATTENTION = {768: "sd1", 1024: "sd2", 2048: "sdxl"}  # width of the text embedding
_LARGEST_TOY = 32  # latent pixels of a side: training size below which a model is a toy


def family(model: str | Path) -> str:
    """Return one of essentials.FAMILIES; "sd1" if unknown."""
    path = Path(model)
    try:
        return _family(path, path.stat().st_mtime)
    except OSError:
        return "sd1"


@lru_cache(maxsize=8)
def _family(path: Path, _changed: float) -> str:
    try:
        return _of_folder(path) if path.is_dir() else _of_file(path)
    except (ValueError, KeyError, AttributeError):
        return "sd1"


def _of_folder(path: Path) -> str:
    config = json.loads((path / "unet" / "config.json").read_text(encoding="utf-8"))
    if int(config.get("sample_size") or _LARGEST_TOY) < _LARGEST_TOY:
        return "toy"
    return _CROSS_ATTENTION.get(config.get("cross_attention_dim"), "sd1")


def _of_file(path: Path) -> str:
    from safetensors import safe_open

    if path.suffix.lower() != ".safetensors":
        return "sd1"
    with safe_open(str(path), "np") as file:
        keys = list(file.keys())
        if any(key.startswith("conditioner.embedders.1.") for key in keys):
            return "sdxl"
        text = next((key for key in keys if key.endswith("attn2.to_k.weight")), None)
        width = file.get_slice(text).get_shape()[1] if text else 768
    return "toy" if width < min(_CROSS_ATTENTION) else _CROSS_ATTENTION.get(width, "sd1")
