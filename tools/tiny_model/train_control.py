"""Trains one small ControlNet for the small model, by the clock: so many minutes, on whatever the machine has.

The network is diffusers' ControlNetModel with two things less than usual, so that it has 3 MB in fp16: no attention in the
middle, and a narrow way for the picture. It starts as a copy of the UNet's encoder (Zhang et al. 2023, arXiv 2302.05543).
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as nnf
from diffusers import ControlNetModel, UNet2DConditionModel
from safetensors.torch import load_file, save_file
from transformers import CLIPTextModel

from lib_anim.engines.diffusers.checkpoint import BUNDLED

from .control_drawings import SIZES, Job, draw_chunk
from .control_pool import Batch, Pool, Rows
from .data import to_tensor
from .export import load_folder
from .loop import Average, Curve
from .optimizer import make_optimizers
from .precision import autocast
from .tokenizer import encode as encode_text
from .tokenizer import load_tokenizer
from .train_paint import Noising
from .train_vae import encode as encode_picture

WAY = (16, 16, 24, 32)  # widths of the convolutions that the control picture goes through
TURNS = (0, 1, 2, 0, 1, 3)  # which of SIZES the steps see, round and round
UNSAID = 0.3  # captions left empty: the map alone must do, for guidance and for prompts that say little
SAVE_EVERY_S = 60
REFILL_EVERY = 4  # steps
MOMENTS = 10_000  # the training's time on the learning-rate curve


@dataclass(frozen=True)
class Options:
    """How one network is trained. `batch` is that of 128² pictures."""

    net: str
    out: Path
    minutes: float
    device: str
    batch: int
    sizes: int  # how many of SIZES
    workers: int
    seed: int = 0
    resume: bool = False
    peak: float = 1.5e-3


def make_control(unet: UNet2DConditionModel) -> ControlNetModel:
    """A new network that adds nothing yet, with the UNet's encoder inside."""
    keys = ("block_out_channels", "down_block_types", "layers_per_block", "cross_attention_dim", "attention_head_dim")
    net = ControlNetModel(
        mid_block_type="UNetMidBlock2D",
        conditioning_embedding_out_channels=WAY,
        **{key: unet.config[key] for key in keys},
    )
    mine, theirs = net.state_dict(), unet.state_dict()
    net.load_state_dict({key: theirs.get(key, value) for key, value in mine.items()})
    return net


def load_control(path: Path) -> ControlNetModel:
    """A network from NET.safetensors, in float32."""
    net = make_control(load_folder(BUNDLED)[0])
    net.load_state_dict({name: value.float() for name, value in load_file(path).items()})
    return net.eval()


class ControlLoss:
    """A batch -> mean squared error of the v that the UNet predicts with the network's help."""

    def __init__(self, net: ControlNetModel, unet: UNet2DConditionModel, text: CLIPTextModel, device: str):
        self.net, self.unet, self.text, self.device = net, unet, text, device
        self.noising = Noising(0.5, 0.1, device)

    def __call__(self, batch: Batch, rng: np.random.Generator, weight: float = 1) -> torch.Tensor:
        noisy, t, wanted = self.noising(batch.latents, rng)
        with autocast(self.device):
            with torch.no_grad():
                states = self.text(batch.ids).last_hidden_state
            down, middle = self.net(noisy, t, states, controlnet_cond=batch.maps, return_dict=False)
            made = self.unet(
                noisy,
                t,
                states,
                down_block_additional_residuals=[weight * part for part in down],
                mid_block_additional_residual=weight * middle,
            ).sample
        return nnf.mse_loss(made.float(), wanted)


class ControlTrainer:
    """One training: networks, pictures, optimizers, and what is written."""

    def __init__(self, options: Options):
        self.options, device = options, options.device
        torch.manual_seed(options.seed)
        unet, text, vae = (part.to(device).requires_grad_(False).eval() for part in load_folder(BUNDLED))
        self.unet, self.vae = unet.to(memory_format=torch.channels_last), vae
        self.tokenizer = load_tokenizer(BUNDLED / "tokenizer")
        self.empty = torch.from_numpy(encode_text(self.tokenizer, [""]))[0].to(device)
        self.net = make_control(unet).to(device, memory_format=torch.channels_last).train()
        self.loss = ControlLoss(self.net, self.unet, text, device)
        self.curve = Curve(steps=MOMENTS, peak=options.peak)
        self.optimizers = make_optimizers([self.net], options.peak, weight_decay=0.01)
        self.average = Average(self.net.parameters(), decay=0.999)
        self.step, self.seconds = 0, 0.0

    @torch.no_grad()
    def encode(self, pictures: np.ndarray) -> torch.Tensor:
        """(n, H, W, 3) uint8 -> latents of spread 1, float16."""
        with autocast(self.options.device):
            mean = encode_picture(self.vae, to_tensor(pictures, self.options.device))
        return (mean.float() * self.vae.config.scaling_factor).half()

    def tokenize(self, texts: list[str]) -> np.ndarray:
        return encode_text(self.tokenizer, texts)

    def run(self) -> None:
        """Train until the minutes are over; what there is by then is in OUT/NET.safetensors."""
        options = self.options
        if options.resume and self._state_file.exists():
            self._load()
        pool = Pool(options.net, options.seed, options.sizes, options.workers, self.encode, self.tokenize, options.device)
        try:
            unseen = self._unseen()
            while not all(rows.filled for rows in pool.rows):
                pool.refill(wait_s=1)
            self._train(pool, unseen)
        finally:
            pool.close()

    def _train(self, pool: Pool, unseen: list[Batch]) -> None:
        begun, saved, losses = time.monotonic() - self.seconds, time.monotonic(), []
        while self.seconds < 60 * self.options.minutes:
            if self.step % REFILL_EVERY == 0:
                pool.refill()
            losses.append(self._advance(pool))
            self.seconds = time.monotonic() - begun
            if time.monotonic() - saved > SAVE_EVERY_S:
                self._report(losses, unseen, pool)
                saved, losses = time.monotonic(), []
        self._report(losses, unseen, pool)

    def _advance(self, pool: Pool) -> torch.Tensor:
        rng = np.random.default_rng([self.options.seed, 6, self.step])
        for group in (g for o in self.optimizers for g in o.param_groups):
            group["lr"] = self.curve.rate(int(self.seconds / (60 * self.options.minutes) * MOMENTS) + 1)
        which = TURNS[self.step % len(TURNS)] % len(pool.rows)
        batch = pool.rows[which].pick(rng, max(SIZES[which].batch * self.options.batch // SIZES[0].batch, 1))
        batch.ids[torch.from_numpy(rng.random(len(batch.ids)) < UNSAID).to(self.empty.device)] = self.empty
        loss = self.loss(batch, rng)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.net.parameters(), 1.0)
        for optimizer in self.optimizers:
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        self.step += 1
        self.average.update(self.step)
        return loss.detach()  # not a number yet, so that the processor need not wait for the card

    def _unseen(self) -> list[Batch]:
        """Two chunks of scenes that are kept for the evaluation."""
        batches = []
        for size in range(min(self.options.sizes, 2)):
            chunk = draw_chunk(Job(self.options.net, self.options.seed, size, 0, held_out=True))
            rows = Rows.room(SIZES[size], self.options.device)
            rows.add(self.encode(chunk.pictures), chunk.maps, self.tokenize(chunk.texts))
            batches.append(rows.pick(np.random.default_rng(0), min(32, self.options.batch)))
        return batches

    @torch.no_grad()
    def _unseen_loss(self, unseen: list[Batch], weight: float) -> float:
        rng = np.random.default_rng(1)
        return float(np.mean([float(self.loss(batch, rng, weight)) for batch in unseen for _ in range(2)]))

    def _report(self, losses: list[torch.Tensor], unseen: list[Batch], pool: Pool) -> None:
        """Write what there is, and print how good it is."""
        with self.averaged():
            with_it, without = (self._unseen_loss(unseen, weight) for weight in (1, 0))
            self._write_net()
        self._save()
        loss = float(torch.stack(losses).mean()) if losses else float("nan")
        drawn = "+".join(str(rows.filled) for rows in pool.rows)
        print(
            f"{self.options.net}: {self.seconds / 60:.1f} min, step {self.step}, loss {loss:.4f}; on unseen pictures"
            f" {with_it:.4f}, without the net {without:.4f}; {drawn} drawn",
            flush=True,
        )

    @contextmanager
    def averaged(self) -> Iterator[None]:
        """The averaged weights are in the network for as long as this lasts."""
        parameters = list(self.net.parameters())
        kept = [p.detach().clone() for p in parameters]
        self.average.copy_to_model()
        yield
        for p, value in zip(parameters, kept, strict=True):
            p.data.copy_(value)

    def _write_net(self) -> None:
        weights = {name: value.half().contiguous().cpu() for name, value in self.net.state_dict().items()}
        part = self.options.out / f"{self.options.net}.part"
        save_file(weights, part, metadata={"format": "pt"})
        part.replace(self.options.out / f"{self.options.net}.safetensors")

    @property
    def _state_file(self) -> Path:
        return self.options.out / f"{self.options.net}.pt"

    def _save(self) -> None:
        state = {"step": self.step, "seconds": self.seconds, "net": self.net.state_dict()}
        state["optimizers"] = [_lighter(o.state_dict()) for o in self.optimizers]
        state["average"] = _lighter(self.average.shadow)
        part = self._state_file.with_suffix(".part2")
        torch.save(state, part)
        part.replace(self._state_file)

    def _load(self) -> None:
        state = torch.load(self._state_file, map_location=self.options.device, weights_only=True)
        self.net.load_state_dict(state["net"])
        for optimizer, stored in zip(self.optimizers, state["optimizers"], strict=True):
            optimizer.load_state_dict(stored)
        for mine, stored in zip(self.average.shadow, state["average"], strict=True):
            mine.copy_(stored)
        self.step, self.seconds = state["step"], state["seconds"]


def _lighter(state: Any) -> Any:
    """The same with its float32 arrays as bfloat16, so that a state stays small."""
    if isinstance(state, dict):
        return {key: _lighter(value) for key, value in state.items()}
    if isinstance(state, list):
        return [_lighter(value) for value in state]
    large = isinstance(state, torch.Tensor) and state.numel() > 1 and state.dtype == torch.float32
    return state.bfloat16() if large else state
