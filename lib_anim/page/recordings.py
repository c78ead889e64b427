"""Uploaded sounds and videos, stored in the output folder under our own names, like pictures (pictures.py)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from lib_anim.errors import BadInput
from lib_anim.page.stored import Store


@dataclass(frozen=True)
class Medium:
    """A kind of recordings, sounds or videos.

    `kinds` is suffix -> media type; `kind_of` returns the suffix by a file's first bytes, or None; `plays(path, ffmpeg)` checks
    that ffmpeg can decode it. `refused` is the message for an invalid file, `absent` for an unknown id.
    """

    name: str
    kinds: Mapping[str, str]
    kind_of: Callable[[bytes], str | None]
    plays: Callable[[Path, str | None], bool]
    refused: str
    absent: str


class Recordings:
    """A folder of recordings named by a hash of their content, so that each is stored once."""

    def __init__(self, medium: Medium, folder: Path, ffmpeg: Callable[[], str | None] = lambda: None):
        self._medium, self._ffmpeg = medium, ffmpeg
        self._store = Store(folder, medium.name, tuple(medium.kinds), medium.absent)

    def add(self, data: bytes) -> str:
        """Store a recording; return its id. Raises BadInput for an invalid one, OutputError if it cannot be written, VideoError
        without ffmpeg."""
        kind = self._medium.kind_of(data)
        if kind is None:
            raise BadInput(self._medium.refused)
        own_id = self._store.name(data, kind)
        path = self._store.folder / own_id
        if path.is_file():
            return own_id
        self._store.write(data, kind)
        plays = False
        try:
            plays = self._medium.plays(path, self._ffmpeg())
        finally:
            if not plays:
                path.unlink(missing_ok=True)
        if not plays:
            raise BadInput(self._medium.refused)
        return own_id

    def path(self, own_id: str) -> str:
        """Return the path of a recording. Raises FieldError for an unknown id."""
        return str(self._store.path(own_id))

    def media_type(self, own_id: str) -> str:
        """Return the media type of a stored recording."""
        return self._medium.kinds[Path(own_id).suffix[1:]]

    def id_of(self, path: str) -> str:
        """Return the id of a recording's path, "" for any other path."""
        return self._store.id_of(path)
