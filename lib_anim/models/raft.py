"""Optical flow by a network: RAFT (Teed and Deng 2020) in an ONNX file of the user's.

Exports differ in the size of the pictures they take, in what they give beside the flow, and in how they want pixels: 0..255
(the authors' own) or -1..1 (torchvision's), which no file tells. So each is tried on two pictures whose motion is known.
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from lib_anim.errors import ModelError
from lib_anim.images.flow import Flow, scaled
from lib_anim.images.frame import Frame, Vectors, resized
from lib_anim.messages import Message, one_line

Size = tuple[int, int]  # (width, height)

_STEP = 8  # pixels of a picture to one of the network's features
_LEAST = 128  # pixels of a side; of less nothing is left at the coarsest of the network's levels
_MOST = 768  # pixels of a side; memory grows with the fourth power of it, and the painter needs the card too
_TYPES: Mapping[str, type[np.floating[Any]]] = {"tensor(float)": np.float32, "tensor(float16)": np.float16}
_RANGES = ((1.0, 0.0), (1.0 / 127.5, -1.0))  # factor and offset that make pixels 0..255 or -1..1
_TRIED = (256, 192)  # what networks of any size are tried on
_SHIFT = (5, -3)  # pixels, x then y, that the second picture is moved by
_OFF = 2.0  # pixels; what is further off the shift than this has not seen it


class _Argument(Protocol):
    """What a network takes one of; a side that may vary has a name, or nothing, for its number."""

    name: str
    type: str
    shape: Sequence[int | str | None]


class _Session(Protocol):
    """What is used of onnxruntime's InferenceSession."""

    def get_inputs(self) -> Sequence[_Argument]: ...

    def run(self, output_names: None, input_feed: Mapping[str, NDArray[Any]]) -> Sequence[NDArray[Any]]: ...


def can_run() -> bool:
    """Whether there is something to run such a file with."""
    return importlib.util.find_spec("onnxruntime") is not None


def raft(path: str) -> Flow:
    """The flow of the network in a file, for any number of threads at once. Raises ModelError, as what it returns does.

    Loading takes seconds, so the newest is kept until its file changes.
    """
    try:
        told = Path(path).stat()
    except OSError as error:
        raise ModelError(Message("{path}: cannot be read: {said}", path=path, said=error)) from None
    return _loaded(path, told.st_mtime_ns, told.st_size)


@lru_cache(maxsize=1)
def _loaded(path: str, _changed_ns: int, _size: int) -> Flow:
    name = Path(path).name
    session = _session(path, name)
    inputs = session.get_inputs()
    if len(inputs) != 2 or not all(map(_takes_a_picture, inputs)):
        taken = ", ".join(f"{one.type} {one.shape}" for one in inputs)
        text = "{name}: takes {what}; a flow network takes two pictures of float32 [1, 3, H, W]"
        raise ModelError(Message(text, name=name, what=taken))
    height, width = inputs[0].shape[2:]
    size = (width, height) if isinstance(width, int) and isinstance(height, int) else None
    networks = [_Network(name, session, size, *way) for way in _RANGES]
    off = [_off(network) for network in networks]
    if min(off) > _OFF:
        text = "{name}: no flow network: it does not see that a picture is shifted by {shift} pixels"
        raise ModelError(Message(text, name=name, shift=_SHIFT))
    return networks[off.index(min(off))]


def _session(path: str, name: str) -> _Session:
    """The file ready to run: on CUDA where it can, else on half of the cores, since a picture is painted meanwhile."""
    try:
        import onnxruntime as ort

        options = ort.SessionOptions()
        options.log_severity_level = 4  # what is wrong is raised, not printed
        options.intra_op_num_threads = max(1, (os.cpu_count() or 2) // 2)
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # while it waits, cores are free
        options.use_deterministic_compute = True
        # ways of computing that are not chosen by a race, and no more of the card's memory than it needs
        cuda = ("CUDAExecutionProvider", {"cudnn_conv_algo_search": "HEURISTIC", "arena_extend_strategy": "kSameAsRequested"})
        usable = [cuda] if cuda[0] in ort.get_available_providers() else []
        session: _Session = ort.InferenceSession(path, options, providers=[*usable, "CPUExecutionProvider"])
    except Exception as error:  # classes of its own, and those of the system
        said = one_line(str(error), 200)
        raise ModelError(Message("{name}: not an ONNX file that onnxruntime can run: {said}", name=name, said=said)) from None
    return session


def _takes_a_picture(argument: _Argument) -> bool:
    """Whether an input can be (1, 3, height, width)."""
    fits = all(wanted == had or not isinstance(had, int) for wanted, had in zip((1, 3), argument.shape, strict=False))
    return argument.type in _TYPES and len(argument.shape) == 4 and fits


@dataclass(frozen=True)
class _Network:
    """A session that takes two pictures of `size`, None any, their pixels times `factor` plus `offset`."""

    name: str
    session: _Session
    size: Size | None
    factor: float
    offset: float

    def __call__(self, one: Frame, other: Frame) -> Vectors:
        """The flow from one picture to another. Raises ModelError."""
        whole = one.shape[1::-1]
        width, height = self.size or _at_most(whole)
        right, below = (0, 0) if self.size else (_missing(width), _missing(height))
        pictures = [resized(frame, (width, height)) for frame in (one, other)]
        padded = [cv2.copyMakeBorder(frame, 0, below, 0, right, cv2.BORDER_REPLICATE) for frame in pictures]
        flow = scaled(self._measured(padded), (width + right, height + below))
        return scaled(flow[:height, :width], whole)

    def _measured(self, pictures: list[Frame]) -> Vectors:
        """The finest flow that comes out, in its own pixels; of several as fine, from round to round, the last."""
        inputs = zip(self.session.get_inputs(), pictures, strict=True)
        try:
            outputs = self.session.run(None, {one.name: self._planes(picture, _TYPES[one.type]) for one, picture in inputs})
        except Exception as error:  # classes of its own, and those of the system
            said = one_line(str(error), 200)
            raise ModelError(Message("{name}: cannot be run: {said}", name=self.name, said=said)) from None
        flows = [np.asarray(output, np.float32) for output in outputs if np.ndim(output) > 2 and np.shape(output)[-3] == 2]
        if not flows:
            shapes = ", ".join(str(list(np.shape(output))) for output in outputs)
            raise ModelError(Message("{name}: gives {what}; a flow network gives [1, 2, H, W]", name=self.name, what=shapes))
        finest = max(reversed(flows), key=lambda flow: flow.shape[-1])
        return np.ascontiguousarray(finest.reshape(-1, *finest.shape[-3:])[-1].transpose(1, 2, 0))

    def _planes(self, picture: Frame, kind: type[np.floating[Any]]) -> NDArray[np.floating[Any]]:
        """A picture as it goes in: (1, 3, h, w)."""
        return (picture.transpose(2, 0, 1)[None].astype(np.float32) * self.factor + self.offset).astype(kind)


def _at_most(size: Size) -> Size:
    """A size as it is, or made smaller to no more than _MOST."""
    share = min(1.0, _MOST / max(size))
    return round(size[0] * share), round(size[1] * share)


def _missing(side: int) -> int:
    """Pixels that a side lacks to one that networks can take."""
    return max(_LEAST - side, -side % _STEP)


def _off(network: _Network) -> float:
    """How far the flow of two pictures is off their shift, in pixels: mean length in the middle half."""
    width, height = network.size or _TRIED
    rim, (dx, dy) = max(map(abs, _SHIFT)), _SHIFT
    ground = _ground((width + 2 * rim, height + 2 * rim))
    one, other = (
        np.ascontiguousarray(ground[rim - y : rim - y + height, rim - x : rim - x + width]) for x, y in ((0, 0), (dx, dy))
    )
    flow = network(one, other)[height // 4 : -(height // 4), width // 4 : -(width // 4)]
    return float(np.nan_to_num(np.linalg.norm(flow - np.array(_SHIFT, np.float32), axis=2).mean(), nan=np.inf))


def _ground(size: Size) -> Frame:
    """A texture of soft spots, coarse and fine."""
    rng = np.random.default_rng(1)
    ground = np.zeros((size[1], size[0], 3), np.float32)
    for spot in (8, 24):  # pixels
        rough = rng.uniform(0.0, 127.0, (size[1] // spot + 2, size[0] // spot + 2, 3)).astype(np.float32)
        ground += cv2.resize(rough, None, fx=spot, fy=spot, interpolation=cv2.INTER_LINEAR)[: size[1], : size[0]]
    return ground.astype(np.uint8)
