"""Pictures with their maps and captions, chunk by chunk, each drawn by whichever process is free. Knows nothing of torch,
so that such a process starts at once.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from .maps import choose_scene, draw_map, draw_scene, say_scene

CHUNK = 16  # pictures drawn at once
WORDINGS = 4  # captions of each


@dataclass(frozen=True)
class Size:
    """Pictures of one size: how many are drawn at most, and how many make a batch where that of 128² is 256."""

    height: int
    width: int
    count: int
    batch: int


SIZES = (Size(128, 128, 12000, 256), Size(256, 256, 6000, 64), Size(384, 384, 1500, 28), Size(288, 512, 1500, 28))


@dataclass(frozen=True)
class Job:
    """One chunk to draw: the pictures `start` .. `start + CHUNK` of one size."""

    net: str
    seed: int
    size: int  # index into SIZES
    start: int
    held_out: bool = False


@dataclass(frozen=True)
class Drawn:
    """Pictures and maps (n, H, W, 3) uint8, and WORDINGS captions of each, in a row."""

    size: int
    pictures: np.ndarray
    maps: np.ndarray
    texts: list[str]


def draw_chunk(job: Job) -> Drawn:
    """Run in a process of its own."""
    cv2.setNumThreads(1)
    rng = np.random.default_rng([job.seed, 5, job.size, job.start, int(job.held_out)])
    size, pictures, maps, texts = SIZES[job.size], [], [], []
    for _ in range(CHUNK):
        scene = choose_scene(rng, job.net, held_out=job.held_out)
        picture = draw_scene(scene, size.height, size.width)
        pictures.append(picture)
        maps.append(draw_map(job.net, scene, picture, rng))
        texts += [say_scene(scene, rng) for _ in range(WORDINGS)]
    return Drawn(job.size, np.stack(pictures), np.stack(maps), texts)


def jobs(net: str, seed: int, sizes: int) -> list[Job]:
    """All chunks of the first so many sizes, which grow side by side."""
    every = [
        Job(net, seed, i, start) for i, size in enumerate(SIZES[:sizes]) for start in range(0, size.count - CHUNK + 1, CHUNK)
    ]
    return sorted(every, key=lambda job: job.start / SIZES[job.size].count)
