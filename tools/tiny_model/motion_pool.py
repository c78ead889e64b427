"""Moving scenes as latents on disk, shard by shard, so that the training needs neither drawings nor the VAE again.

A shard depends on the seed and its number alone. A step draws from the first so many shards, so that training begins when
the first few are there; a shard that is missing is made when it is wanted.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
import torch
from diffusers import AutoencoderKL
from transformers import CLIPTokenizer

from .data import to_tensor
from .moving import choose_moving, draw_clip, say_moving
from .precision import autocast
from .tokenizer import encode as encode_text
from .train_vae import encode as encode_picture

FRAMES = 16
SIZE = 128
WORDINGS = 3  # captions of each clip, and as many of it played backwards


@dataclass(frozen=True)
class Clips:
    """Latents (N, FRAMES, 4, h, w) float16 of spread 1; ids (N, 2, WORDINGS, 77), forwards and backwards; (N,) bool."""

    latents: torch.Tensor
    ids: torch.Tensor
    reversible: torch.Tensor


@torch.no_grad()
def make_shard(
    vae: AutoencoderKL, tokenizer: CLIPTokenizer, count: int, seed: tuple[int, ...], device: str, *, held_out: bool = False
) -> Clips:
    """Draw, caption and encode so many clips."""
    cv2.setNumThreads(1)
    rng = np.random.default_rng([*seed, 7, int(held_out)])
    latents, texts, reversible = [], [], []
    for _ in range(count):
        moving = choose_moving(rng, held_out=held_out)
        with autocast(device):
            mean = encode_picture(vae, to_tensor(draw_clip(moving, FRAMES, SIZE, SIZE), device))
        latents.append((mean.float() * vae.config.scaling_factor).half().cpu())
        for backwards in (False, moving.reversible):
            texts += [say_moving(moving, rng, backwards=backwards) for _ in range(WORDINGS)]
        reversible.append(moving.reversible)
    ids = torch.from_numpy(encode_text(tokenizer, texts)).short().view(count, 2, WORDINGS, -1)
    return Clips(torch.stack(latents), ids, torch.tensor(reversible))


@dataclass
class Shards:
    """The shards of one training, kept in a folder."""

    vae: AutoencoderKL
    tokenizer: CLIPTokenizer
    folder: Path
    seed: int
    device: str
    clips: int = 32  # in a shard
    _held: list[Clips] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self._held)

    def first(self, count: int) -> list[Clips]:
        """So many shards, made or read where they are not held yet."""
        while len(self._held) < count:
            self._held.append(self._shard(len(self._held)))
        return self._held[:count]

    def _shard(self, number: int) -> Clips:
        path = self.folder / f"clips_{number:03}.pt"
        if not path.exists():
            made = make_shard(self.vae, self.tokenizer, self.clips, (self.seed, number), self.device)
            part = path.with_suffix(".part")
            torch.save(vars(made), part)
            part.replace(path)
        return Clips(**torch.load(path, weights_only=True))
