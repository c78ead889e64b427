"""Subtitles: SubRip files (.srt), and subtitles inside of a video."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from lib_anim.media.encode import COPYING_S, QUIET, find_ffmpeg, put_in_place, run_into, source

_COPIED = 5_000_000  # bytes of a film that are copied in a second at least


class Cue(NamedTuple):
    """A text that is shown from one time to another, in seconds."""

    start_s: float
    stop_s: float
    text: str


def srt(cues: Iterable[Cue]) -> str:
    """Return the content of a SubRip file. Cues without a text are left out, and empty lines, which end a cue."""
    said = [cue._replace(text=text) for cue in cues if (text := _lines(cue.text))]
    return "\n".join(
        f"{number}\n{_time(cue.start_s)} --> {_time(cue.stop_s)}\n{cue.text}\n" for number, cue in enumerate(said, 1)
    )


def _lines(text: str) -> str:
    return "\n".join(line.strip() for line in text.splitlines() if line.strip())


def _time(seconds: float) -> str:
    """Return a time as hours:minutes:seconds,milliseconds."""
    whole, thousandths = divmod(round(seconds * 1000), 1000)
    return f"{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02},{thousandths:03}"


def add_subtitles(video: Path, subtitles: Path, ffmpeg: str | None = None) -> None:
    """Add a SubRip file to an MP4 in place, as a stream that players can show. Nothing is coded again. Raises VideoError."""
    beside = video.with_name(f"{video.stem}.part{video.suffix}")
    taken = [*source(video), "-f", "srt", "-i", f"file:{subtitles}", "-map", "0", "-map", "1:0"]
    coded = ["-c", "copy", "-c:s", "mov_text", "-movflags", "+faststart"]
    run_into(
        beside,
        [find_ffmpeg(ffmpeg), *QUIET, *taken, *coded, "-y", str(beside)],
        COPYING_S + video.stat().st_size / _COPIED,
    )
    put_in_place(beside, video)
