"""What the page was given, pictures, sounds and videos: kept beside the runs by ids, so that no path ever comes from a page.

What is at web addresses becomes such an upload too, where the page's host lets it fetch.
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

HOSTS = ("flow_model",)  # paths that only the host of a page names: a network from a stranger is not run
PATHS = tuple(key for key, field in FIELDS.items() if field.kind == "path" and key not in HOSTS)
# those of the paths that lead to no picture, and to what
RECORDED = {"soundtrack_path": "sound", "video_init_path": "video", "video_mask_path": "video"}

_REFUSED_FOR_S = 60.0  # a page asks anew with every letter typed
_TEXT = "put the text of the file here"
_TEXT_OR_ALLOW = Message(
    "{said}; the page's host can allow it: anim ui takes --fetch, a WebUI has it under Settings > Anim", said=Message(_TEXT)
)


class Uploads:
    """The folders of a page's uploads, below `out`; the program that `ffmpeg` names tries whether a recording is one."""

    def __init__(
        self, out: Path, ffmpeg: Callable[[], str | None] = lambda: None, may_fetch: Callable[[], bool] = lambda: False
    ):
        self.pictures = Pictures(out / ".pictures")
        self.sounds = Recordings(SOUND, out / ".sounds", ffmpeg)
        self.videos = Recordings(VIDEO, out / ".videos", ffmpeg)
        self._out, self._ffmpeg, self._may_fetch = out, ffmpeg, may_fetch
        self._refused: dict[str, tuple[float, FieldError]] = {}  # address -> until when, and why

    def path(self, key: str, upload_id: str) -> str:
        """Where the upload is that a setting names. Raises FieldError when there is none of that id and kind."""
        return self._folder(key).path(upload_id)

    def id_of(self, path: str) -> str:
        """The id of an upload's path, or "" for any other path."""
        return self.pictures.id_of(path) or self.sounds.id_of(path) or self.videos.id_of(path)

    def fetched(self, settings: Settings) -> tuple[Settings, tuple[str, ...]]:
        """The settings with uploads in place of the web addresses that their film goes by, and remarks on those that lead to
        none. A manifest's address stays, for `text`. As they are where nothing may be fetched. Raises OutputError."""
        if not self._may_fetch():
            return settings, ()
        named = {key: settings.text(key) if is_address(settings.text(key)) else "" for key in web_files.KEYS}
        # the paths of a stranger are not even looked at
        found, problems = web_files.with_files(settings.replace(**named), self._out, self._ffmpeg())
        kept, refused = {}, [(problem.key, problem.reason) for problem in problems if problem.key in PATHS]
        for key in (key for key in PATHS if found[key] != named[key]):
            try:
                kept[key] = self._kept(key, Path(found.text(key)).read_bytes())
            except AnimError as error:
                refused.append((key, error.message))
        text = "{key}: nothing is taken from its address: {said}"
        return settings.replace(**kept), tuple(Message(text, key=key, said=as_message(why)) for key, why in refused)

    def text(self, key: str, address: str) -> str:
        """The text at the web address of a Parseq manifest. Raises FieldError, the same for a while, and OutputError."""
        if key != parseq.KEY or not is_address(address):
            raise FieldError("a page reads no files and no addresses", _TEXT)
        if not self._may_fetch():
            raise FieldError("a web address; nothing is downloaded", _TEXT_OR_ALLOW)
        until, fault = self._refused.get(address, (0.0, None))
        if fault and time.monotonic() < until:
            raise fault
        try:
            text = web_files.fetch(key, address, self._out).read_text(encoding="utf-8-sig", errors="replace").strip()
        except FieldError as error:
            fault = FieldError(error.reason, _TEXT)
            self._refused[address] = time.monotonic() + _REFUSED_FOR_S, fault
            raise fault from None
        if not text.startswith("{"):  # nor is it the path of one
            raise FieldError(Message("{address}: no Parseq manifest", address=shown(address)), _TEXT)
        return text

    def _kept(self, key: str, data: bytes) -> str:
        """The path of an upload with this content. Raises BadInput, VideoError."""
        folder = self._folder(key)
        return folder.path(folder.add(data))

    def _folder(self, key: str) -> Pictures | Recordings:
        kind = RECORDED.get(key)
        if kind is None:
            return self.pictures
        return self.sounds if kind == "sound" else self.videos
