"""Pose tracks: OpenPose's JSON, one pose, a list of them, or poses by frame; and the people at any frame.

A pose is `{"people": [{"pose_keypoints_2d": [x, y, c, …]}], "canvas_width": …, "canvas_height": …}`, as OpenPose and the
ControlNet extension write it; that of the extension is a list with one pose. 18 or 25 points, in pixels or 0..1; a point with
c = 0 is missing. `hand_left_keypoints_2d`, `hand_right_keypoints_2d` (21 points) and `face_keypoints_2d` (70, or 68 without
pupils) may stand beside it. A track is a list, a pose for each frame, or {"0": pose, "24": pose, …}: poses at frames, between
which people move. "ease" in a pose says how they go to the next one: "linear", "in" (slow at first), "out" (slow at the end),
"smooth".
"""

from __future__ import annotations

import json
import math
from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from lib_anim.errors import FieldError
from lib_anim.files import MB, MOST_FRAMES, read_file
from lib_anim.images.pose_tween import matched, tween
from lib_anim.images.skeleton import FACE, LEFT_HAND, OF_FACE, OF_HAND, POINTS, RIGHT_HAND, Body
from lib_anim.messages import Message, one_line
from lib_anim.settings.json_text import parse_json

LARGEST = 16 * MB
_MOST_PEOPLE, _FARTHEST = 32, 1e6
# of OpenPose's 25 points, those that the 18 are
_OF_25 = (0, 1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18)
# part of a person -> its points in a body, how many of them a file can have, and the sentence about other numbers
PARTS: Mapping[str, tuple[slice, tuple[int, ...], str]] = {
    "pose_keypoints_2d": (slice(POINTS), (POINTS, 25), "a person has 18 or 25 points of three numbers each"),
    "hand_left_keypoints_2d": (LEFT_HAND, (OF_HAND, 0), "a hand has 21 points of three numbers each"),
    "hand_right_keypoints_2d": (RIGHT_HAND, (OF_HAND, 0), "a hand has 21 points of three numbers each"),
    "face_keypoints_2d": (FACE, (OF_FACE, 68, 0), "a face has 68 or 70 points of three numbers each"),
}
_EASES: Mapping[str, Callable[[float], float]] = {
    "linear": lambda share: share,
    "in": lambda share: share * share,
    "out": lambda share: share * (2.0 - share),
    "smooth": lambda share: share * share * (3.0 - 2.0 * share),
}
_CROWD = "{key}: at frame {frame} {n} people become {m}; the nearest go on, others come and go there"
_BARE = "no pose: an object with people, a list of such, or such by frame"


@dataclass(frozen=True)
class Pose:
    """The people of one key, in shares of the canvas, 0..1; `canvas` is its size, None if the file does not say it."""

    people: tuple[Body, ...]
    canvas: tuple[int, int] | None
    ease: str = "linear"  # of the way to the next key


@dataclass(frozen=True)
class PoseTrack:
    """Poses at frames, ascending. A list's stand at every frame."""

    frames: tuple[int, ...]
    poses: tuple[Pose, ...]

    def at(self, index: int, size: tuple[int, int]) -> list[Body]:
        """Return the people of a frame in pixels of `size`; before the first key and after the last one they hold still.

        Who is missing at the next key goes at that key; who comes, comes at it.
        """
        place = max(bisect_right(self.frames, index) - 1, 0)
        people = [_in_pixels(body, size) for body in self.poses[place].people]
        if index <= self.frames[place] or place + 1 == len(self.frames):
            return people
        share = (index - self.frames[place]) / (self.frames[place + 1] - self.frames[place])
        share = _EASES[self.poses[place].ease](share)
        later = [_in_pixels(body, size) for body in self.poses[place + 1].people]
        pairs = matched(people, later)
        alone = [body for body in people if not any(body is before for before, _ in pairs)]
        return [*(tween(before, after, share) for before, after in pairs), *alone]

    def crowds(self, name: str) -> tuple[Message, ...]:
        """Return a note on each key to which people move and at which their number changes; it begins with `name`."""
        counts = [len(pose.people) for pose in self.poses]
        keys = zip(self.frames, self.frames[1:], counts, counts[1:], strict=False)
        changes = ((frame, n, m) for before, frame, n, m in keys if n != m and frame - before > 1)
        return tuple(Message(_CROWD, key=name, frame=frame, n=n, m=m) for frame, n, m in changes)


def read_track(path: str) -> PoseTrack:
    """Read a file. Raises FieldError."""
    return parse_text(read_file(path, LARGEST))


def parse_text(data: bytes) -> PoseTrack:
    """Parse the bytes of a file. Raises FieldError."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise FieldError("not a text in UTF-8") from None
    return parse_track(parse_json(text))


def written_track(frames: Iterable[Sequence[Body]], size: tuple[int, int]) -> str:
    """Return the text of a file with a pose for each frame, whose people are in pixels of `size`."""
    canvas = {"canvas_width": size[0], "canvas_height": size[1]}
    poses = ({"people": [_written(body) for body in bodies], **canvas} for bodies in frames)
    return "[\n" + ",\n".join(json.dumps(pose, separators=(",", ":")) for pose in poses) + "\n]\n"


def _written(body: Body) -> dict[str, list[float]]:
    """Return a person of a file; of hands and face those that are there."""
    person = {}
    for name, (part, *_) in PARTS.items():
        points = body[part]
        found = np.isfinite(points[:, 0])
        places = np.where(found[:, None], np.round(points + 0.5, 1), 0.0)  # a pixel's middle is half a pixel from its edge
        if found.any() or name == "pose_keypoints_2d":
            person[name] = np.concatenate([places, found[:, None]], axis=1).ravel().tolist()
    return person


def parse_track(data: object) -> PoseTrack:
    """Parse what a file holds. Raises FieldError."""
    keyed = _by_frame(data)
    if not keyed:
        raise FieldError(_BARE)
    frames = tuple(sorted(keyed))
    return PoseTrack(frames, tuple(_pose(keyed[frame]) for frame in frames))


def _by_frame(data: object) -> dict[int, object]:
    if isinstance(data, list):
        return dict(enumerate(data[:MOST_FRAMES]))
    if not isinstance(data, Mapping):
        raise FieldError(_BARE)
    if "people" in data:
        return {0: data}
    numbers = [str(key) for key in data]
    if len(numbers) > MOST_FRAMES or not all(key.isdecimal() and key.isascii() and len(key) < 8 for key in numbers):
        raise FieldError(_BARE)
    return {int(key): data[key] for key in data}


def _pose(data: object) -> Pose:
    if isinstance(data, list) and len(data) == 1:  # as the ControlNet extension writes a pose
        (data,) = data
    people = data.get("people") if isinstance(data, Mapping) else None
    if not isinstance(data, Mapping) or not isinstance(people, list):
        raise FieldError(_BARE)
    width, height = (_number(data.get(key)) or 0.0 for key in ("canvas_width", "canvas_height"))
    size = (round(width), round(height)) if min(width, height) >= 1.0 else None
    bodies = (_body(person, size) for person in people[:_MOST_PEOPLE])
    ease = str(data.get("ease", "linear"))
    if ease not in _EASES:
        reason = Message("there is no ease {value}", value=one_line(ease, 40))
        raise FieldError(reason, Message("choose one of {names}", names=", ".join(_EASES)))
    return Pose(tuple(body for body in bodies if np.isfinite(body).any()), size, ease)


def _body(person: object, canvas: tuple[int, int] | None) -> Body:
    """Return body, hands and face in shares of the canvas."""
    body = np.full((FACE.stop, 2), np.nan)
    for name, (part, numbers, sentence) in PARTS.items():
        if isinstance(person, Mapping) and person.get(name) is not None:
            points = _points(person[name], numbers, sentence)
            body[part][: len(points)] = points
    if not np.isfinite(body).any() or np.nanmax(np.abs(body)) <= 2.0:  # shares already
        return body
    if canvas is None:
        raise FieldError("points in pixels need canvas_width and canvas_height")
    shares: Body = body / np.array(canvas, float)
    return shares


def _points(values: object, numbers: tuple[int, ...], sentence: str) -> Body:
    """Return points (n, 2), NaN where one is missing; of 25 the 18. Raises FieldError with the sentence for other numbers."""
    if not isinstance(values, Sequence) or isinstance(values, str) or len(values) not in (3 * number for number in numbers):
        raise FieldError(sentence)
    points = np.array([_number(value) or 0.0 for value in values], float).reshape(-1, 3)
    points = points[list(_OF_25)] if len(points) == 25 else points
    found: Body = np.where(points[:, 2:] > 0.0, np.clip(points[:, :2], -_FARTHEST, _FARTHEST), np.nan)
    return found


def _number(value: object) -> float | None:
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        return None
    return float(value) if math.isfinite(value) and abs(value) <= _FARTHEST else None


def _in_pixels(body: Body, size: tuple[int, int]) -> Body:
    pixels: Body = body * np.array(size, float) - 0.5
    return pixels
