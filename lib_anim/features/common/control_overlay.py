"""The pictures that guide painting, over the frames of a preview. Not a feature."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lib_anim.engines.base import Control
from lib_anim.images.blend import blend
from lib_anim.images.frame import Frame
from lib_anim.images.lettering import draw_lines

_OPACITY = 0.85  # of white; black is not seen, since it is the ground of skeletons and edges


def overlaid(frame: Frame, controls: Sequence[tuple[str, Control]]) -> Frame:
    """Return the frame with the guiding pictures shining over it, where they guide; each one's label stands at the top."""
    for _, control in controls:
        share = np.float32(_OPACITY) * np.sqrt(control.image.max(axis=2).astype(np.float32) / 255.0)
        share = share if control.mask is None else share * control.mask
        frame = blend(frame, control.image, 1.0 - share, share)
    return draw_lines(frame, *(label for label, _ in controls), at_top=True) if controls else frame
