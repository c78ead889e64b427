"""Sound through ffmpeg: whether a file has some, its samples, and a part of it added to a video."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lib_anim.media.encode import COPYING_S, LOOKING_S, QUIET, find_ffmpeg, put_in_place, run_into, source
from lib_anim.media.processes import killed_after, run, start

Samples = NDArray[np.float32]  # (n,), -1..1

_PIECE = 2**19  # bytes of sound in a chunk: twelve seconds
_COPIED = 5_000_000  # bytes of a film that are copied in a second at least


@dataclass(frozen=True)
class Cut:
    """A part of a sound: from `start_s`, `length_s` of it or all, played `speed` times as fast at the same pitch."""

    start_s: float = 0.0
    length_s: float | None = None
    speed: float = 1.0


_WHOLE = Cut()


def add_sound(video: Path, sound: Path, *, cut: Cut = _WHOLE, ffmpeg: str | None = None) -> None:
    """Add a part of a sound to a video in place, cut to the video's length or padded with silence.

    The pictures are not re-encoded. Raises VideoError.
    """
    beside = video.with_name(f"{video.stem}.part{video.suffix}")
    part = ["-ss", f"{cut.start_s:.6f}", *([] if cut.length_s is None else ["-t", f"{cut.length_s:.6f}"])]
    taken = [*source(video), *part, *source(sound), "-map", "0:v:0", "-map", "1:a:0"]
    tempo = ",".join((*_tempos(cut.speed), "apad"))
    coded = ["-c:v", "copy", "-af", tempo, "-c:a", "aac", "-b:a", "192k", "-shortest", "-movflags", "+faststart"]
    command = [find_ffmpeg(ffmpeg), *QUIET, *taken, *coded, "-y", str(beside)]
    run_into(beside, command, COPYING_S + video.stat().st_size / _COPIED)
    put_in_place(beside, video)


def _tempos(speed: float) -> Iterator[str]:
    """Yield ffmpeg's filters that play a sound `speed` times as fast; one of them goes from half to a hundred times."""
    while speed < 0.5:
        yield "atempo=0.5"
        speed *= 2.0
    if speed != 1.0:
        yield f"atempo={min(speed, 100.0):.6f}"


def has_sound(path: Path, ffmpeg: str | None = None) -> bool:
    """Whether ffmpeg can decode sound from a file. Raises VideoError without ffmpeg, and VideoTimeout."""
    command = [find_ffmpeg(ffmpeg), *QUIET, "-t", "1", *source(path), "-map", "0:a:0", "-f", "null", "-"]
    return run(command, LOOKING_S, path.name).returncode == 0


def read_sound(path: Path, rate: int, seconds: float, ffmpeg: str | None = None) -> Iterator[Samples]:
    """Decode the first `seconds` of a file's sound in chunks, mono, `rate` samples a second.

    Yields nothing without sound, and stops where it is damaged. Raises VideoError without ffmpeg, and VideoTimeout.
    """
    taken = ["-t", f"{seconds:.6f}", *source(path), "-map", "0:a:0", "-ac", "1", "-ar", str(rate), "-f", "s16le", "pipe:1"]
    with start([find_ffmpeg(ffmpeg), *QUIET, *taken], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None  # it is a pipe
        with killed_after(process, LOOKING_S + seconds / 10, path.name):
            while data := process.stdout.read(_PIECE):
                yield np.frombuffer(data, "<i2", len(data) // 2).astype(np.float32) / np.float32(2**15)
