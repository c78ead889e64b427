"""The stream of frames from their files to the video."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lib_anim.images.frame import Frame


@dataclass(frozen=True, eq=False)
class Movie:
    """The frames of a film as an iterator: all of `size` (width, height), at `fps` frames per second.

    A `stream` step takes a Movie and returns one, which can have another size or rate. It may buffer a few frames. Its
    iterator raises VideoError if it fails; the frames on disk are complete then.
    """

    frames: Iterator[Frame]
    size: tuple[int, int]
    fps: float
