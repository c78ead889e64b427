"""Families of single-file checkpoints: detection, and the configuration that such a file lacks.

Configurations have diffusers' layout. A non-standard checkpoint can have a folder of them beside its file.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from lib_anim.errors import ModelError
from lib_anim.messages import Message

_UNET = "model.diffusion_model."
_CLIP_L = {
    "architectures": ["CLIPTextModel"],
    "model_type": "clip_text_model",
    "hidden_size": 768,
    "intermediate_size": 3072,
    "num_hidden_layers": 12,
    "num_attention_heads": 12,
    "projection_dim": 768,
    "hidden_act": "quick_gelu",
    "max_position_embeddings": 77,
    "vocab_size": 49408,
    "layer_norm_eps": 1e-05,
    "bos_token_id": 49406,
    "eos_token_id": 49407,
    "pad_token_id": 1,
}
_CLIP_H = {
    **_CLIP_L,
    "hidden_size": 1024,
    "intermediate_size": 4096,
    "num_hidden_layers": 23,
    "num_attention_heads": 16,
    "projection_dim": 512,
    "hidden_act": "gelu",
}
_CLIP_G = {
    **_CLIP_L,
    "architectures": ["CLIPTextModelWithProjection"],
    "hidden_size": 1280,
    "intermediate_size": 5120,
    "num_hidden_layers": 32,
    "num_attention_heads": 20,
    "projection_dim": 1280,
    "hidden_act": "gelu",
}
_VAE = {
    "_class_name": "AutoencoderKL",
    "in_channels": 3,
    "out_channels": 3,
    "latent_channels": 4,
    "block_out_channels": [128, 256, 512, 512],
    "down_block_types": ["DownEncoderBlock2D"] * 4,
    "up_block_types": ["UpDecoderBlock2D"] * 4,
    "layers_per_block": 2,
    "norm_num_groups": 32,
    "act_fn": "silu",
    "sample_size": 512,
    "scaling_factor": 0.18215,
}
_UNET_SD1 = {
    "_class_name": "UNet2DConditionModel",
    "sample_size": 64,
    "in_channels": 4,
    "out_channels": 4,
    "block_out_channels": [320, 640, 1280, 1280],
    "down_block_types": [*["CrossAttnDownBlock2D"] * 3, "DownBlock2D"],
    "up_block_types": ["UpBlock2D", *["CrossAttnUpBlock2D"] * 3],
    "layers_per_block": 2,
    "cross_attention_dim": 768,
    "attention_head_dim": 8,
    "norm_num_groups": 32,
}
_UNET_SD2 = {
    **_UNET_SD1,
    "cross_attention_dim": 1024,
    "attention_head_dim": [5, 10, 20, 20],
    "use_linear_projection": True,
}
_UNET_SDXL = {
    **_UNET_SD1,
    "sample_size": 128,
    "block_out_channels": [320, 640, 1280],
    "down_block_types": ["DownBlock2D", *["CrossAttnDownBlock2D"] * 2],
    "up_block_types": [*["CrossAttnUpBlock2D"] * 2, "UpBlock2D"],
    "transformer_layers_per_block": [1, 2, 10],
    "cross_attention_dim": 2048,
    "attention_head_dim": [5, 10, 20],
    "use_linear_projection": True,
    "addition_embed_type": "text_time",
    "addition_time_embed_dim": 256,
    "projection_class_embeddings_input_dim": 2816,
}
_NOISE = {
    "_class_name": "DDIMScheduler",
    "beta_start": 0.00085,
    "beta_end": 0.012,
    "beta_schedule": "scaled_linear",
    "num_train_timesteps": 1000,
    "clip_sample": False,
    "set_alpha_to_one": False,
    "steps_offset": 1,
}


@dataclass(frozen=True)
class Family:
    """The name of a pipeline class, and the configuration of each part of it by name."""

    name: str
    pipeline: str
    parts: Mapping[str, Mapping[str, object]]


def family_of(shapes: Mapping[str, Sequence[int]], metadata: Mapping[str, str], path: Path) -> Family:
    """Detect the family of a single-file checkpoint from the shapes of its tensors. Raises ModelError."""
    first = shapes.get(f"{_UNET}input_blocks.0.0.weight")
    if first is None:
        raise ModelError(_not_ours(path, shapes))
    if first[1] != 4:
        text = "{path}: a model for inpainting or pix2pix ({n} channels); use the plain one"
        raise ModelError(Message(text, path=path, n=first[1]))
    prediction = _prediction(shapes, metadata, path)
    if "conditioner.embedders.1.model.ln_final.weight" in shapes:
        return _sdxl_family(prediction)
    if "conditioner.embedders.0.model.ln_final.weight" in shapes:
        text = "{path}: the SDXL refiner, which paints over a base model's pictures; use the base model"
        raise ModelError(Message(text, path=path))
    width = next((shape[1] for key, shape in shapes.items() if key.endswith("attn2.to_k.weight")), 0)
    if width == 1024:
        return _sd_family("SD 2", _UNET_SD2, _CLIP_H, prediction, pad="!")
    return _sd_family("SD 1", _UNET_SD1, _CLIP_L, prediction, pad="<|endoftext|>")


def _prediction(shapes: Mapping[str, Sequence[int]], metadata: Mapping[str, str], path: Path) -> str:
    """Detect the prediction type. Files seldom state it; SD 2 at 768 pixels is the usual case of v-prediction."""
    said = metadata.get("modelspec.prediction_type", "").lower()
    yaml = path.with_suffix(".yaml")
    if yaml.is_file():
        said += yaml.read_text(encoding="utf-8", errors="replace").lower()
    if "v_pred" in shapes or said == "v" or 'parameterization: "v"' in said or "parameterization: v" in said:
        return "v_prediction"
    return "v_prediction" if "768-v" in path.stem or "v2-1_768" in path.stem else "epsilon"


def _not_ours(path: Path, shapes: Mapping[str, Sequence[int]]) -> Message:
    """Return the message that a file is no supported checkpoint, with what its tensors suggest."""
    hint = _hint(shapes)
    if hint:
        return Message("{path}: not a checkpoint of SD 1.x, 2.x or SDXL; {said}", path=path, said=hint)
    return Message("{path}: not a checkpoint of SD 1.x, 2.x or SDXL", path=path)


def _hint(shapes: Mapping[str, Sequence[int]]) -> Message | None:
    if any("lora" in key for key in shapes):
        return Message("it is a LoRA: name its folder with --lora DIR and write <lora:name:1> in the prompt")
    if any(key.startswith(("double_blocks", "model.diffusion_model.double_blocks", "transformer")) for key in shapes):
        return Message("it is of a newer family (Flux, SD 3 or the like), which this engine does not run")
    return None


def _sd_family(name: str, unet: Mapping[str, object], text: Mapping[str, object], prediction: str, pad: str) -> Family:
    parts = {
        "unet": unet,
        "vae": _VAE,
        "text_encoder": text,
        "tokenizer": clip_tokenizer(pad),
        "scheduler": {**_NOISE, "prediction_type": prediction},
    }
    return Family(name, "StableDiffusionPipeline", parts)


def _sdxl_family(prediction: str) -> Family:
    parts = {
        "unet": _UNET_SDXL,
        "vae": {**_VAE, "sample_size": 1024, "scaling_factor": 0.13025, "force_upcast": True},
        "text_encoder": {**_CLIP_L, "projection_dim": 768},
        "text_encoder_2": _CLIP_G,
        "tokenizer": clip_tokenizer("<|endoftext|>"),
        "tokenizer_2": clip_tokenizer("!"),
        "scheduler": {**_NOISE, "prediction_type": prediction, "rescale_betas_zero_snr": prediction == "v_prediction"},
    }
    return Family("SDXL", "StableDiffusionXLPipeline", parts)


def clip_tokenizer(pad: str) -> dict[str, object]:
    """Return the configuration of CLIP's tokenizer; SDXL's second one has another padding token."""
    return {
        "tokenizer_class": "CLIPTokenizer",
        "bos_token": "<|startoftext|>",
        "eos_token": "<|endoftext|>",
        "unk_token": "<|endoftext|>",
        "pad_token": pad,
        "model_max_length": 77,
        "do_lower_case": True,
    }


def write_configs(family: Family, folder: Path) -> None:
    """Write a family's configurations and complete tokenizers to a folder in diffusers' layout."""
    index: dict[str, object] = {"_class_name": family.pipeline}
    for part, config in family.parts.items():
        (folder / part).mkdir()
        if part.startswith("tokenizer"):
            index[part] = ["transformers", "CLIPTokenizer"]
            write_tokenizer(folder / part, config, clip_merges())
            continue
        index[part] = ["transformers" if part.startswith("text_encoder") else "diffusers", _class_of(config)]
        name = "scheduler_config.json" if part == "scheduler" else "config.json"
        _write_json(folder / part / name, config)
    for absent in ("safety_checker", "feature_extractor", "image_encoder"):
        index[absent] = [None, None]
    _write_json(folder / "model_index.json", index)


def _class_of(config: Mapping[str, object]) -> object:
    """Return the class name in a configuration of transformers or diffusers."""
    architectures = config.get("architectures")
    return architectures[0] if isinstance(architectures, list) else config["_class_name"]


def write_tokenizer(folder: Path, config: Mapping[str, object], merges: Sequence[str]) -> None:
    """Write the files that every version of transformers' CLIPTokenizer reads."""
    _write_json(folder / "vocab.json", {token: number for number, token in enumerate(clip_vocabulary(merges))})
    (folder / "merges.txt").write_text("#version: 0.2\n" + "\n".join(merges) + "\n", encoding="utf-8")
    _write_json(folder / "tokenizer_config.json", config)
    special = ("bos_token", "eos_token", "unk_token", "pad_token")
    _write_json(folder / "special_tokens_map.json", {name: config[name] for name in special})


def clip_merges() -> list[str]:
    """Return the merges of CLIP's byte-pair encoding, in order."""
    packed = resources.files("lib_anim.engines.diffusers").joinpath("data/clip_merges.txt.gz").read_bytes()
    return gzip.decompress(packed).decode("utf-8").splitlines()


def clip_vocabulary(merges: Sequence[str]) -> list[str]:
    """Return CLIP's tokens in order: bytes, bytes at a word's end, merges, the start and end tokens.

    Printable bytes are themselves; others are mapped to characters from 256 up (GPT-2's table).
    """
    printing = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    others = [byte for byte in range(256) if byte not in printing]
    signs = [chr(byte) for byte in printing] + [chr(256 + k) for k in range(len(others))]
    joined = [merge.replace(" ", "") for merge in merges]
    return [*signs, *(sign + "</w>" for sign in signs), *joined, "<|startoftext|>", "<|endoftext|>"]


def _write_json(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False, indent=1), encoding="utf-8")
