"""What flows from the frames' files to the video."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lib_anim.images.frame import Frame


@dataclass(frozen=True, eq=False)
class Movie:
    """The pictures of a film, one at a time: all of `size` (width, height), `fps` of them a second.

    A step of the stream takes one and returns another, of another size or rate if it likes. It may hold a few pictures; what
    it cannot do it raises as VideoError while the pictures flow, and the frames on disk are complete all the same.
    """

    frames: Iterator[Frame]
    size: tuple[int, int]
    fps: float
