"""Pictures with their maps and captions, drawn ahead by other processes while a control network trains on the first ones.

What is drawn depends on the seed alone; how much of it is there at a step depends on the machine.
"""

from __future__ import annotations

import contextlib
import multiprocessing
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import torch

from .control_drawings import SIZES, WORDINGS, Drawn, Size, draw_chunk, jobs


@dataclass(frozen=True)
class Batch:
    """Latents (B, 4, H/8, W/8) float32, maps (B, 3, H, W) float32 in 0..1, ids (B, 77)."""

    latents: torch.Tensor
    maps: torch.Tensor
    ids: torch.Tensor


@dataclass
class Rows:
    """Room for all pictures of one size; the first `filled` rows are there."""

    latents: torch.Tensor
    maps: torch.Tensor
    ids: torch.Tensor
    filled: int = field(default=0)

    @classmethod
    def room(cls, size: Size, device: str) -> Rows:
        h, w = size.height, size.width
        return cls(
            torch.empty((size.count, 4, h // 8, w // 8), dtype=torch.float16, device=device),
            torch.empty((size.count, 3, h, w), dtype=torch.uint8, device=device),
            torch.empty((size.count, WORDINGS, 77), dtype=torch.int16, device=device),
        )

    def add(self, latents: torch.Tensor, maps: np.ndarray, ids: np.ndarray) -> None:
        """Append a chunk."""
        rows = slice(self.filled, self.filled + len(latents))
        self.latents[rows] = latents
        self.maps[rows] = torch.from_numpy(maps).permute(0, 3, 1, 2).to(self.maps.device)
        self.ids[rows] = torch.from_numpy(ids.astype(np.int16)).view(len(latents), WORDINGS, -1).to(self.ids.device)
        self.filled = rows.stop

    def pick(self, rng: np.random.Generator, count: int) -> Batch:
        """Rows at random, one wording each."""
        rows, wording = (torch.from_numpy(rng.integers(n, size=count)) for n in (self.filled, WORDINGS))
        rows, wording = rows.to(self.latents.device), wording.to(self.latents.device)
        return Batch(self.latents[rows].float(), self.maps[rows].float() / 255, self.ids[rows, wording].long())


class Pool:
    """Rows of every size, filled from worker processes whenever `refill` is called."""

    def __init__(
        self,
        net: str,
        seed: int,
        sizes: int,
        workers: int,
        encode: Callable[[np.ndarray], torch.Tensor],
        tokenize: Callable[[list[str]], np.ndarray],
        device: str,
    ):
        self.encode, self.tokenize = encode, tokenize
        self.rows = [Rows.room(size, device) for size in SIZES[:sizes]]
        self.workers = multiprocessing.get_context("spawn").Pool(workers)
        self.drawn = self.workers.imap(draw_chunk, jobs(net, seed, sizes))

    def refill(self, wait_s: float = 0) -> None:
        """Take in the next chunk if it is drawn, or drawn within wait_s: one, so that training goes on where coding is slow."""
        with contextlib.suppress(multiprocessing.TimeoutError, StopIteration):
            self._add(self.drawn.next(wait_s))

    def _add(self, chunk: Drawn) -> None:
        self.rows[chunk.size].add(self.encode(chunk.pictures), chunk.maps, self.tokenize(chunk.texts))

    def close(self) -> None:
        self.workers.terminate()
        self.workers.join()
