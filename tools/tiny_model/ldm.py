"""The same weights in Stable Diffusion's first layout: one .safetensors with a side-car .yaml, for WebUIs.

    python -m tools.tiny_model.ldm DIFFUSERS_FOLDER OUT.safetensors

LDM's VAE knows only group norms of 32 groups, ours has 4. So its widths are made eight times larger, filled with zeros:
the groups keep their members, the added channels stay zero throughout, and the pictures are the same.
"""

import json
import re
import shutil
import sys
from pathlib import Path

import torch
from diffusers import AutoencoderKL
from safetensors.torch import load_file, save_file

from .model import VAE_GROUPS, VAE_WIDTHS

WIDER = 32 // VAE_GROUPS  # how much wider the VAE must be to have 32 groups of the same size
LEVELS = 3  # of the UNet, each with one block on the way down and two on the way up

RESNET = {
    "norm1": "in_layers.0",
    "conv1": "in_layers.2",
    "time_emb_proj": "emb_layers.1",
    "norm2": "out_layers.0",
    "conv2": "out_layers.3",
    "conv_shortcut": "skip_connection",
}
VAE_NAMES = (
    (r"down_blocks\.(\d)\.resnets\.(\d)", r"down.\1.block.\2"),
    (r"down_blocks\.(\d)\.downsamplers\.0", r"down.\1.downsample"),
    (r"up_blocks\.(\d)\.resnets\.(\d)", lambda m: f"up.{3 - int(m[1])}.block.{m[2]}"),
    (r"up_blocks\.(\d)\.upsamplers\.0", lambda m: f"up.{3 - int(m[1])}.upsample"),
    (r"mid_block\.attentions\.0", "mid.attn_1"),
    (r"mid_block\.resnets\.(\d)", lambda m: f"mid.block_{int(m[1]) + 1}"),
    (r"conv_shortcut", "nin_shortcut"),
    (r"conv_norm_out", "norm_out"),
    (r"attn_1\.group_norm", "attn_1.norm"),
    (r"\.to_([qkv])\.", r".\1."),
    (r"\.to_out\.0\.", ".proj_out."),
)


def unet_name(key: str) -> str:
    """diffusers' name of a UNet weight -> LDM's: down_blocks.1.resnets.0.conv1.bias -> input_blocks.3.0.in_layers.2.bias."""
    for old, new in (
        ("conv_in.", "input_blocks.0.0."),
        ("time_embedding.linear_1.", "time_embed.0."),
        ("time_embedding.linear_2.", "time_embed.2."),
        ("conv_norm_out.", "out.0."),
        ("conv_out.", "out.2."),
    ):
        if key.startswith(old):
            return new + key.removeprefix(old)
    if key.startswith("mid_block"):
        kind, index, rest = re.match(r"mid_block\.(\w+)\.(\d)\.(.*)", key).groups()
        place = "middle_block.1" if kind == "attentions" else f"middle_block.{2 * int(index)}"
    else:
        way, level, kind, index, rest = re.match(r"(down|up)_blocks\.(\d)\.(\w+)\.(\d)\.(.*)", key).groups()
        place = _block(way, int(level), kind, int(index))
        if kind.endswith("samplers"):
            return f"{place}.{rest.replace('conv.', 'op.') if way == 'down' else rest}"
    if kind == "resnets":
        layer, _, leaf = rest.partition(".")
        rest = f"{RESNET[layer]}.{leaf}"
    return f"{place}.{rest}"


def _block(way: str, level: int, kind: str, index: int) -> str:
    if way == "down":  # per level: one block, then the downsampler
        return {
            "resnets": f"input_blocks.{2 * level + 1}.0",
            "attentions": f"input_blocks.{2 * level + 1}.1",
            "downsamplers": f"input_blocks.{2 * level + 2}.0",
        }[kind]
    attended = level < LEVELS - 1  # all but the finest level have attention, which stands before the upsampler
    return {
        "resnets": f"output_blocks.{2 * level + index}.0",
        "attentions": f"output_blocks.{2 * level + index}.1",
        "upsamplers": f"output_blocks.{2 * level + 1}.{2 if attended else 1}",
    }[kind]


def vae_name(key: str) -> str:
    """diffusers' name of a VAE weight -> LDM's."""
    for pattern, new in VAE_NAMES:
        key = re.sub(pattern, new, key)
    return key


def wide_vae() -> AutoencoderKL:
    """The network that LDM makes of our settings: all widths `WIDER` times ours, 32 groups."""
    return AutoencoderKL(
        block_out_channels=[width * WIDER for width in VAE_WIDTHS],
        norm_num_groups=32,
        layers_per_block=1,
        latent_channels=4,
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
    )


def widen_vae(vae: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The VAE's weights in the corners of zero tensors of the wider network's shapes."""
    wide, out = wide_vae().state_dict(), {}
    for key, value in vae.items():
        out[key] = torch.zeros(wide[key].shape, dtype=value.dtype)
        out[key][tuple(slice(n) for n in value.shape)] = value
        if ".to_q." in key:  # attention divides by the square root of the width it sees
            out[key] *= WIDER**0.5
    return out


def to_ldm(folder: Path) -> dict[str, torch.Tensor]:
    """All weights of a diffusers folder under LDM's names."""
    unet = load_file(folder / "unet" / "diffusion_pytorch_model.safetensors")
    vae = widen_vae(load_file(folder / "vae" / "diffusion_pytorch_model.safetensors"))
    text = load_file(folder / "text_encoder" / "model.safetensors")
    weights = {f"model.diffusion_model.{unet_name(key)}": value for key, value in unet.items()}
    for key, value in vae.items():
        name = vae_name(key)
        weights[f"first_stage_model.{name}"] = (
            value[..., None, None] if re.search(r"attn_1\.(q|k|v|proj_out)\.weight", name) else value
        )
    weights |= {f"cond_stage_model.transformer.{key}": value for key, value in text.items()}
    return {key: value.contiguous() for key, value in weights.items()}


def from_ldm(weights: dict[str, torch.Tensor], folder: Path) -> dict[str, torch.Tensor]:
    """The way back, for checking: LDM's names -> {"unet/...", "vae/...", "text_encoder/..."} with the folder's own shapes."""
    parts = {"unet": "unet/diffusion_pytorch_model", "vae": "vae/diffusion_pytorch_model", "text_encoder": "text_encoder/model"}
    names = {
        "unet": lambda key: f"model.diffusion_model.{unet_name(key)}",
        "vae": lambda key: f"first_stage_model.{vae_name(key)}",
        "text_encoder": lambda key: f"cond_stage_model.transformer.{key}",
    }
    back = {}
    for part, file in parts.items():
        for key, own in load_file(folder / f"{file}.safetensors").items():
            value = weights[names[part](key)].reshape(-1) if own.dim() == 1 else weights[names[part](key)]
            value = value[..., 0, 0] if value.dim() == own.dim() + 2 else value
            value = value[tuple(slice(n) for n in own.shape)]
            back[f"{part}/{key}"] = value / WIDER**0.5 if part == "vae" and ".to_q." in key else value
    return back


YAML = """# {name}: made by tools/tiny_model; loads in Stable Diffusion WebUIs beside the checkpoint of the same name
model:
  base_learning_rate: 1.0e-04
  target: ldm.models.diffusion.ddpm.LatentDiffusion
  params:
    parameterization: "v"
    linear_start: 0.00085
    linear_end: 0.0120
    num_timesteps_cond: 1
    log_every_t: 200
    timesteps: 1000
    first_stage_key: "jpg"
    cond_stage_key: "txt"
    image_size: 16
    channels: 4
    cond_stage_trainable: false
    conditioning_key: crossattn
    monitor: val/loss_simple_ema
    scale_factor: 0.18215
    use_ema: False
    unet_config:
      target: ldm.modules.diffusionmodules.openaimodel.UNetModel
      params:
        image_size: 32 # unused
        in_channels: 4
        out_channels: 4
        model_channels: 64
        attention_resolutions: [2, 4]
        num_res_blocks: 1
        channel_mult: [1, 1, 2]
        num_heads: 4
        use_spatial_transformer: True
        transformer_depth: 1
        context_dim: 128
        use_checkpoint: False
        legacy: False
    first_stage_config:
      target: ldm.models.autoencoder.AutoencoderKL
      params:
        embed_dim: 4
        monitor: val/rec_loss
        ddconfig:
          double_z: true
          z_channels: 4
          resolution: 128
          in_channels: 3
          out_ch: 3
          ch: {ch}
          ch_mult: {mult}
          num_res_blocks: 1
          attn_resolutions: []
          dropout: 0.0
        lossconfig:
          target: torch.nn.Identity
    cond_stage_config:
      target: ldm.modules.encoders.modules.FrozenCLIPEmbedder
"""


def export_ldm(folder: Path, path: Path) -> None:
    """The checkpoint, its .yaml, and the tokenizer folder that a WebUI asks for under OpenAI's name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file(to_ldm(folder), path, metadata={"format": "pt"})
    widths = [w // VAE_WIDTHS[0] for w in VAE_WIDTHS]
    path.with_suffix(".yaml").write_text(YAML.format(name=path.stem, ch=VAE_WIDTHS[0] * WIDER, mult=widths))
    clip = path.parent / "openai" / "clip-vit-large-patch14"
    shutil.copytree(folder / "tokenizer", clip, dirs_exist_ok=True)
    config = json.loads((folder / "text_encoder" / "config.json").read_text())
    (clip / "config.json").write_text(
        json.dumps({"model_type": "clip", "text_config": config, "projection_dim": config["projection_dim"]}, indent=2)
    )


if __name__ == "__main__":
    export_ldm(Path(sys.argv[1]), Path(sys.argv[2]))
