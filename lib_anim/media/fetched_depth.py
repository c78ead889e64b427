"""The one depth model that is fetched: Depth Anything V2 Small (Yang et al. 2024), Apache 2.0, from the Hugging Face hub.

The hub says the checksums of a model's files beside their names. What is fetched is checked against them, and takes its place
when all of it is there.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from lib_anim.errors import FieldError, OutputError, cannot_be_written
from lib_anim.files import MB, read_file
from lib_anim.media.download import fetched, shown
from lib_anim.messages import Message
from lib_anim.models.depth import FETCHED
from lib_anim.models.places import fetched_models

HUB = "https://huggingface.co"
MODEL = "depth-anything/Depth-Anything-V2-Small-hf"
LICENCE = "Apache-2.0"

_REVISION = "main"
_FILES = ("config.json", "preprocessor_config.json", "model.safetensors")
_LIMIT = 200 * MB  # of a file
_OFFLINE = ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")
_REMEDY = "put the model's folder anywhere, and write its path as depth_model"


@dataclass(frozen=True)
class HubFile:
    """A file on the hub: its name, size in bytes, and checksum: SHA-256 of large files, or Git's SHA-1 of small ones."""

    name: str
    size: int
    sha256: str
    git_sha1: str

    def check(self, data: bytes) -> None:
        """Raise FieldError unless this is the file."""
        right = len(data) == self.size
        if self.sha256:
            right = right and hashlib.sha256(data).hexdigest() == self.sha256
        else:
            blob = b"blob %d\0" % len(data) + data
            right = right and hashlib.sha1(blob, usedforsecurity=False).hexdigest() == self.git_sha1
        if not right:
            raise FieldError(
                Message("{name}: not the file that the hub describes: its checksum is another", name=self.name), "try again"
            )


def offline() -> str:
    """Return the variable of the environment that forbids downloads, or ""."""
    return next((name for name in _OFFLINE if os.environ.get(name, "").strip().lower() in ("1", "on", "yes", "true")), "")


def look_up(hub: str = HUB, *, local: bool = False) -> tuple[HubFile, ...]:
    """Return the files of the model as the hub describes them. Raises FieldError, OutputError."""
    if forbidden := offline():
        raise FieldError(Message("nothing is downloaded: {name} is set", name=forbidden), _REMEDY)
    address = f"{hub.rstrip('/')}/api/models/{MODEL}/tree/{_REVISION}"
    with tempfile.TemporaryDirectory() as folder:  # so that it is asked for anew each time
        data = read_file(fetched(address, Path(folder), MB, local=local), MB)
    try:
        found = {entry["path"]: entry for entry in json.loads(data)}
        return tuple(_described(found[name]) for name in _FILES)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise FieldError(
            Message("{address}: the server does not describe the model", address=shown(address)), _REMEDY
        ) from None


def _described(entry: Mapping[str, object]) -> HubFile:
    """Return a file from an entry of the hub's list. Raises KeyError, TypeError, ValueError."""
    lfs = entry.get("lfs") or {}
    if not isinstance(lfs, Mapping) or not isinstance(size := lfs.get("size", entry["size"]), int):
        raise TypeError("a size is a number")
    return HubFile(str(entry["path"]), size, str(lfs.get("oid", "")), str(entry["oid"]))


def fetch(files: tuple[HubFile, ...], announce: Callable[[str], object], hub: str = HUB, *, local: bool = False) -> Path:
    """Fetch the model and return its folder. Raises FieldError, OutputError."""
    models = fetched_models()
    if models is None:
        raise FieldError("there is no folder for models: this user has no home folder", "set ANIM_CONFIG to a folder")
    place = models / FETCHED
    try:
        models.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=models) as folder:
            new = Path(folder) / "new"
            new.mkdir()
            for file in files:
                address = f"{hub.rstrip('/')}/{MODEL}/resolve/{_REVISION}/{file.name}"
                whole = fetched(address, Path(folder), _LIMIT, announce, local=local)
                file.check(read_file(whole, _LIMIT))
                whole.replace(new / file.name)
            shutil.rmtree(place, ignore_errors=True)
            new.replace(place)
    except OSError as error:
        raise OutputError(cannot_be_written(models, error)) from None
    return place
