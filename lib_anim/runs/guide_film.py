"""What the guides of a film for video models are made of: its pieces, their size, the pictures they begin with.

Wan VACE takes 4k+1 frames, whose sides are multiples of 16: a latent frame stands for 4, and a token for 16x16 pixels.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lib_anim.errors import Problem, SettingsError
from lib_anim.features.common.distances import scene_distances
from lib_anim.features.common.picture_sources import Pictures
from lib_anim.images.frame import Mask
from lib_anim.messages import Message
from lib_anim.plan.plan import Plan
from lib_anim.shot.canvas import Canvas
from lib_anim.shot.shot import Shot
from lib_anim.shot.steps import Tools

LEAST, LONGEST = 5, 81  # frames of a piece: the fewest that can move, and the most that Wan was trained with
FPS = 16  # that Wan was trained with
SIZES = ("832x480", "480x832", "1280x720", "720x1280")  # that Wan VACE was made for
MULTIPLE, STRIDE = 16, 4  # pixels of a token, frames of a latent frame

SOURCE, LENGTH = "--from", "--longest"


class Piece(NamedTuple):
    """The frames first..last of a film; the last one is shown `repeated` times more, which makes 4k+1 of them."""

    first: int
    last: int
    repeated: int = 0

    @property
    def frames(self) -> range:
        """The frames of the film, in the order in which they are shown."""
        return range(self.first, self.last + 1)

    @property
    def length(self) -> int:
        """The number of frames of the guide."""
        return len(self.frames) + self.repeated


class Names(NamedTuple):
    """The names of the files of a piece."""

    control: str
    mask: str
    start: str


def cut(frames: range, longest: int) -> tuple[Piece, ...]:
    """Cut frames into pieces of 4k+1, about equal, at most `longest`; each begins with the last frame of the one before.

    >>> cut(range(120), 81)
    (Piece(first=0, last=60, repeated=0), Piece(first=60, last=119, repeated=1))
    """
    latents = -(-(len(frames) - 1) // STRIDE)  # besides the first one of each piece, which stands for one frame
    number = -(-latents // ((longest - 1) // STRIDE))
    ends = [min(STRIDE * (latents * k // number), len(frames) - 1) for k in range(number + 1)]
    pieces = [Piece(frames[a], frames[b]) for a, b in pairwise(ends)]
    return (*pieces[:-1], pieces[-1]._replace(repeated=-(len(pieces[-1].frames) - 1) % STRIDE))


@dataclass(frozen=True, eq=False)
class GuideFilm:
    """A film to be written as guides of at most `longest` frames.

    `pictures` is one picture that all frames are moved from, None the start picture of the settings; or it is those of the
    finished film, and each piece begins and ends with the film's own frame. Raises SettingsError for a film without a guide.
    """

    shot: Shot
    pictures: Pictures | None = None
    longest: int = LONGEST

    def __post_init__(self) -> None:
        if problems := tuple(self._problems()):
            raise SettingsError(problems, self.plan.settings.source)

    @property
    def plan(self) -> Plan:
        """The plan of the film."""
        return self.shot.plan

    @property
    def is_finished(self) -> bool:
        """Whether the pictures are those of the finished film."""
        return self.pictures is not None and self.pictures.number > 1

    @cached_property
    def pieces(self) -> tuple[Piece, ...]:
        """The pieces, in the order in which they are shown."""
        return cut(self.plan.frames, self.longest)

    @cached_property
    def size(self) -> tuple[int, int]:
        """The (width, height) of the guides: that of the film, rounded down to multiples of 16."""
        width, height = self.plan.size
        return width // MULTIPLE * MULTIPLE, height // MULTIPLE * MULTIPLE

    def filmed(self, piece: Piece) -> Sequence[int]:
        """Return the frames of a piece in the order of filming."""
        return piece.frames[::-1] if self.plan.backwards else piece.frames

    def start(self, index: int) -> Canvas | None:
        """Return the picture that frames are moved from, at the frame `index`; None if there is none.

        The distances of the scene are those of this picture, and move with it. In a film, which is painted anew, they do not.
        """
        distances = self._distances
        depth: Callable[[], Mask | None] | None = None if distances is None else lambda: distances
        if self.pictures is None:
            started = (step(self.plan[index]) for step in self.shot.steps.start)
            return next((replace(canvas, depth=depth) for canvas in started if canvas), None)
        known = self.plan.frames.stop <= self.pictures.number  # else the pictures are of these frames alone
        place = index if known else index - self.plan.frames.start
        return Canvas(self.pictures.at(place if self.is_finished else 0), depth=depth)

    def cropped(self, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return the middle of a frame of the film, or of a mask, in the size of the guides."""
        return np.ascontiguousarray(picture[self._middle])

    def names(self, piece: Piece) -> Names:
        """Return the names of the files of a piece: with its number, from 1, if there are several."""
        number = f"_{self.pieces.index(piece) + 1}" if len(self.pieces) > 1 else ""
        return Names(f"control{number}.mp4", f"mask{number}.mp4", f"start{number}.png")

    @cached_property
    def _distances(self) -> Mask | None:
        in_space = self.plan.in_use("translation_z")
        return scene_distances(self.plan.settings, self.plan, Tools()).known if in_space else None

    @cached_property
    def _middle(self) -> tuple[slice, slice]:
        left, top = ((own - guide) // 2 for own, guide in zip(self.plan.size, self.size, strict=True))
        return slice(top, top + self.size[1]), slice(left, left + self.size[0])

    def _problems(self) -> Iterator[Problem]:
        n_frames, loops = len(self.plan.frames), self.plan.settings.switch("loop")
        if self.longest < LEAST:
            yield Problem(LENGTH, Message("a piece has {n} frames at least", n=LEAST), Message("{n} are usual", n=LONGEST))
        if n_frames < LEAST:
            reason = Message("a guide has {n} frames at least; this film has {m}", n=LEAST, m=n_frames)
            yield Problem("max_frames", reason, "take more frames")
        for key, side in zip("WH", self.size, strict=True):
            if not side:
                yield Problem(key, Message("a guide has {n} pixels at least", n=MULTIPLE), "make it larger")
        if self.shot.plan.settings.text("animation_mode") not in ("2D", "3D"):
            yield Problem("animation_mode", "a guide shows what the camera sees, and there is no camera", "write 2D or 3D")
        if loops and not self.is_finished:
            remedy = "write false, or name the finished film: --from DIR"
            yield Problem("loop", "a picture that is only moved does not come back to the first frame", remedy)
        yield from self._source_problems()

    def _source_problems(self) -> Iterator[Problem]:
        if self.pictures is None and not self.shot.steps.start:
            remedy = "name a picture, or the folder or the video of the finished film"
            yield Problem(SOURCE, "a guide begins with a picture, and this film has no start picture", remedy)
        if self.pictures and self.is_finished and not self._is_of_this_film(self.pictures.number):
            reason = Message("it has {n} frames, and the film has {m}", n=self.pictures.number, m=self.plan.timeline.n_frames)
            yield Problem(SOURCE, reason, "name the film that was made with these settings")

    def _is_of_this_film(self, number: int) -> bool:
        """Return whether so many pictures are those of the film, or of the frames that are filmed."""
        return number >= self.plan.frames.stop or number == len(self.plan.frames)
