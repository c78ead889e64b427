"""The three networks and the noise schedule, as standard classes of diffusers and transformers; nothing of our own.

Chosen so that they can also be written in Stable Diffusion's first layout (ldm.py): the UNet's group norms have 32
groups and its widths are whole multiples of the first one; the VAE's widths per group grow in whole steps.
"""

from diffusers import AutoencoderKL, DDIMScheduler, UNet2DConditionModel
from transformers import CLIPTextConfig, CLIPTextModel

CONTEXT = 77  # tokens, as in Stable Diffusion
TEXT_WIDTH = 128
VAE_WIDTHS = (16, 16, 32, 64)
VAE_GROUPS = 4
LATENT_SCALE = 0.18215  # Stable Diffusion's; quant_conv is rescaled after training so that it is right here too


def make_vae(widths: tuple[int, ...] = VAE_WIDTHS) -> AutoencoderKL:
    """(B, 3, H, W) in -1..1  <->  latents (B, 4, H/8, W/8)."""
    return AutoencoderKL(
        block_out_channels=widths,
        norm_num_groups=VAE_GROUPS,
        layers_per_block=1,
        latent_channels=4,
        sample_size=128,
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        scaling_factor=LATENT_SCALE,
    )


def make_text_encoder(vocab_size: int) -> CLIPTextModel:
    """Token ids (B, 77) -> states (B, 77, 128). The last two ids are start and end, as in CLIP."""
    return CLIPTextModel(
        CLIPTextConfig(
            vocab_size=vocab_size,
            hidden_size=TEXT_WIDTH,
            intermediate_size=2 * TEXT_WIDTH,
            projection_dim=TEXT_WIDTH,
            num_hidden_layers=3,
            num_attention_heads=4,
            max_position_embeddings=CONTEXT,
            hidden_act="quick_gelu",
            bos_token_id=vocab_size - 2,
            eos_token_id=vocab_size - 1,
            pad_token_id=vocab_size - 1,
        )
    )


def make_unet() -> UNet2DConditionModel:
    """Noisy latents (B, 4, h, w), steps (B,), states (B, 77, 128) -> v (B, 4, h, w)."""
    return UNet2DConditionModel(
        sample_size=16,
        block_out_channels=(64, 64, 128),
        layers_per_block=1,
        cross_attention_dim=TEXT_WIDTH,
        attention_head_dim=4,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
    )


def make_scheduler() -> DDIMScheduler:
    """Stable Diffusion's schedule (scaled linear betas, 1000 steps), for a model that predicts v (Salimans & Ho 2022)."""
    return DDIMScheduler(
        num_train_timesteps=1000,
        beta_start=0.00085,
        beta_end=0.012,
        beta_schedule="scaled_linear",
        clip_sample=False,
        set_alpha_to_one=False,
        steps_offset=1,
        prediction_type="v_prediction",
        timestep_spacing="leading",
    )
