"""Trains the autoencoder: pictures <-> latents eight times smaller, with four channels.

Most batches are windows of 64², which are cheap and varied; some are larger, because group norms see a whole picture at
once. The last tenth of the steps also asks the round trip latent -> picture -> latent to close, because every frame of
an animation goes round it once more.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as nnf
from diffusers import AutoencoderKL

from .data import crops, draw_pool, to_tensor
from .loop import Curve, Trainer
from .precision import autocast


@dataclass(frozen=True)
class VaeRecipe:
    """Numbers of steps and weights of the losses."""

    steps: int = 2600
    batch: int = 16
    peak: float = 4e-3
    small: int = 5000  # pictures drawn at 128²
    big: int = 2500  # and at 256²
    noise: float = 0.06  # spread added to latents of spread 1, so that neighbouring latents mean neighbouring pictures
    edges: float = 1.0
    spread: float = 0.02  # holds the latents' mean at 0 and spread at 1
    closing: float = 1.0  # weight of the round trip, in the last part
    closing_part: float = 0.1

    def scaled(self, effort: float) -> VaeRecipe:
        """So many times the steps and pictures."""
        return replace(self, **{name: max(int(getattr(self, name) * effort), 2) for name in ("steps", "small", "big")})


def edge_loss(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Mean absolute difference of the horizontal and vertical gradients: it is blur that this punishes."""
    across = (a[..., 1:] - a[..., :-1]) - (b[..., 1:] - b[..., :-1])
    down = (a[..., 1:, :] - a[..., :-1, :]) - (b[..., 1:, :] - b[..., :-1, :])
    return across.abs().mean() + down.abs().mean()


def picture_loss(made: torch.Tensor, wanted: torch.Tensor, edges: float) -> torch.Tensor:
    return nnf.l1_loss(made, wanted) + nnf.mse_loss(made, wanted) + edges * edge_loss(made, wanted)


def encode(vae: AutoencoderKL, pictures: torch.Tensor) -> torch.Tensor:
    """The latents' means, unscaled: (B, 3, H, W) -> (B, 4, H/8, W/8)."""
    return vae.encode(pictures).latent_dist.mean


class VaeLoss:
    """step -> loss, with its own pools of pictures."""

    def __init__(self, vae: AutoencoderKL, recipe: VaeRecipe, seed: int, device: str):
        self.vae, self.recipe, self.seed, self.device = vae, recipe, seed, device

    @cached_property
    def pools(self) -> tuple[np.ndarray, np.ndarray]:
        """Pictures of 128² and of 256², drawn when they are first wanted."""
        rng = np.random.default_rng([self.seed, 1])
        return draw_pool(rng, self.recipe.small, 128, 128), draw_pool(rng, self.recipe.big, 256, 256)

    def closing(self, step: int) -> bool:
        return step >= self.recipe.steps * (1 - self.recipe.closing_part)

    def batch(self, step: int) -> torch.Tensor:
        """Mostly windows of 64²; every fourth batch 128², every sixteenth whole 256² pictures."""
        rng, count = np.random.default_rng([self.seed, 2, step]), self.recipe.batch
        small, big = self.pools
        if self.closing(step):
            return to_tensor(crops(rng, big if step % 2 else small, max(count * 3 // 8, 1), 128), self.device)
        if step % 16 == 15:
            return to_tensor(crops(rng, big, max(count // 8, 1), 256), self.device)
        if step % 4 == 3:
            return to_tensor(crops(rng, big if step % 8 == 3 else small, count // 2, 128), self.device)
        half = count // 2
        return to_tensor(np.concatenate([crops(rng, small, half, 64), crops(rng, big, count - half, 64)]), self.device)

    def __call__(self, step: int) -> torch.Tensor:
        recipe, pictures = self.recipe, self.batch(step)
        dice = torch.Generator().manual_seed(1_000_003 * self.seed + step)
        with autocast(self.device):
            latents = encode(self.vae, pictures)
            noise = torch.randn(latents.shape, generator=dice).to(self.device)
            made = self.vae.decode(latents + recipe.noise * noise).sample.float()
            again = encode(self.vae, made) if self.closing(step) else None
        latents = latents.float()
        spread, mean = torch.std_mean(latents, dim=(0, 2, 3))
        loss = picture_loss(made, pictures, recipe.edges) + recipe.spread * ((spread - 1).square() + mean.square()).sum()
        if again is not None:
            loss = loss + recipe.closing * nnf.l1_loss(again.float(), latents.detach())
        return loss


def train_vae(vae: AutoencoderKL, recipe: VaeRecipe, folder: Path, *, seed: int, device: str, resume: bool) -> None:
    """Train in place; afterwards the latents have mean 0 and spread 1/scaling_factor, and nearly no random part."""
    curve = Curve(steps=recipe.steps, peak=recipe.peak)
    trainer = Trainer({"vae": vae}, curve, folder / "vae.pt", decay=0.998)
    loss = VaeLoss(vae, recipe, seed, device)
    trainer.run(loss, resume=resume)
    normalise(vae, to_tensor(draw_pool(np.random.default_rng([seed, 1]), 256, 128, 128), device))


@torch.no_grad()
def normalise(vae: AutoencoderKL, pictures: torch.Tensor) -> None:
    """Fold mean and spread of the latents into the two 1x1 convolutions around them, so that Stable Diffusion's
    factor 0.18215 (which some hosts have built in) is right here, and make the posterior's own noise negligible.
    """
    latents = torch.cat([encode(vae, part) for part in pictures.split(32)])
    spread, mean = torch.std_mean(latents, dim=(0, 2, 3))
    gain = 1 / (spread * vae.config.scaling_factor)  # new latent = (old - mean) * gain
    quant, post = vae.quant_conv, vae.post_quant_conv
    post.bias += post.weight[:, :, 0, 0] @ mean
    post.weight /= gain[None, :, None, None]
    quant.weight[:4] *= gain[:, None, None, None]
    quant.bias[:4] = (quant.bias[:4] - mean) * gain
    quant.weight[4:] = 0
    quant.bias[4:] = -10  # log variance: a spread of 0.007 where the latents' is 5.5
