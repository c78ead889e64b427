"""Sound through ffmpeg: whether a file has some, its length and loudness, its samples, and a part of it added to a video."""

from __future__ import annotations

import json
import math
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lib_anim.media.encode import COPYING_S, LOOKING_S, QUIET, find_ffmpeg, put_in_place, run_into, source
from lib_anim.media.processes import killed_after, run, start

Samples = NDArray[np.float32]  # (n,), -1..1

HIGHEST_PEAK = -1.0  # decibels below full scale: the true peak that EBU R 128 allows

_PIECE = 2**19  # bytes of sound in a chunk: twelve seconds
_COUNTED, LONGEST_S = 4_000, 86_400.0  # samples a second that are counted for a length, and seconds at the most
_COPIED = 5_000_000  # bytes of a film that are copied in a second at least


@dataclass(frozen=True)
class Cut:
    """A part of a sound, and how it is heard.

    start_s    where it begins in the sound; below 0 silence comes first
    length_s   how much of it is heard; None is all
    speed      how many times as fast it is played, at the same pitch
    fade_in_s, fade_out_s    seconds in which it grows at the beginning, and dies away at the end of the video
    loudness   the integrated loudness it gets, in LUFS (EBU R 128); None leaves it
    """

    start_s: float = 0.0
    length_s: float | None = None
    speed: float = 1.0
    fade_in_s: float = 0.0
    fade_out_s: float = 0.0
    loudness: float | None = None


_WHOLE = Cut()


def add_sound(video: Path, seconds: float, sound: Path, *, cut: Cut = _WHOLE, ffmpeg: str | None = None) -> None:
    """Add a part of a sound to a video of `seconds` in place, cut to the video's length or padded with silence.

    The pictures are not re-encoded. Raises VideoError.
    """
    beside = video.with_name(f"{video.stem}.part{video.suffix}")
    gain = 0.0 if cut.loudness is None else _gain(sound, cut, seconds, ffmpeg)
    taken = [*source(video), *_part(sound, cut, seconds), "-map", "0:v:0", "-map", "1:a:0"]
    heard = ",".join(_filters(cut, seconds, gain))
    coded = ["-c:v", "copy", "-af", heard, "-c:a", "aac", "-b:a", "192k", "-shortest", "-movflags", "+faststart"]
    command = [find_ffmpeg(ffmpeg), *QUIET, *taken, *coded, "-y", str(beside)]
    run_into(beside, command, COPYING_S + video.stat().st_size / _COPIED)
    put_in_place(beside, video)


def _part(sound: Path, cut: Cut, seconds: float) -> list[str]:
    """Return ffmpeg's arguments to read what is heard of a sound in so many seconds of video."""
    length_s = seconds * cut.speed if cut.length_s is None else min(cut.length_s, seconds * cut.speed)
    return ["-ss", f"{max(cut.start_s, 0.0):.6f}", "-t", f"{length_s:.6f}", *source(sound)]


def _filters(cut: Cut, seconds: float, gain: float) -> Iterator[str]:
    """Yield ffmpeg's filters that make a part of a sound as it is heard in a video of `seconds`; `gain` is in decibels."""
    yield from _tempos(cut.speed)
    if gain:
        yield f"volume={gain:.3f}dB"
    if cut.fade_in_s:
        yield f"afade=t=in:d={cut.fade_in_s:.3f}"
    if cut.start_s < 0.0:
        yield f"adelay={-1000.0 * cut.start_s / cut.speed:.0f}:all=1"
    if cut.fade_out_s:
        yield f"afade=t=out:st={max(0.0, seconds - cut.fade_out_s):.3f}:d={min(cut.fade_out_s, seconds):.3f}"
    yield "apad"


def _tempos(speed: float) -> Iterator[str]:
    """Yield ffmpeg's filters that play a sound `speed` times as fast; one of them goes from half to a hundred times."""
    while speed < 0.5:
        yield "atempo=0.5"
        speed *= 2.0
    if speed != 1.0:
        yield f"atempo={min(speed, 100.0):.6f}"


def _gain(sound: Path, cut: Cut, seconds: float, ffmpeg: str | None) -> float:
    """Return the decibels that bring the heard part to its loudness, less where its true peak would exceed HIGHEST_PEAK.

    One gain for the whole part, so that its dynamics stay. 0 for silence. Raises VideoError.
    """
    assert cut.loudness is not None
    command = [find_ffmpeg(ffmpeg), "-hide_banner", "-nostats", "-nostdin", *_part(sound, cut, seconds)]
    measuring = ["-map", "0:a:0", "-af", "loudnorm=print_format=json", "-f", "null", "-"]
    said = run([*command, *measuring], LOOKING_S + seconds / 10, sound.name).stderr.decode(errors="replace")
    if not (found := re.search(r'\{\s*"input_i"[^}]*\}', said)):
        return 0.0
    measured = json.loads(found.group())
    gain = min(cut.loudness - float(measured["input_i"]), HIGHEST_PEAK - float(measured["input_tp"]))
    return gain if math.isfinite(gain) else 0.0


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


def sound_length(path: Path, ffmpeg: str | None = None) -> float:
    """Return the length of a file's sound in seconds, 0 without sound; the last results are cached.

    The sound is decoded, since the length that a file names is a guess in many. Raises OSError, VideoError.
    """
    state = path.stat()
    return _length(path, (state.st_mtime_ns, state.st_size), ffmpeg)


@lru_cache(maxsize=16)
def _length(path: Path, state: tuple[int, int], ffmpeg: str | None) -> float:
    """Return the length of a file's sound. `state` identifies its content, so that a replaced file is measured again."""
    return sum(map(len, read_sound(path, _COUNTED, LONGEST_S, ffmpeg))) / _COUNTED
