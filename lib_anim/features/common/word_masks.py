"""Masks of what words name in the picture that is painted over, found by a network. Not a feature."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from lib_anim.errors import ModelError, Problem, SettingsError
from lib_anim.images.frame import Frame, Mask
from lib_anim.media.download import check_is_path
from lib_anim.models.segment import SegmentNetwork, open_segment, segment_there
from lib_anim.plan.plan import Plan
from lib_anim.shot.canvas import Canvas
from lib_anim.shot.steps import Tools

MODEL, EVERY = "mask_model", "mask_words_every"

_REMEDY = "write the path of a model's folder, such as clipseg-rd64-refined, or leave it empty"


def words_network(plan: Plan, tools: Tools) -> SegmentNetwork | None:
    """Return the network that the film names, or else one that is there, None without any; a preview does not try it.

    Raises SettingsError.
    """
    path, trial = plan.settings.text(MODEL), "caption" not in tools.capabilities
    if not path:
        return tools.segment() or segment_there(trial=trial)
    check_is_path(MODEL, path, _REMEDY)
    try:
        return open_segment(path, trial=trial)
    except ModelError as error:
        raise SettingsError([Problem(MODEL, error.message, _REMEDY)]) from None


class _Found(NamedTuple):
    """The mask of words at a picture, and the frame at which the network was asked."""

    asked: int
    mask: Mask


class WordMasks:
    """Where words are in pictures. The network is asked again `every` so many frames; between, what it found moves along.

    Its state is the masks at the last painted picture.
    """

    def __init__(self, network: SegmentNetwork, every: int):
        self._network, self._every = network, every
        self._kept: dict[str, _Found] = {}  # by words
        self._asked: dict[str, tuple[Frame, Mask]] = {}  # by words: the last picture and its mask, which is wanted twice

    @property
    def does(self) -> str:
        """Who finds words, and how often."""
        return self._network.name if self._every == 1 else f"{self._network.name}, again every {self._every} frames"

    def at(self, words: str, index: int, canvas: Canvas) -> Mask:
        """Return where the words are in what is painted over at a frame, (H, W) float32, 0..1. Raises ModelError."""
        return self._found(words, index, canvas).mask

    def keep(self, words: Iterable[str], index: int, canvas: Canvas) -> None:
        """Remember where all of the words are at a painted picture; `canvas` is what it was painted over."""
        self._kept = {one: self._found(one, index, canvas) for one in words}

    def _found(self, words: str, index: int, canvas: Canvas) -> _Found:
        kept = self._kept.get(words)
        if kept is None or abs(index - kept.asked) >= self._every:
            return _Found(index, self._ask(words, canvas.frame))
        if canvas.travel is None:
            return kept
        # with the border of the picture, which shows there what the mask then shows there
        moved = replace(canvas.travel, sampling="bilinear")(kept.mask)
        return kept._replace(mask=np.clip(moved, 0.0, 1.0))

    def _ask(self, words: str, frame: Frame) -> Mask:
        seen, mask = self._asked.get(words, (None, None))
        if mask is None or seen is not frame:
            mask = self._network.find(frame, words)
            self._asked[words] = frame, mask
        return mask

    def state(self) -> object:
        """See Memory."""
        return [{"words": words, "asked": found.asked, "mask": found.mask} for words, found in self._kept.items()]

    def restore(self, state: object) -> None:
        """See Memory."""
        self._kept = {}
        for one in state if isinstance(state, list) else ():
            self._kept[str(one["words"])] = _Found(int(one["asked"]), np.asarray(one["mask"], np.float32))
