"""People in pictures by two networks in ONNX files of the user: DWPose's (Yang et al. 2023), as ControlNet users have them.

`yolox_l.onnx` finds people (YOLOX, Ge et al. 2021): a box and a score for each cell of three grids. `dw-ll_ucoco_384.onnx` sees
133 points of one person (SimCC, Li et al. 2022): for each point the likelihood of every half pixel across and down.
Files come from strangers: they are tried in a child process with a time limit, and their later runs have one too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from lib_anim.errors import FieldError, ModelError
from lib_anim.files import NETWORK, check_file
from lib_anim.images.frame import Frame, resized
from lib_anim.images.skeleton import Body
from lib_anim.messages import Message
from lib_anim.models.child import try_network
from lib_anim.models.sessions import TYPES, Session, open_session, run, size_of, takes_a_picture

Array = NDArray[np.float32]
Box = NDArray[np.float64]  # left, top, right, bottom in pixels

OF_PEOPLE, OF_POINTS = "yolox_l.onnx", "dw-ll_ucoco_384.onnx"
_TRIAL_S, _RUN_S = 120.0, 300.0  # seconds for loading both networks and a run of each; for one run on a frame
_PEOPLE_SIZE, _POINTS_SIZE = (640, 640), (288, 384)  # (width, height) of inputs that do not say theirs
_STRIDES = (8, 16, 32)  # pixels of a cell of each grid
_GREY = 114  # what YOLOX saw beside pictures of another shape
_SURE, _OVERLAP, _MOST = 0.3, 0.45, 32  # least score of a person, and of a point; overlap above which two are one; people
_AROUND = 1.25  # how much larger than a person the picture of it is
_MEAN, _STD = np.array([123.675, 116.28, 103.53]), np.array([58.395, 57.12, 57.375])  # of the training pictures, RGB
_PER_PIXEL = 2  # places that a point can have in a pixel
_N_POINTS, _NECK = 133, 133  # COCO-WholeBody's points; the neck follows them
# OpenPose's 18 points, left hand, right hand, face and pupils among COCO-WholeBody's and the neck
_ORDER = [
    *(0, _NECK, 6, 8, 10, 5, 7, 9, 12, 14, 16, 11, 13, 15, 2, 1, 4, 3),
    *range(91, 112),
    *range(112, 133),
    *(*range(23, 91), 2, 1),
]
_SHOULDERS = [5, 6]


@dataclass(frozen=True)
class PoseNetworks:
    """The networks that see poses; without the one of people, a picture is of one person."""

    points: Network
    people: Network | None

    def see(self, frame: Frame) -> list[Body]:
        """Return the people of a frame, (130, 2) each, in pixels. Raises ModelError."""
        height, width = frame.shape[:2]
        whole = np.array([[0, 0, width, height]], float)
        boxes = find_people(self.people, frame) if self.people else whole
        bodies = (_in_order(*find_points(self.points, frame, box)) for box in boxes)
        return [body for body in bodies if np.isfinite(body).any()]


@dataclass(frozen=True)
class Network:
    """A session that takes one picture of `size`."""

    name: str
    session: Session
    size: tuple[int, int]

    def outputs(self, picture: NDArray[Any]) -> list[Array]:
        """Run it on numbers (H, W, 3) of its size. Raises ModelError."""
        (taken,) = self.session.get_inputs()
        planes = np.ascontiguousarray(picture.transpose(2, 0, 1)[None]).astype(TYPES[taken.type])
        return [np.asarray(one, np.float32) for one in run(self.session, self.name, {taken.name: planes}, _RUN_S)]


def pose_networks(path: str) -> PoseNetworks:
    """Load the networks at a path: a file that sees points, or a folder with it and the one that finds people.

    They are tried in a child process first. Raises ModelError.
    """
    files_at(path)
    try_network("lib_anim.models.dwpose_trial", path, _TRIAL_S)
    return load(path)


def load(path: str) -> PoseNetworks:
    """Load the networks at a path, untried. Raises ModelError."""
    points, people = files_at(path)
    found = _network(people, _PEOPLE_SIZE) if people else None
    return PoseNetworks(_network(points, _POINTS_SIZE), found)


def try_out(path: str) -> None:
    """Load the networks at a path and run each once. Raises ModelError. It may not end."""
    networks = load(path)
    blank = np.full((64, 48, 3), _GREY, np.uint8)
    if networks.people:
        find_people(networks.people, blank)
    find_points(networks.points, blank, np.array([0.0, 0.0, 48.0, 64.0]))


def files_at(path: str) -> tuple[Path, Path | None]:
    """Return the files of the points and of the people at a path. Raises ModelError."""
    place, people = Path(path), None
    if place.is_dir():
        files = sorted(place.rglob("*.onnx"))
        people = next((file for file in files if file.name.lower().startswith("yolox")), None)
        found = next((file for file in files if file.name.lower().startswith("dw-")), None)
        if found is None:
            raise ModelError(Message("{path}: there is no {name} in this folder", path=path, name=OF_POINTS))
        place = found
    for file in filter(None, (place, people)):
        try:
            check_file(file, NETWORK)
        except FieldError as error:
            raise ModelError(Message("{path}: {said}", path=file, said=error.reason)) from None
    return place, people


def _network(path: Path, size: tuple[int, int]) -> Network:
    session = open_session(str(path), path.name)
    inputs = session.get_inputs()
    if len(inputs) != 1 or not takes_a_picture(inputs[0]):
        taken = ", ".join(f"{one.type} {one.shape}" for one in inputs)
        text = "{name}: takes {what}; this network takes one picture of float32 [1, 3, H, W]"
        raise ModelError(Message(text, name=path.name, what=taken))
    return Network(path.name, session, size_of(inputs[0]) or size)


def _refuse(network: Network, outputs: Sequence[Array], *shapes: tuple[int, ...]) -> ModelError:
    given, wanted = (", ".join(str(list(shape)) for shape in some) for some in ([one.shape for one in outputs], shapes))
    return ModelError(Message("{name}: gives {what}; {wanted} is expected", name=network.name, what=given, wanted=wanted))


def find_people(network: Network, frame: Frame) -> list[Box]:
    """Return the boxes of people, the surest first. Raises ModelError."""
    width, height = network.size
    share = min(width / frame.shape[1], height / frame.shape[0])
    small = resized(frame, (max(round(frame.shape[1] * share), 1), max(round(frame.shape[0] * share), 1)))
    picture = np.full((height, width, 3), _GREY, np.uint8)
    picture[: small.shape[0], : small.shape[1]] = small
    outputs = network.outputs(picture[..., ::-1])  # it was trained on BGR, 0..255
    cells = _cells(network.size)
    if len(outputs) != 1 or outputs[0].ndim != 3 or outputs[0].shape[:2] != (1, len(cells)) or outputs[0].shape[2] < 6:
        raise _refuse(network, outputs, (1, len(cells), 85))
    boxes, scores = _boxes(outputs[0][0].astype(np.float64), cells)
    return [boxes[n] / share for n in _separate(boxes, scores)]


def _cells(size: tuple[int, int]) -> NDArray[np.float64]:
    """Return the column, the row and the stride of each cell, row by row, of the grids from fine to coarse."""
    grids = []
    for stride in _STRIDES:
        rows, columns = np.mgrid[: size[1] // stride, : size[0] // stride]
        grids.append(np.stack([columns, rows, np.full_like(rows, stride)], axis=-1).reshape(-1, 3))
    return np.concatenate(grids).astype(float)


def _boxes(raw: NDArray[np.float64], cells: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the boxes (n, 4) of cells that are sure of a person, and their scores.

    A cell has the centre as an offset from itself, the logarithm of the size, both in strides; the likelihood of an object, and
    those of its classes, of which people are the first.
    """
    scores = raw[:, 4] * raw[:, 5]
    sure = (scores > _SURE) & np.isfinite(raw[:, :4]).all(axis=1) & (raw[:, 2:4] < np.log(1e4)).all(axis=1)
    strides = cells[sure, 2:]
    centres, halves = (raw[sure, :2] + cells[sure, :2]) * strides, np.exp(raw[sure, 2:4]) * strides / 2
    return np.concatenate([centres - halves, centres + halves], axis=1), scores[sure]


def _separate(boxes: NDArray[np.float64], scores: NDArray[np.float64]) -> list[int]:
    """Return the places of boxes, the surest first, without those that overlap a surer one (non-maximum suppression)."""
    kept: list[int] = []
    for n in np.argsort(-scores, kind="stable").tolist():
        if len(kept) < _MOST and all(_shared(boxes[n], boxes[other]) <= _OVERLAP for other in kept):
            kept.append(n)
    return kept


def _shared(a: Box, b: Box) -> float:
    """Return the area that two boxes share over the area of both."""
    sides = np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2])
    both = float(np.prod(np.maximum(sides, 0.0)))
    every = float(np.prod(a[2:] - a[:2]) + np.prod(b[2:] - b[:2])) - both
    return both / every if every > 0.0 else 0.0


def find_points(network: Network, frame: Frame, box: Box) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the 133 points of the person in a box, in pixels of the frame, and their scores. Raises ModelError."""
    width, height = network.size
    middle, sides = (box[:2] + box[2:]) / 2, np.maximum(box[2:] - box[:2], 1.0) * _AROUND
    share = min(width / sides[0], height / sides[1])  # the whole box is seen, in the shape of the input
    corner = middle - np.array([width, height]) / (2 * share)
    matrix = np.array([[share, 0.0, -share * corner[0]], [0.0, share, -share * corner[1]]])
    picture = cv2.warpAffine(frame, matrix, network.size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
    outputs = network.outputs((picture - _MEAN) / _STD)
    wanted = [(1, _N_POINTS, _PER_PIXEL * side) for side in network.size]
    if [one.shape for one in outputs] != wanted:
        raise _refuse(network, outputs, *wanted)
    across, down = (one[0] for one in outputs)
    places = np.stack([across.argmax(axis=1), down.argmax(axis=1)], axis=1) / _PER_PIXEL
    return places / share + corner, np.minimum(across.max(axis=1), down.max(axis=1)).astype(float)


def _in_order(points: NDArray[np.float64], scores: NDArray[np.float64]) -> Body:
    """Return COCO-WholeBody's points as a body with hands and face; those that are not sure are missing."""
    found = np.where(scores[:, None] >= _SURE, points, np.nan)
    neck = found[_SHOULDERS].mean(axis=0)
    body: Body = np.concatenate([found, neck[None]])[_ORDER]
    return body
