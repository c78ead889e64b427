"""Pipelines of the shapes of SD 1.5 and SDXL with random weights, made in memory: what they paint means nothing, what they cost
is what a checkpoint of that family costs.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lib_anim.engines.diffusers.families import Family, clip_merges, family_of, write_tokenizer

if TYPE_CHECKING:
    import torch

_UNET = "model.diffusion_model."
_SHAPES = {  # what a single file of the family is told by
    "SD 1": {f"{_UNET}input_blocks.0.0.weight": [320, 4], f"{_UNET}x.attn2.to_k.weight": [320, 768]},
    "SDXL": {f"{_UNET}input_blocks.0.0.weight": [320, 4], "conditioner.embedders.1.model.ln_final.weight": [1280]},
}
_WIDTHS = (
    *("block_out_channels", "cross_attention_dim", "norm_num_groups", "hidden_size", "intermediate_size"),
    *("projection_dim", "addition_time_embed_dim", "projection_class_embeddings_input_dim"),
)
_NARROW = 8  # a narrow model's widths are this many times smaller; with as many heads, eight numbers each


def random_pipeline(family: str, device: str, dtype: torch.dtype, *, narrow: bool = False) -> Any:
    """A pipeline of the family "SD 1" or "SDXL", its weights drawn on `device` with seed 0."""
    import diffusers
    import torch

    configs = family_of(_SHAPES[family], {}, Path("random.safetensors"))
    parts = {name: _narrowed(config) if narrow else config for name, config in configs.parts.items()}
    torch.manual_seed(0)
    with _made_on(device, dtype):
        made = {name: _part(name, config) for name, config in parts.items() if not name.startswith("tokenizer")}
    made |= _tokenizers(configs)
    if configs.pipeline == "StableDiffusionPipeline":
        made |= {"safety_checker": None, "feature_extractor": None, "requires_safety_checker": False}
    return getattr(diffusers, configs.pipeline)(**made)


def _part(name: str, config: Mapping[str, object]) -> Any:
    import diffusers
    import transformers

    if name.startswith("text_encoder"):
        kind = getattr(transformers, config["architectures"][0])
        return kind(transformers.CLIPTextConfig(**config)).eval()
    made = getattr(diffusers, str(config["_class_name"])).from_config(dict(config))
    return made if name == "scheduler" else made.eval()


def _narrowed(config: Mapping[str, object]) -> dict[str, object]:
    def less(value: object) -> object:
        return [one // _NARROW for one in value] if isinstance(value, list) else value // _NARROW

    return {key: less(value) if key in _WIDTHS else value for key, value in config.items()}


def _tokenizers(family: Family) -> dict[str, Any]:
    from transformers import CLIPTokenizer

    made = {}
    with tempfile.TemporaryDirectory() as folder:
        for name in (name for name in family.parts if name.startswith("tokenizer")):
            place = Path(folder) / name
            place.mkdir()
            write_tokenizer(place, family.parts[name], clip_merges())
            made[name] = CLIPTokenizer.from_pretrained(str(place))
    return made


@contextmanager
def _made_on(device: str, dtype: torch.dtype) -> Iterator[None]:
    """What is made while this lasts is made there, in that precision."""
    import torch

    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        with torch.device(device), torch.no_grad():
            yield
    finally:
        torch.set_default_dtype(before)
