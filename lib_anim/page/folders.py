"""Folders of uploaded pictures, one for each frame: numbered copies, so that a page never names a path."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from lib_anim.errors import FieldError, OutputError, cannot_be_written
from lib_anim.messages import Message
from lib_anim.page.pictures import Pictures, small_jpeg
from lib_anim.page.stored import Store

MOST = 2000  # pictures of a folder


class Folders:
    """Folders of pictures out of `pictures`, named by a hash of their ids in order."""

    def __init__(self, folder: Path, pictures: Pictures):
        self._store, self._pictures = Store(folder, "folder", (), "the pictures are not here", "choose them again"), pictures

    def add(self, picture_ids: Sequence[str]) -> str:
        """Make a folder of uploaded pictures in this order; return its id. Raises FieldError, OutputError."""
        if not 0 < len(picture_ids) <= MOST:
            raise FieldError(Message("{n} pictures; a folder has from 1 to {most}", n=len(picture_ids), most=MOST))
        paths = [Path(self._pictures.path(picture_id)) for picture_id in picture_ids]
        own_id = self._store.name(" ".join(picture_ids).encode())
        if not (self._store.folder / own_id).is_dir():
            try:
                self._fill(own_id, paths)
            except OSError as error:
                raise OutputError(cannot_be_written(self._store.folder, error)) from None
        return own_id

    def path(self, own_id: str) -> str:
        """Return the path of a folder. Raises FieldError for an unknown id."""
        return str(self._store.path(own_id))

    def id_of(self, path: str) -> str:
        """Return the id of a folder's path, "" for any other path."""
        return self._store.id_of(path)

    def thumbnail(self, own_id: str) -> bytes:
        """Return a small JPEG of its first picture. Raises FieldError, PictureError."""
        return small_jpeg(min(Path(self.path(own_id)).iterdir()))

    def _fill(self, own_id: str, paths: Sequence[Path]) -> None:
        """Make the folder, which has its name only when it is complete. Raises OSError."""
        new = self._store.folder / f"{own_id}.part"
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(parents=True)
        for n, path in enumerate(paths):
            _link(path, new / f"{n:05d}{path.suffix}")
        new.replace(self._store.folder / own_id)


def _link(path: Path, new: Path) -> None:
    """Give a file a second name; where the disk has no such names, copy it. Raises OSError."""
    try:
        os.link(path, new)
    except OSError:
        shutil.copyfile(path, new)
