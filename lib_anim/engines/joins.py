"""Joins of clips: a clip is matched to the pictures that it shares with the clip before.

An engine whose model paints the shared pictures once more changes them as it changes the others: it makes them brighter, say.
What makes them what they were is done to all pictures of the clip, so that such changes do not add up from clip to clip.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from lib_anim.engines.base import Answer, Sampled, SampleRequest
from lib_anim.errors import Blank
from lib_anim.images.joins import matching


def joined(take: Sequence[SampleRequest], answers: Sequence[Answer]) -> tuple[Answer, ...]:
    """Return the answers to a take, those to its painted pictures matched by those to the ones that stand."""
    pairs = [
        (answer.frame, request.init)
        for request, answer in zip(take, answers, strict=True)
        if request.stands and request.init is not None and isinstance(answer, Sampled)
    ]
    if not pairs:
        return tuple(answers)
    match = matching(*(np.stack(side) for side in zip(*pairs, strict=True)))
    return tuple(
        answer if request.stands or isinstance(answer, Blank) else replace(answer, frame=match(answer.frame))
        for request, answer in zip(take, answers, strict=True)
    )
