"""Soft masks for engines without them: a request with one is painted in two passes, which are blended. Not a feature."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from lib_anim.engines.base import Sampled, SampleRequest
from lib_anim.images.blend import blend
from lib_anim.plan.plan import Params
from lib_anim.plan.seeds import SECOND_PASS, derived
from lib_anim.shot.painting import Painting

_NOTHING = 0.01  # a denoise up to which a pass is not worth its cost: the tail of a blurred mask


def paint_in_two_passes(request: SampleRequest, params: Params) -> Painting:
    """Paint with the mask's minimum times the denoise, then paint over it with the mask's maximum.

    The two pictures are blended by the mask. The second pass has a hard mask of the pixels that it may change. Where the mask
    is 0 neither pass paints, and that is not its minimum. Without a mask, or with a uniform one, there is one pass.
    """
    if request.mask is None or request.init is None:
        return (yield replace(request, mask=None))
    inside, most = request.mask > 0.0, float(request.mask.max())
    least = float(request.mask.min(where=inside, initial=most))
    least = least if request.denoise * least > _NOTHING else 0.0
    within = None if inside.all() else inside.astype(np.float32)
    first = yield replace(request, denoise=request.denoise * least, mask=within)
    if least == most:
        return first
    share = np.maximum(request.mask - least, 0.0) / (most - least)
    second = yield replace(
        request,
        init=first.frame,
        denoise=request.denoise * most,
        mask=(share > 0.0).astype(np.float32),
        seed=derived(request.seed, SECOND_PASS),
    )
    blended = blend(first.frame, second.frame, 1.0 - share, share)
    return Sampled(blended, first.seed, {"passes": [dict(first.notes), dict(second.notes)]})
