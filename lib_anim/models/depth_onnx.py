"""A depth network in an ONNX file: one picture in, nearness out, such as MiDaS and Depth Anything are exported.

Pixels are taken with the mean and spread of ImageNet, as all of them are trained.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from lib_anim.errors import ModelError
from lib_anim.images.depth import is_flat
from lib_anim.images.frame import Frame, Mask
from lib_anim.messages import Message
from lib_anim.models.sessions import TYPES, Session, open_session, run, size_of, takes_a_picture

MEAN, SPREAD = np.array([0.485, 0.456, 0.406], np.float32), np.array([0.229, 0.224, 0.225], np.float32)  # of ImageNet
_SIDE = 518  # pixels of the shorter side where the file does not say; that of Depth Anything
_MULTIPLE = 14  # pixels; the patches of its transformer. Networks whose sides are multiples of 32 say so in their file
_LARGEST = 1024  # pixels of the longer side
_RUN_S = 300.0  # seconds for one run


@dataclass(frozen=True)
class OnnxDepth:
    """A session; `size` (width, height) of its input, None for any."""

    name: str
    session: Session
    size: tuple[int, int] | None

    @classmethod
    def load(cls, path: str) -> OnnxDepth:
        """Open a file. Raises ModelError."""
        name = Path(path).name
        session = open_session(path, name)
        inputs = session.get_inputs()
        if len(inputs) != 1 or not takes_a_picture(inputs[0]):
            taken = ", ".join(f"{one.type} {one.shape}" for one in inputs)
            text = "{name}: takes {what}; a depth network takes one picture of float32 [1, 3, H, W]"
            raise ModelError(Message(text, name=name, what=taken))
        return cls(name, session, size_of(inputs[0]))

    def __call__(self, frame: Frame) -> Mask:
        """Return the nearness of a picture, (H, W) float32. Raises ModelError."""
        small = cv2.resize(frame, self.size or _fitting(frame.shape[1::-1]), interpolation=cv2.INTER_AREA)
        (taken,) = self.session.get_inputs()
        pixels = ((small.astype(np.float32) / 255.0 - MEAN) / SPREAD).transpose(2, 0, 1)[None].astype(TYPES[taken.type])
        outputs = run(self.session, self.name, {taken.name: pixels}, _RUN_S)
        shape = np.shape(outputs[0]) if outputs else ()
        if len(shape) < 2 or np.prod(shape[:-2]) != 1 or min(shape[-2:]) < 2:
            text = "{name}: gives {what}; a depth network gives [1, H, W]"
            raise ModelError(Message(text, name=self.name, what=str(list(shape))))
        seen = np.asarray(outputs[0], np.float32).reshape(shape[-2:])
        return cv2.resize(seen, frame.shape[1::-1], interpolation=cv2.INTER_LINEAR)


def try_network(path: str) -> None:
    """Run a file on a picture. Raises ModelError; it may not end."""
    network = OnnxDepth.load(path)
    seen = network(_test_picture())
    if not np.isfinite(seen).all() or is_flat(seen):
        raise ModelError(Message("{name}: no depth network: it sees the same everywhere", name=network.name))


def _fitting(size: tuple[int, int]) -> tuple[int, int]:
    """Return the size at which a picture is looked at: near _SIDE, in multiples of _MULTIPLE."""
    share = min(_SIDE / min(size), _LARGEST / max(size))
    width, height = (max(round(side * share / _MULTIPLE), 1) * _MULTIPLE for side in size)
    return width, height


def _test_picture() -> Frame:
    """Return a floor that comes nearer, with a ball on it."""
    picture = np.full((192, 256, 3), (150, 190, 230), np.uint8)
    picture[96:] = (np.linspace(60, 160, 96)[:, None, None] * np.array([1.0, 0.9, 0.6])).astype(np.uint8)
    cv2.circle(picture, (128, 110), 40, (200, 40, 40), -1, cv2.LINE_AA)
    return picture
