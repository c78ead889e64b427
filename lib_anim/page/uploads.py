"""Uploads of the page: pictures, sounds, videos, pose tracks, stored in the output folder under ids; a page names no path.

Files at web addresses become uploads too, if the page's host allows downloads.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

from lib_anim.errors import AnimError, FieldError
from lib_anim.media.download import is_address, shown
from lib_anim.messages import Message, as_message
from lib_anim.page.folders import Folders
from lib_anim.page.pictures import Pictures
from lib_anim.page.poses import PoseFiles
from lib_anim.page.recordings import Recordings
from lib_anim.page.sounds import SOUND
from lib_anim.page.videos import VIDEO
from lib_anim.page.videos import kind_of as kind_of_video
from lib_anim.plan import parseq
from lib_anim.runs import web_files
from lib_anim.settings.settings import Settings
from lib_anim.settings.table import FIELDS, NETWORKS

HOSTS = NETWORKS  # paths that only the page's host may set: a network from a stranger is not run
PATHS = tuple(key for key, field in FIELDS.items() if field.kind == "path" and key not in HOSTS)
# paths to other files than pictures: key -> kind
RECORDED = {"soundtrack_path": "sound", "video_init_path": "video", "video_mask_path": "video"}
# paths to files of several kinds: key -> kinds
GUIDES = {
    **{key: ("picture", "video", "poses", "folder") for key in PATHS if re.fullmatch(r"cn_\d_vid_path", key)},
    **{key: ("picture", "video", "folder") for key in PATHS if re.fullmatch(r"cn_\d_mask_vid_path|depth_map", key)},
}

_RETRY_AFTER_S = 60.0  # seconds; a page sends a request at every key stroke
_TEXT = "put the text of the file here"
_TEXT_OR_ALLOW = Message(
    "{said}; the page's host can allow it: anim ui takes --fetch, a WebUI has it under Settings > Anim", said=Message(_TEXT)
)


class Uploads:
    """The folders of a page's uploads in `out`; `ffmpeg()` is the program that checks recordings."""

    def __init__(
        self,
        out: Path,
        ffmpeg: Callable[[], str | None] = lambda: None,
        may_fetch: Callable[[], bool] = lambda: False,
        fetch_local: bool = False,
    ):
        self.pictures = Pictures(out / ".pictures")
        self.sounds = Recordings(SOUND, out / ".sounds", ffmpeg)
        self.videos = Recordings(VIDEO, out / ".videos", ffmpeg)
        self.poses = PoseFiles(out / ".poses")
        self.folders = Folders(out / ".folders", self.pictures)
        self._kinds: Mapping[str, _Folder] = {
            "picture": self.pictures,
            "sound": self.sounds,
            "video": self.videos,
            "poses": self.poses,
            "folder": self.folders,
        }
        self._out, self._ffmpeg, self._may_fetch, self._local = out, ffmpeg, may_fetch, fetch_local
        self._failures: dict[str, tuple[float, FieldError]] = {}  # address -> time of the next try, reason

    def path(self, key: str, upload_id: str) -> str:
        """Return the path of an upload for a setting. Raises FieldError for an unknown id, or one of another kind."""
        kinds = _kinds_of(key)
        kind = next((kind for kind in kinds if upload_id.startswith(kind)), kinds[0])
        return self._kinds[kind].path(upload_id)

    def id_of(self, path: str) -> str:
        """Return the id of an upload's path, "" for any other path."""
        return next(filter(None, (folder.id_of(path) for folder in self._kinds.values())), "")

    def replace_addresses(self, settings: Settings) -> tuple[Settings, tuple[str, ...]]:
        """Download the files at web addresses that the film uses, and replace these by uploads; return notes on failures.

        A manifest's address stays, for `text`. Without permission to download nothing changes. Raises OutputError."""
        if not self._may_fetch():
            return settings, ()
        named = {key: settings.text(key) if is_address(settings.text(key)) else "" for key in web_files.KEYS}
        # a stranger's paths are not accessed
        found, problems = web_files.with_files(settings.replace(**named), self._out, self._ffmpeg(), local=self._local)
        stored, failed = {}, [(problem.key, problem.reason) for problem in problems if problem.key in PATHS]
        for key in (key for key in PATHS if found[key] != named[key]):
            try:
                stored[key] = self._store(key, Path(found.text(key)).read_bytes())
            except AnimError as error:
                failed.append((key, error.message))
        text = "{key}: nothing is taken from its address: {said}"
        return settings.replace(**stored), tuple(Message(text, key=key, said=as_message(why)) for key, why in failed)

    def text(self, key: str, address: str) -> str:
        """Download the text of a Parseq manifest. Raises FieldError (cached for a while), OutputError."""
        if key != parseq.KEY or not is_address(address):
            raise FieldError("a page reads no files and no addresses", _TEXT)
        if not self._may_fetch():
            raise FieldError("a web address; nothing is downloaded", _TEXT_OR_ALLOW)
        until, failure = self._failures.get(address, (0.0, None))
        if failure and time.monotonic() < until:
            raise failure
        try:
            text = (
                web_files.fetch(key, address, self._out, local=self._local)
                .read_text(encoding="utf-8-sig", errors="replace")
                .strip()
            )
        except FieldError as error:
            failure = FieldError(error.reason, _TEXT)
            self._failures[address] = time.monotonic() + _RETRY_AFTER_S, failure
            raise failure from None
        if not text.startswith("{"):  # it could be another path or address
            raise FieldError(Message("{address}: no Parseq manifest", address=shown(address)), _TEXT)
        return text

    def _store(self, key: str, data: bytes) -> str:
        """Store an upload; return its path. Raises BadInput, VideoError."""
        kind = _kinds_of(key)[0] if key not in GUIDES else _detect(data)
        stores = {"sound": self.sounds.add, "video": self.videos.add, "poses": self.poses.add}
        return self._kinds[kind].path(stores.get(kind, self.pictures.add)(data))


class _Folder(Protocol):
    """Uploads of one kind."""

    def path(self, own_id: str, /) -> str:
        """Return the path of an upload. Raises FieldError for an unknown id."""

    def id_of(self, path: str, /) -> str:
        """Return the id of an upload's path, "" for any other path."""


def _kinds_of(key: str) -> tuple[str, ...]:
    """Return the kinds of files that a setting can name."""
    return GUIDES.get(key) or (RECORDED.get(key, "picture"),)


def _detect(data: bytes) -> str:
    """Return the kind of a file by its first bytes; "picture" where they say nothing."""
    if data.lstrip(b"\xef\xbb\xbf \r\n\t")[:1] in (b"{", b"["):
        return "poses"
    return "video" if kind_of_video(data) else "picture"
