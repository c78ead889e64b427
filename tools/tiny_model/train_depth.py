"""Trains the small depth network on drawings whose depth is known, half of them after a round trip through the small VAE."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as nnf
from diffusers import AutoencoderKL
from safetensors.torch import load_file, save_file
from torch import nn
from tqdm import tqdm

from lib_anim.models.depth_net import layers, nearness

from .control_drawings import Size
from .data import to_pictures, to_tensor
from .depth_drawings import choose_scene, draw_window, spoil
from .loop import Curve, Trainer
from .precision import autocast


class DepthNet(nn.Module):
    """The network of lib_anim/models/depth_net.py with weights that can learn."""

    def __init__(self) -> None:
        super().__init__()
        # a module's name has no dots, so that a/b is the weights' name a.b
        self.layers = nn.ModuleDict({name.replace(".", "/"): nn.Conv2d(i, o, k) for name, (i, o, k) in layers().items()})

    def weights(self) -> dict[str, torch.Tensor]:
        """Return the weights by the names that lib_anim reads."""
        return {name.removeprefix("layers.").replace("/", "."): value for name, value in self.named_parameters()}

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        return nearness(self.weights(), pictures)


@dataclass(frozen=True)
class DepthRecipe:
    """Numbers of steps and pictures, and weights of the losses."""

    steps: int = 2400
    peak: float = 3e-3
    sizes: tuple[Size, ...] = (Size(128, 128, 2600, 16), Size(128, 224, 500, 9), Size(224, 128, 300, 9), Size(256, 256, 300, 4))
    turns: tuple[int, ...] = (0, 0, 1, 0, 0, 3, 0, 2)  # which of the sizes the steps see, round and round
    edges: float = 1.0

    def scaled(self, effort: float) -> DepthRecipe:
        """Return a recipe of so many times the steps and pictures."""
        sizes = tuple(replace(size, count=max(int(size.count * effort), 2)) for size in self.sizes)
        return replace(self, steps=max(int(self.steps * effort), 2), sizes=sizes)


@dataclass(frozen=True)
class Pool:
    """Drawings and the same after the VAE's round trip, (N, H, W, 3) uint8; nearness (N, H, W) float16."""

    drawn: np.ndarray
    decoded: np.ndarray
    nearness: np.ndarray


def draw_pool(rng: np.random.Generator, vae: AutoencoderKL, size: Size) -> Pool:
    """Draw all pictures of one size."""
    drawn = [
        draw_window(choose_scene(rng), size.height, size.width, rng)
        for _ in tqdm(range(size.count), desc=f"draw {size.width}x{size.height}", mininterval=5)
    ]
    pictures = np.stack([one.picture for one in drawn])
    return Pool(pictures, round_trip(vae, pictures), np.stack([one.nearness for one in drawn]).astype(np.float16))


@torch.no_grad()
def round_trip(vae: AutoencoderKL, pictures: np.ndarray) -> np.ndarray:
    """Return pictures (N, H, W, 3) uint8 as the painter shows them: coded and decoded."""
    return np.concatenate(
        [to_pictures(vae.decode(vae.encode(to_tensor(part)).latent_dist.mean).sample) for part in _parts(pictures, 16)]
    )


def _parts(pictures: np.ndarray, count: int) -> list[np.ndarray]:
    return [pictures[start : start + count] for start in range(0, len(pictures), count)]


class DepthLoss:
    """step -> loss, with its own pools of pictures."""

    def __init__(self, net: DepthNet, vae: AutoencoderKL, recipe: DepthRecipe, seed: int):
        self.net, self.vae, self.recipe, self.seed = net, vae, recipe, seed

    @cached_property
    def pools(self) -> list[Pool]:
        """Pictures of each size, drawn when they are first wanted."""
        return [
            draw_pool(np.random.default_rng([self.seed, 11, i]), self.vae, size) for i, size in enumerate(self.recipe.sizes)
        ]

    def batch(self, step: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Return pictures (B, 3, H, W) in -1..1, each drawn or decoded, and nearness (B, 1, H, W)."""
        rng, which = np.random.default_rng([self.seed, 12, step]), self.recipe.turns[step % len(self.recipe.turns)]
        pool = self.pools[which]
        rows = rng.integers(len(pool.drawn), size=self.recipe.sizes[which].batch)
        pictures = np.stack([spoil((pool.decoded if rng.random() < 0.5 else pool.drawn)[row], rng) for row in rows])
        return to_tensor(pictures), torch.from_numpy(pool.nearness[rows].astype(np.float32))[:, None]

    def __call__(self, step: int) -> torch.Tensor:
        pictures, wanted = self.batch(step)
        with autocast("cpu"):
            found = self.net(pictures).float()
        return nnf.l1_loss(found, wanted) + self.recipe.edges * edge_loss(found, wanted)


def edge_loss(found: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
    """Return the mean absolute difference of the gradients, at the full resolution and at a quarter."""
    total = torch.zeros(())
    for scale in (1, 4):
        a, b = (nnf.avg_pool2d(x, scale) for x in (found, wanted))
        for axis in (2, 3):
            total = total + (a.diff(dim=axis) - b.diff(dim=axis)).abs().mean()
    return total


def train_depth(vae: AutoencoderKL, recipe: DepthRecipe, folder: Path, *, seed: int, resume: bool) -> DepthNet:
    """Train the network; folder/depth.pt is the checkpoint, folder/depth.safetensors the result in fp16."""
    torch.manual_seed(seed)
    net = DepthNet()
    Trainer({"depth": net}, Curve(steps=recipe.steps, peak=recipe.peak, warm_up=60), folder / "depth.pt", decay=0.998).run(
        DepthLoss(net, vae, recipe, seed), resume=resume
    )
    _write(net, folder)
    return net


def export_average(folder: Path) -> int:
    """Write folder/depth.safetensors from the running average in folder/depth.pt; return its step."""
    state, net = torch.load(folder / "depth.pt", map_location="cpu", weights_only=True), DepthNet()
    for parameter, value in zip(net.parameters(), state["average"], strict=True):
        parameter.data.copy_(value)
    _write(net, folder)
    return int(state["step"])


def _write(net: DepthNet, folder: Path) -> None:
    """Write the weights in fp16."""
    save_file({name: value.detach().half().contiguous() for name, value in net.weights().items()}, folder / "depth.safetensors")
    (folder / "depth.safetensors").chmod(0o644)  # safetensors writes for the owner alone


def load_weights(path: Path) -> dict[str, torch.Tensor]:
    """Return the weights of a file in float32."""
    return {name: value.float() for name, value in load_file(path).items()}
