"""Kinds of sound files that the page accepts, detected by their first bytes."""

from __future__ import annotations

from pathlib import Path

from lib_anim.media.audio import MOST_S, Sound
from lib_anim.media.sound import has_sound
from lib_anim.page.recordings import Medium

KINDS = {"wav": "audio/wav", "mp3": "audio/mpeg", "m4a": "audio/mp4", "ogg": "audio/ogg", "flac": "audio/flac"}


def kind_of(data: bytes) -> str | None:
    """Detect the kind of a file, one of KINDS, or None.

    ffmpeg detects playlists too, which name other files, so only files that are clearly sounds are passed to it.
    """
    if data[:4] == b"RIFF" and data[8:12] == b"WAVE":
        return "wav"
    if data[4:8] == b"ftyp":
        return "m4a"
    if data[:4] == b"OggS":
        return "ogg"
    sound = _skip_tag(data)
    if sound[:4] == b"fLaC":
        return "flac"
    return "mp3" if len(sound) > 1 and sound[0] == 0xFF and sound[1] & 0xE0 == 0xE0 else None


def _skip_tag(data: bytes) -> bytes:
    """Return the first bytes after an ID3 tag and its padding, which can precede any format."""
    if data[:3] != b"ID3" or len(data) < 10:
        return data[:4]
    size = sum((byte & 0x7F) << shift for byte, shift in zip(data[6:10], (21, 14, 7, 0), strict=True))
    return data[10 + size : 10 + size + 4096].lstrip(b"\0")[:4]


def facts(path: Path, ffmpeg: str | None) -> dict[str, float | None]:
    """Return the length of a sound in seconds, of which MOST_S are heard, and its beats a minute, None where there is no beat.

    Raises VideoError without ffmpeg.
    """
    sound = Sound.read(path, MOST_S, ffmpeg)
    beats = sound.beats()
    return {"seconds": round(sound.seconds, 2), "bpm": round(beats.bpm, 1) if beats else None}


SOUND = Medium(
    "sound",
    KINDS,
    kind_of,
    has_sound,
    "not a sound that can be read; WAV, MP3, M4A, OGG and FLAC can",
    "the sound is not here",
)
