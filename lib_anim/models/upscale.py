"""Upscalers: networks in files of the user that enlarge pictures, such as ESRGAN's and its many heirs, read by spandrel.

A file holds weights alone: safetensors, or a pickle that is read with `weights_only`. A network of a stranger may not end, or
take all memory, so it is tried in a child process first.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lib_anim.errors import FieldError, ModelError
from lib_anim.extras import how_to_install
from lib_anim.files import NETWORK, check_file
from lib_anim.images.frame import Frame
from lib_anim.messages import Message, one_line
from lib_anim.models.child import try_network

if TYPE_CHECKING:
    import torch

SUFFIXES = (".safetensors", ".pth", ".pt", ".ckpt")
_TRIAL_S = 60.0  # seconds for loading a network and its trial run
_TRIAL_SIDE = 32  # pixels of its picture
_TILE = 256  # pixels of a side that are enlarged at once, which bounds the memory
_AROUND = 16  # pixels around a tile that the network sees too, so that no seams are left
_SMALLEST = 32  # pixels of a tile; where the memory is not enough for that, the network is not run
_MOST = 16  # times that a network enlarges, at the most


@dataclass(frozen=True)
class Upscaler:
    """`enlarge` makes a picture (H, W, 3) `scale` times larger. It can be called by any thread. Raises ModelError."""

    name: str
    scale: int
    enlarge: Callable[[Frame], Frame]


def open_upscaler(path: str) -> Upscaler:
    """Return the upscaler in a file, which is tried; it is loaded at the first picture. Raises ModelError."""
    try:
        state = check_file(path, NETWORK)
    except FieldError as error:
        raise ModelError(Message("{path}: {said}", path=path, said=error.reason)) from None
    if Path(path).suffix.lower() not in SUFFIXES:
        raise ModelError(Message("{path}: no file of an upscaler; those end in {kinds}", path=path, kinds=", ".join(SUFFIXES)))
    if missing := next((name for name in ("torch", "spandrel") if not find_spec(name)), None):
        raise ModelError(Message("it needs {names}: {command}", names=missing, command=how_to_install("upscale")))
    scale = _try(path, state.st_mtime_ns, state.st_size)
    if isinstance(scale, str):
        raise ModelError(scale)
    return Upscaler(Path(path).name, scale, FileUpscaler(path))


@lru_cache(maxsize=16)
def _try(path: str, _changed_ns: int, _size: int) -> int | str:
    """Try the network in a child process. Return how many times it enlarges, or why it is refused."""
    try:
        scale = try_network("lib_anim.models.upscale_trial", path, _TRIAL_S)["scale"]
    except ModelError as error:
        return error.message
    assert isinstance(scale, int)
    return scale


def find_scale(path: str) -> int:
    """Return how many times the network in a file enlarges. It runs the network, and may not end. Raises ModelError."""
    frame = np.zeros((_TRIAL_SIDE, _TRIAL_SIDE, 3), np.uint8)
    scale: int = FileUpscaler(path)(frame).shape[0] // _TRIAL_SIDE
    return scale


@dataclass
class FileUpscaler:
    """The network in a file; it is loaded at the first call. On a graphics card it lies only during a call."""

    path: str
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _network: Any = None

    def __call__(self, frame: Frame) -> Frame:
        """Return a picture enlarged. Raises ModelError."""
        with self._lock:
            try:
                self._network = self._network or _load(self.path)
                return _enlarged(self._network, frame)
            except ModelError:
                raise
            except Exception as error:  # spandrel and its networks raise any class of error
                said = one_line(str(error), 200)
                raise ModelError(Message("{name}: cannot be run: {said}", name=Path(self.path).name, said=said)) from None


def _load(path: str) -> Any:
    """Return spandrel's description of the network in a file. Raises ModelError."""
    import spandrel

    found = spandrel.ModelLoader().load_from_state_dict(spandrel.canonicalize_state_dict(_weights(path)))
    three = found.input_channels == 3 and found.output_channels == 3
    if not (isinstance(found, spandrel.ImageModelDescriptor) and three and 1 <= found.scale <= _MOST):
        raise ModelError(Message("{name}: no network that enlarges pictures", name=Path(path).name))
    found.model.requires_grad_(False)
    return found.eval()


def _weights(path: str) -> dict[str, torch.Tensor]:
    import torch
    from safetensors.torch import load_file

    if Path(path).suffix.lower() == ".safetensors":
        return load_file(path)
    weights: dict[str, torch.Tensor] = torch.load(path, map_location="cpu", weights_only=True)
    return weights


def _enlarged(network: Any, frame: Frame) -> Frame:
    """Enlarge a picture on the graphics card if there is one, in half precision, and give its memory back.

    Where that is not enough, tiles are smaller.
    """
    import torch

    if not torch.cuda.is_available():
        return _tiled(network, frame, _TILE)
    try:
        network.to("cuda", torch.float16 if network.supports_half else torch.float32)
        side = _TILE
        while side > _SMALLEST:
            try:
                return _tiled(network, frame, side)
            except torch.cuda.OutOfMemoryError:
                side //= 2
        return _tiled(network, frame, side)
    finally:
        network.to("cpu", torch.float32)
        torch.cuda.empty_cache()


def _tiled(network: Any, frame: Frame, side: int) -> Frame:
    """Enlarge a picture tile by tile."""
    scale: int = network.scale
    whole = np.empty((frame.shape[0] * scale, frame.shape[1] * scale, 3), np.uint8)
    for rows, seen_rows in _pieces(frame.shape[0], side):
        for columns, seen_columns in _pieces(frame.shape[1], side):
            tile = _run(network, frame[seen_rows, seen_columns])
            inner = tuple(_times(_within(own, seen), scale) for own, seen in ((rows, seen_rows), (columns, seen_columns)))
            whole[_times(rows, scale), _times(columns, scale)] = tile[inner]
    return whole


def _pieces(length: int, side: int) -> Iterator[tuple[slice, slice]]:
    """Yield the pieces of an axis, each with what is seen around it."""
    for start in range(0, length, side):
        stop = min(start + side, length)
        yield slice(start, stop), slice(max(start - _AROUND, 0), min(stop + _AROUND, length))


def _within(own: slice, seen: slice) -> slice:
    return slice(own.start - seen.start, own.stop - seen.start)


def _times(part: slice, scale: int) -> slice:
    return slice(part.start * scale, part.stop * scale)


def _run(network: Any, tile: Frame) -> Frame:
    """Run the network on a tile. Raises ModelError if it gives no numbers."""
    import torch

    pixels = torch.from_numpy(np.ascontiguousarray(tile.transpose(2, 0, 1)[None]))
    with torch.inference_mode():
        found = network(pixels.to(network.device, network.dtype) / 255.0)
        if not bool(torch.isfinite(found).all()):
            raise ModelError("the upscaler gives no numbers for a picture")
        levels = (found.float() * 255.0).round().clamp(0.0, 255.0).to(torch.uint8)
    enlarged: Frame = levels[0].permute(1, 2, 0).cpu().numpy()
    return enlarged
