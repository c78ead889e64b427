"""Kinds of video files that the page accepts, detected by their first bytes."""

from __future__ import annotations

from pathlib import Path

from lib_anim.errors import VideoError
from lib_anim.media.encode import find_ffmpeg
from lib_anim.media.source_video import Film
from lib_anim.page.recordings import Medium

KINDS = {"mp4": "video/mp4", "webm": "video/webm", "mkv": "video/x-matroska", "avi": "video/x-msvideo"}


def kind_of(data: bytes) -> str | None:
    """Detect the kind of a file, one of KINDS, or None. MOV counts as MP4; playlists, which name other files, are refused."""
    if data[4:8] in (b"ftyp", b"moov", b"mdat", b"wide"):
        return "mp4"
    if data[:4] == b"\x1a\x45\xdf\xa3":
        return "webm" if b"webm" in data[:64] else "mkv"
    return "avi" if data[:4] == b"RIFF" and data[8:12] == b"AVI " else None


def _plays(path: Path, ffmpeg: str | None) -> bool:
    ffmpeg = find_ffmpeg(ffmpeg)  # outside of `try`: a missing ffmpeg is no fault of the video
    try:
        return Film.open(path, ffmpeg).n_frames > 0
    except VideoError:
        return False


VIDEO = Medium(
    "video",
    KINDS,
    kind_of,
    _plays,
    "not a video that can be read; MP4, MOV, WebM, MKV and AVI can",
    "the video is not here",
)
