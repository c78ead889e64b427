"""Quick detection of a model's family from its files' headers, to choose picture sizes."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path

_CROSS_ATTENTION = {768: "sd1", 1024: "sd2", 2048: "sdxl"}  # width of the text embedding
# part of a tensor's name -> family, of models without a UNet: Wan; Flux and Klein, Qwen-Image, Lumina and Z-Image
_BY_NAME = {"cross_attn.norm_k": "wan", "double_blocks.": "large", ".img_mlp.": "large", "cap_embedder.": "large"}
_NAMES_IN = 2 * 2**20  # bytes at the beginning of a GGUF file, which has the names of its tensors before them
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

    if path.suffix.lower() == ".gguf":
        return _of_names(path)
    if path.suffix.lower() != ".safetensors":
        return "sd1"
    with safe_open(str(path), "np") as file:
        keys = list(file.keys())
        if any(key.startswith("conditioner.embedders.1.") for key in keys):
            return "sdxl"
        if found := next((family for part, family in _BY_NAME.items() if any(part in key for key in keys)), None):
            return found
        text = next((key for key in keys if key.endswith("attn2.to_k.weight")), None)
        width = file.get_slice(text).get_shape()[1] if text else 768
    return "toy" if width < min(_CROSS_ATTENTION) else _CROSS_ATTENTION.get(width, "sd1")


def _of_names(path: Path) -> str:
    """The family of a GGUF file, by names of tensors alone: its weights are packed, so that widths say nothing."""
    with path.open("rb") as file:
        names = file.read(_NAMES_IN)
    if b"label_emb" in names:
        return "sdxl"
    return next((family for part, family in _BY_NAME.items() if part.encode() in names), "sd1")
