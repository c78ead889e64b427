"""Uploads on disk, named by a hash of their content, so that a page never names a path and each is stored once."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from lib_anim.errors import FieldError, OutputError, cannot_be_written
from lib_anim.files import write_bytes


@dataclass(frozen=True)
class Store:
    """A folder of uploads of one `kind`, with which their ids begin; they have one of `suffixes`, or are folders without any.

    `absent` says that one is not here, `remedy` what to do.
    """

    folder: Path
    kind: str
    suffixes: tuple[str, ...]
    absent: str
    remedy: str = "choose it again"

    def name(self, content: bytes, suffix: str = "") -> str:
        """Return the id of a content."""
        return f"{self.kind}-{hashlib.sha256(content).hexdigest()[:20]}{suffix and '.'}{suffix}"

    def write(self, content: bytes, suffix: str) -> str:
        """Write a file, and return its id. Raises OutputError."""
        own_id = self.name(content, suffix)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            write_bytes(self.folder / own_id, content)
        except OSError as error:
            raise OutputError(cannot_be_written(self.folder, error)) from None
        return own_id

    def path(self, own_id: str) -> Path:
        """Return the path of an upload. Raises FieldError for an unknown id."""
        path = self.folder / own_id
        if not self._id.fullmatch(own_id) or not (path.is_file() if self.suffixes else path.is_dir()):
            raise FieldError(self.absent, self.remedy)
        return path.absolute()

    def id_of(self, path: str) -> str:
        """Return the id of an upload's path, "" for any other path."""
        name = Path(path).name
        return name if self._id.fullmatch(name) and Path(path).absolute().parent == self.folder.absolute() else ""

    @cached_property
    def _id(self) -> re.Pattern[str]:
        return re.compile(rf"{self.kind}-[0-9a-f]{{20}}{_one_of(self.suffixes)}")


def _one_of(suffixes: Iterable[str]) -> str:
    names = "|".join(suffixes)
    return names and rf"\.({names})"
