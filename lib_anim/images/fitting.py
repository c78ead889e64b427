"""Pictures of one shape brought to another: stretched, cropped, or with black beside them."""

from __future__ import annotations

import numpy as np

from lib_anim.images.frame import Frame, resized

STRETCH, CROP, FILL = "stretch", "crop", "fill"


def fitted_frame(frame: Frame, size: tuple[int, int], how: str) -> Frame:
    """Return the frame at `size` (width, height): stretched; its middle cropped out; or whole, with black around."""
    own = frame.shape[1], frame.shape[0]
    if how == STRETCH or own == size:
        return resized(frame, size)
    scales = size[0] / own[0], size[1] / own[1]
    scale = max(scales) if how == CROP else min(scales)
    inner = max(round(own[0] * scale), 1), max(round(own[1] * scale), 1)
    return _centred(resized(frame, inner), size)


def _centred(frame: Frame, size: tuple[int, int]) -> Frame:
    """Return `size` with the frame's middle in its middle."""
    result = np.zeros((size[1], size[0], 3), np.uint8)
    across, down = (_overlap(own, wanted) for own, wanted in zip((frame.shape[1], frame.shape[0]), size, strict=True))
    result[down[1], across[1]] = frame[down[0], across[0]]
    return result


def _overlap(own: int, wanted: int) -> tuple[slice, slice]:
    """Return which part of `own` pixels is shown, and where in `wanted` ones."""
    n = min(own, wanted)
    return slice((own - n) // 2, (own - n) // 2 + n), slice((wanted - n) // 2, (wanted - n) // 2 + n)
