"""Depth by the host WebUI: by the annotators of its ControlNet, which have their own weights and their own place on the card.

They are objects that are called with a picture and its resolution, and return a picture of 8 bits, white near. One without its
weights downloads them, as it does for a ControlNet unit; so only one that a film names is called.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable
from functools import partial
from types import ModuleType
from typing import Any

import numpy as np

from lib_anim.engines.webui.controlnet_units import annotator
from lib_anim.engines.webui.queue_turns import within_turn
from lib_anim.errors import ModelError
from lib_anim.images.frame import Frame, Mask, resized
from lib_anim.messages import Message, one_line
from lib_anim.models.depth import DepthNetwork

_KIND = "depth"  # their names begin with it
_RESOLUTION = 512  # pixels of the shorter side, which is what they have by themselves


def host_network(name: str, scripts: ModuleType, lock: Any) -> DepthNetwork | None:
    """Return the annotator of the host that has a name, such as depth_anything_v2; None if there is none.

    `lock` is that of the host's queue: no other job of the host runs meanwhile.
    """
    found = annotator(scripts, name) if name.startswith(_KIND) else None
    return None if found is None else DepthNetwork(f"{name} of the WebUI", partial(_seen, found, name, lock))


def _seen(found: Callable[..., object], name: str, lock: Any, frame: Frame) -> Mask:
    """Return the nearness of a picture, 0..1. Raises ModelError."""
    torch = sys.modules.get("torch")
    try:
        with within_turn(lock), torch.no_grad() if torch else contextlib.nullcontext():
            levels = np.asarray(found(input_image=frame, resolution=_RESOLUTION))
            _unload(found)
    except Exception as error:  # of the host's own code
        raise ModelError(Message("{name}: cannot be run: {said}", name=name, said=one_line(str(error), 200))) from error
    if levels.ndim not in (2, 3) or levels.dtype != np.uint8:
        raise ModelError("the depth model gives no numbers for a picture")
    grey = levels if levels.ndim == 2 else levels[..., 0]
    return resized(np.ascontiguousarray(grey).astype(np.float32) / np.float32(255.0), (frame.shape[1], frame.shape[0]))


def _unload(found: Callable[..., object]) -> None:
    """Give the memory of the card back; the Forges do that themselves."""
    unload = getattr(found, "unload", None)
    if unload:
        unload()
