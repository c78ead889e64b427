"""Schedules that follow a song: hearing it once, and every look at the page after that."""

from __future__ import annotations

import tempfile
import wave
from pathlib import Path

import numpy as np

from benchmarks.measure import head, median_ms, row
from lib_anim.media import audio
from lib_anim.media.sound import read_sound
from lib_anim.plan.plan import make_plan
from lib_anim.settings import settings as settings_file

SECONDS, RATE, FPS = 300, 44_100, 24
FILM = {"anim_version": "bench", "seed": 1, "max_frames": SECONDS * FPS, "fps": FPS}
FORMULAS = {"zoom": "0:(1 + 0.04*beat)", "angle": "0:(band(20, 120))", "translation_x": "0:(onset + rms)"}


def run() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as folder:
        song = Path(folder) / "song.wav"
        _write(song)
        film = settings_file.parse({**FILM, **FORMULAS, "soundtrack_path": str(song)})
        head(f"sound: {SECONDS} s of it, beside ffmpeg's decoding alone")
        row("heard, its beats found", median_ms(lambda: _heard(song), 3, 1), median_ms(lambda: _decoded(song), 3, 1))
        head(f"sound: the plan of {SECONDS * FPS} frames once it is known, beside the plan without it")
        row("three formulas", median_ms(lambda: make_plan(film)), median_ms(lambda: make_plan(settings_file.parse(FILM))))


def _heard(song: Path) -> None:
    audio._read.cache_clear()
    audio.Sound.read(song, SECONDS).beats()


def _decoded(song: Path) -> None:
    for _ in read_sound(song, audio.RATE, SECONDS):
        pass


def _write(path: Path) -> None:
    """Noise that is struck twice a second, in stereo."""
    times = np.arange(SECONDS * RATE) / RATE
    struck = np.random.default_rng(1).normal(0, 0.2, len(times)) * np.exp(-8 * (times % 0.5))
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes((np.repeat(struck, 2).clip(-1, 1) * 32_767).astype("<i2").tobytes())
