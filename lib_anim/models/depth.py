"""Networks that see how far things are: the small one that comes along, folders of transformers, ONNX files.

All are opened from the disk alone; weights are safetensors or ONNX. What a network gives has the size of the picture.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from lib_anim.errors import FieldError, ModelError
from lib_anim.extras import how_to_install
from lib_anim.files import NETWORK, check_file
from lib_anim.images.depth import mended
from lib_anim.images.frame import Frame, Mask
from lib_anim.messages import Message
from lib_anim.models.child import try_network
from lib_anim.models.depth_folder import FolderNetwork, check_folder
from lib_anim.models.depth_net import MULTIPLE, nearness
from lib_anim.models.depth_onnx import OnnxDepth
from lib_anim.models.places import fetched_models
from lib_anim.models.sessions import can_run

if TYPE_CHECKING:
    import torch

FETCHED = "Depth-Anything-V2-Small-hf"  # the folder of the model that `anim fetch-depth` brings
SMALL = Path(__file__).parent / "data" / "depth.safetensors"  # made by tools/tiny_model
_SMALL_SIDE = 192  # pixels of the shorter side, at the most: larger than what it was trained on helps no more
_SKY = 0.04  # nearness below which all is sky: half of the least that anything else is drawn with
_TRIAL_S = 60.0  # seconds for loading an ONNX file and its trial run


@dataclass(frozen=True)
class DepthNetwork:
    """`see` returns what the network sees, (H, W) float32: nearness with any scale and zero, or with `metric` metres.

    It can be called by any thread. It loads the network at the first call; on a graphics card it lies only during a call.
    Raises ModelError.
    """

    name: str
    see: Callable[[Frame], Mask]
    metric: bool = False


def can_run_small() -> bool:
    """Whether the library that runs the network that comes along is installed."""
    return find_spec("torch") is not None and SMALL.is_file()


def small_network() -> DepthNetwork:
    """Return the network that comes along, which knows the pictures of the small model."""
    return DepthNetwork(
        "the small network that comes along", lambda frame: _checked(nearness_of(_small_weights(), frame), metric=False)
    )


@lru_cache(maxsize=1)
def _small_weights() -> Mapping[str, torch.Tensor]:
    from safetensors.torch import load_file

    return {name: value.float() for name, value in load_file(SMALL).items()}


def nearness_of(weights: Mapping[str, torch.Tensor], frame: Frame) -> Mask:
    """Return the nearness of a picture, (H, W) float32, by the small network with these weights."""
    import torch

    height, width = frame.shape[:2]
    share = min(1.0, _SMALL_SIDE / min(height, width))
    rows, columns = (max(round(side * share / MULTIPLE), 1) * MULTIPLE for side in (height, width))
    small = cv2.resize(frame, (columns, rows), interpolation=cv2.INTER_AREA if share < 1.0 else cv2.INTER_LINEAR)
    with torch.no_grad():
        pictures = torch.from_numpy(small).permute(2, 0, 1)[None].float() / 127.5 - 1.0
        found: Mask = nearness(weights, pictures)[0, 0].numpy()
    found = np.where(found < _SKY, np.float32(0.0), np.minimum(found, np.float32(1.0)))
    return cv2.resize(found, (width, height), interpolation=cv2.INTER_LINEAR)


def fetched_network() -> DepthNetwork | None:
    """Return the network that `anim fetch-depth` brought, None if it is not there, or not whole."""
    models = fetched_models()
    if models is None or not (models / FETCHED).is_dir():
        return None
    try:
        return open_network(str(models / FETCHED))
    except ModelError:
        return None


def open_network(path: str) -> DepthNetwork:
    """Return the network at a path: a folder of transformers, or an ONNX file, which is tried. Raises ModelError."""
    if Path(path).is_dir():
        metric = check_folder(Path(path))
        network = FolderNetwork(Path(path))
        return DepthNetwork(Path(path).name, lambda frame: _checked(network(frame), metric=metric), metric)
    try:
        state = check_file(path, NETWORK)
    except FieldError as error:
        raise ModelError(Message("{path}: {said}", path=path, said=error.reason)) from None
    if Path(path).suffix.lower() != ".onnx":
        raise ModelError(Message("{path}: neither a folder of a depth model nor an ONNX file", path=path))
    if not can_run():
        raise ModelError(Message("it needs onnxruntime: {command}", command=how_to_install("onnx")))
    refused = _try(os.path.abspath(path), state.st_mtime_ns, state.st_size)  # noqa: PTH100
    if refused is not None:
        raise ModelError(refused)
    loaded = _Once(lambda: OnnxDepth.load(path))
    return DepthNetwork(Path(path).name, lambda frame: _checked(loaded()(frame), metric=False))


@lru_cache(maxsize=16)
def _try(path: str, _changed_ns: int, _size: int) -> str | None:
    """Try the network in a child process. Return why it is refused, None if it is not."""
    try:
        try_network("lib_anim.models.depth_trial", path, _TRIAL_S)
    except ModelError as error:
        return error.message
    return None


class _Once:
    """Loads an ONNX network at the first call, whichever thread makes it."""

    def __init__(self, load: Callable[[], OnnxDepth]):
        self._load, self._lock = load, threading.Lock()
        self._network: OnnxDepth | None = None

    def __call__(self) -> OnnxDepth:
        with self._lock:
            self._network = self._network or self._load()
            return self._network


def _checked(seen: Mask, *, metric: bool) -> Mask:
    """Return what a network saw, mended. Raises ModelError if it saw nothing at all."""
    if not np.isfinite(seen).any():
        raise ModelError("the depth model gives no numbers for a picture")
    return mended(seen, far_is_great=metric)
