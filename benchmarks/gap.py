"""What stands between two calls of the engine: a film's own work, beside plain OpenCV doing the same in line."""

from __future__ import annotations

import statistics
import tempfile
import time
from contextlib import closing

import cv2
import numpy as np

from benchmarks.measure import head, row
from lib_anim.engines.base import Sampled, SampleRequest
from lib_anim.engines.preview import Passthrough
from lib_anim.features.open import make_shot
from lib_anim.images.camera import move_3d
from lib_anim.images.noise import _gradient_noise, generator
from lib_anim.images.test_card import test_card
from lib_anim.plan.plan import make_plan
from lib_anim.runs.film import film
from lib_anim.runs.folder import RunFolder
from lib_anim.runs.prefetch import Prefetch
from lib_anim.settings import settings as settings_file
from lib_anim.shot.reel import Reel
from lib_anim.shot.steps import Tools

FILM = {"anim_version": "bench", "seed": 1, "max_frames": 48, "amount_schedule": "0:(0.1)", "noise_schedule": "0:(0.065)"}
CAMERAS = {
    "2D": {"animation_mode": "2D", "zoom": "0:(1.02)", "angle": "0:(0.5)"},
    "3D flat": {"animation_mode": "3D", "translation_z": "0:(2)", "rotation_3d_y": "0:(0.5)", "use_depth_warping": False},
    "3D with depth": {"animation_mode": "3D", "translation_z": "0:(2)", "rotation_3d_y": "0:(0.5)", "depth_map": "given"},
}
RUNS = 5  # of a film to disk and of its plain work, in turn; the medians are printed


def run() -> None:
    """Print the table."""
    for size in (512, 1024):
        for paints_ms in (0, 100):
            head(f"gap, {size}x{size}, an engine of {paints_ms} ms")
            for cadence in (1, 4):
                for name, camera in CAMERAS.items():
                    row(
                        f"{name}, cadence {cadence}",
                        _gap(size, cadence, camera, paints_ms),
                        _plain(size, cadence, name, paints_ms),
                    )

    head("gap in a run, an engine of 150 ms, PNG files and x264 written meanwhile")
    for size in (512, 1024):
        for name in ("2D", "3D flat"):
            pairs = [(_run_gap(size, name), _plain(size, 1, name, 150)) for _ in range(RUNS)]
            row(f"{size}x{size}, {name}, cadence 1", *(statistics.median(each) for each in zip(*pairs, strict=True)))
    head("gap in a run that is filmed backwards, beside the same film forwards")
    for size in (512, 1024):
        pairs = [(_run_gap(size, "3D flat", reverse=True), _run_gap(size, "3D flat")) for _ in range(RUNS)]
        row(f"{size}x{size}, 3D flat, cadence 1", *(statistics.median(each) for each in zip(*pairs, strict=True)))


class _Slow(Passthrough):
    """Takes as long as a card takes for a picture, without using the processor."""

    def paint(self, request: SampleRequest) -> Sampled:
        time.sleep(0.15)
        return super().paint(request)


def _run_gap(size: int, camera: str, **changes: object) -> float:
    """`gap_ms` of summary.json, of a film of 30 frames on disk."""
    size_and_length = {"W": size, "H": size, "diffusion_cadence": 1, "max_frames": 30}
    settings = settings_file.parse({**FILM, **CAMERAS[camera], **size_and_length, **changes})
    prefetch = Prefetch()
    shot = make_shot(make_plan(settings), Tools(prefetch=prefetch))
    with tempfile.TemporaryDirectory() as out, closing(RunFolder.create(out, "film", settings)) as folder, closing(prefetch):
        return float(film(shot, _Slow(), folder, prefetch=prefetch)["gap_ms"])


def _depth(size: int) -> np.ndarray:
    x, y = np.meshgrid(np.linspace(0, 4, size), np.linspace(0, 3, size))
    return (0.5 + 0.4 * np.sin(x) * np.cos(y)).astype(np.float32)


def _gap(size: int, cadence: int, camera: dict, paints_ms: float) -> float:
    """Median milliseconds from one answer to the next request; frames are drained outside, as in a run."""
    prefetch = Prefetch()
    settings = settings_file.parse(
        {**FILM, **camera, "W": size, "H": size, "diffusion_cadence": cadence, "max_frames": 12 * cadence}
    )
    reel = Reel(make_shot(make_plan(settings), Tools(prefetch=prefetch, grey=lambda _: _depth(size))))
    engine, gaps, answered = Passthrough(), [], None
    while True:
        take = reel.ask()
        if answered is not None:
            gaps.append((time.perf_counter() - answered) * 1e3)
        if take is None:
            break
        prefetch.engine_paints.set()
        time.sleep(paints_ms / 1e3)
        answers = engine.sample_take(take)
        prefetch.engine_paints.clear()
        answered = time.perf_counter()
        frames = reel.take(answers)
        taken = time.perf_counter()
        for _ in frames:
            pass
        answered += time.perf_counter() - taken  # what the writer's thread does does not stand in the way
    prefetch.close()
    return statistics.median(gaps[1:-1])


def _plain(size: int, cadence: int, name: str, paints_ms: float) -> float:
    """The same operations in line: move, LAB match, sharpen, noise, and the LAB match after painting."""
    frame, reference = test_card((size, size)), _lab_cdfs(test_card((size, size)))
    matrix = cv2.getRotationMatrix2D((size / 2, size / 2), 0.5, 1.02)
    depth = 2.0 - _depth(size) if name == "3D with depth" else None
    times = []
    for k in range(12):
        time.sleep(paints_ms / 1e3)
        began = time.perf_counter()
        moved = frame
        for _ in range(cadence):
            if name == "2D":
                moved = cv2.warpAffine(moved, matrix, (size, size), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
            else:
                grid = move_3d((size, size), translate=(0, 0, 2), rotate_deg=(0, 0.5, 0), depth=depth).grid
                moved = cv2.remap(moved, grid, None, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
        moved = _lab_match(moved, reference)
        moved = cv2.addWeighted(moved, 1.1, cv2.GaussianBlur(moved, (5, 5), 1), -0.1, 0)
        cv2.add(moved, _plain_noise(size, k), dtype=cv2.CV_8U)
        _lab_match(frame, reference)
        times.append((time.perf_counter() - began) * 1e3)
    return statistics.median(times[2:])


def _plain_noise(size: int, seed: int) -> np.ndarray:
    """cv2's normal noise times four octaves of Perlin noise at full size."""
    rng, cloud = generator(1, seed), np.full((size, size), 0.5, np.float32)
    for k in range(4):
        cloud += _gradient_noise(8 << k, 8 << k, size // (8 << k), rng) * np.float32(0.7071 * 0.5**k)
    grain = cv2.randn(np.empty((3 * size, size), np.float32), 0, 1).reshape(3, size, size)
    grain *= cloud
    whole = cv2.merge(list(np.clip(grain, -1.0, 1.0, out=grain)))
    return cv2.addWeighted(whole, 8.3, whole, 0.0, 0.0, dtype=cv2.CV_16S)


def _lab_cdfs(frame: np.ndarray) -> list[np.ndarray]:
    lab = cv2.cvtColor(frame, cv2.COLOR_RGB2LAB)
    return [np.cumsum(cv2.calcHist([lab], [c], None, [256], [0, 256]).ravel()) for c in range(3)]


def _lab_match(frame: np.ndarray, reference: list[np.ndarray]) -> np.ndarray:
    lab = cv2.cvtColor(frame, cv2.COLOR_RGB2LAB)
    table = np.empty((1, 256, 3), np.uint8)
    for c in range(3):
        own = np.cumsum(cv2.calcHist([lab], [c], None, [256], [0, 256]).ravel())
        table[0, :, c] = np.interp(own, reference[c], np.arange(256))
    return cv2.cvtColor(cv2.LUT(lab, table), cv2.COLOR_LAB2RGB)
