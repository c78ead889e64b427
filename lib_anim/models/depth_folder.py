"""A depth model in a folder in transformers' layout: config.json and safetensors. No code of the folder is run."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from lib_anim.errors import ModelError
from lib_anim.files import NETWORK
from lib_anim.images.frame import Frame, Mask
from lib_anim.messages import Message, one_line
from lib_anim.models.folders import check_packages, check_weights, on_card, read_json, read_processing

# model_type of config.json -> the multiple of which its sides are, where the folder does not say
_KINDS = {"dpt": 32, "depth_anything": 14, "zoedepth": 32, "depth_pro": 1536, "glpn": 32}
_METRIC = ("zoedepth", "glpn")  # these give metres; the others nearness
_SIZE = {"dpt": 384, "depth_anything": 518, "zoedepth": 384, "depth_pro": 1536, "glpn": 480}
_HALF = (0.5, 0.5, 0.5)  # mean and spread of pixels where the folder does not say
_LARGEST = 1536  # pixels of a side, whatever the folder says


def check_folder(folder: Path) -> bool:
    """Check that a folder holds a depth model, without loading it; return whether it gives metres. Raises ModelError."""
    config = read_json(folder, "config.json")
    kind = str(config.get("model_type", ""))
    if kind not in _KINDS:
        text = "{path}: a model of the kind {kind}; depth models are {kinds}"
        raise ModelError(Message(text, path=folder, kind=kind or "?", kinds=", ".join(sorted(_KINDS))))
    check_weights(folder, NETWORK)
    check_packages("a depth model needs packages that are not there ({names}): {command}")
    return kind in _METRIC or config.get("depth_estimation_type") == "metric"


@dataclass
class FolderNetwork:
    """The model of a checked folder; it is loaded at the first call. On a graphics card it lies only during a call."""

    folder: Path
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _model: Any = None

    def __call__(self, frame: Frame) -> Mask:
        """Return what it sees in a picture, (H, W) float32. Raises ModelError."""
        with self._lock:
            try:
                self._model = self._model or _load(self.folder)
                seen = _run(self._model, _pixels(frame, self.folder))
            except ModelError:
                raise
            except Exception as error:  # transformers raises any class of error for a folder that is not whole
                said = one_line(str(error), 200)
                raise ModelError(Message("{path}: cannot be run: {said}", path=self.folder, said=said)) from None
        return cv2.resize(seen, frame.shape[1::-1], interpolation=cv2.INTER_LINEAR)


def _load(folder: Path) -> Any:
    import transformers

    transformers.utils.logging.disable_progress_bar()
    model = transformers.AutoModelForDepthEstimation.from_pretrained(
        folder, local_files_only=True, use_safetensors=True, trust_remote_code=False
    )
    return model.eval().requires_grad_(False)


def _run(model: Any, pixels: Mask) -> Mask:
    """Run the model on pixels (1, 3, h, w), on the graphics card if there is one, and give that back."""
    import torch

    with on_card(model) as place:
        found = model(pixel_values=torch.from_numpy(pixels).to(place)).predicted_depth
        seen: Mask = np.asarray(found.float().cpu().numpy(), np.float32).reshape(found.shape[-2:])
    return seen


def _pixels(frame: Frame, folder: Path) -> Mask:
    """Return a picture as the model takes it, (1, 3, h, w) float32."""
    said, kind = read_processing(folder), str(read_json(folder, "config.json")["model_type"])
    size = _size(frame.shape[1::-1], said, kind)
    small = cv2.resize(frame, size, interpolation=cv2.INTER_AREA if size[0] < frame.shape[1] else cv2.INTER_CUBIC)
    mean, spread = (np.array(said.get(key, _HALF), np.float32) for key in ("image_mean", "image_std"))
    pixels = small.astype(np.float32) / np.float32(255.0)
    if kind != "glpn":  # which takes them as they are
        pixels = (pixels - mean) / spread
    return np.ascontiguousarray(pixels.transpose(2, 0, 1)[None])


def _size(own: tuple[int, int], said: Mapping[str, Any], kind: str) -> tuple[int, int]:
    """Return the (width, height) at which the model looks at a picture: its shape where the folder allows that."""
    wanted = said.get("size")
    sides = (wanted.get("width"), wanted.get("height")) if isinstance(wanted, dict) else (wanted, wanted)
    width, height = (side if isinstance(side, int) else _SIZE[kind] for side in sides)
    multiple = said.get("ensure_multiple_of")
    multiple = multiple if isinstance(multiple, int) and multiple > 1 else _KINDS[kind]
    if said.get("keep_aspect_ratio") or kind in ("depth_anything", "glpn"):
        share = max(width / own[0], height / own[1])
        width, height = round(own[0] * share), round(own[1] * share)
    width, height = (max(round(min(side, _LARGEST) / multiple), 1) * multiple for side in (width, height))
    return width, height
