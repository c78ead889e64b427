"""Soft masks for engines without them: a request with one is painted in two passes, which are blended. Not a feature."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from lib_anim.engines.base import Sampled, SampleRequest
from lib_anim.images.blend import blend
from lib_anim.plan.plan import Params
from lib_anim.plan.seeds import SECOND_PASS, derived
from lib_anim.shot.painting import Painting


def paint_in_two_passes(request: SampleRequest, params: Params) -> Painting:
    """Paint the whole picture with the mask's minimum times the denoise, then paint over it with the mask's maximum.

    The two pictures are blended by the mask. The second pass has a hard mask of the pixels that it may change. Without a
    mask, or with a uniform one, there is one pass.
    """
    if request.mask is None or request.init is None:
        return (yield replace(request, mask=None))
    least, most = float(request.mask.min()), float(request.mask.max())
    first = yield replace(request, denoise=request.denoise * least, mask=None)
    if least == most:
        return first
    share = (request.mask - least) / (most - least)
    second = yield replace(
        request,
        init=first.frame,
        denoise=request.denoise * most,
        mask=(share > 0.0).astype(np.float32),
        seed=derived(request.seed, SECOND_PASS),
    )
    blended = blend(first.frame, second.frame, 1.0 - share, share)
    return Sampled(blended, first.seed, {"passes": [dict(first.notes), dict(second.notes)]})
