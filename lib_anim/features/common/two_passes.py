"""Soft masks for engines that have none: a request with one is painted twice over, and the pictures mixed by it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from lib_anim.engines.base import Capabilities, Sampled, SampleRequest, Wrapped
from lib_anim.images.blend import blend
from lib_anim.plan.seeds import SECOND_PASS, derived


class TwoPasses(Wrapped):
    """Paints the whole picture with the mask's least share of the denoise, and over that with its greatest; what the mask
    lets have more is taken from the second. The engine inside gets a hard mask at the most: what the second pass may touch."""

    @property
    def capabilities(self) -> Capabilities:
        """Those of the engine inside, and soft masks."""
        inner = self.inner.capabilities
        return replace(inner, words=inner.words | {"soft_mask"})

    def paint(self, request: SampleRequest) -> Sampled:
        """The picture; without a mask, or with an even one, from a single pass."""
        if request.mask is None or request.init is None:
            return self.inner.sample(replace(request, mask=None))
        least, most = float(request.mask.min()), float(request.mask.max())
        first = self.inner.sample(replace(request, denoise=request.denoise * least, mask=None))
        if least == most:
            return first
        share = (request.mask - least) / (most - least)
        second = self.inner.sample(
            replace(
                request,
                init=first.frame,
                denoise=request.denoise * most,
                mask=(share > 0.0).astype(np.float32),
                seed=derived(request.seed, SECOND_PASS),
            )
        )
        mixed = blend(first.frame, second.frame, 1.0 - share, share)
        return Sampled(mixed, first.seed, {"passes": [dict(first.notes), dict(second.notes)]})
