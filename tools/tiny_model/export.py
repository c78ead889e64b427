"""Writes trained networks as one folder in diffusers layout that old and new versions of the libraries read alike."""

import json
import shutil
from pathlib import Path

import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from safetensors.torch import load_file, save_file
from transformers import CLIPTextModel

from .model import make_scheduler
from .tokenizer import load_tokenizer

CARD = Path(__file__).with_name("MODEL_CARD.md")
INDEX = {
    "_class_name": "StableDiffusionPipeline",
    "_diffusers_version": "0.31.0",
    "feature_extractor": [None, None],
    "image_encoder": [None, None],
    "requires_safety_checker": False,
    "safety_checker": [None, None],
    "scheduler": ["diffusers", "DDIMScheduler"],
    "text_encoder": ["transformers", "CLIPTextModel"],
    "tokenizer": ["transformers", "CLIPTokenizer"],
    "unet": ["diffusers", "UNet2DConditionModel"],
    "vae": ["diffusers", "AutoencoderKL"],
}


def export_folder(folder: Path, unet: UNet2DConditionModel, text: CLIPTextModel, vae: AutoencoderKL) -> None:
    """unet, vae, text_encoder (fp16 safetensors), tokenizer, scheduler, model_index.json and the model card."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, module in (("unet", unet), ("text_encoder", text), ("vae", vae)):
        module.cpu().half().save_pretrained(folder / name, safe_serialization=True)
        module.float()
        (file,) = (folder / name).glob("*.safetensors")
        file.chmod(0o644)  # as the other files; safetensors writes for the owner alone
    _prefix_text_weights(folder / "text_encoder" / "model.safetensors")
    _plain_text_config(folder / "text_encoder" / "config.json")
    load_tokenizer(folder / "tokenizer")
    make_scheduler().save_pretrained(folder / "scheduler")
    (folder / "model_index.json").write_text(json.dumps(INDEX, indent=2) + "\n")
    if CARD.exists():
        shutil.copy(CARD, folder / "README.md")


def _prefix_text_weights(path: Path) -> None:
    """transformers 5 leaves out the `text_model.` that transformers 4 looks for; the new one reads both."""
    weights = load_file(path)
    named = {
        key if key.startswith("text_model.") else f"text_model.{key}": value.contiguous() for key, value in weights.items()
    }
    save_file(named, path, metadata={"format": "pt"})
    path.chmod(0o644)


def _plain_text_config(path: Path) -> None:
    """Only what both major versions of transformers understand (the new one writes `dtype`, the old reads `torch_dtype`)."""
    config = json.loads(path.read_text())
    config.pop("transformers_version", None)
    config["torch_dtype"] = config.pop("dtype", "float16")
    config["architectures"] = ["CLIPTextModel"]
    path.write_text(json.dumps(config, indent=2, sort_keys=True) + "\n")


def load_folder(folder: Path) -> tuple[UNet2DConditionModel, CLIPTextModel, AutoencoderKL]:
    """The three networks of an exported folder, in float32."""
    return (
        UNet2DConditionModel.from_pretrained(folder / "unet", torch_dtype=torch.float32),
        CLIPTextModel.from_pretrained(folder / "text_encoder", torch_dtype=torch.float32),
        AutoencoderKL.from_pretrained(folder / "vae", torch_dtype=torch.float32),
    )
