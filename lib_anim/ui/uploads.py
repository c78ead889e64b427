"""What the page was given, pictures, sounds and videos: kept beside the runs by ids, so that no path ever comes from a page."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from lib_anim.fields import FIELDS
from lib_anim.ui.pictures import Pictures
from lib_anim.ui.recordings import Recordings
from lib_anim.ui.sounds import SOUND
from lib_anim.ui.videos import VIDEO

HOSTS = ("flow_model",)  # paths that only the host of a page names: a network from a stranger is not run
PATHS = tuple(key for key, field in FIELDS.items() if field.kind == "path" and key not in HOSTS)
# those of the paths that lead to no picture, and to what
RECORDED = {"soundtrack_path": "sound", "video_init_path": "video", "video_mask_path": "video"}


class Uploads:
    """The folders of a page's uploads, below `out`; the program that `ffmpeg` names tries whether a recording is one."""

    def __init__(self, out: Path, ffmpeg: Callable[[], str | None] = lambda: None):
        self.pictures = Pictures(out / ".pictures")
        self.sounds = Recordings(SOUND, out / ".sounds", ffmpeg)
        self.videos = Recordings(VIDEO, out / ".videos", ffmpeg)

    def path(self, key: str, upload_id: str) -> str:
        """Where the upload is that a setting names. Raises FieldError when there is none of that id and kind."""
        folders = {"sound": self.sounds, "video": self.videos}
        return folders.get(RECORDED.get(key), self.pictures).path(upload_id)

    def id_of(self, path: str) -> str:
        """The id of an upload's path, or "" for any other path."""
        return self.pictures.id_of(path) or self.sounds.id_of(path) or self.videos.id_of(path)
