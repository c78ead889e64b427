"""Trains what paints: text encoder and UNet together, on latents of captioned pictures drawn and encoded once.

Twice: first (`SMALL`) most steps see 128² pictures and the last part mixes sizes up to 256²; then (`LARGE`) sizes up to
512² join, upright ones too, so that one model paints one landscape at each.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as nnf
from diffusers import AutoencoderKL, UNet2DConditionModel
from tqdm import tqdm
from transformers import CLIPTextModel, CLIPTokenizer

from .data import to_tensor
from .draw import caption, choose, draw, draw_crop
from .loop import Curve, Trainer
from .model import make_scheduler
from .precision import autocast
from .tokenizer import encode as encode_text
from .train_vae import encode as encode_picture

WORDINGS = 4  # captions kept per picture; one is taken at random whenever the picture comes up


@dataclass(frozen=True)
class Bucket:
    """Pictures of one size: how many are drawn, and how many make a batch (sizes cost about the same per step)."""

    height: int
    width: int
    count: int
    batch: int


@dataclass(frozen=True)
class PaintRecipe:
    """Lengths and weights; `mixed` is the share of steps, at the end, that see all sizes."""

    name: str
    steps: int
    peak: float
    buckets: tuple[Bucket, ...]
    mixed: float = 1
    decay: float = 0.999  # of the running average
    unsaid: float = 0.1  # captions left empty, for classifier-free guidance (Ho & Salimans 2022)
    babble: float = 0.06  # captions followed by random tokens, so that unknown words do little
    offset: float = 0.1  # noise common to a whole channel, so that brightness is learnt from words, not read off the noise
    shift: float = 0  # how much more often larger pictures are seen in strong noise, which their layout outlives

    def scaled(self, effort: float) -> PaintRecipe:
        """So many times the steps and pictures."""
        buckets = tuple(replace(bucket, count=max(int(bucket.count * effort), bucket.batch)) for bucket in self.buckets)
        return replace(self, steps=max(int(self.steps * effort), 2), buckets=buckets)


SMALL = PaintRecipe(
    "paint",
    steps=3400,
    peak=1.5e-3,
    buckets=(Bucket(128, 128, 12000, 32), Bucket(192, 192, 3000, 15), Bucket(256, 256, 2500, 8), Bucket(160, 256, 1500, 13)),
    mixed=0.45,
    decay=0.9995,
)
LARGE = PaintRecipe(
    "paint_large",
    steps=3000,
    peak=5e-4,
    buckets=(
        Bucket(128, 128, 12000, 32),
        Bucket(512, 512, 1200, 3),
        Bucket(384, 384, 1200, 4),
        Bucket(512, 288, 800, 4),
        Bucket(256, 256, 2500, 8),
        Bucket(288, 512, 800, 4),
    ),
    shift=0.5,
)


@dataclass(frozen=True)
class Captioned:
    """Latents (N, 4, h, w) float16, scaled to spread 1, and token ids (N, WORDINGS, 77)."""

    latents: torch.Tensor
    ids: torch.Tensor


@torch.no_grad()
def make_captioned(vae: AutoencoderKL, tokenizer: CLIPTokenizer, bucket: Bucket, seed: int, device: str) -> Captioned:
    """Draw, caption and encode one bucket's pictures; a quarter of the landscapes are windows into larger ones."""
    rng = np.random.default_rng([seed, 3, bucket.height, bucket.width])
    latents, ids = [], []
    for start in tqdm(range(0, bucket.count, 32), desc=f"encode {bucket.width}x{bucket.height}", mininterval=5):
        scenes = [choose(rng) for _ in range(min(32, bucket.count - start))]
        pictures = np.stack(
            [
                (
                    draw_crop(s, bucket.height, bucket.width, rng)
                    if rng.random() < 0.25
                    else draw(s, bucket.height, bucket.width)
                )
                for s in scenes
            ]
        )
        with autocast(device):
            mean = encode_picture(vae, to_tensor(pictures, device))
        latents.append((mean.float() * vae.config.scaling_factor).half().cpu())
        texts = [caption(s, rng) for s in scenes for _ in range(WORDINGS)]
        ids.append(torch.from_numpy(encode_text(tokenizer, texts)).short().view(len(scenes), WORDINGS, -1))
    return Captioned(torch.cat(latents), torch.cat(ids))


def captioned_pool(
    vae: AutoencoderKL, tokenizer: CLIPTokenizer, bucket: Bucket, folder: Path, seed: int, device: str
) -> Captioned:
    """The bucket from its file, or made and kept there."""
    path = folder / f"latents_{bucket.width}x{bucket.height}.pt"
    if not path.exists():
        made = make_captioned(vae, tokenizer, bucket, seed, device)
        torch.save({"latents": made.latents, "ids": made.ids}, path)
    return Captioned(**torch.load(path, weights_only=True))


class Noising:
    """(latents (B, 4, h, w), rng) -> noisy latents, their steps (B,), and the v that the UNet should predict.

    `shift` and `offset` are those of PaintRecipe.
    """

    def __init__(self, shift: float, offset: float, device: str):
        alphas = make_scheduler().alphas_cumprod.to(device)
        self.signal, self.noise = alphas.sqrt(), (1 - alphas).sqrt()
        self.shift, self.offset, self.device = shift, offset, device

    def __call__(self, latents: torch.Tensor, rng: np.random.Generator) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        count = len(latents)
        strata = (rng.permutation(count) + rng.random(count)) / count  # one t per thousandth/count: less noise in the loss
        push = (math.sqrt(latents.shape[-1] * latents.shape[-2]) / 16) ** self.shift  # Esser et al. 2024, eq. 23
        strata = push * strata / (1 + (push - 1) * strata)
        t = torch.from_numpy((strata * 1000).astype(np.int64)).clamp_(0, 999).to(self.device)
        dice = torch.Generator().manual_seed(int(rng.integers(2**62)))
        noise = torch.randn(latents.shape, generator=dice) + self.offset * torch.randn((count, 4, 1, 1), generator=dice)
        noise = noise.to(self.device)
        a, b = self.signal[t].view(-1, 1, 1, 1), self.noise[t].view(-1, 1, 1, 1)
        return a * latents + b * noise, t, a * noise - b * latents


class PaintLoss:
    """step -> mean squared error of the predicted v, whose weight on the picture's own error is 1 + SNR."""

    def __init__(
        self,
        unet: UNet2DConditionModel,
        text: CLIPTextModel,
        pools: Sequence[Captioned],
        recipe: PaintRecipe,
        empty_ids: torch.Tensor,
        seed: int,
        device: str,
    ):
        self.unet, self.text, self.pools, self.recipe = unet, text, pools, recipe
        self.empty_ids, self.seed, self.device = empty_ids, seed, device
        self.noising = Noising(recipe.shift, recipe.offset, device)

    def batch(self, step: int, rng: np.random.Generator) -> tuple[torch.Tensor, torch.Tensor]:
        """Latents (B, 4, h, w) float32 and ids (B, 77): only the first bucket at first, then each in turn."""
        which = 0 if step < self.recipe.steps * (1 - self.recipe.mixed) else step % len(self.pools)
        pool, count = self.pools[which], self.recipe.buckets[which].batch
        rows = torch.from_numpy(rng.integers(len(pool.latents), size=count))
        ids = pool.ids[rows, torch.from_numpy(rng.integers(WORDINGS, size=count))].long()
        for i in np.flatnonzero(rng.random(count) < self.recipe.babble):
            length = int((ids[i] != self.empty_ids[-1]).sum())
            n = int(rng.integers(1, 7))
            ids[i, length : length + n] = torch.from_numpy(rng.integers(int(self.empty_ids[0]), size=n))
        ids[torch.from_numpy(rng.random(count) < self.recipe.unsaid)] = self.empty_ids
        return pool.latents[rows].to(self.device).float(), ids.to(self.device)

    def __call__(self, step: int) -> torch.Tensor:
        rng = np.random.default_rng([self.seed, 4, step])
        latents, ids = self.batch(step, rng)
        noisy, t, wanted = self.noising(latents, rng)
        with autocast(self.device):
            made = self.unet(noisy, t, self.text(ids).last_hidden_state).sample
        return nnf.mse_loss(made.float(), wanted)


def train_paint(
    unet: UNet2DConditionModel,
    text: CLIPTextModel,
    vae: AutoencoderKL,
    tokenizer: CLIPTokenizer,
    recipe: PaintRecipe,
    folder: Path,
    *,
    seed: int,
    device: str,
    resume: bool,
) -> None:
    """Train text encoder and UNet in place."""
    pools = [captioned_pool(vae, tokenizer, bucket, folder, seed, device) for bucket in recipe.buckets]
    empty = torch.from_numpy(encode_text(tokenizer, [""]))[0]
    trainer = Trainer(
        {"unet": unet, "text": text},
        Curve(steps=recipe.steps, peak=recipe.peak),
        folder / f"{recipe.name}.pt",
        decay=recipe.decay,
    )
    trainer.run(PaintLoss(unet, text, pools, recipe, empty, seed, device), resume=resume)
