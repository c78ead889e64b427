"""How long after the last frame the video is complete, beside ffmpeg fed the same frames with its usual settings."""

from __future__ import annotations

import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.measure import head, row
from lib_anim.images.test_card import test_card
from lib_anim.media.encode import VideoWriter, find_ffmpeg

FRAMES = 40


def run() -> None:
    """Print the table."""
    head("video, seconds from the last frame to the finished file")
    for size, pause in ((512, 0.05), (1024, 0.2)):
        with tempfile.TemporaryDirectory() as folder:
            pictures = _pictures(size)
            ours, plain = _ours(Path(folder), size, pictures, pause), _plain(Path(folder), size, pictures, pause)
        row(f"{size}x{size}, a frame every {pause * 1e3:.0f} ms", ours, plain, "s ")


def _pictures(size: int) -> list[np.ndarray]:
    rng, card = np.random.default_rng(0), test_card((size, size))
    return [np.roll(card, k * 3, 1) + rng.integers(0, 12, card.shape).astype(np.uint8) for k in range(8)]


def _ours(folder: Path, size: int, pictures: list[np.ndarray], pause: float) -> float:
    writer = VideoWriter(folder / "ours.mp4", (size, size), 12)
    for k in range(FRAMES):
        time.sleep(pause)
        writer.write(pictures[k % 8])
    began = time.perf_counter()
    writer.close()
    return time.perf_counter() - began


def _plain(folder: Path, size: int, pictures: list[np.ndarray], pause: float) -> float:
    command = [
        find_ffmpeg(),
        "-loglevel",
        "error",
        "-f",
        "rawvideo",
        "-pix_fmt",
        "rgb24",
        "-s",
        f"{size}x{size}",
        "-r",
        "12",
        "-i",
        "-",
    ]
    command += [
        "-c:v",
        "libx264",
        "-crf",
        "17",
        "-pix_fmt",
        "yuv420p",
        "-movflags",
        "+faststart",
        "-y",
        str(folder / "plain.mp4"),
    ]
    process = subprocess.Popen(command, stdin=subprocess.PIPE)
    for k in range(FRAMES):
        time.sleep(pause)
        process.stdin.write(pictures[k % 8].tobytes())
    began = time.perf_counter()
    process.stdin.close()
    process.wait()
    return time.perf_counter() - began
