"""Upscalers of the host WebUI, by the names in its lists."""

from __future__ import annotations

from functools import partial
from types import ModuleType
from typing import Any

import numpy as np
from PIL import Image

from lib_anim.engines.webui.queue_turns import within_turn
from lib_anim.errors import ModelError
from lib_anim.images.frame import Frame
from lib_anim.messages import Message, one_line
from lib_anim.models.upscale import Upscaler


def host_upscaler(name: str, shared: ModuleType, lock: Any) -> Upscaler | None:
    """Return the upscaler of the host that has a name, such as R-ESRGAN 4x+; None if there is none.

    `lock` is that of the host's queue: no other job of the host runs meanwhile.
    """
    found = next((one for one in getattr(shared, "sd_upscalers", None) or () if one.name == name), None)
    return None if found is None else Upscaler(name, int(found.scale), partial(_enlarged, found, lock))


def _enlarged(found: Any, lock: Any, frame: Frame) -> Frame:
    """Return a picture enlarged. Raises ModelError."""
    try:
        with within_turn(lock):
            picture = found.scaler.upscale(Image.fromarray(frame), found.scale, found.data_path)
    except Exception as error:  # of the host's own code
        raise ModelError(Message("{name}: cannot be run: {said}", name=found.name, said=one_line(str(error), 200))) from error
    return np.ascontiguousarray(np.asarray(picture.convert("RGB")))
