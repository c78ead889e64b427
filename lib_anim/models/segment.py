"""Networks that find what words name in a picture: folders of transformers of the user, opened from the disk alone."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from weakref import WeakValueDictionary

import numpy as np

from lib_anim.errors import ModelError
from lib_anim.images.frame import Frame, Mask
from lib_anim.messages import Message
from lib_anim.models.child import try_network
from lib_anim.models.places import fetched_models
from lib_anim.models.segment_folder import SegmentFolder, check_folder

FOLDERS = ("sam3", "clipseg-rd64-refined")  # names of folders that are looked for beside fetched models, the better one first
_TRIAL_S = 180.0  # seconds for loading a model and its trial run
_TRIAL_WORDS, _TRIAL_SIZE = "the sky", (64, 48)


@dataclass(frozen=True)
class SegmentNetwork:
    """`find(frame, words)` returns where the words are, (H, W) float32: 0 not there .. 1 there.

    It can be called by any thread. It loads the model at the first call; on a graphics card it lies only during a call.
    Raises ModelError.
    """

    name: str
    find: Callable[[Frame, str], Mask]


# models in use by their folders and what changes with them, so that several schedules of a film hold one
_shared: WeakValueDictionary[tuple[Path, tuple[tuple[object, ...], ...]], SegmentFolder] = WeakValueDictionary()


def open_segment(path: str, *, trial: bool = True) -> SegmentNetwork:
    """Return the network in a folder of transformers; with `trial` it is run once in a child process. Raises ModelError."""
    folder = Path(path)
    if not folder.is_dir():
        raise ModelError(Message("{path}: there is no such folder", path=path))
    states = tuple((file.name, *_state(file)) for file in check_folder(folder))
    if trial and (refused := _try(os.path.abspath(path), states)):  # noqa: PTH100
        raise ModelError(refused)
    return SegmentNetwork(folder.name, _shared.setdefault((folder, states), SegmentFolder(folder)))


def segment_there(*, trial: bool = True) -> SegmentNetwork | None:
    """Return the network that lies beside fetched models, None if there is none, or none that works."""
    models = fetched_models()
    for name in FOLDERS if models else ():
        assert models is not None
        try:
            if (models / name).is_dir():
                return open_segment(str(models / name), trial=trial)
        except ModelError:
            continue
    return None


def try_out(path: str) -> Mapping[str, object]:
    """Load the model of a folder and run it. Raises ModelError. It may not end."""
    width, height = _TRIAL_SIZE
    SegmentFolder(Path(path))(np.zeros((height, width, 3), np.uint8), _TRIAL_WORDS)
    return {}


@lru_cache(maxsize=16)
def _try(path: str, _states: tuple[tuple[object, ...], ...]) -> str | None:
    """Try the network in a child process. Return why it is refused, None if it is not."""
    try:
        try_network("lib_anim.models.segment_trial", path, _TRIAL_S)
    except ModelError as error:
        return error.message
    return None


def _state(file: Path) -> tuple[int, int]:
    """Return what changes when a file does."""
    state = file.stat()
    return state.st_mtime_ns, state.st_size
