"""Uploads of the page: pictures, sounds and videos, stored in the output folder under ids, so that a page names no path.

Files at web addresses become uploads too, if the page's host allows downloads.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from lib_anim.errors import AnimError, FieldError
from lib_anim.media.download import is_address, shown
from lib_anim.messages import Message, as_message
from lib_anim.page.pictures import Pictures
from lib_anim.page.recordings import Recordings
from lib_anim.page.sounds import SOUND
from lib_anim.page.videos import VIDEO
from lib_anim.plan import parseq
from lib_anim.runs import web_files
from lib_anim.settings.settings import Settings
from lib_anim.settings.table import FIELDS

HOSTS = ("flow_model",)  # paths that only the page's host may set: a network from a stranger is not run
PATHS = tuple(key for key, field in FIELDS.items() if field.kind == "path" and key not in HOSTS)
# paths to other files than pictures: key -> kind
RECORDED = {"soundtrack_path": "sound", "video_init_path": "video", "video_mask_path": "video"}

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
        self._out, self._ffmpeg, self._may_fetch, self._local = out, ffmpeg, may_fetch, fetch_local
        self._failures: dict[str, tuple[float, FieldError]] = {}  # address -> time of the next try, reason

    def path(self, key: str, upload_id: str) -> str:
        """Return the path of an upload for a setting. Raises FieldError for an unknown id, or one of another kind."""
        return self._folder(key).path(upload_id)

    def id_of(self, path: str) -> str:
        """Return the id of an upload's path, "" for any other path."""
        return self.pictures.id_of(path) or self.sounds.id_of(path) or self.videos.id_of(path)

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
        folder = self._folder(key)
        return folder.path(folder.add(data))

    def _folder(self, key: str) -> Pictures | Recordings:
        kind = RECORDED.get(key)
        if kind is None:
            return self.pictures
        return self.sounds if kind == "sound" else self.videos
