"""Optical flow by a network: RAFT (Teed and Deng 2020) in an ONNX file of the user.

Exports differ in their input size, in their outputs beside the flow, and in the range of pixels: 0..255 (the authors') or -1..1
(torchvision's), which the file does not state. So both ranges are tried on two pictures whose motion is known. A network is a
program, which may have no end: it is tried in a child process with a time limit, and its later runs have one too.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from lib_anim.errors import FieldError, ModelError
from lib_anim.files import NETWORK, check_file
from lib_anim.images.flow import Flow, scaled
from lib_anim.images.frame import Frame, Vectors, resized
from lib_anim.messages import Message
from lib_anim.models.child import try_network
from lib_anim.models.sessions import TYPES, Session, open_session, run, size_of, takes_a_picture

Size = tuple[int, int]  # (width, height)

_MULTIPLE = 8  # pixels: input sides are multiples of the feature stride
_SMALLEST = 128  # pixels of a side; the coarsest level of the network's pyramid would be empty below
_LARGEST = 768  # pixels of a side; memory grows with its fourth power, and the engine needs the GPU too
_PIXEL_RANGES = ((1.0, 0.0), (1.0 / 127.5, -1.0))  # factor and offset for pixels 0..255 and -1..1
_TEST_SIZE = (256, 192)  # (width, height) of the test pictures for networks of any input size
_TEST_SHIFT = (5, -3)  # pixels (x, y): the motion between the test pictures
_TOLERANCE_PX = 2.0  # mean error of the flow above which a network is refused
_TRIAL_S = 20.0  # seconds for loading a network and its trial run
_RUN_S = 300.0  # seconds for one run on the pictures of a film, which are larger


def raft(path: str) -> Flow:
    """Return the flow function of the network in a file. It is thread-safe. Both raise ModelError.

    Loading takes seconds, so the last network is cached until its file changes.
    """
    try:
        state = check_file(path, NETWORK)
    except FieldError as error:
        raise ModelError(Message("{path}: {said}", path=path, said=error.reason)) from None
    tried = _try(path, state.st_mtime_ns, state.st_size)
    if isinstance(tried, str):
        raise ModelError(tried)
    return _load(path, state.st_mtime_ns, state.st_size, tried)


@lru_cache(maxsize=16)
def _try(path: str, _changed_ns: int, _size: int) -> int | str:
    """Try the network in a child process. Return the place of its range in _PIXEL_RANGES, or why it is refused."""
    try:
        found = try_network("lib_anim.models.raft_trial", path, _TRIAL_S)["range"]
    except ModelError as error:
        return error.message
    assert isinstance(found, int)
    return found


@lru_cache(maxsize=1)
def _load(path: str, _changed_ns: int, _size: int, pixel_range: int) -> Flow:
    return _networks(path)[pixel_range]


def find_range(path: str) -> int:
    """Return the place in _PIXEL_RANGES of the range that a network sees a known motion with. Raises ModelError.

    It runs the network, and may not end.
    """
    networks = _networks(path)
    off = [_shift_error(network) for network in networks]
    if min(off) > _TOLERANCE_PX:
        text = "{name}: no flow network: it does not see that a picture is shifted by {shift} pixels"
        raise ModelError(Message(text, name=networks[0].name, shift=_TEST_SHIFT))
    return off.index(min(off))


def _networks(path: str) -> list[_Network]:
    """Load the file, for either range of pixels. Raises ModelError."""
    name = Path(path).name
    session = open_session(path, name)
    inputs = session.get_inputs()
    if len(inputs) != 2 or not all(map(takes_a_picture, inputs)):
        taken = ", ".join(f"{one.type} {one.shape}" for one in inputs)
        text = "{name}: takes {what}; a flow network takes two pictures of float32 [1, 3, H, W]"
        raise ModelError(Message(text, name=name, what=taken))
    return [_Network(name, session, size_of(inputs[0]), *way) for way in _PIXEL_RANGES]


@dataclass(frozen=True)
class _Network:
    """A session for two pictures of `size` (None: any size), whose pixels are scaled by `factor` and shifted by `offset`."""

    name: str
    session: Session
    size: Size | None
    factor: float
    offset: float

    def __call__(self, one: Frame, other: Frame) -> Vectors:
        """Return the flow from one picture to another. Raises ModelError."""
        whole = one.shape[1::-1]
        width, height = self.size or _limit_size(whole)
        right, below = (0, 0) if self.size else (_padding(width), _padding(height))
        pictures = [resized(frame, (width, height)) for frame in (one, other)]
        padded = [cv2.copyMakeBorder(frame, 0, below, 0, right, cv2.BORDER_REPLICATE) for frame in pictures]
        flow = scaled(self._predict(padded), (width + right, height + below))
        return scaled(flow[:height, :width], whole)

    def _predict(self, pictures: list[Frame]) -> Vectors:
        """Run the network; return its finest flow, in pixels of that flow. Of several iterations the last counts."""
        inputs = zip(self.session.get_inputs(), pictures, strict=True)
        planes = {one.name: self._planes(picture, TYPES[one.type]) for one, picture in inputs}
        outputs = run(self.session, self.name, planes, _RUN_S)
        flows = [np.asarray(output, np.float32) for output in outputs if np.ndim(output) > 2 and np.shape(output)[-3] == 2]
        if not flows:
            shapes = ", ".join(str(list(np.shape(output))) for output in outputs)
            raise ModelError(Message("{name}: gives {what}; a flow network gives [1, 2, H, W]", name=self.name, what=shapes))
        finest = max(reversed(flows), key=lambda flow: flow.shape[-1])
        return np.ascontiguousarray(finest.reshape(-1, *finest.shape[-3:])[-1].transpose(1, 2, 0))

    def _planes(self, picture: Frame, kind: type[np.floating[Any]]) -> NDArray[np.floating[Any]]:
        """Convert a picture to the input format: (1, 3, h, w)."""
        return (picture.transpose(2, 0, 1)[None].astype(np.float32) * self.factor + self.offset).astype(kind)


def _limit_size(size: Size) -> Size:
    """Shrink a size so that no side exceeds _LARGEST."""
    share = min(1.0, _LARGEST / max(size))
    return round(size[0] * share), round(size[1] * share)


def _padding(side: int) -> int:
    """Return the pixels to add to a side so that a network accepts it."""
    return max(_SMALLEST - side, -side % _MULTIPLE)


def _shift_error(network: _Network) -> float:
    """Return the mean error of the flow between two shifted test pictures, in pixels, over their middle half."""
    width, height = network.size or _TEST_SIZE
    rim, (dx, dy) = max(map(abs, _TEST_SHIFT)), _TEST_SHIFT
    ground = _draw_texture((width + 2 * rim, height + 2 * rim))
    one, other = (
        np.ascontiguousarray(ground[rim - y : rim - y + height, rim - x : rim - x + width]) for x, y in ((0, 0), (dx, dy))
    )
    flow = network(one, other)[height // 4 : -(height // 4), width // 4 : -(width // 4)]
    return float(np.nan_to_num(np.linalg.norm(flow - np.array(_TEST_SHIFT, np.float32), axis=2).mean(), nan=np.inf))


def _draw_texture(size: Size) -> Frame:
    """Draw a smooth random texture of coarse and fine spots."""
    rng = np.random.default_rng(1)
    ground = np.zeros((size[1], size[0], 3), np.float32)
    for spot in (8, 24):  # pixels
        rough = rng.uniform(0.0, 127.0, (size[1] // spot + 2, size[0] // spot + 2, 3)).astype(np.float32)
        ground += cv2.resize(rough, None, fx=spot, fy=spot, interpolation=cv2.INTER_LINEAR)[: size[1], : size[0]]
    return ground.astype(np.uint8)
