"""ControlNet Union: one network for several kinds of guiding pictures. Each kind of it is a ControlNet of its own name."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lib_anim.errors import EngineError

if TYPE_CHECKING:
    import torch

CLASS = "ControlNetUnionModel"
# by their numbers in the networks. "softedge" is HED, PiDi, scribbles, TED; "canny" is all thin lines: line art, MLSD
KINDS = ("openpose", "depth", "softedge", "canny", "normal", "segment", "tile", "inpaint")
_KIND = "task_embedding"  # its tensor has a row for each kind, and no other network has it
_NAMED = re.compile(r" \((\w+)\)$")


def union_names(name: str, kinds: int) -> list[str]:
    """Return the names of a union's kinds: "union (canny)"."""
    return [f"{name} ({kind})" for kind in KINDS[:kinds]]


def kind_of(name: str) -> int:
    """Return the number of the kind that a name ends in."""
    found = _NAMED.search(name)
    assert found  # `union_names` made it
    return KINDS.index(found[1])


def kinds_in(path: Path) -> int:
    """Return how many kinds a .safetensors file of a union has; 0 if it is none."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(str(path), "np") as file:
            return int(file.get_slice(_KIND).get_shape()[0]) if _KIND in file.keys() else 0  # noqa: SIM118
    except (OSError, SafetensorError):
        return 0


def union_class() -> Any:
    """Return diffusers' class. Raises EngineError."""
    import diffusers

    found = getattr(diffusers, CLASS, None)
    if found is None:
        raise EngineError("this diffusers has no ControlNet Union; take 0.32 or newer")
    return found


def union_of(unet: Any, weights: Mapping[str, Any]) -> Any:
    """Return the union of a single file, whose encoder is the UNet's; diffusers' own reader of such files does not know it."""
    import torch

    kinds, width = weights[_KIND].shape
    layers = {name.split(".")[1] for name in weights if name.startswith("transformer_layes.")}
    shape = {
        "num_control_type": kinds,
        "num_trans_channel": width,
        "num_trans_layer": len(layers),
        "num_proj_channel": width,
        "conditioning_embedding_out_channels": _reading_widths(weights),
    }
    with torch.device("meta"):  # the weights are put in below
        config = union_class().from_unet(unet, load_weights_from_unet=False).config
        own = {name: value for name, value in config.items() if not name.startswith("_")}
        net = union_class().from_config({**own, **shape})
    net.load_state_dict(weights, assign=True)
    return net


def _reading_widths(weights: Mapping[str, Any]) -> list[int]:
    """Return the widths of the layers that read the guiding picture: every second one makes it smaller and wider."""
    names = (f"controlnet_cond_embedding.blocks.{n}.bias" for n in itertools.count(1, 2))
    wider = [len(weights[name]) for name in itertools.takewhile(weights.__contains__, names)]
    return [len(weights["controlnet_cond_embedding.conv_in.bias"]), *wider]


def conditions(net: Any, kind: int, image: torch.Tensor) -> dict[str, Any]:
    """Return the arguments of its call for a picture (rows, 3, H, W) of a kind."""
    asked = image.new_zeros((len(image), net.config.num_control_type))
    asked[:, kind] = 1.0
    return {"controlnet_cond": [image], "control_type": asked, "control_type_idx": [kind]}
