"""What the page was given, pictures and sounds: kept beside the runs by ids, so that no path ever comes from a page."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from lib_anim.fields import FIELDS
from lib_anim.ui.pictures import Pictures
from lib_anim.ui.sounds import Sounds

HOSTS = ("flow_model",)  # paths that only the host of a page names: a network from a stranger is not run
PATHS = tuple(key for key, field in FIELDS.items() if field.kind == "path" and key not in HOSTS)
SOUNDS = ("soundtrack_path",)  # those of the paths that lead to a sound


class Uploads:
    """The two folders of a page's uploads, below `out`; the program that `ffmpeg` names listens whether a sound is one."""

    def __init__(self, out: Path, ffmpeg: Callable[[], str | None] = lambda: None):
        self.pictures = Pictures(out / ".pictures")
        self.sounds = Sounds(out / ".sounds", ffmpeg)

    def path(self, key: str, upload_id: str) -> str:
        """Where the upload is that a setting names. Raises FieldError when there is none of that id and kind."""
        return (self.sounds if key in SOUNDS else self.pictures).path(upload_id)

    def id_of(self, path: str) -> str:
        """The id of an upload's path, or "" for any other path."""
        return self.pictures.id_of(path) or self.sounds.id_of(path)
