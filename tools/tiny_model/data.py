"""Pictures drawn once and kept in memory: plain ones for the VAE, captioned latents for the UNet."""

import numpy as np
import torch
from tqdm import tqdm

from .draw import choose, draw, draw_crop


def draw_pool(rng: np.random.Generator, count: int, height: int, width: int) -> np.ndarray:
    """(count, height, width, 3) uint8 of random scenes; a third of the landscapes are windows into larger ones."""
    pool = np.empty((count, height, width, 3), np.uint8)
    for i in tqdm(range(count), desc=f"draw {width}x{height}", mininterval=5):
        scene = choose(rng)
        pool[i] = draw_crop(scene, height, width, rng) if rng.random() < 0.34 else draw(scene, height, width)
    return pool


def crops(rng: np.random.Generator, pool: np.ndarray, count: int, size: int) -> np.ndarray:
    """(count, size, size, 3) random windows of random pictures of a pool, mirrored half of the time."""
    high, wide = pool.shape[1] - size + 1, pool.shape[2] - size + 1
    picked = np.stack([rng.integers(n, size=count) for n in (len(pool), high, wide)], axis=1)  # (count, 3)
    windows = np.stack([pool[i, y : y + size, x : x + size] for i, y, x in picked])
    return windows[:, :, ::-1] if rng.random() < 0.5 else windows


def to_tensor(pictures: np.ndarray, device: str = "cpu") -> torch.Tensor:
    """(B, H, W, 3) uint8 -> (B, 3, H, W) float32 in -1..1."""
    pixels = torch.from_numpy(np.ascontiguousarray(pictures)).to(device)
    return pixels.permute(0, 3, 1, 2).float().div_(127.5).sub_(1).contiguous()


def to_pictures(tensor: torch.Tensor) -> np.ndarray:
    """(B, 3, H, W) in -1..1 -> (B, H, W, 3) uint8."""
    return tensor.float().add(1).mul(127.5).round().clamp(0, 255).byte().permute(0, 2, 3, 1).cpu().numpy()
