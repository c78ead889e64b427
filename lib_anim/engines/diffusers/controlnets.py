"""ControlNets and IP-Adapters: found by name in the user's folders, loaded when a request first names one, and their part in a
model call."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from lib_anim.engines.base import Control
from lib_anim.engines.diffusers import unions
from lib_anim.engines.diffusers.checkpoint import BUNDLED, precision, quietly
from lib_anim.engines.diffusers.ip_adapters import MODULES, Adapter, IpAdapters, Reference, adapter_state, arguments
from lib_anim.errors import EngineError, did_you_mean
from lib_anim.messages import Message, one_line

if TYPE_CHECKING:
    import torch

BUNDLED_CONTROLNETS = BUNDLED.parent / "controlnets"  # those of the small model; made by tools/tiny_model
_SAFE, _PICKLED = (".safetensors",), (".safetensors", ".pth", ".pt", ".bin", ".ckpt")
_FADING = 0.825  # of a layer's weight to the next deeper one's, in the modes other than Balanced; the ControlNet extension's
_PROMPT, _CONTROLNET = "My prompt is more important", "ControlNet is more important"


@dataclass(frozen=True, eq=False)
class ModelCall:
    """What the UNet is called with, and the ControlNets too. The first `negatives` rows are of the negative prompt."""

    latent: torch.Tensor
    time: torch.Tensor
    tokens: torch.Tensor
    added: Mapping[str, torch.Tensor] | None
    negatives: int


@dataclass(frozen=True, eq=False)
class Unit:
    """A `Control` ready for the model: its network, its picture (1, 3, H, W) and its mask (1, 1, H, W), both in 0..1.

    `kind` is that of the picture, for a network of several kinds.
    """

    control: Control
    net: Any
    image: torch.Tensor
    mask: torch.Tensor | None
    kind: int | None = None

    def residuals(self, call: ModelCall) -> list[torch.Tensor]:
        """Return what is added to the UNet's skip connections, and, as the last, to its middle."""
        image = self.image.expand(len(call.latent), -1, -1, -1)
        down, middle = self.net(
            call.latent,
            call.time,
            encoder_hidden_states=call.tokens,
            added_cond_kwargs=call.added,
            return_dict=False,
            **({"controlnet_cond": image} if self.kind is None else unions.conditions(self.net, self.kind, image)),
        )
        parts = [*down, middle]
        weights = [self._layer_weight(depth, len(parts)) for depth in range(len(parts))]
        return [self._within(part * weight, call.negatives) for part, weight in zip(parts, weights, strict=True)]

    def _layer_weight(self, depth: int, layers: int) -> float:
        fading = 1.0 if self.control.mode not in (_PROMPT, _CONTROLNET) else _FADING ** (layers - 1 - depth)
        return float(self.control.weight * fading)

    def _within(self, part: torch.Tensor, negatives: int) -> torch.Tensor:
        """Restrict a residual to the unit's mask, and to the prompts if the network is more important than they."""
        import torch

        if self.control.mode == _CONTROLNET and negatives:
            part = torch.cat([torch.zeros_like(part[:negatives]), part[negatives:]])
        if self.mask is None:
            return part
        return part * torch.nn.functional.interpolate(self.mask, part.shape[-2:], mode="area")


Guide: TypeAlias = "Unit | Reference"


class ControlNets:
    """The ControlNets and IP-Adapters that requests can name."""

    def __init__(self, pipeline: Any, folders: Sequence[str] = (), *, allow_pickle: bool = False):
        self._pipe, self._allow_pickle = pipeline, allow_pickle
        self._layers = getattr(pipeline, "picture_unet", pipeline.unet)  # those of a UNet of single pictures
        self._files = find_controlnets(folders, allow_pickle=allow_pickle)
        self._nets: dict[Path, Any] = {}
        self._adapters = IpAdapters(pipeline, folders)

    def close(self) -> None:
        """Release the networks and the pipeline."""
        self._pipe = self._layers = None
        self._nets.clear()
        self._adapters.close()

    def guides(self, controls: Iterable[Control]) -> list[Guide]:
        """Return what guides a picture; controls of weight 0 do not. Raises EngineError."""
        return [self._guide(one) for one in controls if one.weight]

    def arguments(self, guides: Sequence[Guide], call: ModelCall) -> dict[str, Any]:
        """Return the arguments of a UNet call with which all of them guide it, and prepare the UNet for it."""
        references = [one for one in guides if isinstance(one, Reference)]
        self._adapters.use(references)
        residuals = _residuals([one for one in guides if isinstance(one, Unit)], call)
        return {**arguments(references, call.tokens, call.negatives), **residuals}

    def _guide(self, control: Control) -> Guide:
        net, mask = self._net(control.model), self._mask(control)
        _check_module(control, MODULES if isinstance(net, Adapter) else ())
        if isinstance(net, Adapter):
            return self._adapters.reference(control, net, mask)
        kind = unions.kind_of(control.model) if type(net).__name__ == unions.CLASS else None
        return Unit(control, net, self._image(control), mask, kind)

    def _image(self, control: Control) -> torch.Tensor:
        import torch

        pixels = torch.from_numpy(np.ascontiguousarray(control.image)).permute(2, 0, 1)[None]
        return pixels.to(self._pipe._execution_device).to(self._pipe.unet.dtype) / 255.0

    def _mask(self, control: Control) -> torch.Tensor | None:
        import torch

        if control.mask is None:
            return None
        mask = torch.from_numpy(np.ascontiguousarray(control.mask, np.float32))[None, None]
        return mask.to(self._pipe._execution_device, self._pipe.unet.dtype)

    def _net(self, name: str) -> Any:
        """Return the network of that name, loaded at its first use."""
        path = self._files.get(name)
        if path is None:
            remedy = did_you_mean(name, self._files) or Message("name its folder with --controlnet DIR")
            raise EngineError(Message("there is no ControlNet '{name}'; {remedy}", name=name, remedy=remedy))
        if path not in self._nets:
            self._nets[path] = self._load(path)
        return self._nets[path]

    def _load(self, path: Path) -> Any:
        unet = self._pipe.unet
        try:
            with quietly():
                if not path.is_dir() and (state := adapter_state(path)):
                    return self._adapters.load(path, state)
                net = self._from_folder(path) if path.is_dir() else self._from_file(path)
                return net.to(self._pipe._execution_device, unet.dtype).eval().requires_grad_(False)
        except EngineError:
            raise
        except Exception as error:  # the loaders raise any class of error on a stranger's file
            text, reason = "{path}: cannot be used as a ControlNet of this model: {error}", one_line(str(error), 300)
            raise EngineError(Message(text, path=path, error=reason)) from error

    def _from_folder(self, path: Path) -> Any:
        from diffusers import ControlNetModel

        config = _config(path)
        if (name := config.get("_class_name")) not in ("ControlNetModel", unions.CLASS):
            text = "{path}: a {name}; this engine runs ControlNetModels"
            raise EngineError(Message(text, path=path, name=name))
        width, own = config.get("cross_attention_dim"), self._pipe.unet.config.cross_attention_dim
        if width != own:
            text = "{path}: made for another family of models than this checkpoint (texts of width {width}, not {own})"
            raise EngineError(Message(text, path=path, width=width, own=own))
        half = any(path.glob("*.fp16.safetensors")) and not any(path.glob("*model.safetensors"))
        kind = unions.union_class() if name == unions.CLASS else ControlNetModel
        return kind.from_pretrained(
            str(path),
            variant="fp16" if half else None,
            use_safetensors=None if self._allow_pickle else True,
            local_files_only=True,
            **precision(self._pipe.unet.dtype),
        )

    def _from_file(self, path: Path) -> Any:
        """Load a single file; its layers are those of the checkpoint's encoder, since such a file does not describe them."""
        from diffusers import ControlNetModel

        weights = _diffusers_weights(path) if path.suffix.lower() in _SAFE else {}
        if unions.kinds_in(path):
            return unions.union_of(self._layers, weights)
        net = ControlNetModel.from_unet(self._layers, load_weights_from_unet=False)
        if weights:
            net.load_state_dict(weights)  # older diffusers converts such files as if they had WebUIs' names
            return net
        with tempfile.TemporaryDirectory(prefix="anim_") as made:
            net.save_config(made)
            return ControlNetModel.from_single_file(
                str(path), config=made, local_files_only=True, **precision(self._pipe.unet.dtype)
            )


def _residuals(units: Sequence[Unit], call: ModelCall) -> dict[str, Any]:
    """Return the arguments of a UNet call with which all units guide it; none without units."""
    if not units:
        return {}
    every = [unit.residuals(call) for unit in units]
    *down, middle = [sum(parts[1:], parts[0]) for parts in zip(*every, strict=True)]
    return {"down_block_additional_residuals": tuple(down), "mid_block_additional_residual": middle}


def _check_module(control: Control, known: Sequence[str]) -> None:
    """Refuse a pre-processor that only WebUIs have. Raises EngineError."""
    if control.module.lower() not in ("none", *(name.lower() for name in known)):
        text = "{module}: this engine has no pre-processors of that name; give it the finished picture, with none"
        raise EngineError(Message(text, module=control.module))


def _diffusers_weights(path: Path) -> dict[str, Any]:
    """Return the weights of a .safetensors file whose names are diffusers'; nothing of other files."""
    from safetensors import safe_open
    from safetensors.torch import load_file

    with safe_open(str(path), "pt") as file:
        names = set(file.keys())
    return load_file(path) if "controlnet_cond_embedding.conv_in.weight" in names else {}


def find_controlnets(folders: Iterable[str], *, allow_pickle: bool = False) -> dict[str, Path]:
    """Find networks below the folders: diffusers folders by their name, single files by theirs; the first of a name counts.

    A ControlNet Union has a name for each of its kinds.
    """
    found: dict[str, Path] = {}
    suffixes = _PICKLED if allow_pickle else _SAFE
    for folder in map(Path, folders):
        for path in sorted([folder, *folder.rglob("*")]):
            if path.is_dir() and "ControlNet" in str(_config(path).get("_class_name")):
                name, kinds = path.name, _kinds_in(path)
            elif path.suffix.lower() in suffixes and not (path.parent / "config.json").is_file():
                name, kinds = path.stem, unions.kinds_in(path)
            else:
                continue
            for one in unions.union_names(name, kinds) if kinds else [name]:
                found.setdefault(one, path)
    return found


def _kinds_in(folder: Path) -> int:
    """Return how many kinds the union in a folder has; 0 if it is none."""
    config = _config(folder)
    kinds = config.get("num_control_type", 6)
    return kinds if config.get("_class_name") == unions.CLASS and isinstance(kinds, int) else 0


def _config(folder: Path) -> Mapping[str, Any]:
    """Return a folder's config.json; nothing if there is none that can be read."""
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return config if isinstance(config, dict) else {}
