"""Sounds that the page was given: kept beside the runs under names of our own, as pictures are (pictures.py)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from pathlib import Path

from lib_anim.errors import BadInput, FieldError, OutputError
from lib_anim.frame import write_bytes
from lib_anim.video import has_sound

KINDS = {"wav": "audio/wav", "mp3": "audio/mpeg", "m4a": "audio/mp4", "ogg": "audio/ogg", "flac": "audio/flac"}
_ID = re.compile(rf"sound-[0-9a-f]{{20}}\.({'|'.join(KINDS)})")
_REFUSED = "not a sound that can be read; WAV, MP3, M4A, OGG and FLAC can"


class Sounds:
    """A folder of sounds whose names tell their content, so the same sound is kept once."""

    def __init__(self, folder: Path, ffmpeg: Callable[[], str | None] = lambda: None):
        self._folder, self._ffmpeg = folder, ffmpeg

    def add(self, data: bytes) -> str:
        """Keep a sound; returns its id. Raises BadInput when it is none, OutputError when it cannot be written, and
        VideoError without an ffmpeg to listen to it."""
        kind = kind_of(data)
        if kind is None:
            raise BadInput(_REFUSED)
        sound_id = f"sound-{hashlib.sha256(data).hexdigest()[:20]}.{kind}"
        path = self._folder / sound_id
        if path.is_file():
            return sound_id
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            write_bytes(path, data)
        except OSError as error:
            raise OutputError(f"{self._folder}: cannot be written: {error.strerror or error}") from None
        audible = False
        try:
            audible = has_sound(path, self._ffmpeg())
        finally:
            if not audible:
                path.unlink(missing_ok=True)
        if not audible:
            raise BadInput(_REFUSED)
        return sound_id

    def path(self, sound_id: str) -> str:
        """Where a sound is. Raises FieldError when there is none of that id."""
        path = self._folder / sound_id if _ID.fullmatch(sound_id) else None
        if path is None or not path.is_file():
            raise FieldError("the sound is not here", "choose it again")
        return str(path.absolute())

    def id_of(self, path: str) -> str:
        """The id of a sound's path, or "" for any other path."""
        name = Path(path).name
        return name if _ID.fullmatch(name) and Path(path).absolute().parent == self._folder.absolute() else ""


def kind_of(data: bytes) -> str | None:
    """Which of KINDS a file is by its first bytes, or None.

    ffmpeg goes by content too and knows playlists, which name other files: what is not plainly a sound does not get there.
    """
    if data[:4] == b"RIFF" and data[8:12] == b"WAVE":
        return "wav"
    if data[4:8] == b"ftyp":
        return "m4a"
    if data[:4] == b"OggS":
        return "ogg"
    sound = _behind_its_tag(data)
    if sound[:4] == b"fLaC":
        return "flac"
    return "mp3" if len(sound) > 1 and sound[0] == 0xFF and sound[1] & 0xE0 == 0xE0 else None


def _behind_its_tag(data: bytes) -> bytes:
    """The beginning of what follows an ID3 tag and its padding; a tag can stand before anything."""
    if data[:3] != b"ID3" or len(data) < 10:
        return data[:4]
    size = sum((byte & 0x7F) << shift for byte, shift in zip(data[6:10], (21, 14, 7, 0), strict=True))
    return data[10 + size : 10 + size + 4096].lstrip(b"\0")[:4]
