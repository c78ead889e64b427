"""Frames between frames: how near they are to frames that were held back, and what one costs, beside a mere dissolve.

Every second frame of a scene is taken away and made again. PSNR is in decibels.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple

import cv2
import numpy as np

from lib_anim.images.frame import Frame
from lib_anim.images.interpolate import Between, blended, followed

SIZE = 512
PAIRS = 4
WAYS: dict[str, Between] = {"Blend": blended, "Flow": followed}


class Scene(NamedTuple):
    """`ground` is seen by a camera that goes on by `pan` pixels a frame, turns and moves in; `walk` is how many pixels a frame
    discs of other textures go their own ways over it, at the most."""

    ground: Frame
    pan: tuple[float, float]
    walk: float
    discs: tuple[Frame, ...]

    def at(self, t: float) -> Frame:
        """Return the picture at frame `t`, a whole number or not."""
        zoom, turn = 1.0 - 0.003 * t, 0.004 * t
        cos, sin = np.cos(turn) * zoom, np.sin(turn) * zoom
        window = np.array([[cos, -sin, 250 + self.pan[0] * t], [sin, cos, 240 + self.pan[1] * t]])
        picture = _seen(self.ground, window)
        for n, disc in enumerate(self.discs):
            x, y = 140 + 115 * n + self.walk * (1 - n) * t, 150 + 100 * n + self.walk * 0.75 * (n - 1) * t
            cover = _disc(x, y, 75 - 17 * n)
            picture = picture * (1 - cover) + _seen(disc, np.array([[1, 0, 256 - x], [0, 1, 256 - y]])) * cover
        return np.clip(np.rint(picture), 0, 255).astype(np.uint8)


def run() -> None:
    """Print the tables."""
    print(f"\nframes between frames, {SIZE}x{SIZE}: {'dB':>40}")
    for name, scene in scenes().items():
        told = "".join(f"{way:>8}{_psnr(scene, between):7.1f}" for way, between in WAYS.items())
        print(f"{name:58}{told}", flush=True)
    frames = [next(iter(scenes().values())).at(t) for t in (0, 2)]
    print(f"\nmilliseconds of CPU a frame, {SIZE}x{SIZE}, one thread")
    blur = _cpu_ms(lambda: cv2.GaussianBlur(frames[0], (0, 0), 3.0))
    print(f"{'GaussianBlur of sigma 3, to compare machines':58}{blur:8.1f}")
    for shares in ([0.5], [0.25, 0.5, 0.75]):
        for way, between in WAYS.items():
            cost = _cpu_ms(lambda way=between, at=shares: list(way(*frames, at))) / len(shares)
            print(f"{way + f', {len(shares)} between two':58}{cost:8.1f}{cost / blur:8.1f} blurs", flush=True)


def scenes() -> dict[str, Scene]:
    """Return the scenes by name, from slow to fast."""
    from tools.tiny_model.landscape import choose_land, draw_land

    discs = tuple(_texture(14 + n, 512, 7) for n in range(3))
    rng = np.random.default_rng(3)
    land = np.ascontiguousarray(cv2.resize(_drawn(draw_land, choose_land(rng)), (1024, 1024), interpolation=cv2.INTER_CUBIC))
    return {
        f"{name}, {pan[0]:g} pixels a frame, discs {walk:g}": Scene(ground, pan, walk, discs)
        for name, ground, speeds in (
            ("texture", _texture(5, 1024, 14), (4.0, 8.0, 16.0)),
            ("fine texture", _texture(5, 1024, 56), (2.0, 4.0, 8.0)),
            ("landscape of the small model", land, (4.0, 8.0, 16.0)),
        )
        for pan, walk in (((speed, 0.4 * speed), speed / 2) for speed in speeds)
    }


def _drawn(draw: Callable[..., np.ndarray], land: object) -> Frame:
    from tools.tiny_model.canvas import View

    return (draw(land, View(768, 768)) * 255 + 0.5).astype(np.uint8)


def _texture(seed: int, side: int, cells: int) -> Frame:
    """Draw spots of six sizes, the larger the stronger, as in photographs."""
    rng, picture, weight = np.random.default_rng(seed), np.zeros((side, side, 3)), 1.0
    for octave in range(6):
        rough = rng.uniform(0.0, 1.0, (cells * 2**octave, cells * 2**octave, 3))
        picture += weight * cv2.resize(rough, (side, side), interpolation=cv2.INTER_CUBIC)
        weight *= 0.55
    low, high = picture.min(axis=(0, 1)), picture.max(axis=(0, 1))
    return (255.0 * (picture - low) / (high - low)).astype(np.uint8)


def _seen(ground: Frame, window: np.ndarray) -> np.ndarray:
    how = {"flags": cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP, "borderMode": cv2.BORDER_REFLECT}
    return cv2.warpAffine(ground.astype(np.float32), window, (SIZE, SIZE), **how)


def _disc(x: float, y: float, radius: float) -> np.ndarray:
    down, right = np.mgrid[0:SIZE, 0:SIZE]
    return np.clip(radius + 0.5 - np.hypot(right - x, down - y), 0, 1)[..., None]


def _psnr(scene: Scene, between: Between) -> float:
    errors = []
    for t in range(0, 2 * PAIRS, 2):
        (made,) = between(scene.at(t), scene.at(t + 2), [0.5])
        errors.append(np.mean((made.astype(float) - scene.at(t + 1)) ** 2))
    return float(10 * np.log10(255**2 / np.mean(errors)))


def _cpu_ms(work: Callable[[], object], runs: int = 15) -> float:
    """Return the least time of this process for `work`, which others on the machine disturb less than that of the clock."""
    times = []
    for _ in range(runs):
        began = time.process_time()
        work()
        times.append((time.process_time() - began) * 1e3)
    return min(times)
