"""A model in a folder in transformers' layout that finds what words name: CLIPSeg, SAM 3. No code of the folder is run."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from lib_anim.errors import ModelError
from lib_anim.files import NETWORK
from lib_anim.images.frame import Frame, Mask
from lib_anim.messages import Message, one_line
from lib_anim.models.folders import check_packages, check_weights, on_card, read_json, read_processing

_LIMIT = 2 * NETWORK  # bytes of a file of weights: SAM 3 has one of 3.4 GB
_IMAGENET = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # mean and spread of pixels
_HALF = (0.5, 0.5, 0.5), (0.5, 0.5, 0.5)
_CLIPSEG_SIDE, _LARGEST = 352, 1536  # pixels of CLIPSeg's side where the folder does not say; the most that it can say
_CLIPSEG_WORDS, _SAM3_WORDS = 77, 32  # tokens that each reads
_DOUBTFUL, _SURE = 0.3, 0.5  # CLIPSeg's probabilities at which a mask is black and white: inside of things they stay below 1
_FOUND = 0.5  # SAM 3's score from which a thing counts as found


@dataclass(frozen=True)
class _Kind:
    """A kind of model: its class in transformers, and how it looks for tokenized words in pixels (1, 3, side, side)."""

    name: str
    model: str
    side: Callable[[Any, Mapping[str, Any]], int]  # of the model and of what the folder says of pictures
    pixels: tuple[tuple[float, ...], tuple[float, ...]]  # mean and spread where the folder does not say
    tokens: Mapping[str, Any]
    find: Callable[[Any, Any, Mapping[str, Any]], Any]  # returns a tensor (h, w), 0..1


def _side_of_clipseg(_model: Any, said: Mapping[str, Any]) -> int:
    size = said.get("size")
    side = size.get("height", size.get("shortest_edge")) if isinstance(size, dict) else size
    return min(side, _LARGEST) if isinstance(side, int) and side > 0 else _CLIPSEG_SIDE


def _side_of_sam3(model: Any, _said: Mapping[str, Any]) -> int:
    return int(model.config.vision_config.image_size)  # its positions are made for this one


def _find_by_clipseg(model: Any, pixels: Any, tokens: Mapping[str, Any]) -> Any:
    logits = model(pixel_values=pixels, **tokens).logits.float()
    return ((logits.sigmoid() - _DOUBTFUL) / (_SURE - _DOUBTFUL)).clamp(0.0, 1.0).reshape(logits.shape[-2:])


def _find_by_sam3(model: Any, pixels: Any, tokens: Mapping[str, Any]) -> Any:
    """Return all found things, together."""
    found = model(pixel_values=pixels, **tokens)
    scores = found.pred_logits[0].float().sigmoid() * found.presence_logits[0].float().sigmoid()
    things = found.pred_masks[0].float().sigmoid()
    return (things * (scores > _FOUND)[:, None, None]).amax(dim=0)


def _tokens(length: int, padding: str | bool) -> Mapping[str, Any]:
    return {"return_tensors": "pt", "truncation": True, "max_length": length, "padding": padding}


_KINDS = {  # by model_type of config.json
    "clipseg": _Kind(
        "CLIPSeg",
        "CLIPSegForImageSegmentation",
        _side_of_clipseg,
        _IMAGENET,
        _tokens(_CLIPSEG_WORDS, padding=False),
        _find_by_clipseg,
    ),
    "sam3": _Kind("SAM 3", "Sam3Model", _side_of_sam3, _HALF, _tokens(_SAM3_WORDS, padding="max_length"), _find_by_sam3),
}
_KINDS["sam3_video"] = _KINDS["sam3"]  # as the hub's folder of SAM 3 says, whose detector is this


def check_folder(folder: Path) -> tuple[Path, ...]:
    """Check that a folder holds a model that finds words, without loading it; return its files. Raises ModelError."""
    kind = str(read_json(folder, "config.json").get("model_type", ""))
    if kind not in _KINDS:
        text = "{path}: a model of the kind {kind}; models that find words are {kinds}"
        raise ModelError(Message(text, path=folder, kind=kind or "?", kinds=", ".join(sorted(_KINDS))))
    weights = check_weights(folder, _LIMIT)
    words = [folder / name for name in ("tokenizer.json", "vocab.json", "merges.txt") if (folder / name).is_file()]
    if not words:
        raise ModelError(Message("{path}: there is no tokenizer in this folder, which reads the words", path=folder))
    check_packages("a model that finds words needs packages that are not there ({names}): {command}")
    return (*weights, *words)


@dataclass
class SegmentFolder:
    """The model of a checked folder; it is loaded at the first call. On a graphics card it lies only during a call."""

    folder: Path
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _loaded: _Loaded | None = None

    def __call__(self, frame: Frame, words: str) -> Mask:
        """Return where the words are in a picture, (H, W) float32, 0..1. Raises ModelError."""
        with self._lock:
            try:
                self._loaded = self._loaded or _load(self.folder)
                found = self._loaded.find(frame, words)
            except ModelError:
                raise
            except Exception as error:  # transformers raises any class of error for a folder that is not whole
                said = one_line(str(error), 200)
                raise ModelError(Message("{path}: cannot be run: {said}", path=self.folder, said=said)) from None
        return np.clip(cv2.resize(found, frame.shape[1::-1], interpolation=cv2.INTER_LINEAR), 0.0, 1.0)


@dataclass(frozen=True)
class _Loaded:
    """A model in memory: `side` in pixels, `mean` and `spread` of its pixels."""

    kind: _Kind
    model: Any
    tokenizer: Any
    side: int
    mean: NDArray[np.float32]
    spread: NDArray[np.float32]

    def find(self, frame: Frame, words: str) -> Mask:
        """Return where the words are, in the size of the model's answer."""
        import torch

        tokens = self.tokenizer([words], **self.kind.tokens)
        with on_card(self.model) as place:
            pixels = torch.from_numpy(self._pixels(frame)).to(place)
            found = self.kind.find(
                self.model, pixels, {name: tokens[name].to(place) for name in ("input_ids", "attention_mask")}
            )
            mask: Mask = np.nan_to_num(found.cpu().numpy()).astype(np.float32)
        return mask

    def _pixels(self, frame: Frame) -> NDArray[np.float32]:
        """Return a picture as the model takes it, stretched to a square: (1, 3, side, side)."""
        smaller = self.side < min(frame.shape[:2])
        square = cv2.resize(frame, (self.side, self.side), interpolation=cv2.INTER_AREA if smaller else cv2.INTER_LINEAR)
        pixels = (square.astype(np.float32) / np.float32(255.0) - self.mean) / self.spread
        return np.ascontiguousarray(pixels.transpose(2, 0, 1)[None])


def _load(folder: Path) -> _Loaded:
    """Load the model of a checked folder. Raises ModelError if the installed transformers does not know its kind."""
    import transformers

    kind = _KINDS[str(read_json(folder, "config.json")["model_type"])]
    if not hasattr(transformers, kind.model):
        text = "{path}: this transformers, {version}, does not know {kind}; a newer one does"
        raise ModelError(Message(text, path=folder, version=transformers.__version__, kind=kind.name))
    transformers.utils.logging.disable_progress_bar()
    model = getattr(transformers, kind.model).from_pretrained(folder, local_files_only=True, use_safetensors=True)
    tokenizer = transformers.CLIPTokenizerFast.from_pretrained(folder, local_files_only=True)
    said = read_processing(folder)
    mean, spread = (
        np.array(said.get(key, usual), np.float32) for key, usual in zip(("image_mean", "image_std"), kind.pixels, strict=True)
    )
    return _Loaded(kind, model.eval().requires_grad_(False), tokenizer, kind.side(model, said), mean, spread)
