"""IP-Adapters (Ye et al. 2023): reference pictures that a model reads beside the prompt, by attention layers of their own.

A file of weights has `image_proj`, which makes tokens of an encoded picture, and `ip_adapter`, the keys and values of each
cross attention. The picture is encoded by the CLIP that the adapter was made with, a folder of its own.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lib_anim.engines.base import Control
from lib_anim.errors import EngineError
from lib_anim.images.frame import Frame
from lib_anim.messages import Message

if TYPE_CHECKING:
    import torch

MODULES = (  # WebUIs' names of the pre-processors that stand for an adapter's encoder
    *("ip-adapter-auto", "ip-adapter_clip_h", "ip-adapter_clip_g"),
    *("ip-adapter_clip_sd15", "ip-adapter_clip_sdxl", "ip-adapter_clip_sdxl_plus_vith"),
    *("CLIP-ViT-H (IPAdapter)", "CLIP-ViT-bigG (IPAdapter)"),
)
_PARTS = ("image_proj", "ip_adapter")
_CLIP_MEAN, _CLIP_STD = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)
_CACHED = 8  # encoded pictures that are kept

State = Mapping[str, Mapping[str, Any]]  # of _PARTS: the tensors by name


@dataclass(frozen=True, eq=False)
class Adapter:
    """A loaded adapter: `projection` makes tokens of an encoded picture; `processors` are those of the UNet's attention layers
    with it, by name. `pooled`: it reads the picture's one embedding, not the encoder's hidden states."""

    projection: Any
    processors: Mapping[str, Any]
    encoder: Any
    pooled: bool


@dataclass(frozen=True, eq=False)
class Reference:
    """A `Control` whose model is an adapter, ready for the model: tokens (1, 1, n, width) of its picture and those that the
    negative prompt is given, and the mask (1, 1, H, W)."""

    control: Control
    adapter: Adapter
    tokens: torch.Tensor
    against: torch.Tensor
    mask: torch.Tensor | None

    def rows(self, count: int, negatives: int) -> torch.Tensor:
        """Return the tokens of `count` prompts, of which the first ones are negative."""
        import torch

        return torch.cat([self.against] * negatives + [self.tokens] * (count - negatives))


class IpAdapters:
    """The adapters of a pipeline. Only while a reference acts, the UNet's attention layers are other than before."""

    def __init__(self, pipeline: Any, folders: Sequence[str]):
        self._pipe, self._folders = pipeline, folders
        self._encoders: dict[Path, Any] = {}
        self._layers: dict[str, Any] = {}  # the UNet's cross attentions by the names of their processors
        self._before: dict[str, Any] = {}  # those processors without an adapter
        self._used: tuple[Adapter, ...] = ()
        self._tokens_of = lru_cache(maxsize=_CACHED)(self._read)
        self._joined = lru_cache(maxsize=_CACHED)(_join)

    def close(self) -> None:
        """Release the networks and the pipeline."""
        self._pipe = None
        self._encoders.clear()
        self._layers.clear()
        self._before.clear()
        self._tokens_of.cache_clear()
        self._joined.cache_clear()

    def load(self, path: Path, state: State) -> Adapter:
        """Return the adapter whose weights are `state`. Raises EngineError; diffusers raises any class of error."""
        unet = self._pipe.unet
        if not hasattr(unet, "_convert_ip_adapter_attn_to_diffusers"):
            raise EngineError("this diffusers reads no IP-Adapters; take a version from 0.31 to 0.42")
        _check(path, state, unet.config.cross_attention_dim)
        kind, width = _encoder_wanted(state)
        encoder = self._encoder(path, kind, width)
        projection = unet._convert_ip_adapter_image_proj_to_diffusers(state["image_proj"], low_cpu_mem_usage=True)
        made = unet._convert_ip_adapter_attn_to_diffusers([state], low_cpu_mem_usage=True)
        processors = {name: self._placed(one) for name, one in made.items() if hasattr(one, "to_k_ip")}
        return Adapter(self._placed(projection), processors, encoder, kind == "projection_dim")

    def reference(self, control: Control, adapter: Adapter, mask: torch.Tensor | None) -> Reference:
        """Return what a picture is painted with; the tokens of the last pictures are kept."""
        tokens, against = self._tokens_of(adapter, control.image.shape, control.image.tobytes())
        return Reference(control, adapter, tokens, against, mask)

    def use(self, references: Sequence[Reference]) -> None:
        """Put the adapters of these references, with their weights, into the UNet; without any it is as before."""
        adapters = tuple(one.adapter for one in references)
        processors = self._joined(adapters) if adapters else self._before
        for processor in processors.values() if adapters else ():
            processor.scale = [one.control.weight for one in references]
        if adapters != self._used:
            self._set(processors)
            self._used = adapters

    def _set(self, processors: Mapping[str, Any]) -> None:
        if not self._layers:
            every = dict(self._pipe.unet.named_modules())
            self._layers.update((name, every[name.removesuffix(".processor")]) for name in processors)
            self._before.update((name, layer.processor) for name, layer in self._layers.items())
        for name, processor in processors.items():
            self._layers[name].set_processor(processor)

    def _encoder(self, path: Path, kind: str, width: int) -> Any:
        """Return the image encoder in the folders whose configuration says that width. Raises EngineError."""
        found = next((one for one, config in _find_encoders(self._folders) if config.get(kind) == width), None)
        if found is None:
            text = (
                "{path}: the image encoder of this IP-Adapter is not there; put its folder, image_encoder with config.json "
                "({key} {n}) and model.safetensors, beside it"
            )
            raise EngineError(Message(text, path=path, key=kind, n=width))
        if found not in self._encoders:
            from transformers import CLIPVisionModelWithProjection

            made = CLIPVisionModelWithProjection.from_pretrained(str(found), local_files_only=True, use_safetensors=True)
            self._encoders[found] = self._placed(made)
        return self._encoders[found]

    def _placed(self, module: Any) -> Any:
        return module.to(self._pipe._execution_device, self._pipe.unet.dtype).eval().requires_grad_(False)

    def _read(self, adapter: Adapter, shape: tuple[int, ...], pixels: bytes) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the tokens of a picture and those of none."""
        import torch

        encoder = adapter.encoder
        picture = _prepared(np.frombuffer(pixels, np.uint8).reshape(shape), encoder.config.image_size)
        picture = picture.to(self._pipe._execution_device, encoder.dtype)
        if adapter.pooled:
            seen = encoder(picture).image_embeds
            both = [seen, torch.zeros_like(seen)]
        else:
            every = (picture, torch.zeros_like(picture))
            both = [encoder(one, output_hidden_states=True).hidden_states[-2] for one in every]
        tokens, against = (adapter.projection(one)[:, None] for one in both)
        return tokens, against


def arguments(references: Sequence[Reference], tokens: torch.Tensor, negatives: int) -> dict[str, Any]:
    """Return the arguments of a UNet call whose prompts are `tokens` and whose pictures are those references."""
    if not references:
        return {"encoder_hidden_states": tokens}
    masks = [one.mask for one in references]
    kept = {"cross_attention_kwargs": {"ip_adapter_masks": masks}} if any(mask is not None for mask in masks) else {}
    return {"encoder_hidden_states": (tokens, [one.rows(len(tokens), negatives) for one in references]), **kept}


def adapter_state(path: Path) -> State | None:
    """Return the weights of a file if it is an IP-Adapter; those of a .safetensors file are looked at by their names first."""
    if path.suffix.lower() != ".safetensors":
        import torch

        state = torch.load(str(path), map_location="cpu", weights_only=True)
        return state if isinstance(state, dict) and set(_PARTS) <= set(state) else None
    from safetensors import safe_open

    with safe_open(str(path), "pt") as file:
        names = [name.partition(".") for name in file.keys()]  # noqa: SIM118
        if {part for part, _, _ in names} != set(_PARTS):
            return None
        return {part: {rest: file.get_tensor(f"{part}.{rest}") for one, _, rest in names if one == part} for part in _PARTS}


def _check(path: Path, state: State, own: int) -> None:
    """Refuse an adapter of another family, or of another kind. Raises EngineError."""
    names = state["image_proj"]
    if {"proj.0.weight", "norm.weight"} <= set(names) or any(name.startswith("perceiver_resampler.") for name in names):
        text = "{path}: reads faces by a network of another kind (FaceID); this engine takes IP-Adapters that read pictures"
        raise EngineError(Message(text, path=path))
    width = next((weight.shape[1] for name, weight in state["ip_adapter"].items() if name.endswith("to_k_ip.weight")), None)
    if width != own:
        text = "{path}: made for another family of models than this checkpoint (texts of width {width}, not {own})"
        raise EngineError(Message(text, path=path, width=width, own=own))


def _encoder_wanted(state: State) -> tuple[str, int]:
    """Return which entry of its encoder's configuration decides, and the number there."""
    weights = state["image_proj"]
    if "proj.weight" in weights:
        return "projection_dim", weights["proj.weight"].shape[-1]
    if "proj.0.weight" in weights:  # "full"
        return "hidden_size", weights["proj.0.weight"].shape[0]
    return "hidden_size", weights["proj_in.weight"].shape[1]  # "plus"


def _find_encoders(folders: Iterable[str]) -> list[tuple[Path, Mapping[str, Any]]]:
    """Return the folders of CLIP's image encoders below the folders, with their configurations."""
    found: list[tuple[Path, Mapping[str, Any]]] = []
    for file in (file for folder in folders for file in sorted(Path(folder).rglob("config.json"))):
        try:
            config = json.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            continue
        if isinstance(config, dict) and config.get("model_type") == "clip_vision_model":
            found.append((file.parent, config))
    return found


def _join(adapters: tuple[Adapter, ...]) -> Mapping[str, Any]:
    """Return processors that read the tokens of all adapters; the weights are shared."""
    if len(adapters) == 1:
        return adapters[0].processors
    return {name: _joined([one.processors[name] for one in adapters]) for name in adapters[0].processors}


def _joined(processors: Sequence[Any]) -> Any:
    import torch

    first = processors[0]
    with torch.device("meta"):  # its own weights are replaced below
        made = type(first)(first.hidden_size, first.cross_attention_dim, [n for one in processors for n in one.num_tokens])
    for name in ("to_k_ip", "to_v_ip"):
        setattr(made, name, torch.nn.ModuleList([getattr(one, name)[0] for one in processors]))
    return made


def _prepared(image: Frame, side: int) -> torch.Tensor:
    """Return the middle square of a picture as CLIP takes it: (1, 3, side, side)."""
    import torch

    pixels = torch.from_numpy(image.copy()).permute(2, 0, 1)[None].float()
    height, width = (round(side * length / min(image.shape[:2])) for length in image.shape[:2])
    small = torch.nn.functional.interpolate(pixels, (height, width), mode="bicubic", antialias=True).round().clamp(0, 255)
    top, left = (height - side) // 2, (width - side) // 2
    mean, std = (torch.tensor(values).view(1, 3, 1, 1) for values in (_CLIP_MEAN, _CLIP_STD))
    return (small[..., top : top + side, left : left + side] / 255.0 - mean) / std
