"""Clips: how many pictures an engine paints as one motion, and how. Names and defaults are the AnimateDiff extension's."""

from __future__ import annotations

from dataclasses import dataclass

from lib_anim.images.frame import Frame

LOOPS = ("N", "R-P", "R+P", "A")  # closed loops: none; fewer closing contexts, without or with the prompts; aggressive
BLENDS = ("overwrite", "flat", "pyramid")
FILTERS = ("butterworth", "gaussian", "ideal", "box")


@dataclass(frozen=True)
class Clip:
    """How many pictures an engine paints as one motion: at most `length`.

    The first `overlap` of them are the last ones of the clip before, if there was one: the anchors. With `repaints` the
    answers to those are the engine's own painting of them, by which the others are matched (joins.py). With `alone` the
    first picture of a film from nothing is a clip by itself, so that the next one begins with its moves.
    """

    length: int = 1
    overlap: int = 0
    repaints: bool = False
    alone: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.overlap < self.length:
            raise ValueError(f"a clip of {self.length} pictures cannot have {self.overlap} of the one before")


ONE_PICTURE = Clip()


@dataclass(frozen=True)
class Contexts:
    """Which pictures of a clip the model looks over at a time, where it cannot look over all of them.

    length       pictures in a context
    overlap      pictures that a context shares with the one before; -1 is a quarter of `length`
    stride       number of distances, 1, 2, 4, …, between the pictures of a context
    closed_loop  one of LOOPS: whether contexts lead from the last pictures to the first
    blend        what a picture in several contexts gets: the output of the last one, or a mean, with weights or without
    """

    length: int = 16
    overlap: int = -1
    stride: int = 1
    closed_loop: str = "N"
    blend: str = "overwrite"

    @property
    def shared(self) -> int:
        """The overlap as a number of pictures."""
        return self.length // 4 if self.overlap < 0 else self.overlap


@dataclass(frozen=True)
class FreeInit:
    """FreeInit (Wu et al. 2023, arXiv:2312.07537): painting again from the low frequencies of the result and new noise.

    `passes` is how often the clip is painted, 1 is once; `space` and `time` are the stop frequencies, 0 to 1.
    """

    passes: int = 1
    filter: str = "butterworth"
    space: float = 0.25
    time: float = 0.25


@dataclass(frozen=True, eq=False)
class ClipOptions:
    """Options for a picture of a clip.

    free_noise   the first noises after a context's length are the earlier ones in another order (FreeNoise)
    kept         share of the latent of `init` in what is painted over; the rest is noise
    end          the picture that the clip leads to; None for none
    end_share    share of its latent in what is painted over
    """

    contexts: Contexts = Contexts()
    free_noise: bool = False
    free_init: FreeInit = FreeInit()
    kept: float = 1.0
    end: Frame | None = None
    end_share: float = 0.0


PLAIN = ClipOptions()
