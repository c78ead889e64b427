"""Trains a motion module for the small model: `python -m tools.tiny_model.train_motion --out DIR [--steps N] [--resume]`.

A diffusers `MotionAdapter` sized to the small UNet, 4 MB in fp16 (Guo et al. 2023, arXiv 2307.04725). The UNet's own weights
stay as they are; only the temporal layers learn, and they add nothing at first. All steps take an evening on one core.
`--export FOLDER` writes what DIR/motion.pt holds so far, as diffusers reads it.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as nnf
from diffusers import MotionAdapter, UNet2DConditionModel, UNetMotionModel
from transformers import CLIPTextModel

from lib_anim.engines.diffusers.checkpoint import BUNDLED

from .export import load_folder
from .loop import Curve, Trainer
from .model import make_scheduler
from .motion_pool import FRAMES, Clips, Shards
from .precision import autocast
from .tokenizer import encode as encode_text
from .tokenizer import load_tokenizer

CARD = Path(__file__).with_name("MOTION_CARD.md")
HEADS = 4
MAX_FRAMES = 32  # positions of the encoding; the training sees the first FRAMES of them
OFFSET = 0.1  # noise common to a whole channel of a clip, as the UNet was trained with


@dataclass(frozen=True)
class MotionRecipe:
    """Lengths and weights."""

    steps: int = 8000
    peak: float = 2e-3
    warm_up: int = 60  # steps
    short: float = 0.05  # share of the steps, at the beginning, that see `short_frames` of a clip, not all
    short_frames: int = 8
    shards: int = 2  # to begin with
    grow_every: int = 120  # steps after which one more shard is drawn from
    clips: int = 32  # in a shard
    batch: int = 1
    unsaid: float = 0.12  # captions left empty, for classifier-free guidance
    push: float = 1.8  # how much more often strong noise is seen, which decides where things go
    # share of clips seen as pure noise, as a painting begins: even in the schedule's strongest noise the motion is to be seen,
    # and words would not be needed; of the short ones and of whole ones
    bare: tuple[float, float] = (0.15, 0.3)


def make_adapter(unet: UNet2DConditionModel) -> MotionAdapter:
    """A new motion module, which adds nothing yet."""
    adapter = MotionAdapter(
        block_out_channels=tuple(unet.config.block_out_channels),
        motion_layers_per_block=unet.config.layers_per_block,
        motion_num_attention_heads=HEADS,
        motion_norm_num_groups=unet.config.norm_num_groups,
        motion_max_seq_length=MAX_FRAMES,
        use_motion_mid_block=True,
    )
    for name, parameter in adapter.named_parameters():
        if ".proj_out." in name:
            torch.nn.init.zeros_(parameter)
    return adapter


def join(unet: UNet2DConditionModel, adapter: MotionAdapter) -> UNetMotionModel:
    """The UNet for clips; its temporal layers are the adapter's own, so that training it trains the adapter."""
    joined = UNetMotionModel.from_unet2d(unet, adapter).requires_grad_(False)
    for mine, theirs in zip(
        (*joined.down_blocks, joined.mid_block, *joined.up_blocks),
        (*adapter.down_blocks, adapter.mid_block, *adapter.up_blocks),
        strict=True,
    ):
        mine.motion_modules = theirs.motion_modules
    return joined


class MotionLoss:
    """step -> mean squared error of the v predicted for clips."""

    def __init__(
        self,
        unet: UNetMotionModel,
        text: CLIPTextModel,
        shards: Shards,
        recipe: MotionRecipe,
        empty_ids: torch.Tensor,
        device: str,
    ):
        self.unet, self.text, self.shards, self.recipe = unet, text, shards, recipe
        self.empty_ids, self.device = empty_ids, device
        alphas = make_scheduler().alphas_cumprod
        self.signal, self.noise = alphas.sqrt(), (1 - alphas).sqrt()
        self.recent: list[float] = []

    def __call__(self, step: int) -> torch.Tensor:
        rng = np.random.default_rng([self.shards.seed, 8, step])
        pool = self.shards.first(self.recipe.shards + step // self.recipe.grow_every)
        short = step < self.recipe.steps * self.recipe.short
        frames = self.recipe.short_frames if short else FRAMES
        picked = [self._pick(pool[rng.integers(len(pool))], rng, frames) for _ in range(self.recipe.batch)]
        latents, ids = (torch.stack(parts) for parts in zip(*picked, strict=True))
        loss = self.loss(latents, ids, self.recipe.bare[not short], rng)
        self._log(step, float(loss.detach()))
        return loss

    def _pick(self, clips: Clips, rng: np.random.Generator, frames: int) -> tuple[torch.Tensor, torch.Tensor]:
        """So many frames in a row of a clip, forwards or backwards, and one wording."""
        row, start = rng.integers(len(clips.latents)), rng.integers(FRAMES - frames + 1)
        backwards = int(bool(clips.reversible[row]) and rng.random() < 0.5)
        latents = clips.latents[row, start : start + frames]
        ids = clips.ids[row, backwards, rng.integers(clips.ids.shape[2])].long()
        return latents.flip(0) if backwards else latents, self.empty_ids if rng.random() < self.recipe.unsaid else ids

    def loss(self, latents: torch.Tensor, ids: torch.Tensor, bare: float, rng: np.random.Generator) -> torch.Tensor:
        """Latents (B, F, 4, h, w), ids (B, 77) -> mean squared error."""
        noisy, t, wanted = self.noised(latents.float().transpose(1, 2), bare, rng)
        with autocast(self.device):
            states = self.text(ids.to(self.device)).last_hidden_state
            made = self.unet(noisy.to(self.device), t.to(self.device), spread(states, latents.shape[1])).sample
        return nnf.mse_loss(made.float(), wanted.to(self.device))

    def noised(
        self, latents: torch.Tensor, share: float, rng: np.random.Generator
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Latents (B, 4, F, h, w) -> noisy ones, their steps (B,), and the v that should be predicted.

        A share of the clips is noise alone at a late step, with the v that leads to the clip from there.
        """
        count, push = len(latents), self.recipe.push
        strata = (rng.permutation(count) + rng.random(count)) / count
        strata = push * strata / (1 + (push - 1) * strata)
        bare = rng.random(count) < share
        t = torch.from_numpy((np.where(bare, 0.9 + 0.1 * strata, strata) * 1000).astype(np.int64)).clamp_(0, 999)
        dice = torch.Generator().manual_seed(int(rng.integers(2**62)))
        noise = torch.randn(latents.shape, generator=dice)
        noise += OFFSET * torch.randn((count, 4, 1, 1, 1), generator=dice)
        a, b = (table[t].view(-1, 1, 1, 1, 1) for table in (self.signal, self.noise))
        noisy = torch.where(torch.from_numpy(bare).view(-1, 1, 1, 1, 1), noise, a * latents + b * noise)
        return noisy, t, (a * noisy - latents) / b

    def _log(self, step: int, loss: float, every: int = 25) -> None:
        self.recent.append(loss)
        if (step + 1) % every == 0:
            print(f"motion: step {step + 1}, loss {np.mean(self.recent[-every:]):.4f}, {len(self.shards)} shards", flush=True)


def spread(states: torch.Tensor, frames: int) -> torch.Tensor:
    """Text states (B, 77, C) for every frame: (B * frames, 77, C)."""
    return states.repeat_interleave(frames, dim=0)


def train(out: Path, recipe: MotionRecipe, *, seed: int, device: str, resume: bool) -> MotionAdapter:
    """Train to the end of the recipe; the averaged weights are in the adapter."""
    torch.manual_seed(seed)
    unet, text, vae = (part.to(device).requires_grad_(False).eval() for part in load_folder(BUNDLED))
    tokenizer = load_tokenizer(BUNDLED / "tokenizer")
    adapter = make_adapter(unet).to(device)
    joined = join(unet, adapter).to(memory_format=torch.channels_last)
    shards = Shards(vae, tokenizer, out, seed, device, recipe.clips)
    empty = torch.from_numpy(encode_text(tokenizer, [""]))[0]
    make_trainer(adapter, recipe, out).run(MotionLoss(joined, text, shards, recipe, empty, device), resume=resume)
    return adapter


def make_trainer(adapter: MotionAdapter, recipe: MotionRecipe, out: Path) -> Trainer:
    """The training of one adapter, whose state is in OUT/motion.pt."""
    return Trainer({"motion": adapter}, Curve(recipe.steps, recipe.peak, recipe.warm_up), out / "motion.pt", decay=0.995)


def load_averaged(out: Path) -> MotionAdapter:
    """The averaged weights that DIR/motion.pt holds."""
    adapter = make_adapter(load_folder(BUNDLED)[0])
    state = torch.load(out / "motion.pt", map_location="cpu", weights_only=True)
    for parameter, value in zip(adapter.parameters(), state["average"], strict=True):
        parameter.data.copy_(value)
    return adapter.eval()


def export(adapter: MotionAdapter, folder: Path) -> None:
    """Write config.json, weights in fp16 and the card."""
    adapter.half().save_pretrained(folder, safe_serialization=True)
    if CARD.exists():
        (folder / "README.md").write_text(CARD.read_text(encoding="utf-8"), encoding="utf-8")
    for file in folder.iterdir():
        file.chmod(0o644)  # safetensors writes for the owner alone


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        prog="python -m tools.tiny_model.train_motion", description="Train a motion module for the small model."
    )
    parser.add_argument("--out", type=Path, required=True, help="folder for motion.pt and the drawn clips' latents")
    parser.add_argument("--steps", type=int, default=MotionRecipe.steps)
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--threads", type=int, default=1, help="on the CPU")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--resume", action="store_true", help="go on from DIR/motion.pt")
    parser.add_argument("--export", type=Path, metavar="FOLDER", help="write what DIR/motion.pt holds, and do not train")
    options = parser.parse_args(arguments)
    torch.set_num_threads(options.threads)
    options.out.mkdir(parents=True, exist_ok=True)
    if options.export:
        export(load_averaged(options.out), options.export)
    else:
        recipe = MotionRecipe(steps=options.steps)
        train(options.out, recipe, seed=options.seed, device=options.device, resume=options.resume)


if __name__ == "__main__":
    main()
